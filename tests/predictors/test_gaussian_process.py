"""The Gaussian process: covariances by hand, gradients by finite differences, posterior and folds by refitting."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from predictors.kernels import (
    likely,
    make_parts,
    marginal_likelihood,
    noisy_factor,
    out_of_fold,
    total_covariance,
    total_variance,
)
from predictors.models.gaussian_process import GaussianProcess, climbed
from tests.predictors.examples import class_members, worth

NAMES = ("one_hot:a=0", "one_hot:a=1", "one_hot:b=0", "one_hot:b=1", "graph_features:depth", "graph_features:width")
ROWS = np.array(
    [
        [1, 0, 1, 0, 0.0, 2.0],
        [1, 0, 0, 1, 1.0, 3.0],
        [0, 1, 0, 1, 4.0, 2.0],
        [0, 1, 1, 0, 2.0, 7.0],
        [1, 0, 1, 0, 5.0, 5.0],
    ]
)
SPREAD = np.stack([np.full(6, 0.5), np.array([0.5, 0.5, 0.5, 0.5, 2.0, 0.0])])
"""Of each column over the space; the last is constant there and divided by the median."""


def by_hand(kernel: str, a: np.ndarray, b: np.ndarray, theta: np.ndarray) -> float:
    """One entry of a covariance of the first four columns (hamming, weisfeiler_lehman) or the last two (matern)."""
    signal, *rates = np.exp(theta)
    if kernel == "hamming":
        differ = [float((a[:2] != b[:2]).any()), float((a[2:4] != b[2:4]).any())]
        return float(signal * math.exp(-rates[0] * differ[0] - rates[1] * differ[1]))
    if kernel == "matern":
        away = ((a[4:] - b[4:]) / np.array([2.0, 0.5])) ** 2
        r = math.sqrt(5 * away.mean()) * rates[0]
        return float(signal * (1 + r + r**2 / 3) * math.exp(-r))
    cosine = a[:4] @ b[:4] / math.sqrt((a[:4] @ a[:4]) * (b[:4] @ b[:4]))
    return float(signal * math.exp(-rates[0] * (1 - cosine)))


@pytest.mark.parametrize("first", ["hamming", "weisfeiler_lehman"])
def test_covariance_is_the_sum_of_the_parts_by_hand(first: str) -> None:
    parts = make_parts(f"{first}+matern", NAMES, SPREAD)
    rates = len(parts[0].groups)
    assert rates == (2 if first == "hamming" else 1)
    theta = np.linspace(-0.5, 0.7, 1 + rates + 2 + 1)
    found = total_covariance(parts, [part.distances(ROWS, ROWS[:3]) for part in parts], theta)
    for i in range(5):
        for j in range(3):
            wanted = by_hand(first, ROWS[i], ROWS[j], theta[: 1 + rates])
            wanted += by_hand("matern", ROWS[i], ROWS[j], theta[1 + rates : -1])
            assert found[i, j] == pytest.approx(wanted, rel=1e-12)


def test_a_kernel_alone_looks_at_all_columns() -> None:
    (part,) = make_parts("matern", NAMES, SPREAD)
    assert part.groups[0].tolist() == list(range(6))
    standard = (ROWS - SPREAD[0]) / np.array([0.5, 0.5, 0.5, 0.5, 2.0, 0.5])
    wanted = math.sqrt(((standard[0] - standard[1]) ** 2).mean())
    assert part.distances(ROWS, ROWS)[0, 0, 1] == pytest.approx(wanted)


def test_guesses_enter_linearly_as_well() -> None:
    guesses = np.array([False, False, False, False, True, True])
    alone, linear = make_parts("matern", NAMES, SPREAD, guesses)
    theta = np.array([0.2, -0.3, 0.4, -1.0])
    found = total_covariance((alone, linear), [part.distances(ROWS, ROWS) for part in (alone, linear)], theta)
    standard = (ROWS[:, 4:] - 0.5) / np.array([2.0, 0.5])
    wanted = alone.covariance(alone.distances(ROWS, ROWS), theta[:2]) + math.exp(0.4) * standard @ standard.T / 2
    assert np.allclose(found, wanted)
    assert np.allclose(total_variance((alone, linear), ROWS, theta), np.diag(wanted))
    assert [part.name for part in make_parts("matern", NAMES, SPREAD, guesses & False)] == ["matern"]


def test_foreign_kernel_is_named() -> None:
    with pytest.raises(ValueError, match=r"kernels among hamming, linear, matern, weisfeiler_lehman, .* 'cosine'"):
        make_parts("matern+cosine", NAMES, SPREAD)


@pytest.mark.parametrize("kernel", ["hamming", "matern", "weisfeiler_lehman", "linear", "hamming+matern"])
def test_marginal_likelihood_and_its_gradient(kernel: str) -> None:
    parts = make_parts(kernel, NAMES, SPREAD)
    distances = [part.distances(ROWS, ROWS) for part in parts]
    t = np.array([0.3, -1.0, 0.4, 1.2, -0.6])
    theta = likely(parts) + np.linspace(-0.3, 0.4, len(likely(parts)))
    value, gradient = marginal_likelihood(parts, distances, t, theta)
    noisy = total_covariance(parts, distances, theta) + math.exp(theta[-1]) * np.eye(5)
    assert value == pytest.approx(stats.multivariate_normal(np.zeros(5), noisy).logpdf(t), rel=1e-10)
    for place in range(len(theta)):
        step = np.zeros(len(theta))
        step[place] = 1e-5
        up, down = (marginal_likelihood(parts, distances, t, theta + sign * step)[0] for sign in (1, -1))
        assert gradient[place] == pytest.approx((up - down) / 2e-5, rel=1e-5, abs=1e-7)


def test_out_of_fold_is_what_refitting_gives() -> None:
    parts = make_parts("matern", NAMES, SPREAD)
    theta = likely(parts)
    covariance = total_covariance(parts, [part.distances(ROWS, ROWS) for part in parts], theta)
    t = np.array([0.3, -1.0, 0.4, 1.2, -0.6])
    splits = [(np.array([2, 3, 4]), np.array([0, 1])), (np.array([0, 1]), np.array([2, 3, 4]))]
    found = out_of_fold(noisy_factor(covariance, 0.1), t, splits)
    for inside, held in splits:
        noisy = covariance[np.ix_(inside, inside)] + 0.1 * np.eye(len(inside))
        assert np.allclose(found[held], covariance[np.ix_(held, inside)] @ np.linalg.solve(noisy, t[inside]))


def test_climbing_ends_where_prior_and_likelihood_are_level() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((60, 2))
    parts = make_parts("matern", ("x", "y"), np.array([[0.0, 0.0], [1.0, 1.0]]))
    distances = [part.distances(rows, rows) for part in parts]
    t = np.sin(rows[:, 0]) + 0.1 * rng.standard_normal(60)
    theta = climbed(parts, distances, t, restarts=2)

    def density(at: np.ndarray) -> float:
        prior = stats.norm(likely(parts), 1.5).logpdf(at).sum()
        return float(marginal_likelihood(parts, distances, t, at)[0] + prior)

    for place in range(len(theta)):
        for sign in (-1, 1):
            moved = theta.copy()
            moved[place] += sign * 0.2
            assert density(moved) < density(theta)
    assert 0.003 < math.exp(theta[-1]) < 0.05  # the noise variance was 0.01


def test_posterior_by_hand_in_the_unit_of_the_scores() -> None:
    trained, tested = class_members(40)[:30], class_members(40)[30:]
    y = worth(trained, noise=1.0)
    process = GaussianProcess(encoding="one_hot", kernel="hamming", warp="identity").fit(trained, y)
    mean, deviation = process.predict(tested, return_std=True)
    standard = (y - y.mean()) / y.std()
    x, new = process.features_, process.encoder_.transform(tested)
    signal, *rates = np.exp(process.theta_[:-1])
    noise = math.exp(process.theta_[-1])

    def covariance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        differ = (a.reshape(len(a), 1, 6, 5) != b.reshape(1, len(b), 6, 5)).any(axis=3)
        return np.asarray(signal * np.exp(-(differ * np.array(rates)).sum(axis=2)))

    inverse = np.linalg.inv(covariance(x, x) + noise * np.eye(len(x)))
    cross = covariance(new, x)
    assert np.allclose(mean, (cross @ inverse @ standard) * y.std() + y.mean())
    spread = signal - np.einsum("nm,mk,nk->n", cross, inverse, cross) + noise
    assert np.allclose(deviation, np.sqrt(spread) * y.std())


def test_very_many_rows_are_thinned_with_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predictors.models.gaussian_process.MOST", 40)
    monkeypatch.setattr("predictors.models.gaussian_process.TUNED_ON", 20)
    trained, tested = class_members(80)[:60], class_members(80)[60:]
    first, same, other = (GaussianProcess(seed=seed).fit(trained, worth(trained, noise=0.3)) for seed in (0, 0, 1))
    assert len(first.alpha_) == 40
    assert np.array_equal(first.predict(tested), same.predict(tested))
    assert not np.array_equal(first.features_, other.features_)
    assert stats.kendalltau(first.predict(tested), worth(tested))[0] > 0.5


def test_the_warp_is_the_one_that_ranks_better() -> None:
    trained = class_members(80)
    y = worth(trained)
    bent = 100 - np.exp((y.max() - y) / 4)  # a long tail below
    assert GaussianProcess(encoding="one_hot").fit(trained, bent).warp_.name == "logarithm"
    with pytest.raises(ValueError, match="warp must be one of"):
        GaussianProcess(warp="cubic").fit(trained, y)
    with pytest.raises(ValueError, match="restarts must be at least 1"):
        GaussianProcess(restarts=0).fit(trained, y)
