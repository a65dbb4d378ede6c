"""Intervals of cards against resamples drawn one by one, and what must be so whatever is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from predictors.agreement import Truth, agreements, partial_spearman
from predictors.card_intervals import correlation_intervals, weighted_ranks
from predictors.card_kendall import kendall_intervals, weighted_kendall
from predictors.intervals import percentiles
from predictors.metrics import kendall, spearman


def made_up(rows: int = 60, classes: int = 25) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Goodness of three proxies, one with failures and ties, one a size; what was measured; sizes; classes."""
    rng = np.random.default_rng(3)
    place = np.concatenate([np.arange(classes), rng.integers(0, classes, rows - classes)])
    sizes = rng.lognormal(size=(rows, 2)).round(1)
    y = (sizes.sum(axis=1) + rng.normal(size=rows)).round(1)
    some = np.where(place % 5 == 0, np.nan, (y + rng.normal(size=rows)).round())
    return np.stack([y + 2 * rng.normal(size=rows), some, sizes[:, 0]]), y, sizes, place


def test_intervals_are_those_of_resamples_drawn_one_by_one() -> None:
    """The slow way: rows of each drawn class are written down as often as it is drawn."""
    goodness, y, sizes, place = made_up()
    found = correlation_intervals(goodness, y, sizes, place, resamples=80, seed=4)
    rng, members = np.random.default_rng(4), [np.flatnonzero(place == one) for one in range(25)]
    several: list[list[list[float]]] = [[[], []] for _ in goodness]
    for _ in range(80):
        rows = np.concatenate([members[one] for one in rng.integers(25, size=25)])
        for one, (raw, less) in zip(goodness, several, strict=True):
            raw.append(spearman(y[rows], one[rows]))
            less.append(partial_spearman(one[rows], y[rows], sizes[rows]))
    wanted = [[percentiles(np.array(values)) for values in proxy] for proxy in several]
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert np.isnan(found[2, 1]).all(), "sizes tell all of a size"
    assert np.isfinite(found[:2]).all() and (found[:2, :, 0] < found[:2, :, 1]).all()


def test_intervals_of_kendall_are_those_of_the_same_resamples() -> None:
    """The slow way again, with the tau-b of one resample."""
    goodness, y, _, place = made_up()
    found = kendall_intervals(goodness, y, place, resamples=120, seed=4)
    rng, members = np.random.default_rng(4), [np.flatnonzero(place == one) for one in range(25)]
    drawn = []
    for count in (50, 50, 20):  # draws come some at a time
        drawn += list(rng.integers(25, size=(count, 25)))
    rows = [np.concatenate([members[one] for one in classes]) for classes in drawn]
    wanted = [percentiles(np.array([kendall(y[each], one[each]) for each in rows])) for one in goodness]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_weighted_kendall_is_that_of_rows_written_down_as_often(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 7, (2, 40)).astype(float)
    weights = rng.integers(0, 4, (6, 40))
    wanted = [kendall(np.repeat(x, of), np.repeat(y, of)) for of in weights]
    np.testing.assert_allclose(weighted_kendall(x, y, weights), wanted, atol=1e-12)
    assert np.isnan(weighted_kendall(x, np.ones(40), weights)).all(), "all are tied"
    np.testing.assert_allclose(weighted_kendall(np.arange(40.0), -np.arange(40.0), np.ones((1, 40))), -1.0)


def test_the_number_stands_in_its_interval_and_more_classes_make_it_narrow() -> None:
    rng, widths = np.random.default_rng(0), []
    for count in (50, 800):
        y, sizes = rng.normal(size=count), rng.lognormal(size=(count, 2))
        (one,) = agreements([y + rng.normal(size=count)], Truth(y, np.arange(count), sizes))
        assert one.spearman_low < one.spearman < one.spearman_high
        assert one.partial_low < one.partial < one.partial_high
        assert one.kendall_low < one.kendall < one.kendall_high
        widths.append(one.spearman_high - one.spearman_low)
    assert 2.5 < widths[0] / widths[1] < 6, "about four times for sixteen times as many"


def test_copies_of_a_class_make_no_interval_narrower() -> None:
    """Members of a class are not independent: writing each down three times says nothing new."""
    rng = np.random.default_rng(1)
    y, goodness, sizes = rng.normal(size=80), rng.normal(size=(2, 80)), rng.lognormal(size=(80, 2))
    once = correlation_intervals(goodness, y, sizes, np.arange(80), resamples=100)
    thrice = np.tile(np.arange(80), 3)
    np.testing.assert_allclose(correlation_intervals(goodness[:, thrice], y[thrice], sizes[thrice], thrice, 100), once)


def test_what_is_not_defined_has_no_interval() -> None:
    nothing = np.full((2, 6), np.nan)
    y, sizes = np.arange(6.0), np.arange(12.0).reshape(6, 2)
    assert np.isnan(correlation_intervals(nothing, y, sizes, np.arange(6))).all()
    assert np.isnan(kendall_intervals(nothing, y, np.arange(6))).all()
    assert np.isnan(kendall_intervals(np.stack([y, y]), y, np.zeros(6, int))).all(), "one class"
    assert np.isnan(correlation_intervals(np.stack([y, y]), y, sizes, np.zeros(6, int))).all(), "one class"
    (one,) = agreements([np.ones(6)], Truth(y, np.arange(6), sizes))
    assert math.isnan(one.spearman) and math.isnan(one.spearman_low) and math.isnan(one.partial_high)
    (few,) = agreements([y[:4]], Truth(y[:4], np.arange(4), sizes[:4]))
    assert math.isnan(few.partial_low), "as the correlation itself"


@pytest.mark.parametrize("seed", range(3))
def test_weighted_ranks_are_those_of_what_was_drawn(seed: int) -> None:
    from scipy import stats

    rng = np.random.default_rng(seed)
    values, weights = rng.integers(0, 6, 12).astype(float), rng.integers(0, 4, 12)
    ranks = stats.rankdata(np.repeat(values, weights))
    np.testing.assert_allclose(
        np.repeat(weighted_ranks(values, weights[None].astype(float))[0], weights), ranks - ranks.mean()
    )
