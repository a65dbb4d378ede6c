"""Runs against a table and its truth: incumbents, true values, pauses."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers import run as run_module
from searchers.candidates import Candidates
from searchers.clock import Budget
from searchers.evaluators.table import TableEvaluator
from searchers.measure import Measure
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.summary import Line
from searchers.trace import Trace
from searchers.truth import Truth
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
CELLS = kit.sample(40)


def run_on(path: Path, select: str, name: str = "random_search") -> tuple[Run, Truth]:
    table = nasbench.open_table(path)
    evaluator = TableEvaluator("table", table.for_search(), Measure.parse(select))
    truth = Truth(table, Measure.parse(select), Measure.parse("test_accuracy"))
    about = {"searcher": name, "evaluator": "table", "seed": 0, "select": str(evaluator.measure)}
    return Run(make_searcher(name, Candidates(NB201, CELLS), 0), evaluator, about), truth


@pytest.mark.parametrize("select", ["val_accuracy@2", "val_loss@2"])
def test_true_values_are_the_incumbents(select: str, tmp_path: Path) -> None:
    """Incumbents by a plain loop over the queries; a loss is chosen by its smallest value and shown as it is."""
    path = kit.build_table(tmp_path / "t.h5", CELLS, seeds=(0, 1), failed=CELLS[::5])
    run, truth = run_on(path, select)
    run.go(Budget(40))
    trace = run.trace(truth)
    best, best_value = None, math.nan
    for query, row in enumerate(trace.choices.tolist()):
        cell = Architecture(NB201.name, tuple(row))
        if cell in CELLS[::5]:
            assert np.isnan(trace.score[query])
        else:
            value = (kit.val(cell, 0, 2) + kit.val(cell, 1, 2)) / 2
            value = 100 - value if select.startswith("val_loss") else value
            assert trace.score[query] == pytest.approx(value)
            if best is None or (value < best_value if select.startswith("val_loss") else value > best_value):
                best, best_value = cell, value
        if best is None:
            assert np.isnan(trace.true_val[query])
            assert np.isnan(trace.true_test[query])
        else:
            assert trace.true_val[query] == pytest.approx(best_value)
            tests = [kit.test(best, seed, 2) for seed in (0, 1)]
            assert trace.true_test[query] == pytest.approx(np.mean(tests))
    assert trace.meta["failures"] == len(CELLS[::5])
    line = Line.of(trace)
    assert (line.best_val, line.test) == (pytest.approx(best_value), trace.true_test[-1])
    assert run.recorder.best() == (best, pytest.approx(best_value))


def test_what_the_truth_does_not_know_is_nan(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", CELLS[:20])
    table = nasbench.open_table(path)
    truth = Truth(table, Measure("val_accuracy", 200), Measure("test_accuracy"))
    assert truth.select is None
    known = truth.values(CELLS[0].choices)
    assert math.isnan(known[0])
    assert known[1] == kit.test(CELLS[0], 0, 2)
    assert np.isnan(truth.values(CELLS[30].choices)).all()
    with pytest.raises(LookupError, match="7"):
        Truth(table, Measure("val_accuracy"), Measure("test_accuracy", 7))


def test_pauses_fall_between_queries_and_can_be_gone_on_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a pause after each query, each saved trace leads to the same end."""
    monkeypatch.setattr(run_module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(run_module, "PAUSE_APART", 0.0)
    whole = kit.make_run("local_search", NB201, score=kit.third_fails)
    saved: list[int] = []

    def pause(run: Run) -> None:
        saved.append(len(run.recorder))
        run.trace().save(tmp_path / f"{len(saved)}.npz")

    whole.go(Budget(30), pause)
    assert saved == list(range(1, 31))
    for cut in (1, 13, 29):
        trace = Trace.load(tmp_path / f"{cut}.npz")
        assert (len(trace), trace.meta["stopped"]) == (cut, None)
        later = kit.make_run("local_search", NB201, score=kit.third_fails)
        later.restore(trace)
        later.go(Budget(30))
        np.testing.assert_array_equal(later.trace().choices, whole.trace().choices)
        assert later.searcher.state() == whole.searcher.state()


def test_an_interrupted_run_keeps_its_last_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search stopped by Ctrl-C inside an evaluation goes on as if nothing had been."""
    monkeypatch.setattr(run_module, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(run_module, "PAUSE_APART", 0.0)
    traces: list[Trace] = []

    def score(architecture: Architecture) -> float:
        if len(traces) == 12 and not stopped:
            stopped.append(True)
            raise KeyboardInterrupt
        return kit.made_up_score(architecture)

    stopped: list[bool] = []
    run = kit.make_run("regularized_evolution", NB201, score=score)
    with pytest.raises(KeyboardInterrupt):
        run.go(Budget(60), lambda run: traces.append(run.trace()))
    again = kit.make_run("regularized_evolution", NB201, score=score)
    again.restore(traces[-1])
    whole = kit.finished(kit.make_run("regularized_evolution", NB201), 60)
    np.testing.assert_array_equal(kit.finished(again, 60).choices, whole.choices)
