"""Intervals, ranks and tests: known values, degenerate cases, and a second slow way."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from reports.statistics import (
    EXACT_UP_TO,
    average_ranks,
    bootstrap_band,
    bootstrap_estimate,
    holm,
    rank_rows,
    signed_rank_test,
    superiority,
)

halves = st.integers(-8, 8).map(lambda x: x / 2)


def test_mean_interval_is_close_to_students() -> None:
    values = np.random.default_rng(3).normal(10, 2, 12)
    found = bootstrap_estimate(values, seed=0, resamples=20_000)
    low, high = scipy.stats.t.interval(0.95, 11, values.mean(), values.std(ddof=1) / math.sqrt(12))
    assert found.value == pytest.approx(values.mean())
    assert found.n == 12
    assert found.low == pytest.approx(low, abs=0.12 * (high - low))
    assert found.high == pytest.approx(high, abs=0.12 * (high - low))


@pytest.mark.parametrize(("n", "least"), [(5, 0.86), (10, 0.92), (30, 0.92)])
def test_mean_interval_covers_about_as_often_as_it_says(n: int, least: float) -> None:
    rng = np.random.default_rng(n)
    found = [bootstrap_estimate(rng.normal(size=n), seed=i, resamples=500) for i in range(500)]
    covered = np.mean([estimate.low <= 0 <= estimate.high for estimate in found])
    assert least <= covered <= 0.98


def test_level_widens_the_interval() -> None:
    values = np.arange(20.0)
    widths = [bootstrap_estimate(values, seed=0, level=level).half_width for level in (0.5, 0.8, 0.95, 0.99)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_median_against_resampling_by_hand() -> None:
    values = np.array([1.0, 5.0, 2.0, 9.0, 4.0, 4.5, 3.0])
    found = bootstrap_estimate(values, seed=7, statistic="median", resamples=300)
    assert found.value == 4.0
    rng = np.random.default_rng(7)
    medians = [np.median(values[row]) for row in rng.integers(0, 7, size=(300, 7))]
    tail = scipy.stats.norm.cdf(-math.sqrt(7 / 6) * scipy.stats.t.ppf(0.975, 6))
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(medians, [tail, 1 - tail])))


def test_mean_against_resampling_by_hand() -> None:
    values = np.random.default_rng(1).normal(size=(9, 3))
    found = bootstrap_band(values, seed=5, resamples=250, level=0.9)
    rows = np.random.default_rng(5).integers(0, 9, size=(250, 9))
    means = values[rows].mean(axis=1)
    tail = scipy.stats.norm.cdf(-math.sqrt(9 / 8) * scipy.stats.t.ppf(0.95, 8))
    low, high = np.quantile(means, [tail, 1 - tail], axis=0)
    np.testing.assert_allclose(found.low, low)
    np.testing.assert_allclose(found.high, high)


def test_interval_depends_on_the_seed_given_and_on_nothing_else() -> None:
    values = np.random.default_rng(0).normal(size=10)
    first, again, other = (bootstrap_estimate(values, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_few_values() -> None:
    none, one, two = (bootstrap_estimate(values, seed=0) for values in ([], [3.0], [3.0, 5.0]))
    assert (none.n, math.isnan(none.value)) == (0, True)
    assert (one.n, one.value, math.isnan(one.low), math.isnan(one.half_width)) == (1, 3.0, True, True)
    assert (two.value, two.low, two.high) == (4.0, 3.0, 5.0)


def test_equal_values_have_an_interval_of_no_length() -> None:
    found = bootstrap_estimate([93.1] * 7, seed=0)
    assert (found.value, found.low, found.high) == (pytest.approx(93.1), 93.1, 93.1)


def test_missing_values_are_left_out_point_by_point() -> None:
    values = np.random.default_rng(2).normal(size=(8, 2))
    values[3:, 1] = np.nan
    band = bootstrap_band(values, seed=0)
    assert band.n.tolist() == [8, 3]
    assert band.value[1] == pytest.approx(values[:3, 1].mean())
    assert band.low[1] >= values[:3, 1].min()
    assert band.high[1] <= values[:3, 1].max()


def test_wrong_input_is_said() -> None:
    with pytest.raises(ValueError, match="mean or median"):
        bootstrap_estimate([1.0, 2.0], seed=0, statistic="mode")
    with pytest.raises(ValueError, match="seeds, points"):
        bootstrap_band(np.zeros(3), seed=0)


@given(st.lists(st.lists(halves, min_size=4, max_size=4), min_size=1, max_size=6))
def test_ranks_agree_with_scipy(rows: list[list[float]]) -> None:
    scores = np.array(rows)
    np.testing.assert_array_equal(rank_rows(scores), scipy.stats.rankdata(-scores, axis=1))
    np.testing.assert_array_equal(rank_rows(scores, higher_is_better=False), scipy.stats.rankdata(scores, axis=1))


def test_average_ranks() -> None:
    found = average_ranks(np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 1.0]]), seed=0)
    assert [estimate.value for estimate in found] == [1.0, 2.25, 2.75]
    assert found[0].half_width == 0
    with pytest.raises(ValueError, match="every method on every seed"):
        rank_rows(np.array([[1.0, np.nan]]))


@given(st.lists(halves, min_size=1, max_size=9))
def test_signed_rank_agrees_with_all_signs_tried(differences: list[float]) -> None:
    values = np.array(differences)
    found = signed_rank_test(values, np.zeros(len(values)))
    signs = values[values != 0]
    assert (found.n, found.equal) == (len(values), len(values) - len(signs))
    if not len(signs):
        assert (found.p, found.effect) == (1.0, 0.0)
        return
    ranks = scipy.stats.rankdata(np.abs(signs))
    seen = ranks[signs > 0].sum()
    sums = np.array([ranks @ np.array(choice) for choice in itertools.product((0, 1), repeat=len(signs))])
    tail = min((sums <= seen + 1e-9).mean(), (sums >= seen - 1e-9).mean())
    assert found.p == pytest.approx(min(1.0, 2 * tail))
    assert found.effect == pytest.approx((2 * seen - ranks.sum()) / ranks.sum())


@pytest.mark.parametrize("n", [6, 20, 50])
def test_signed_rank_agrees_with_scipy(n: int) -> None:
    rng = np.random.default_rng(n)
    first, second = rng.normal(0.2, 1, n), rng.normal(0, 1, n)
    assert signed_rank_test(first, second).p == pytest.approx(
        scipy.stats.wilcoxon(first, second, method="exact").pvalue
    )
    assert signed_rank_test(first, second).p == signed_rank_test(second, first).p


def test_signed_rank_of_many_pairs_is_normal() -> None:
    rng = np.random.default_rng(0)
    differences = np.round(rng.normal(0.1, 1, EXACT_UP_TO + 100), 1)
    expected = scipy.stats.wilcoxon(differences, method="asymptotic", correction=False).pvalue
    assert signed_rank_test(differences, np.zeros_like(differences)).p == pytest.approx(expected)
    fewer = differences[: EXACT_UP_TO - 10]
    expected = scipy.stats.wilcoxon(fewer, method="asymptotic", correction=False).pvalue
    assert signed_rank_test(fewer, np.zeros_like(fewer)).p == pytest.approx(expected, abs=0.01)


def test_differences_equal_but_for_rounding_are_ties() -> None:
    first, second = np.array([93.3, 91.2, 90.1]), np.array([93.2, 91.1, 90.2])
    assert signed_rank_test(first, second).p == signed_rank_test(np.array([1.0, 1.0, -1.0]), np.zeros(3)).p


def test_pairs_with_a_missing_value_are_left_out() -> None:
    found = signed_rank_test(np.array([1.0, np.nan, 2.0]), np.array([0.0, 1.0, np.nan]))
    assert found.n == 1


def test_holm_on_a_known_example() -> None:
    # Holm (1979) as in R: p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm")
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.6, 0.5]) == [1.0, 1.0]
    assert holm([]) == []
    adjusted = holm([0.01, math.nan, 0.5])
    assert adjusted[0] == pytest.approx(0.02)
    assert math.isnan(adjusted[1])


@given(st.lists(halves, min_size=1, max_size=8), st.lists(halves, min_size=1, max_size=8))
def test_superiority_counts_all_pairs(first: list[float], second: list[float]) -> None:
    expected = np.mean([(a > b) + (a == b) / 2 for a in first for b in second])
    assert superiority(np.array(first), np.array(second)) == pytest.approx(expected)


def test_superiority_of_nothing() -> None:
    assert math.isnan(superiority(np.array([np.nan]), np.array([1.0])))
