"""Bootstrap intervals of a metric over held-out architectures, drawn by class. NumPy only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from predictors.metrics import Metric


def bootstrap_interval(
    metric: Metric,
    actual: np.ndarray,
    predicted: np.ndarray,
    classes: np.ndarray,
    rng: np.random.Generator,
    resamples: int = 1000,
    level: float = 0.95,
) -> tuple[float, float]:
    """Low and high end of the percentile interval; (NaN, NaN) where fewer than two classes make none.

    Whole classes are drawn with replacement: rows of one class measure one function and are not independent (the
    cluster bootstrap: Davison and Hinkley, "Bootstrap Methods and their Application", 1997, section 3.8).

    Args:
        metric: of (actual, predicted).
        actual: measured values, shape (n,).
        predicted: predictions, shape (n,).
        classes: the class of each row, shape (n,).
        rng: draws the resamples.
        resamples: how many.
        level: coverage, such as 0.95.
    """
    drawn = resampled(classes, rng, resamples)
    return percentiles(np.array([metric(actual[rows], predicted[rows]) for rows in drawn]), level)


def resampled(classes: np.ndarray, rng: np.random.Generator, resamples: int) -> Iterator[np.ndarray]:
    """Rows of each resample: whole classes drawn with replacement, as many as there are; none of fewer than two."""
    order = np.argsort(classes, kind="stable")
    _, counts = np.unique(classes, return_counts=True)
    if len(counts) < 2:
        return
    starts = np.cumsum(counts) - counts
    for _ in range(resamples):
        drawn = rng.integers(len(counts), size=len(counts))
        sizes = counts[drawn]
        ends = np.cumsum(sizes)
        within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
        yield order[np.repeat(starts[drawn], sizes) + within]


def percentiles(found: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Low and high end that hold the middle share ``level`` of what was found; (NaN, NaN) where all of it is NaN."""
    found = found[~np.isnan(found)]
    if not len(found):
        return float("nan"), float("nan")
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
