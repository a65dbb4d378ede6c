"""Comparisons within a budget of epochs or FLOPs: the same rule for all searchers, gone on with, refused, told."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from nasbench.database.writer import TableWriter
from searchers import run as run_module
from searchers.job import Job
from searchers.trace import REPRODUCED, Trace
from tests.searchers import kit

CELLS = kit.sample(300)
NB201 = nasbench.load_space("nas_bench_201")
SEARCHERS = ("random_search", "regularized_evolution", "successive_halving", "hyperband", "asha", "bohb")
PARTIAL = SEARCHERS[2:]
EPOCHS = 150


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Curves of nine epochs, FLOPs of most cells, no seconds."""
    path = kit.build_table(tmp_path_factory.mktemp("t") / "t.h5", CELLS, schedules=(9,), timed=False, train_images=100)
    with TableWriter(path) as writer:
        writer.set_costs("flops", {cell.choices: 1e6 * (1 + sum(cell.choices)) for cell in CELLS[5:]})
    return path


def compare(table: Path, out: Path, *more: object, searchers: str = ",".join(SEARCHERS), seeds: int = 2) -> int:
    words = ["--evaluator", f"table={table}", "--searchers", searchers, "--seeds", seeds, "--out", out, "--workers", 1]
    return main(["compare", *map(str, [*words, *more])])


def traces(out: Path) -> dict[str, Trace]:
    return {path.relative_to(out).as_posix(): Trace.load(path) for path in sorted(out.rglob("*.npz"))}


def same(first: Path, second: Path) -> None:
    ours, others = traces(first), traces(second)
    assert list(ours) == list(others)
    for path, trace in ours.items():
        assert trace.meta["state"] == others[path].meta["state"]
        for array in REPRODUCED:
            np.testing.assert_array_equal(getattr(trace, array), getattr(others[path], array), err_msg=path)


@pytest.fixture(scope="module")
def within_epochs(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("epochs") / "out"
    assert compare(table, out, "--epochs", EPOCHS) == 0
    return out


def test_every_run_ends_with_the_query_that_uses_the_epochs_up(within_epochs: Path) -> None:
    found = traces(within_epochs)
    assert len(found) == 2 * len(SEARCHERS)
    for path, trace in found.items():
        assert trace.meta["stopped"] == "epochs"
        assert trace.epochs_paid[-1] >= EPOCHS > trace.epochs_paid[-2]
        assert bool((trace.epochs < 9).any()) == (path.split("/")[2] in PARTIAL)
    about = json.loads((within_epochs / "result.json").read_text())
    assert (about["epochs"], about["queries"], about["seeds"], about["complete"]) == (EPOCHS, None, 2, True)


def test_epochs_are_paid_once_a_class_by_counting_again(within_epochs: Path) -> None:
    """A second way to the clock: each class's most epochs so far, summed after every query."""
    for path, trace in traces(within_epochs).items():
        most: dict[str, int] = {}
        paid = []
        for row, epochs in zip(trace.choices, trace.epochs.tolist(), strict=True):
            class_hash = NB201.canonical_hash(NB201.architecture(row.tolist()))
            most[class_hash] = max(epochs, most.get(class_hash, 0))
            paid.append(sum(most.values()))
        assert trace.epochs_paid.tolist() == paid, path


def test_summary_and_screen_tell_epochs_and_flops(
    within_epochs: Path, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(table, within_epochs, "--epochs", EPOCHS) == 0
    said = capsys.readouterr().out
    head = next(line for line in said.splitlines() if line.startswith("evaluator"))
    assert "epochs" in head
    assert "estimated GFLOPs" in head
    assert "simulated s" not in head, "nobody timed a training"
    with open(within_epochs / "summary.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for row, trace in zip(rows, sorted_by_line(within_epochs, rows), strict=True):
        assert (int(row["epochs"]), float(row["estimated_flops"])) == (trace.epochs_paid[-1], trace.flops[-1])
        assert row["simulated_seconds"] == ""


def sorted_by_line(out: Path, rows: list[dict[str, str]]) -> list[Trace]:
    return [Trace.load(out / "traces" / "table" / row["searcher"] / f"{int(row['seed']):04d}.npz") for row in rows]


def test_a_larger_budget_carries_it_on_and_a_smaller_one_is_refused(
    table: Path, within_epochs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare(table, tmp_path / "out", "--epochs", 70, seeds=1) == 0
    assert compare(table, tmp_path / "out", "--epochs", EPOCHS) == 0
    same(tmp_path / "out", within_epochs)
    capsys.readouterr()
    assert compare(table, tmp_path / "out", "--epochs", 70) == 2
    assert "was made with 150 epochs, this command asks for 70" in capsys.readouterr().err
    assert compare(table, tmp_path / "out", "--queries", 3) == 2
    assert "more than this budget allows" in capsys.readouterr().err


class Killed(BaseException):
    """What a kill is to the code that it stops: nothing that anybody catches."""


@pytest.mark.parametrize("after", [1, 7, 15])
def test_a_comparison_killed_in_every_run_ends_as_one_never_killed(
    after: int, table: Path, within_epochs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(run_module, "PAUSE_APART", 0.0)
    complete, killed = Job.complete, []

    def complete_or_die(self, workplace, budget, watch=None):
        def until(run):
            watch(run)
            if self.path not in killed and len(run.recorder) >= after:
                killed.append(self.path)
                raise Killed

        return complete(self, workplace, budget, until)

    monkeypatch.setattr(Job, "complete", complete_or_die)
    for _ in range(2 * len(SEARCHERS)):
        with pytest.raises(Killed):
            compare(table, tmp_path / "out", "--epochs", EPOCHS)
        assert len(Trace.load(killed[-1].with_suffix(".partial"))) == after
    assert compare(table, tmp_path / "out", "--epochs", EPOCHS) == 0
    same(tmp_path / "out", within_epochs)
    assert not list((tmp_path / "out").rglob("*.partial"))


def test_flops_are_paid_by_the_epoch_and_limit_a_run(table: Path, tmp_path: Path) -> None:
    """By a plain sum over classes: FLOPs x epochs x images, nothing where nobody knows, which is counted."""
    limit = 4e9 * 100 / 9
    assert compare(table, tmp_path / "out", "--flops", limit, searchers="random_search,bohb", seeds=2) == 0
    known = {cell.choices: 1e6 * (1 + sum(cell.choices)) for cell in CELLS[5:]}
    for trace in traces(tmp_path / "out").values():
        price: dict[str, float] = {}
        for choices, flops in known.items():
            class_hash = NB201.canonical_hash(NB201.architecture(choices))
            price[class_hash] = min(flops, price.get(class_hash, np.inf))
        most: dict[str, int] = {}
        paid = []
        for row, epochs in zip(trace.choices.tolist(), trace.epochs.tolist(), strict=True):
            class_hash = NB201.canonical_hash(NB201.architecture(row))
            most[class_hash] = max(epochs, most.get(class_hash, 0))
            paid.append(sum(price.get(name, 0.0) * epochs * 100 for name, epochs in most.items()))
        np.testing.assert_allclose(trace.flops, paid)
        assert trace.flops[-1] >= limit > trace.flops[-2]
        assert (trace.meta["stopped"], trace.meta["flops_clock"]) == ("flops", "estimated")
        assert trace.meta["unpriced_flops"] == len(most.keys() - price.keys())
        assert np.isnan(trace.seconds).all(), "no seconds are made from FLOPs"
    about = json.loads((tmp_path / "out" / "result.json").read_text())
    assert about["flops"] == limit
    clock = about["evaluators"][0]["flops_clock"]
    assert clock["kind"] == "estimated"
    assert "FLOPs x 9 epochs x 100 training images" in clock["how"]


def test_a_budget_that_nobody_counts_is_refused_before_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = kit.build_table(tmp_path / "plain.h5", CELLS[:20], timed=False)
    for words, wanted in ((("--flops", 1e9), "--train-images"), (("--seconds", 5), "queries, epochs or FLOPs")):
        assert compare(table, tmp_path / "out", *words) == 2
        assert wanted in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.npz"))


def test_the_first_limit_reached_ends_a_run(table: Path, tmp_path: Path) -> None:
    assert compare(table, tmp_path / "out", "--epochs", 60, "--queries", 10, searchers="random_search,asha") == 0
    stopped = {path.split("/")[2]: trace.meta["stopped"] for path, trace in traces(tmp_path / "out").items()}
    assert stopped == {"random_search": "epochs", "asha": "queries"}
