"""One run as a folder: what it prints, and that it goes on exactly, in queries and in seconds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from searchers import run as run_module
from searchers.job import Job
from searchers.trace import REPRODUCED, Trace
from tests.searchers import kit

CELLS = kit.sample(120)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.build_table(tmp_path_factory.mktemp("t") / "t.h5", CELLS)


def search(table: Path, out: Path, *words: object, searcher: str = "local_search") -> int:
    told = ["--searcher", searcher, "--evaluator", f"table={table}", "--out", out, *words]
    return main(["search", *map(str, told)])


def same(first: Path, second: Path) -> None:
    ours, others = Trace.load(first / "trace.npz"), Trace.load(second / "trace.npz")
    for array in REPRODUCED:
        np.testing.assert_array_equal(getattr(ours, array), getattr(others, array), err_msg=array)
    assert ours.meta["state"] == others.meta["state"]


def test_it_says_what_it_found(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(table, tmp_path / "out", "--queries", 150) == 0
    said = capsys.readouterr().out
    space = nasbench.load_space("nas_bench_201")
    best = max(CELLS, key=lambda cell: kit.val(cell, 0, 2))
    assert space.format(best) in said, "150 queries find the best of 120"
    assert f"val_accuracy@2 {kit.val(best, 0, 2):.4f} by table" in said
    assert f"test_accuracy@2 {kit.test(best, 0, 2):.4f} by the truth table" in said
    about = json.loads((tmp_path / "out" / "result.json").read_text())
    assert (about["kind"], about["pick"], about["complete"]) == ("search", space.format(best), True)


@pytest.mark.parametrize("searcher", ["local_search", "random_search", "regularized_evolution"])
def test_75_and_75_are_150(searcher: str, table: Path, tmp_path: Path) -> None:
    search(table, tmp_path / "whole", "--queries", 150, searcher=searcher)
    search(table, tmp_path / "halves", "--queries", 75, searcher=searcher)
    first = Trace.load(tmp_path / "halves" / "trace.npz")
    assert search(table, tmp_path / "halves", "--queries", 150, searcher=searcher) == 0
    same(tmp_path / "whole", tmp_path / "halves")
    both = Trace.load(tmp_path / "halves" / "trace.npz")
    np.testing.assert_array_equal(both.search_seconds[:75], first.search_seconds, err_msg="it was begun anew")


def test_seconds_and_seconds_add_up(table: Path, tmp_path: Path) -> None:
    search(table, tmp_path / "whole", "--seconds", 200)
    search(table, tmp_path / "parts", "--seconds", 50)
    assert Trace.load(tmp_path / "parts" / "trace.npz").meta["stopped"] == "seconds"
    assert search(table, tmp_path / "parts", "--seconds", 200) == 0
    same(tmp_path / "whole", tmp_path / "parts")


def test_a_run_stopped_between_pauses_goes_on(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    search(table, tmp_path / "whole", "--queries", 100)
    monkeypatch.setattr(run_module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(run_module, "PAUSE_APART", 0.0)
    complete = Job.complete

    def stopped(self, workplace, budget, watch):
        def until(run):
            watch(run)
            if len(run.recorder) == 40:
                raise KeyboardInterrupt

        return complete(self, workplace, budget, until)

    monkeypatch.setattr(Job, "complete", stopped)
    assert search(table, tmp_path / "stopped", "--queries", 100) == 130
    assert "goes on where it stopped" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "stopped").iterdir()) == ["result.json", "trace.partial"]
    assert json.loads((tmp_path / "stopped" / "result.json").read_text())["complete"] is False
    monkeypatch.setattr(Job, "complete", complete)
    assert search(table, tmp_path / "stopped", "--queries", 100) == 0
    same(tmp_path / "whole", tmp_path / "stopped")
    assert sorted(path.name for path in (tmp_path / "stopped").iterdir()) == ["result.json", "trace.npz"]


def test_a_smaller_budget_or_another_seed_is_refused(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search(table, tmp_path / "out", "--queries", 60)
    before = (tmp_path / "out" / "result.json").read_bytes()
    for words in (["--queries", 59], ["--seconds", 1], ["--queries", 60, "--seed", 1]):
        assert search(table, tmp_path / "out", *words) == 2
    assert "59" in capsys.readouterr().err
    assert (tmp_path / "out" / "result.json").read_bytes() == before


def test_a_run_without_any_score_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = kit.build_table(tmp_path / "t.h5", CELLS[:5], failed=CELLS[1:5])
    search(table, tmp_path / "out", "--queries", 4, "--candidates", "space")
    said = capsys.readouterr().out
    assert "4 failed" in said
    assert "nothing was found" in said


def test_failed_architectures_never_win(tmp_path: Path) -> None:
    table = kit.build_table(tmp_path / "t.h5", CELLS[:6], failed=CELLS[1:6])
    search(table, tmp_path / "out", "--queries", 12)
    trace = Trace.load(tmp_path / "out" / "trace.npz")
    assert trace.meta["failures"] == np.isnan(trace.score).sum() > 0
    assert json.loads((tmp_path / "out" / "result.json").read_text())["pick"] == (
        nasbench.load_space("nas_bench_201").format(CELLS[0])
    )


def test_a_search_within_epochs_says_what_it_paid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A schedule of 9 epochs has Hyperband's rungs 1, 3, 9; the same command with a larger budget goes on."""
    path = kit.build_table(tmp_path / "t.h5", kit.sample(200), schedules=(9,))
    words = ["search", "--evaluator", f"table={path}", "--searcher", "hyperband", "--out", str(tmp_path / "run")]
    for epochs in (60, 100):
        assert main([*words, "--epochs", str(epochs)]) == 0
        trace = Trace.load(tmp_path / "run" / "trace.npz")
        assert epochs <= trace.epochs_paid[-1] < epochs + 9
        said = capsys.readouterr().out
        assert "ended by epochs\n" in said
        assert f"{trace.epochs_paid[-1]} epochs, " in said
    assert main([*words, "--epochs", "60"]) == 2
    words[-1] = str(tmp_path / "compare")
    words[0], words[3] = "compare", "--searchers"
    assert main([*words, "--queries", "20", "--seeds", "2", "--workers", "1"]) == 0
    assert "  epochs" in capsys.readouterr().out
