"""Weights of an ensemble against a slow second way, and how far they may leave equal ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from predictors.stacking import PULLS, chosen_pull, class_sizes, mixture, weights


def test_weights_are_the_least_squares_pulled_towards_equal_ones() -> None:
    rng = np.random.default_rng(0)
    t = rng.standard_normal(50)
    outside = np.stack([t + 0.2 * rng.standard_normal(50), rng.standard_normal(50), -t], axis=1)
    found = weights(outside, t, np.ones(50), 5.0)

    def cost(w: np.ndarray) -> float:
        return float(((t - outside @ w) ** 2).sum() + 5 * ((w - 1 / 3) ** 2).sum())

    slow = optimize.minimize(cost, np.full(3, 0.3), bounds=[(0, None)] * 3).x
    assert np.allclose(found, slow, atol=1e-4)
    assert found[2] == 0 and found[0] > 0.7
    assert np.allclose(weights(outside, t, np.ones(50), 1e12), 1 / 3, atol=1e-6)


def test_a_class_counts_once_however_many_rows_it_has() -> None:
    rng = np.random.default_rng(3)
    t = rng.standard_normal(30)
    outside = t[:, None] + rng.standard_normal((30, 3))
    many = np.concatenate([np.zeros(20, dtype=int), np.arange(30)])  # the first class twenty times more
    counts = class_sizes(many)
    assert counts.tolist() == [21] * 21 + [1] * 29
    assert np.allclose(weights(outside[many], t[many], counts, 4.0), weights(outside, t, np.ones(30), 4.0))
    assert not np.allclose(weights(outside[many], t[many], np.ones(50), 4.0), weights(outside, t, np.ones(30), 4.0))
    assert chosen_pull(outside[many], t[many], many, 5, 0) == chosen_pull(outside, t, np.arange(30), 5, 0)


@given(st.integers(0, 2**31), st.integers(1, 6))
def test_weights_of_equal_members_are_equal(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    t = rng.standard_normal(20)
    outside = np.repeat((t + rng.standard_normal(20))[:, None], count, axis=1)
    found = weights(outside, t, np.ones(20), 2.0)
    assert (found >= 0).all() and np.allclose(found, found[0])


def test_a_strong_pull_is_chosen_where_members_are_alike_and_a_weak_one_where_one_is_right() -> None:
    rng = np.random.default_rng(1)
    t = rng.standard_normal(60)
    alike = t[:, None] + 0.5 * rng.standard_normal((60, 5))
    one_right = np.column_stack([t + 0.05 * rng.standard_normal(60), rng.standard_normal((60, 4))])
    assert chosen_pull(alike, t, np.arange(60), 5, 0) >= 200
    assert chosen_pull(one_right, t, np.arange(60), 5, 0) == PULLS[-1]


def test_the_variance_of_a_mixture_is_that_of_draws() -> None:
    means, variances, given_weights = np.array([[0.0, 3.0]]), np.array([[1.0, 4.0]]), np.array([0.5, 1.5])
    rng = np.random.default_rng(2)
    first = rng.random(400_000) < 0.25
    draws = np.where(first, rng.normal(0, 1, 400_000), rng.normal(3, 2, 400_000))
    assert mixture(means, variances, given_weights)[0] == pytest.approx(draws.var(), rel=0.01)
    assert mixture(means, variances, np.zeros(2))[0] == pytest.approx((1 + 4) / 2 + 1.5**2)
