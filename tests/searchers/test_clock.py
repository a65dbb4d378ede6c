"""What runs cost: each class once, unknown prices nothing, budgets in queries, seconds, epochs and FLOPs."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.clock import NO_CLOCK, UNITS, Budget, Clock, flops_rule, flops_unit, training_flops
from searchers.run import STALLED_AFTER, Run
from searchers.searcher import make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
NECKLACES = kit.Necklaces()


def test_a_class_is_paid_once() -> None:
    clock = Clock()
    for class_hash, seconds in (("a", 3.0), ("b", 4.0), ("a", 100.0), ("c", math.nan), ("c", 5.0)):
        clock.charge(class_hash, 1, seconds, 10 * seconds)
    assert (clock.seconds, clock.flops, clock.epochs, len(clock.paid)) == (7.0, 70.0, 3, 3)
    assert (clock.unpriced, clock.unpriced_flops) == (1, 1)


def test_a_training_that_goes_on_pays_the_difference() -> None:
    clock = Clock(whole=12)
    spent = []
    for class_hash, seconds, epochs in (("a", 24.0, 4), ("a", 24.0, 4), ("b", 6.0, 12), ("a", 24.0, 12), ("b", 6.0, 1)):
        clock.charge(class_hash, epochs, seconds)
        spent.append((clock.seconds, clock.epochs))
    assert spent == [(8.0, 4), (8.0, 4), (14.0, 16), (30.0, 24), (30.0, 24)]
    clock.charge("c", 1, math.nan, 120.0)
    assert clock.flops == 10.0
    clock.charge("c", 12, math.nan, 120.0)
    assert (clock.unpriced, clock.unpriced_flops, clock.epochs, clock.flops) == (1, 2, 36, 120.0)


def test_a_budget_in_epochs_ends_with_the_query_that_crosses_it() -> None:
    run = kit.make_run("random_search", NB201)
    assert run.go(Budget(epochs=100)) == "epochs"
    trace = run.trace()
    assert trace.epochs.tolist() == [12] * len(trace)
    assert trace.epochs_paid.tolist() == (12 * trace.unique).tolist()
    assert trace.epochs_paid[-1] >= 100 > trace.epochs_paid[-2]
    assert trace.ended(Budget(epochs=100))
    assert not trace.ended(Budget(epochs=120))
    assert trace.exceeds(Budget(epochs=80))
    assert not trace.exceeds(Budget(epochs=100))


def test_trace_counts_seconds_of_first_visits_only() -> None:
    run = kit.make_run("regularized_evolution", NECKLACES, seed=1)
    trace = kit.finished(run, 200)
    total, seen, expected = 0.0, set(), []
    for row in trace.choices.tolist():
        evaluation = run.recorder.evaluator.evaluate(Architecture(NECKLACES.name, tuple(row)))
        if evaluation.class_hash not in seen:
            seen.add(evaluation.class_hash)
            total += evaluation.seconds
        expected.append(total)
    assert trace.seconds.tolist() == expected
    assert (np.diff(trace.search_seconds) >= 0).all()
    assert trace.search_seconds[0] >= 0


def test_estimate_is_what_its_rule_says() -> None:
    assert training_flops(150e6, epochs=200, train_images=25_000) == 750e12
    rule = flops_rule(200, 25_000)
    assert rule.kind == "estimated"
    assert "FLOPs x 200 epochs x 25000 training images" in rule.how


@pytest.mark.parametrize(("flops", "unit"), [(3e5, "MFLOPs"), (2e9, "GFLOPs"), (5e15, "PFLOPs"), (7e21, "EFLOPs")])
def test_units_of_flops(flops: float, unit: str) -> None:
    assert flops_unit(flops)[1] == unit
    assert flops_unit(flops)[0] <= max(flops, 1e6)


def test_what_is_limited_first_is_what_progress_is_counted_in() -> None:
    assert [Budget(**{unit: 7}).limit for unit in UNITS] == [(unit, 7) for unit in UNITS]
    assert Budget(epochs=5, flops=1e9).limit == ("epochs", 5)


def test_without_a_clock_seconds_are_nan_and_no_budget_in_seconds_is_taken() -> None:
    run = Run(make_searcher("random_search", NB201, 0), kit.Formula(NB201, clock=NO_CLOCK))
    assert np.isnan(kit.finished(run, 5).seconds).all()
    with pytest.raises(ValueError, match="has none"):
        run.go(Budget(seconds=10))


def test_the_query_that_crosses_the_limit_is_the_last() -> None:
    run = kit.make_run("random_search", NB201)
    assert run.go(Budget(seconds=100.0)) == "seconds"
    trace = run.trace()
    assert trace.seconds[-1] >= 100 > trace.seconds[-2]
    assert run.go(Budget(queries=10_000, seconds=200.0)) == "seconds"
    assert run.go(Budget(queries=len(run.recorder) + 3, seconds=1e9)) == "queries"


def test_a_budget_that_can_never_be_used_up_ends_as_stalled() -> None:
    run = kit.make_run("random_search", NECKLACES)
    assert run.go(Budget(seconds=1e9)) == "stalled"
    trace = run.trace()
    assert len(trace) == int(np.flatnonzero(trace.unique == trace.unique[-1])[0]) + 1 + STALLED_AFTER
    assert trace.ended(Budget(seconds=1e9))
    assert not trace.ended(Budget(queries=len(trace) + 1))


@pytest.mark.parametrize(
    "wrong", [{}, {"queries": 0}, {"epochs": 0}, {"seconds": -1.0}, {"seconds": math.nan}, {"flops": 0.0}]
)
def test_budgets_are_checked(wrong: dict) -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(**wrong)
