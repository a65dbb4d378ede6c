"""Comparisons: every run once, the same for any number of workers, extended and resumed, refused when they differ."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from nasbench.database.lock import FileLock
from searchers import compare as compare_module
from searchers.request import Source
from searchers.trace import REPRODUCED, Trace, TraceWarning
from tests.searchers import kit

CELLS = kit.sample(60)
NB201 = nasbench.load_space("nas_bench_201")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.build_table(tmp_path_factory.mktemp("t") / "t.h5", CELLS, schedules=(2, 4), failed=CELLS[:3])


def compare(*words: object) -> int:
    return main(["compare", *map(str, words)])


def small(table: Path, out: Path, *more: object, queries: int = 20, seeds: int = 3) -> list[object]:
    return [
        "--evaluator",
        f"table={table}",
        "--searchers",
        "local_search,random_search,regularized_evolution",
        "--queries",
        queries,
        "--seeds",
        seeds,
        "--out",
        out,
        "--workers",
        1,
        *more,
    ]


def traces(out: Path) -> dict[str, Trace]:
    return {path.relative_to(out).as_posix(): Trace.load(path) for path in sorted(out.rglob("*.npz"))}


def same(first: Path, second: Path) -> None:
    """Checks that two comparisons hold the same numbers, clocks of searchers aside."""
    ours, others = traces(first), traces(second)
    assert list(ours) == list(others)
    for path, trace in ours.items():
        for array in REPRODUCED:
            np.testing.assert_array_equal(
                getattr(trace, array), getattr(others[path], array), err_msg=f"{path} {array}"
            )
    assert lines(first) == lines(second)


def lines(out: Path) -> list[dict[str, str]]:
    """Lines of the summary without the searchers' own seconds."""
    with open(out / "summary.csv", newline="") as file:
        return [{key: value for key, value in row.items() if key != "search_seconds"} for row in csv.DictReader(file)]


def test_every_run_leaves_a_trace_and_a_line(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(*small(table, tmp_path / "out")) == 0
    found = traces(tmp_path / "out")
    searchers = ("local_search", "random_search", "regularized_evolution")
    assert list(found) == [f"traces/table/{name}/{seed:04d}.npz" for name in searchers for seed in range(3)]
    with open(tmp_path / "out" / "summary.csv", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == [
        "searcher", "evaluator", "seed", "queries", "best_val", "test", "simulated_seconds", "search_seconds",
        "unique", "epochs", "estimated_flops",
    ]  # fmt: skip
    for row, trace in zip(rows[1:], found.values(), strict=True):
        told = dict(zip(rows[0], row, strict=True))
        best = np.nanmax(trace.score)
        assert float(told["best_val"]) == best
        cells = [NB201.architecture(choices) for choices in trace.choices[trace.score == best].tolist()]
        assert float(told["test"]) == pytest.approx(kit.test(cells[0], 0, 4)) == trace.true_test[-1]
        assert (int(told["unique"]), int(told["queries"])) == (trace.unique[-1], 20)
        assert float(told["simulated_seconds"]) == trace.seconds[-1]
    about = json.loads((tmp_path / "out" / "result.json").read_text())
    assert (about["kind"], about["queries"], about["seeds"], about["complete"]) == ("compare", 20, 3, True)
    assert (about["select"], about["report"]) == ("val_accuracy@4", "test_accuracy@4")
    assert about["evaluators"][0]["clock"]["kind"] == "recorded"
    assert about["truth"] == {"file": "t.h5", "digest": nasbench.open_table(table).digest}
    assert {"versions", "hardware"} <= set(about)
    assert str(tmp_path) not in (tmp_path / "out" / "result.json").read_text()
    assert "among the 60 architectures of t.h5" in capsys.readouterr().out


def test_numbers_are_the_same_for_any_number_of_workers(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_module, "ALONE_SECONDS", 0.0)
    for workers in (1, 2):
        assert compare(*small(table, tmp_path / str(workers), "--workers", workers)) == 0
    same(tmp_path / "1", tmp_path / "2")


def test_a_comparison_goes_on_where_it_stopped(table: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    compare(*small(table, whole))
    compare(*small(table, part))
    kept = part / "traces" / "table" / "random_search" / "0000.npz"
    before = kept.stat().st_mtime_ns
    for path in sorted(part.rglob("*.npz"))[4:]:
        path.unlink()
    assert kept.exists()
    (part / "summary.csv").unlink()
    assert compare(*small(table, part)) == 0
    same(whole, part)
    assert kept.stat().st_mtime_ns == before


def test_more_queries_seeds_and_searchers_extend_it(table: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    compare(*small(table, whole))
    compare(*small(table, part, "--searchers", "random_search", queries=7, seeds=1))
    compare(*small(table, part, "--searchers", "random_search,local_search", queries=13, seeds=2))
    assert compare(*small(table, part)) == 0
    same(whole, part)


def test_a_damaged_trace_is_made_again(table: Path, tmp_path: Path) -> None:
    whole, part = tmp_path / "whole", tmp_path / "part"
    compare(*small(table, whole))
    compare(*small(table, part))
    path = part / "traces" / "table" / "local_search" / "0001.npz"
    path.write_bytes(path.read_bytes()[:500])
    with pytest.warns(TraceWarning, match=r"0001\.npz"):
        compare(*small(table, part))
    same(whole, part)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--select", "val_accuracy@2"], "select"),
        (["--report", "test_accuracy@2"], "report"),
        (["--set", "regularized_evolution.sample_size=2"], "sample_size"),
        (["--candidates", "space"], "candidates"),
        (["--searchers", "random_search"], "holds runs of local_search"),
        (["--queries", "19"], "20 queries"),
        (["--seeds", "2"], "3 seeds"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_another_comparison_is_refused(
    more: list[str], complaint: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare(*small(table, tmp_path / "out"))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert compare(*small(table, tmp_path / "out", *more)) == 2
    assert complaint in capsys.readouterr().err
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_changed_table_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS[:10])
    words = small(path, tmp_path / "out", "--candidates", "space", queries=3, seeds=1)
    compare(*words)
    kit.build_table(path, CELLS[10:12])
    assert compare(*words) == 2
    assert "digest" in capsys.readouterr().err


def test_a_folder_of_something_else_is_refused(table: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    assert compare(*small(table, tmp_path)) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_one_process_at_a_time(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").mkdir()
    lock = FileLock(tmp_path / "out" / ".runs")
    try:
        assert compare(*small(table, tmp_path / "out")) == 2
    finally:
        lock.release()
    assert "is being written by process" in capsys.readouterr().err
    assert compare(*small(table, tmp_path / "out")) == 0


def test_several_evaluators_of_a_kind(tmp_path: Path, table: Path) -> None:
    other = kit.build_table(tmp_path / "other.h5", CELLS[:30])
    words = ["--evaluator", f"small=table:{other}", "--truth", table, "--searchers", "random_search"]
    assert compare(*small(table, tmp_path / "out", *words)) == 0
    assert {row["evaluator"] for row in lines(tmp_path / "out")} == {"table", "small"}
    failures = traces(tmp_path / "out")["traces/small/random_search/0000.npz"].meta["failures"]
    assert failures > 0, "candidates are the truth's, of which the small table knows a half"


def test_the_whole_space_can_be_searched_all_the_same(table: Path, tmp_path: Path) -> None:
    assert compare(*small(table, tmp_path / "out", "--candidates", "space")) == 0
    about = json.loads((tmp_path / "out" / "result.json").read_text())
    assert about["candidates"] == {"kind": "space", "count": 15625}
    assert all(trace.meta["failures"] > 0 for trace in traces(tmp_path / "out").values())


def test_without_a_reported_metric_nothing_is_run(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert compare(*small(table, tmp_path / "out", "--report", "test_accuracy@3")) == 2
    assert "schedule" in capsys.readouterr().err
    assert not (tmp_path / "out" / "result.json").exists()


def test_runs_are_paired_by_seed(table: Path, tmp_path: Path) -> None:
    compare(*small(table, tmp_path / "out"))
    found = traces(tmp_path / "out")
    first = {trace.choices[0].tobytes() for path, trace in found.items() if path.endswith("0001.npz")}
    assert len(first) == 1


def test_source_of_evaluators_is_named_by_file_only(table: Path, tmp_path: Path) -> None:
    compare(*small(table, tmp_path / "out"))
    about = json.loads((tmp_path / "out" / "result.json").read_text())
    assert about["evaluators"][0]["file"] == Source.parse(f"table={table}").path.name
