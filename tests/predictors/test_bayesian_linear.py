"""Bayesian linear regression: its variances climb the evidence, its posterior is that of the books, its warp ranks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from predictors.models.bayesian_linear import BayesianLinear
from predictors.rows import standardised
from tests.predictors.examples import class_members, worth

TRAINED, TESTED = class_members(160)[:120], class_members(160)[120:]


def prepared(model: BayesianLinear, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centred features of trained and tested rows, centred scores, both standard."""
    inside = standardised(model.encoder_.transform(TRAINED), model.spread_)
    outside = standardised(model.encoder_.transform(TESTED), model.spread_) - inside.mean(axis=0)
    return inside - inside.mean(axis=0), outside, (y - y.mean()) / y.std()


def weight_variance(model: BayesianLinear, z: np.ndarray) -> float:
    """What the posterior says the prior was: S = (I / variance + ZᵀZ / noise)⁻¹."""
    precision = np.linalg.inv(model.root_ @ model.root_.T) - z.T @ z / model.noise_
    return float(1 / np.diag(precision).mean())


def test_posterior_by_the_book() -> None:
    y = worth(TRAINED, noise=2.0)
    model = BayesianLinear("one_hot", warp="identity").fit(TRAINED, y)
    z, outside, t = prepared(model, y)
    variance = weight_variance(model, z)
    covariance = variance * outside @ z.T
    inverse = np.linalg.inv(variance * z @ z.T + model.noise_ * np.eye(len(z)))  # the same as a Gaussian process
    mean, deviation = model.predict(TESTED, return_std=True)
    assert mean == pytest.approx(covariance @ inverse @ t * y.std() + y.mean(), rel=1e-6)
    left = variance * (outside**2).sum(axis=1) - np.einsum("nm,mk,nk->n", covariance, inverse, covariance)
    assert deviation == pytest.approx(np.sqrt(left + model.noise_) * y.std(), rel=1e-5)


def test_variances_are_those_of_the_most_evidence() -> None:
    y = worth(TRAINED, noise=2.0)
    model = BayesianLinear("one_hot", warp="identity").fit(TRAINED, y)
    z, _, t = prepared(model, y)

    def evidence(variance: float, noise: float) -> float:
        spread = variance * z @ z.T + noise * np.eye(len(z))
        return float(stats.multivariate_normal(np.zeros(len(z)), spread).logpdf(t))

    variance, noise = weight_variance(model, z), model.noise_
    for factor in (0.7, 1.4):
        assert evidence(variance * factor, noise) < evidence(variance, noise)
        assert evidence(variance, noise * factor) < evidence(variance, noise)
    assert noise * y.var() == pytest.approx(4.0, rel=0.4)


def test_deviations_cover() -> None:
    model = BayesianLinear("one_hot").fit(TRAINED, worth(TRAINED, noise=2.0))
    mean, deviation = model.predict(TESTED, return_std=True)
    assert (np.abs(mean - worth(TESTED, noise=2.0, seed=1)) < 2 * deviation).mean() > 0.85


def test_a_long_tail_is_seen_through_the_logarithm() -> None:
    straight = worth(TRAINED)
    assert BayesianLinear("one_hot").fit(TRAINED, 90 - np.exp((70 - straight) / 8)).warp_.name == "logarithm"
    assert BayesianLinear("one_hot").fit(TRAINED, straight).warp_.name == "identity"
    with pytest.raises(ValueError, match="warp must be one of"):
        BayesianLinear(warp="cubic").fit(TRAINED, straight)
