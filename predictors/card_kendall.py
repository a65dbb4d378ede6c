"""Intervals of Kendall's tau-b of cards, over the resamples of classes that the other correlations have.

Letters: ``B`` resamples, ``n`` rows; a resample is a weight for each row. A row drawn w times counts as w equal rows,
which are tied with each other. Concordant less discordant pairs are counted bit by bit of one variable's ranks: rows
whose ranks agree in the higher bits and differ in this one are pairs whose order this bit decides, and sums of weights
along the other variable count them. That takes O(n log n) for all resamples together, and no sorting of a resample.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from predictors.card_intervals import LEVEL, RESAMPLES, SEED, draws_of_classes
from predictors.intervals import percentiles


def kendall_intervals(
    goodness: np.ndarray, y: np.ndarray, classes: np.ndarray, resamples: int = RESAMPLES, seed: int = SEED
) -> np.ndarray:
    """Ends of the 95 % intervals of Kendall's tau-b: float64 [proxies, 2]; NaN where it is not defined.

    Args:
        goodness: scores of each proxy, higher is better, float64 [proxies, n]; NaN where there is none.
        y: what was measured, float64 [n].
        classes: the class of each row, int [n].
        resamples: B.
        seed: of the draws, those of :func:`predictors.card_intervals.correlation_intervals`.
    """
    place = np.unique(classes, return_inverse=True)[1]
    if not len(place) or not place.max():
        return np.full((len(goodness), 2), np.nan)
    draws = [drawn.astype(np.float32).T for drawn in draws_of_classes(int(place.max()) + 1, resamples, seed)]
    found = []
    for one in goodness:
        known = np.isfinite(one) & np.isfinite(y)
        counted = _Pairs(one[known], y[known])
        taus = [counted.taus(drawn[place[known]]) for drawn in draws]
        found.append(percentiles(np.concatenate(taus), LEVEL))
    return np.array(found).reshape(-1, 2)


def weighted_kendall(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Kendall's tau-b where each row counts as often as its weight says, float64 [B]; NaN where all drawn are tied.

    Args:
        x: float64 [n].
        y: float64 [n].
        weights: whole numbers from zero, [B, n]; less than 16 million altogether in a resample.

    >>> weights = np.array([[1, 1, 1], [2, 0, 1]])
    >>> weighted_kendall(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]), weights).round(3)
    array([0.333, 1.   ])
    """
    return _Pairs(x, y).taus(np.asarray(weights, dtype=np.float32).T)


class _Level(NamedTuple):
    """Pairs that one bit decides: rows with it and without it, and where, among these, those lie that each one meets.

    Places count in ``without``, which is sorted by higher bits, then by x: ``first`` to ``below`` have the same higher
    bits and a smaller x, ``above`` to ``last`` the same higher bits and a larger one.
    """

    having: np.ndarray
    without: np.ndarray
    first: np.ndarray
    below: np.ndarray
    above: np.ndarray
    last: np.ndarray


class _Pairs:
    """The order of all pairs of rows by two variables, found once for any weights."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self._x, self._y = (np.unique(each, return_inverse=True)[1] for each in (x, y))
        self._levels = list(_levels(self._x, self._y)) if len(x) else []

    def taus(self, weights: np.ndarray) -> np.ndarray:
        """Tau-b in each resample, float64 [B], of weights as float32 [n, B]."""
        signed = np.zeros(weights.shape[1])
        for level in self._levels:
            sums = np.zeros((len(level.without) + 1, weights.shape[1]), dtype=np.float32)  # whole numbers: exact
            np.cumsum(weights[level.without], axis=0, out=sums[1:])
            met = sums[level.below] - sums[level.first] + sums[level.above] - sums[level.last]
            signed += (weights[level.having] * met).sum(axis=0, dtype=np.float64)
        untied = np.sqrt(_untied(self._x, weights)) * np.sqrt(_untied(self._y, weights))
        return np.clip(np.divide(signed, untied, out=np.full(len(signed), np.nan), where=untied > 0), -1.0, 1.0)


def _levels(x: np.ndarray, y: np.ndarray) -> Iterator[_Level]:
    """A level for each bit of y's ranks."""
    width = int(x.max()) + 1
    for bit in range(int(y.max()).bit_length()):
        node = y >> (bit + 1)
        key = node * width + x
        order = np.argsort(key, kind="stable")
        has = (y[order] >> bit) & 1 == 1
        having, without = order[has], order[~has]
        keys, sought, start = key[without], key[having], node[having] * width
        yield _Level(
            having,
            without,
            np.searchsorted(keys, start),
            np.searchsorted(keys, sought),
            np.searchsorted(keys, sought, side="right"),
            np.searchsorted(keys, start + width),
        )


def _untied(ranks: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Pairs of drawn rows whose values differ, float64 [B]."""
    if not len(ranks):
        return np.zeros(weights.shape[1])
    order = np.argsort(ranks, kind="stable")
    starts = np.searchsorted(ranks[order], np.arange(ranks.max() + 1))
    groups = np.add.reduceat(weights[order].astype(np.float64), starts, axis=0)
    total: np.ndarray = (groups.sum(axis=0) ** 2 - (groups**2).sum(axis=0)) / 2
    return total
