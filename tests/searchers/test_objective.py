"""The weighted sum: scores less costs for any searcher, in every file of a run, resumable."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from searchers.costs import cost_values
from searchers.hints import Hints
from searchers.measure import Measure
from searchers.objective import Penalised, objective_text, parse_penalties
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.trace import REPRODUCED, Trace
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
CELLS = kit.sample(60)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.build_table(tmp_path_factory.mktemp("t") / "t.h5", CELLS)


def penalised_value(cell, flops: float = 0.5, parameters: float = 4.0) -> float:
    costs = cost_values(Hints(NB201), NB201, ("flops", "parameters"), [cell])[0]
    return kit.val(cell, 0, 2) - flops * costs[0] - parameters * costs[1]


def search(table: Path, out: Path, *words: object) -> int:
    told = ["--searcher", "local_search", "--evaluator", f"table={table}", "--out", out, *words]
    return main(["search", *map(str, told)])


PENALTIES = ("--penalty", "flops=0.5", "--penalty", "parameters=4")


def test_the_pick_is_the_best_by_the_weighted_sum(table: Path, tmp_path: Path, capsys) -> None:
    assert search(table, tmp_path, "--queries", 100, *PENALTIES) == 0
    best = max(CELLS, key=penalised_value)
    assert best != max(CELLS, key=lambda cell: kit.val(cell, 0, 2)), "the test needs costs that matter"
    about, trace = json.loads((tmp_path / "result.json").read_text()), Trace.load(tmp_path / "trace.npz")
    assert about["pick"] == NB201.format(best)
    assert about["evaluators"][0]["penalties"] == trace.meta["penalties"] == {"flops": 0.5, "parameters": 4.0}
    assert np.nanmax(trace.score) == pytest.approx(penalised_value(best))
    assert trace.true_val[-1] == pytest.approx(kit.val(best, 0, 2)), "the truth is told without penalties"
    assert trace.true_test[-1] == pytest.approx(kit.test(best, 0, 2))
    assert "val_accuracy@2 - 0.5 flops - 4 parameters" in capsys.readouterr().out


def test_it_goes_on_exactly_and_only_with_the_same_weights(table: Path, tmp_path: Path, capsys) -> None:
    search(table, tmp_path / "whole", "--queries", 60, *PENALTIES)
    search(table, tmp_path / "halves", "--queries", 30, *PENALTIES)
    assert search(table, tmp_path / "halves", "--queries", 60, *PENALTIES) == 0
    whole, halves = (Trace.load(tmp_path / name / "trace.npz") for name in ("whole", "halves"))
    for array in REPRODUCED:
        np.testing.assert_array_equal(getattr(whole, array), getattr(halves, array))
    assert search(table, tmp_path / "halves", "--queries", 60, "--penalty", "flops=0.5") != 0
    assert "penalties" in capsys.readouterr().err


def test_unknown_costs_and_weights_are_answered_with_a_sentence(table: Path, tmp_path: Path, capsys) -> None:
    for text, answer in (
        ("flop=1", "did you mean 'flops'"),
        ("flops=-1", "expected COST=WEIGHT with a weight above 0"),
        ("flops", "expected COST=WEIGHT"),
    ):
        assert search(table, tmp_path / "x", "--queries", 5, "--penalty", text) != 0
        said = capsys.readouterr().err.strip()
        assert answer in said and len(said.splitlines()) == 1
    with pytest.raises(ValueError, match="two penalties are of flops"):
        parse_penalties(["flops=1", "flops=2"])


def test_a_loss_grows_by_the_penalty() -> None:
    inner = kit.Formula(NB201, measure="val_loss@12")
    evaluator = Penalised(inner, {"flops": 2.0})
    cell = CELLS[0]
    flops = cost_values(Hints(NB201), NB201, ("flops",), [cell])[0, 0]
    assert evaluator.evaluate(cell).score == pytest.approx(-(kit.made_up_score(cell) + 2 * flops))
    assert objective_text("val_loss@12", {"flops": 2.0}) == "val_loss@12 + 2 flops"


@pytest.mark.parametrize("name", ["random_search", "regularized_evolution", "genetic_algorithm"])
def test_every_searcher_is_told_the_weighted_sum(name: str) -> None:
    """The same as searching on a formula that has the penalty in it."""
    inner = kit.Formula(NB201)
    trace = kit.finished(Run(make_searcher(name, NB201, 3), Penalised(inner, {"flops": 0.5})), 60)
    hints = Hints(NB201)

    def score(cell) -> float:
        return kit.made_up_score(cell) - 0.5 * cost_values(hints, NB201, ("flops",), [cell])[0, 0]

    other = kit.finished(Run(make_searcher(name, NB201, 3), kit.Formula(NB201, score)), 60)
    np.testing.assert_array_equal(trace.choices, other.choices)
    np.testing.assert_allclose(trace.score, other.score)
    np.testing.assert_array_equal(trace.unique, other.unique)


def test_failures_and_unknown_costs_have_no_score(monkeypatch) -> None:
    evaluator = Penalised(kit.Formula(NB201, kit.third_fails), {"flops": 0.5})
    failing = next(cell for cell in CELLS if kit.third_fails(cell) is None)
    assert evaluator.evaluate(failing).score is None
    monkeypatch.setattr("searchers.objective.cost_values", lambda *a: np.array([[np.nan]]))
    fine = next(cell for cell in CELLS if kit.third_fails(cell) is not None)
    assert evaluator.evaluate(fine)[0] is None
    assert evaluator.evaluate(fine).reason == "its cost is not known"


def test_it_is_the_other_evaluator_in_all_else(table: Path) -> None:
    from searchers.evaluators.table import TableEvaluator

    inner = TableEvaluator.open("table", table, Measure("val_accuracy"))
    evaluator = Penalised(inner, {"flops": 0.1})
    plain, less = inner.evaluate(CELLS[0]), evaluator.evaluate(CELLS[0])
    assert (less.seconds, less.source, less.class_hash) == (plain.seconds, plain.source, plain.class_hash)
    assert evaluator.clock == inner.clock and evaluator.of_run(3) is evaluator
    assert evaluator.class_hash(CELLS[0]) == inner.class_hash(CELLS[0])
