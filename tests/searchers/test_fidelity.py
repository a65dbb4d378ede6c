"""Searchers that ask for fewer epochs: resumable to the bit on curves, plain where there are none, paid as they go."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.candidates import Candidates
from searchers.clock import Budget
from searchers.evaluators.surrogate import SurrogateEvaluator
from searchers.evaluators.table import TableEvaluator
from searchers.measure import Measure
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.trace import REPRODUCED, Trace
from tests.searchers import kit
from tests.searchers.test_evaluators import MadeUpSurrogate

NB201 = nasbench.load_space("nas_bench_201")
METHODS = ("successive_halving", "hyperband", "asha", "bohb", "curve_stopping")
FEW = Candidates(NB201, kit.sample(7))
every_method = pytest.mark.parametrize("name", METHODS)


@pytest.mark.parametrize("name", [*METHODS, "random_search", "regularized_evolution"])
def test_these_methods_ask_for_fewer_epochs_and_others_do_not(name: str) -> None:
    trace = kit.finished(kit.make_curved_run(name, NB201), 40)
    assert bool((trace.epochs < 12).any()) == (name in METHODS)


@every_method
@pytest.mark.parametrize("space", [NB201, kit.Necklaces(), FEW], ids=["large", "small", "few"])
@pytest.mark.parametrize("score", [kit.made_up_score, kit.third_fails], ids=["all score", "a third fails"])
def test_a_run_on_curves_goes_on_to_the_bit(name: str, space, score, tmp_path: Path) -> None:
    whole = kit.finished(kit.make_curved_run(name, space, 3, score), 300)
    assert len(set(whole.epochs.tolist())) > 1
    for cut in (1, 20, 137, 298):
        kit.finished(kit.make_curved_run(name, space, 3, score), cut).save(tmp_path / "cut.npz")
        later = kit.make_curved_run(name, space, 3, score)
        later.restore(Trace.load(tmp_path / "cut.npz"))
        assert later.recorder.clock.epochs == whole.epochs_paid[cut - 1]
        rest = kit.finished(later, 300)
        for array in REPRODUCED:
            np.testing.assert_array_equal(getattr(rest, array), getattr(whole, array), err_msg=array)
        assert rest.meta["state"] == whole.meta["state"]


@every_method
def test_state_is_json_on_curves_and_does_not_change_by_being_read(name: str) -> None:
    run = kit.make_curved_run(name, NB201, score=kit.third_fails)
    kit.finished(run, 133)
    text = json.dumps(run.searcher.state(), allow_nan=False)
    assert json.dumps(run.searcher.state(), allow_nan=False) == text
    kit.finished(run, 170)
    assert json.dumps(run.searcher.state(), allow_nan=False) != text


@every_method
def test_without_curves_only_whole_trainings_are_asked(name: str) -> None:
    trace = kit.finished(kit.make_run(name, NB201), 60)
    assert trace.epochs.tolist() == [12] * 60
    assert len({tuple(row) for row in trace.choices.tolist()}) == 60


@pytest.mark.parametrize("name", ["successive_halving", "hyperband", "asha"])
def test_without_curves_halving_is_random_search(name: str) -> None:
    trace = kit.finished(kit.make_run(name, NB201), 60)
    np.testing.assert_array_equal(trace.choices, kit.finished(kit.make_run("random_search", NB201), 60).choices)


@every_method
def test_the_clock_charges_what_goes_beyond_what_was_paid(name: str) -> None:
    """Epochs and seconds of each query by a plain loop over classes."""
    run = kit.make_curved_run(name, NB201, seed=2)
    trace = kit.finished(run, 200)
    paid: dict[str, int] = {}
    epochs, seconds = 0, 0.0
    for query, row in enumerate(trace.choices.tolist()):
        found = run.recorder.evaluator.evaluate(Architecture(NB201.name, tuple(row)))
        more = max(0, int(trace.epochs[query]) - paid.get(found.class_hash, 0))
        paid[found.class_hash] = paid.get(found.class_hash, 0) + more
        epochs, seconds = epochs + more, seconds + found.seconds * more / 12
        assert trace.epochs_paid[query] == epochs
        assert trace.seconds[query] == pytest.approx(seconds)
    assert epochs < 12 * trace.unique[-1]


@every_method
def test_goes_on_when_everything_fails_on_curves(name: str) -> None:
    trace = kit.finished(kit.make_curved_run(name, NB201, score=lambda architecture: None), 100)
    assert np.isnan(trace.score).all()


@every_method
def test_the_incumbent_is_among_those_trained_longest(name: str) -> None:
    trace = kit.finished(kit.make_curved_run(name, NB201, seed=4), 200)
    best = trace.incumbents()
    np.testing.assert_array_equal(trace.epochs[best], np.maximum.accumulate(trace.epochs))


def test_a_table_answers_after_each_epoch_of_its_schedule(tmp_path: Path) -> None:
    cells = kit.sample(10)
    path = kit.build_table(tmp_path / "t.h5", cells, schedules=(2, 5), seeds=(0, 1), failed=cells[:1])
    evaluator = TableEvaluator.open("table", path, None)
    assert evaluator.epochs == (1, 2, 3, 4, 5)
    assert TableEvaluator.open("table", path, Measure("val_accuracy", 2)).epochs == (1, 2)
    for epochs in (1, 3):
        found = evaluator.evaluate(cells[3], epochs)
        assert found.score == pytest.approx((kit.val(cells[3], 0, epochs) + kit.val(cells[3], 1, epochs)) / 2)
        assert found.seconds == evaluator.evaluate(cells[3]).seconds
        assert evaluator.evaluate(cells[3], epochs) is found
        assert evaluator.evaluate(cells[0], epochs).score is None
    assert evaluator.evaluate(cells[3], 5) is evaluator.evaluate(cells[3])
    with pytest.raises(ValueError, match="known after 1, 2, 3, 4, 5 epochs by table, not after 6"):
        evaluator.evaluate(cells[3], 6)
    losses = TableEvaluator.open("table", path, Measure("val_loss", 5))
    assert losses.evaluate(cells[3], 2).score == pytest.approx(-(100 - evaluator.evaluate(cells[3], 2).score))


def test_a_table_answers_for_a_class_after_fewer_epochs(tmp_path: Path) -> None:
    cell = next(a for a in kit.sample(200, 1) if len(NB201.classes[NB201.canonical_hash(a)]) > 1)
    twin = next(a for a in NB201.classes[NB201.canonical_hash(cell)] if a != cell)
    evaluator = TableEvaluator.open("table", kit.build_table(tmp_path / "t.h5", [cell], schedules=(5,)), None)
    found = evaluator.evaluate(twin, 2)
    assert (found.score, found.source) == (kit.val(cell, 0, 2), "class")


class CurvedSurrogate(MadeUpSurrogate):
    """Its curves rise by one an epoch to the score."""

    epochs = {"val_accuracy": (4, 8, 12)}  # noqa: RUF012 - made up

    def curve(self, architecture: Architecture, metric: str) -> np.ndarray:
        assert metric == self.metric
        return self.query(architecture, metric) + np.array([-8.0, -4.0, 0.0])


def test_a_surrogate_answers_after_the_epochs_of_its_curves() -> None:
    cell = kit.sample(1)[0]
    assert SurrogateEvaluator("plain", MadeUpSurrogate(), None).epochs == (12,)
    evaluator = SurrogateEvaluator("surrogate", CurvedSurrogate(seconds=2.0), None)
    assert evaluator.epochs == (4, 8, 12)
    assert evaluator.evaluate(cell, 4).score == kit.made_up_score(cell) - 8
    assert evaluator.evaluate(cell, 4).seconds == evaluator.evaluate(cell).seconds
    with pytest.raises(ValueError, match="not after 5"):
        evaluator.evaluate(cell, 5)


@every_method
def test_a_run_on_a_table_with_curves_costs_less_than_its_queries(name: str, tmp_path: Path) -> None:
    """Curves of the kit's tables never cross, so what is asked to the end is the best of its bracket."""
    cells = kit.sample(300)
    evaluator = TableEvaluator.open("table", kit.build_table(tmp_path / "t.h5", cells, schedules=(9,)), None)
    run = Run(make_searcher(name, Candidates(NB201, cells), 0), evaluator)
    run.go(Budget(epochs=200))
    trace = run.trace()
    assert 200 <= trace.epochs_paid[-1] < 210
    assert trace.unique[-1] > 200 / 9, "more classes seen than whole trainings would have"


def test_an_evaluator_without_curves_says_so() -> None:
    evaluator = kit.Formula(NB201)
    with pytest.raises(ValueError, match="known after 12 epochs by formula, not after 3"):
        evaluator.evaluate(kit.sample(1)[0], 3)
    evaluator.epochs = (3, 12)
    with pytest.raises(LookupError, match="whole trainings only"):
        evaluator.evaluate(kit.sample(1)[0], 3)
