"""Metrics against SciPy, scikit-learn and pairs counted one by one."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from predictors.metrics import (
    METRICS,
    best_rank,
    kendall,
    kendall_rounded,
    mae,
    pearson,
    precision_at,
    r2,
    rmse,
    scores,
    spearman,
)
from predictors.study_scores import study_scores

NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6, allow_subnormal=False))
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40).map(lambda pairs: np.array(pairs).T)


def kendall_by_pairs(a: np.ndarray, p: np.ndarray) -> float:
    """Tau-b by its definition."""
    concordance, tied_a, tied_p, n = 0, 0, 0, len(a)
    for i in range(n):
        for j in range(i):
            concordance += int(np.sign(a[i] - a[j]) * np.sign(p[i] - p[j]))
            tied_a += a[i] == a[j]
            tied_p += p[i] == p[j]
    pairs = n * (n - 1) / 2
    return concordance / math.sqrt((pairs - tied_a) * (pairs - tied_p)) if pairs > max(tied_a, tied_p) else math.nan


@given(PAIRS)
def test_kendall_counts_pairs(pairs: np.ndarray) -> None:
    a, p = pairs
    expected = kendall_by_pairs(a, p)
    assert kendall(a, p) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert kendall(a, p) == pytest.approx(stats.kendalltau(a, p)[0], abs=1e-12, nan_ok=True)
    assert kendall(p, a) == pytest.approx(expected, abs=1e-12, nan_ok=True)
    assert kendall(a, -p) == pytest.approx(-expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 63, 64, 65, 1000, 5000])
@pytest.mark.parametrize("values", [3, 10**6])
def test_kendall_of_many(n: int, values: int) -> None:
    rng = np.random.default_rng(n)
    a = rng.integers(values, size=n).astype(float)
    p = a + rng.integers(values, size=n)
    assert kendall(a, p) == pytest.approx(stats.kendalltau(a, p)[0], abs=1e-12, nan_ok=True)


@pytest.mark.filterwarnings("ignore:An input array is constant", "ignore:An input array is nearly constant")
@given(PAIRS)
def test_correlations_are_those_of_scipy(pairs: np.ndarray) -> None:
    a, p = pairs
    assert spearman(a, p) == pytest.approx(stats.spearmanr(a, p)[0], abs=1e-9, nan_ok=True)
    if min(np.ptp(a), np.ptp(p)) > 1e-6 * max(1.0, np.abs(pairs).max()):
        assert pearson(a, p) == pytest.approx(stats.pearsonr(a, p)[0], abs=1e-6)


@given(PAIRS)
def test_errors_are_those_of_scikit_learn(pairs: np.ndarray) -> None:
    a, p = pairs
    assert mae(a, p) == pytest.approx(mean_absolute_error(a, p))
    assert rmse(a, p) == pytest.approx(root_mean_squared_error(a, p))
    if np.ptp(a) > 1e-100:  # below, scikit-learn's squares vanish
        assert r2(a, p) == pytest.approx(r2_score(a, p), rel=1e-6, abs=1e-6)


def test_known_values() -> None:
    a, p = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 4.0])
    found = scores(a, p)
    assert found["kendall"] == pytest.approx(4 / 6)
    assert found["spearman"] == pytest.approx(0.8)
    assert found["pearson"] == pytest.approx(0.8)
    assert found["r2"] == pytest.approx(1 - 2 / 5)
    assert found["mae"] == pytest.approx(0.5)
    assert found["rmse"] == pytest.approx(math.sqrt(0.5))
    assert list(found) == list(METRICS)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_pairs_with_nan_are_left_out(metric) -> None:
    a, p = np.array([1.0, math.nan, 3.0, 5.0, 4.0]), np.array([2.0, 7.0, math.nan, 6.0, 5.5])
    kept = [0, 3, 4]
    assert metric(a, p) == metric(a[kept], p[kept])


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_where_there_is_no_value_there_is_nan(metric) -> None:
    assert math.isnan(metric(np.array([]), np.array([])))
    assert math.isnan(metric(np.array([math.nan, 1.0]), np.array([1.0, math.nan])))
    if metric not in (mae, rmse):
        assert math.isnan(metric(np.array([1.0]), np.array([2.0])))
        assert math.isnan(metric(np.full(5, 2.0), np.arange(5.0)))
    if metric in (kendall, spearman, pearson):
        assert math.isnan(metric(np.arange(5.0), np.full(5, 2.0)))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_lengths_must_agree(metric) -> None:
    with pytest.raises(ValueError, match="two arrays of one length"):
        metric(np.arange(3.0), np.arange(4.0))


@pytest.mark.parametrize("metric", [kendall, spearman], ids=["kendall", "spearman"])
def test_ranks_alone_matter(metric) -> None:
    rng = np.random.default_rng(0)
    a, p = rng.standard_normal(50), rng.standard_normal(50)
    assert metric(np.exp(3 * a), p**3) == pytest.approx(metric(a, p), abs=1e-12)
    assert metric(np.where(a > 1, np.inf, a), p) == pytest.approx(metric(np.minimum(a, 1.0), p), abs=1e-12)


FEW = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=3, max_size=8)


def tops(predicted: np.ndarray, k: int) -> list[tuple[int, ...]]:
    """Every way to choose the k highest, where equal ones stand at the border."""
    border = np.sort(predicted)[-k]
    above = tuple(np.flatnonzero(predicted > border).tolist())
    return [above + rest for rest in combinations(np.flatnonzero(predicted == border).tolist(), k - len(above))]


@given(FEW, st.integers(1, 3))
def test_tops_are_expected_over_all_ways_to_choose(pairs: list[tuple[int, int]], k: int) -> None:
    a, p = np.array(pairs, dtype=float).T
    ranks = np.array([1 + (a > value).sum() for value in a])
    best = np.mean([ranks[list(chosen)].min() for chosen in tops(p, k)])
    assert best_rank(a, p, k) == pytest.approx(best)
    shared = np.mean([len(set(top) & set(true)) / k for top in tops(p, k) for true in tops(a, k)])
    assert precision_at(a, p, k) == pytest.approx(shared)
    assert best_rank(-a, -p, k, higher_is_better=False) == pytest.approx(best)
    assert precision_at(-a, -p, k, higher_is_better=False) == pytest.approx(shared)


def test_known_tops() -> None:
    a = np.arange(100.0)
    p = a.copy()
    p[[99, 98]] = -1.0  # the two best are thought the worst
    assert precision_at(a, p, 10) == pytest.approx(0.8)
    assert best_rank(a, p, 10) == 3.0
    assert best_rank(a, a, 10) == 1.0 and precision_at(a, a, 20) == 1.0
    assert best_rank(a, -a, 10) == 91.0 and precision_at(a, -a, 10) == 0.0
    assert math.isnan(precision_at(a[:5], p[:5], 10)) and math.isnan(best_rank(a[:5], p[:5], 10))
    assert precision_at(a, np.zeros(100), 10) == pytest.approx(0.1)


def test_rounded_kendall_ties_what_differs_by_less_than_the_step() -> None:
    a = np.array([90.01, 90.04, 91.0, 92.0])
    p = np.array([90.04, 90.01, 91.0, 92.0])
    assert kendall(a, p) < 1.0
    assert kendall_rounded(a, p) == pytest.approx(1.0)
    assert kendall_rounded(a, p, 0.01) == pytest.approx(kendall(a, p))
    assert math.isnan(kendall_rounded(a, p, 1000.0))


def test_scores_of_a_study_know_the_direction_and_the_unit_of_a_metric() -> None:
    rng = np.random.default_rng(0)
    a = rng.normal(2.0, 0.2, 60)
    p = a + rng.normal(0, 0.1, 60)
    loss = study_scores(a, p, "val_loss")
    assert loss["precision_10"] == precision_at(-a, -p, 10)
    assert loss["best_rank_20"] == best_rank(-a, -p, 20)
    assert loss["best_share_20"] == pytest.approx(loss["best_rank_20"] / 60)
    assert loss["kendall_rounded"] == kendall_rounded(a, p, 0.001)
    assert study_scores(a, p, "val_accuracy")["kendall_rounded"] == kendall_rounded(a, p, 0.1)
    assert {name: loss[name] for name in METRICS} == scores(a, p)
