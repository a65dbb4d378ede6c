"""How well predictions agree with what was measured: rank correlations and errors. NumPy only.

Every metric takes (actual, predicted), both of shape (n,), and gives a float. Pairs in which either is NaN are left
out; where what is left defines no value (fewer than two pairs, all equal) the answer is NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Metric = Callable[[np.ndarray, np.ndarray], float]


def kendall(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Kendall's tau-b, in -1 to 1: concordant minus discordant pairs, corrected for ties; O(n log² n).

    Knight, "A Computer Method for Calculating Kendall's Tau with Ungrouped Data", JASA 1966.
    """
    actual, predicted = _pairs(actual, predicted)
    n = len(actual)
    if n < 2:
        return math.nan
    x, y = _dense_ranks(actual), _dense_ranks(predicted)
    order = np.lexsort((y, x))
    pairs = n * (n - 1) // 2
    tied_x, tied_y, tied_both = _tied(x), _tied(y), _tied(_dense_ranks(x * n + y))
    untied = math.sqrt(pairs - tied_x) * math.sqrt(pairs - tied_y)
    if untied == 0:
        return math.nan
    tau = (pairs - tied_x - tied_y + tied_both - 2 * _inversions(y[order])) / untied
    return max(-1.0, min(1.0, tau))  # rounding of the roots


def spearman(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Spearman's rho, in -1 to 1: Pearson's correlation of ranks, ties sharing their mean rank."""
    actual, predicted = _pairs(actual, predicted)
    return pearson(_mean_ranks(actual), _mean_ranks(predicted))


def pearson(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Pearson's linear correlation, in -1 to 1."""
    actual, predicted = _pairs(actual, predicted)
    if len(actual) < 2 or np.ptp(actual) == 0 or np.ptp(predicted) == 0:
        return math.nan
    a, p = actual - actual.mean(), predicted - predicted.mean()
    a, p = a / np.abs(a).max(), p / np.abs(p).max()  # squares can neither overflow nor vanish
    return float(np.clip((a @ p) / math.sqrt((a @ a) * (p @ p)), -1.0, 1.0))


def r2(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Coefficient of determination, at most 1: the share of the variance around the mean that is predicted."""
    actual, predicted = _pairs(actual, predicted)
    if len(actual) < 2 or np.ptp(actual) == 0:
        return math.nan
    spread = actual - actual.mean()
    scale = np.abs(spread).max()  # so that squares do not vanish
    return 1.0 - float((((actual - predicted) / scale) ** 2).sum() / ((spread / scale) ** 2).sum())


def mae(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Mean absolute error, in the unit of what was measured."""
    actual, predicted = _pairs(actual, predicted)
    return float(np.abs(actual - predicted).mean()) if len(actual) else math.nan


def rmse(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Root of the mean squared error, in the unit of what was measured."""
    actual, predicted = _pairs(actual, predicted)
    return math.sqrt(((actual - predicted) ** 2).mean()) if len(actual) else math.nan


def kendall_rounded(actual: np.ndarray, predicted: np.ndarray, step: float = 0.1) -> float:
    """Kendall's tau-b of values rounded to a step, in -1 to 1: pairs that differ by less count as tied.

    The "sparse Kendall" of Zela et al., "Surrogate NAS Benchmarks", ICLR 2022, with 0.1 percent of accuracy; here both
    sides are rounded.
    """
    actual, predicted = _pairs(actual, predicted)
    return kendall(np.round(actual / step), np.round(predicted / step))


def precision_at(actual: np.ndarray, predicted: np.ndarray, k: int, higher_is_better: bool = True) -> float:
    """Share of the k predicted best that are among the k best, in 0 to 1; NaN of fewer than k pairs.

    Where equal values stand at the border the answer is what is expected when they are drawn from by chance.
    """
    actual, predicted = _pairs(actual, predicted)
    if len(actual) < k:
        return math.nan
    sign = 1.0 if higher_is_better else -1.0
    return float(_chosen(sign * actual, k) @ _chosen(sign * predicted, k)) / k


def best_rank(actual: np.ndarray, predicted: np.ndarray, k: int, higher_is_better: bool = True) -> float:
    """Rank by what was measured, 1 the best, of the best among the k predicted best; NaN of fewer than k pairs.

    Where equal predictions stand at the border the answer is what is expected when they are drawn from by chance.
    """
    actual, predicted = _pairs(actual, predicted)
    if len(actual) < k:
        return math.nan
    sign = 1.0 if higher_is_better else -1.0
    descending = np.sort(-sign * actual)
    ranks = np.searchsorted(descending, -sign * actual, side="left") + 1.0
    share = _chosen(sign * predicted, k)
    surely = float(ranks[share == 1.0].min(initial=math.inf))
    perhaps = np.sort(ranks[(share > 0.0) & (share < 1.0)])
    drawn = k - int((share == 1.0).sum())
    if not drawn:
        return surely
    count = len(perhaps)
    without = np.cumprod(np.clip((count - drawn - np.arange(count)) / (count - np.arange(count)), 0.0, 1.0))
    chance = np.concatenate([[1.0], without[:-1]]) - without  # that the j-th best of them is the best drawn
    return float(chance @ np.minimum(perhaps, surely))


METRICS: dict[str, Metric] = {
    "kendall": kendall,
    "spearman": spearman,
    "pearson": pearson,
    "r2": r2,
    "mae": mae,
    "rmse": rmse,
}
"""Metrics by name, in the order in which they are printed."""


def scores(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Every metric by name."""
    return {name: metric(actual, predicted) for name, metric in METRICS.items()}


def _pairs(actual: np.ndarray, predicted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, p = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if a.ndim != 1 or a.shape != p.shape:
        raise ValueError(f"expected two arrays of one length, got shapes {a.shape} and {p.shape}")
    both = ~(np.isnan(a) | np.isnan(p))
    return a[both], p[both]


def _chosen(values: np.ndarray, k: int) -> np.ndarray:
    """How likely each is among the k highest, where equal values at the border are drawn from by chance."""
    border = np.partition(values, len(values) - k)[len(values) - k]
    above, at = values > border, values == border
    return np.where(above, 1.0, np.where(at, (k - above.sum()) / at.sum(), 0.0))


def _dense_ranks(values: np.ndarray) -> np.ndarray:
    return np.unique(values, return_inverse=True)[1]


def _mean_ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[place]


def _tied(ranks: np.ndarray) -> int:
    """Pairs of equal ranks."""
    counts = np.bincount(ranks)
    return int((counts * (counts - 1) // 2).sum())


def _inversions(ranks: np.ndarray) -> int:
    """Pairs (i, j), i < j, with ranks[i] > ranks[j]: a merge sort from the bottom up, a whole level at a time."""
    n = len(ranks)
    size = 1 << (n - 1).bit_length()
    blocks: np.ndarray = np.full(size, n, dtype=np.int64)  # padding stands behind everything and is above everything
    blocks[:n] = ranks
    total, width = 0, 1
    while width < size:
        blocks = blocks.reshape(-1, 2 * width)
        shift = np.arange(len(blocks), dtype=np.int64)[:, None] * (n + 1)  # makes the sorted blocks one sorted row
        left, right = (blocks[:, :width] + shift).ravel(), (blocks[:, width:] + shift).ravel()
        not_above = np.searchsorted(left, right, side="right")
        total += int((np.repeat(np.arange(1, len(blocks) + 1), width) * width - not_above).sum())
        blocks = np.sort(blocks, axis=1)
        width *= 2
    return total
