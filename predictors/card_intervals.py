"""Intervals of the correlations of cards: a bootstrap over classes, in which a resample is a weight for each row.

Letters: ``B`` resamples, ``n`` rows, ``s`` sizes. A row drawn w times counts as w equal rows: its rank is the mean rank
of these among all that were drawn, which needs sums of weights and no sorting anew. All proxies share the resamples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from predictors.intervals import percentiles

LEVEL, RESAMPLES, SEED = 0.95, 1000, 0
"""Coverage, number and seed of the resamples."""
_TOGETHER = 50
"""Resamples at a time: what is worked on fits into a processor's cache."""
_TOLD = 1e-10
"""Share of a variance of ranks that is rounding, where sizes tell the rest."""


def correlation_intervals(
    goodness: np.ndarray,
    y: np.ndarray,
    sizes: np.ndarray,
    classes: np.ndarray,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> np.ndarray:
    """Ends of the 95 % intervals of Spearman's rho, and of it less sizes: float64 [proxies, 2 correlations, 2 ends].

    Percentiles over resamples of whole classes, drawn with replacement (Davison and Hinkley, "Bootstrap Methods and
    their Application", 1997, section 3.8); NaN where fewer than two classes make none, or where it is not defined.

    Args:
        goodness: scores of each proxy, higher is better, float64 [proxies, n]; NaN where there is none.
        y: what was measured, float64 [n].
        sizes: such as parameters and FLOPs, float64 [n, s].
        classes: the class of each row, int [n].
        resamples: B.
        seed: of the draws; rows and classes that are as many are drawn alike.
    """
    place = np.unique(classes, return_inverse=True)[1]
    found = np.full((len(goodness), 2, resamples), np.nan)
    if len(place) and place.max() > 0:
        at = 0
        for drawn in draws_of_classes(int(place.max()) + 1, resamples, seed):
            found[:, :, at : at + len(drawn)] = _correlations(goodness, y, sizes, drawn[:, place])
            at += len(drawn)
    return np.array([[percentiles(one, LEVEL) for one in proxy] for proxy in found]).reshape(-1, 2, 2)


def draws_of_classes(classes: int, resamples: int, seed: int) -> Iterator[np.ndarray]:
    """How often each class is drawn, float64 [resamples, classes], some resamples at a time.

    Args:
        classes: how many there are.
        resamples: how many draws with replacement, of as many.
        seed: of the draws.
    """
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, _TOGETHER):
        draws = rng.integers(classes, size=(min(_TOGETHER, resamples - start), classes))
        yield np.stack([np.bincount(one, minlength=classes) for one in draws]).astype(np.float64)


def _correlations(goodness: np.ndarray, y: np.ndarray, sizes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Spearman's rho and that less sizes of each proxy in each resample, float64 [proxies, 2, B]."""
    others: dict[bytes, _Others] = {}
    found = []
    for one in goodness:
        known = np.isfinite(one) & np.isfinite(y)
        key = known.tobytes()
        if key not in others:
            others[key] = _Others(y[known], sizes[known], weights[:, known])
        found.append(others[key].correlations(one[known]))
    return np.stack(found)


class _Others:
    """What was measured and the sizes of some rows, ranked in each resample."""

    def __init__(self, y: np.ndarray, sizes: np.ndarray, weights: np.ndarray) -> None:
        self._weights = weights
        self._ranks = np.stack([weighted_ranks(column, weights) for column in (y, *sizes.T)])  # [1 + s, B, n]
        self._products = np.stack([np.einsum("bn,jbn->bj", weights * one, self._ranks) for one in self._ranks], axis=1)
        self._among = np.linalg.pinv(self._products[:, 1:, 1:], rcond=1e-12, hermitian=True)

    def correlations(self, goodness: np.ndarray) -> np.ndarray:
        """Of the goodness of the same rows: float64 [2, B]."""
        ranks = weighted_ranks(goodness, self._weights)
        weighted = self._weights * ranks
        own = np.einsum("bn,bn->b", weighted, ranks)
        cross = np.einsum("ibn,bn->bi", self._ranks, weighted)
        return np.stack([_ratio(cross[:, 0], own, self._products[:, 0, 0]), self._partial(own, cross)])

    def _partial(self, own: np.ndarray, cross: np.ndarray) -> np.ndarray:
        """The correlation of what regressions on the ranks of sizes leave, by Schur's complement."""
        own_y, to_y = self._products[:, 0, 0], self._products[:, 1:, 0]
        solved, solved_y = (np.einsum("bij,bj->bi", self._among, one) for one in (cross[:, 1:], to_y))
        left, left_y = own - (solved * cross[:, 1:]).sum(axis=1), own_y - (solved_y * to_y).sum(axis=1)
        left, left_y = (np.where(one < _TOLD * whole, 0.0, one) for one, whole in ((left, own), (left_y, own_y)))
        return _ratio(cross[:, 0] - (solved * to_y).sum(axis=1), left, left_y)


def weighted_ranks(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Ranks less their mean where each value counts as often as its weight says, float64 [B, n]; ties share their mean.

    Args:
        values: float64 [n].
        weights: whole numbers from zero, float64 [B, n].

    >>> weighted_ranks(np.array([5.0, 3.0, 5.0]), np.array([[1.0, 1.0, 1.0], [0.0, 2.0, 1.0]]))
    array([[ 0.5, -1. ,  0.5],
           [ 1. , -0.5,  1. ]])
    """
    if not len(values):
        return np.zeros((len(weights), 0))
    order = np.argsort(values, kind="stable")
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    upper = np.cumsum(weights[:, order], axis=1)[:, np.cumsum(counts) - 1]
    lower = np.concatenate([np.zeros((len(weights), 1)), upper[:, :-1]], axis=1)
    return ((lower + upper - upper[:, -1:]) / 2)[:, group]


def _ratio(product: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Correlations from sums of products and of squares; NaN where one of these is nothing."""
    scale = np.sqrt(np.maximum(first, 0.0)) * np.sqrt(np.maximum(second, 0.0))
    return np.clip(np.divide(product, scale, out=np.full(len(scale), math.nan), where=scale > 0), -1.0, 1.0)
