"""Acquisitions against numbers worked out with 60 digits, quadrature and draws, and at their degenerate ends."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from searchers.acquisitions import (
    expected_improvement,
    independent_thompson_sampling,
    log_expected_improvement,
    thompson_sampling,
    upper_confidence_bound,
)

KNOWN = {
    5.0: 1.6094379231264314,
    1.0: 0.08002621884930694,
    0.0: -0.91893853320467274,
    -0.5: -1.6205162643873199,
    -1.0: -2.4851210257126413,
    -1.000001: -2.4851229299842355,
    -2.0: -4.7687835239171142,
    -5.0: -16.74430116266099,
    -10.0: -55.553122036122356,
    -38.0: -730.19618340211374,
    -40.0: -808.29856835661996,
    -100.0: -5010.1295788002498,
    -499.9: -124963.35276669467,
    -500.1: -125063.3535666851,
    -1e4: -50000019.339619307,
    -1e6: -500000000028.54996,
}
"""log(phi(z) + z Phi(z)) by mpmath with 60 digits."""
MEAN, DEVIATION, BEST = np.array([90.0, 91.0, 92.5, 88.0]), np.array([1.0, 0.3, 2.0, 0.5]), 91.5


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_log_expected_improvement_has_all_digits_near_and_far() -> None:
    z = np.array(list(KNOWN))
    np.testing.assert_allclose(log_expected_improvement(z, np.ones(len(z)), 0.0), list(KNOWN.values()), rtol=2e-15)


def test_log_expected_improvement_rises_everywhere() -> None:
    z = np.concatenate([-np.logspace(9, 0, 4000), np.linspace(-0.99, 8, 400)])
    assert (np.diff(log_expected_improvement(z, np.ones(len(z)), 0.0)) > 0).all()


def test_log_expected_improvement_counts_units() -> None:
    """Scores in other units: the logarithm of the improvement moves by that of the unit."""
    first = log_expected_improvement(MEAN, DEVIATION, BEST)
    np.testing.assert_allclose(log_expected_improvement(MEAN * 7, DEVIATION * 7, BEST * 7), first + math.log(7))


def test_expected_improvement_is_the_integral() -> None:
    for mean, deviation, found in zip(MEAN, DEVIATION, expected_improvement(MEAN, DEVIATION, BEST), strict=True):
        belief = stats.norm(mean, deviation)
        far = mean + 12 * deviation
        expected, _ = integrate.quad(lambda y, b=belief: (y - BEST) * b.pdf(y), BEST, max(far, BEST), epsabs=1e-15)
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-14)
    np.testing.assert_allclose(
        np.log(expected_improvement(MEAN, DEVIATION, BEST)), log_expected_improvement(MEAN, DEVIATION, BEST), rtol=1e-9
    )


def test_expected_improvement_is_the_mean_of_draws() -> None:
    draws = MEAN + DEVIATION * rng().standard_normal((400_000, len(MEAN)))
    gains = np.maximum(draws - BEST, 0.0)
    away = gains.mean(axis=0) - expected_improvement(MEAN, DEVIATION, BEST)
    assert (np.abs(away) <= 4 * gains.std(axis=0) / math.sqrt(len(draws)) + 1e-5).all()


def test_certainty_leaves_the_certain_improvement() -> None:
    mean, none = np.array([90.0, 93.5, 91.5]), np.zeros(3)
    assert expected_improvement(mean, none, BEST).tolist() == [0.0, 2.0, 0.0]
    assert log_expected_improvement(mean, none, BEST).tolist() == [-math.inf, math.log(2.0), -math.inf]


def test_upper_confidence_bound() -> None:
    assert upper_confidence_bound(np.array([1.0, 2.0]), np.array([0.5, 0.0]), 2.0).tolist() == [2.0, 2.0]


def test_thompson_sampling_draws_from_the_joint_belief() -> None:
    factor = rng(1).standard_normal((4, 2))  # of rank 2: a Cholesky factor does not exist
    covariance = factor @ factor.T
    drawn = thompson_sampling(MEAN, covariance, rng(2), 200_000)
    np.testing.assert_allclose(drawn.mean(axis=0), MEAN, atol=0.03)
    np.testing.assert_allclose(np.cov(drawn.T), covariance, atol=0.05)


def test_thompson_sampling_keeps_equals_equal() -> None:
    drawn = thompson_sampling(np.zeros(2), np.ones((2, 2)), rng(), 5)
    np.testing.assert_allclose(drawn[:, 0], drawn[:, 1], atol=1e-7)
    assert np.ptp(drawn[:, 0]) > 0.1


def test_independent_thompson_sampling_draws_each_by_itself() -> None:
    mean, deviation = np.zeros(200_000), np.full(200_000, 2.0)
    drawn = independent_thompson_sampling(mean, deviation, rng())
    assert stats.kstest(drawn / 2.0, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(drawn[::2], drawn[1::2])[0, 1]) < 0.02
    assert independent_thompson_sampling(MEAN, np.zeros(4), rng()).tolist() == MEAN.tolist()
