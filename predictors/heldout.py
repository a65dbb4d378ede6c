"""Scores of predictions on held-out architectures, with bootstrap intervals over classes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from predictors.intervals import bootstrap_interval
from predictors.metrics import METRICS, Metric

RESAMPLES = 1000
"""Of the bootstrap; fewer where there are very many held-out rows."""
LEVEL = 0.95
Interval = dict[str, float | None]
"""``value``, ``low`` and ``high``; None where not defined."""


def heldout_scores(
    actual: np.ndarray,
    predicted: np.ndarray,
    classes: np.ndarray,
    seed: np.random.SeedSequence,
    metrics: Mapping[str, Metric] = METRICS,
) -> dict[str, Interval]:
    """For each metric its value and the ends of its interval; None where it is not defined."""
    found: dict[str, Interval] = {}
    for name, metric in metrics.items():
        low, high = bootstrap_interval(
            metric, actual, predicted, classes, np.random.default_rng(seed), resamples(len(actual)), LEVEL
        )
        found[name] = interval(metric(actual, predicted), low, high)
    return found


def interval(value: float, low: float, high: float) -> Interval:
    """A value and the ends of its interval, None in place of NaN."""
    numbers = {"value": value, "low": low, "high": high}
    return {key: None if np.isnan(number) else float(number) for key, number in numbers.items()}


def resamples(n: int) -> int:
    """How many resamples of n rows are drawn."""
    return max(200, min(RESAMPLES, 1_500_000 // max(n, 1)))


def scores_by_class(
    actual: np.ndarray, predicted: np.ndarray, classes: np.ndarray, metrics: Mapping[str, Metric] = METRICS
) -> dict[str, float]:
    """Each metric on the mean over every class's rows, so that a class of many architectures counts as one."""
    place, counts = np.unique(classes, return_inverse=True, return_counts=True)[1:]
    means = [np.bincount(place, values) / counts for values in (actual, predicted)]
    return {name: metric(*means) for name, metric in metrics.items()}
