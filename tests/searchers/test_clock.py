"""What runs cost: each class once, unknown prices nothing, budgets in queries and seconds."""

from __future__ import annotations

import math

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.clock import NO_CLOCK, Budget, Clock, estimate_rule, estimate_seconds
from searchers.run import STALLED_AFTER, Run
from searchers.searcher import make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
NECKLACES = kit.Necklaces()


def test_a_class_is_paid_once() -> None:
    clock = Clock()
    for class_hash, seconds in (("a", 3.0), ("b", 4.0), ("a", 100.0), ("c", math.nan), ("c", 5.0)):
        clock.charge(class_hash, seconds, 1)
    assert (clock.training, clock.epochs, len(clock.paid), clock.unpriced) == (7.0, 3, 3, 1)


def test_a_training_that_goes_on_pays_the_difference() -> None:
    clock = Clock(whole=12)
    spent = []
    for class_hash, seconds, epochs in (("a", 24.0, 4), ("a", 24.0, 4), ("b", 6.0, 12), ("a", 24.0, 12), ("b", 6.0, 1)):
        clock.charge(class_hash, seconds, epochs)
        spent.append((clock.training, clock.epochs))
    assert spent == [(8.0, 4), (8.0, 4), (14.0, 16), (30.0, 24), (30.0, 24)]
    clock.charge("c", math.nan, 1)
    clock.charge("c", math.nan, 12)
    assert (clock.unpriced, clock.epochs) == (1, 36)


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
    assert estimate_seconds(150e6, epochs=200, train_images=25_000) == pytest.approx(3 * 150e6 * 200 * 25_000 / 1e12)
    rule = estimate_rule(200, 25_000)
    assert rule.kind == "estimated"
    assert "200 epochs x 25000" in rule.how


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


@pytest.mark.parametrize("wrong", [{}, {"queries": 0}, {"epochs": 0}, {"seconds": -1.0}, {"seconds": math.nan}])
def test_budgets_are_checked(wrong: dict) -> None:
    with pytest.raises(ValueError, match="budget"):
        Budget(**wrong)
