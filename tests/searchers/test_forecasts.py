"""Forecasts: mixtures, and spreads stretched by how far off earlier forecasts were."""

from __future__ import annotations

import json

import numpy as np
import pytest

import nasbench
from searchers.beliefs import View
from searchers.forecasts import PRIOR, Forecasts, beliefs, mixed
from searchers.hints import Hints
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")


def test_a_mixture_has_the_moments_of_draws_from_it() -> None:
    means, deviations = np.array([[0.0], [4.0]]), np.array([[1.0], [2.0]])
    rng = np.random.default_rng(0)
    member = rng.integers(2, size=200_000)
    drawn = rng.normal(means[member, 0], deviations[member, 0])
    mean, deviation = mixed(means, deviations)
    assert mean[0] == 2.0
    assert deviation[0] == pytest.approx(drawn.std(), rel=0.01)


def test_each_member_believes_what_it_would_alone() -> None:
    told = kit.sample(12)
    scores = np.array([kit.made_up_score(each) for each in told])
    view = View(NB201, Hints(NB201), "one_hot", "")
    rows = view.features(kit.sample(5, seed=9))
    both = beliefs("ridge+k_nearest(neighbors=3)", view, told, scores, rows)
    for place, name in enumerate(("ridge", "k_nearest(neighbors=3)")):
        alone = beliefs(name, view, told, scores, rows)
        np.testing.assert_array_equal(both[0][place], alone[0][0])
        np.testing.assert_array_equal(both[1][place], alone[1][0])


def test_spreads_are_stretched_to_the_errors_that_came() -> None:
    forecasts = Forecasts()
    assert forecasts.stretches(2).tolist() == [1.0, 1.0]
    for number in range(5):
        forecasts.make((number,), np.array([0.0, 0.0]), np.array([1.0, 3.0]))
        forecasts.compare((number,), 3.0)
    expected = [np.sqrt((PRIOR + 5 * 9) / (PRIOR + 5)), 1.0]
    assert forecasts.stretches(2).tolist() == pytest.approx(expected)


def test_honest_forecasts_are_left_alone() -> None:
    forecasts, rng = Forecasts(), np.random.default_rng(1)
    for number in range(3000):
        forecasts.make((number,), np.array([5.0]), np.array([2.0]))
        forecasts.compare((number,), 5.0 + 2.0 * rng.standard_normal())
    assert forecasts.stretches(1)[0] == pytest.approx(1.0, abs=0.05)


def test_failures_and_unasked_ones_say_nothing_and_memory_is_json() -> None:
    forecasts = Forecasts()
    forecasts.make((0, 1), np.array([1.0]), np.array([1.0]))
    forecasts.make((2, 3), np.array([1.0]), np.array([0.5]))
    forecasts.compare((0, 1), None)
    forecasts.compare((7, 7), 3.0)
    assert forecasts.stretches(1).tolist() == [1.0]
    again = Forecasts()
    again.recall(json.loads(json.dumps(forecasts.memory())))
    for each in (forecasts, again):
        each.compare((2, 3), 4.0)
    assert again.stretches(1).tolist() == forecasts.stretches(1).tolist() != [1.0]
