"""Intervals that hold what they promise: a predictor's deviations stretched by its own errors out of fold.

Cross-conformal calibration with normalised residuals (Lei et al., "Distribution-Free Predictive Inference for
Regression", JASA 2018, section 5.2; Barber et al., "Predictive Inference with the Jackknife+", Annals of Statistics
2021, whose CV+ this is without its keeping the predictor of every fold: one factor stretches the intervals of the
predictor fitted to all rows). Folds never part a class, so errors are those on classes never seen. What is promised
is coverage on average over architectures drawn as the trained ones were.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from sklearn.base import clone

from nasbench.space import Architecture
from predictors.predictor import Predictor
from predictors.splits import folds

FOLDS = 5
FLOOR = 0.01
"""Deviations count as at least this share of the spread of trained scores, so that a sure predictor can be wrong."""


@dataclass(frozen=True)
class Calibration:
    """What errors out of fold say of a predictor's deviations.

    Args:
        residuals: absolute errors out of fold, each divided by its deviation, rising, float64 [n].
        least: deviations below this count as this, in the metric's unit.
    """

    residuals: np.ndarray
    least: float

    def factor(self, level: float) -> float:
        """How many deviations to each side an interval of this coverage needs; NaN where n is too small to know.

        >>> Calibration(np.arange(1.0, 20.0), 0.0).factor(0.5)
        10.0

        Args:
            level: the coverage, such as 0.9; known from n = level / (1 - level) on.
        """
        place = math.ceil((len(self.residuals) + 1) * level - 1e-9)
        return math.nan if place > len(self.residuals) else float(self.residuals[place - 1])

    def intervals(self, mean: np.ndarray, deviation: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
        """Low and high ends, each of shape (n,), of intervals around predictions of mean and deviation (n,)."""
        half = self.factor(level) * np.maximum(deviation, self.least)
        return mean - half, mean + half


def calibrate(
    predictor: Predictor,
    architectures: Sequence[Architecture],
    y: np.ndarray,
    classes: np.ndarray,
    seed: int = 0,
) -> Calibration:
    """The calibration of a predictor with these parameters, from the rows it is trained on and nothing else.

    Args:
        predictor: is left as it is; copies of it are fitted, one a fold.
        architectures: that it is trained on.
        y: their scores, shape (n,).
        classes: the class of each, as numbers, shape (n,).
        seed: of the folds.

    Raises:
        ValueError: there are fewer than three classes, so that no copy could be fitted without one of them.
    """
    if len(np.unique(classes)) < 3:
        raise ValueError(f"calibration needs architectures of at least three classes, got {len(np.unique(classes))}")
    architectures = list(architectures)
    mean, deviation = np.empty(len(y)), np.empty(len(y))
    for inside, outside in folds(classes, FOLDS, np.random.default_rng(np.random.SeedSequence(seed))):
        copy: Predictor = clone(predictor)
        copy.fit([architectures[row] for row in inside.tolist()], y[inside], classes[inside])
        mean[outside], deviation[outside] = copy.predict(
            [architectures[row] for row in outside.tolist()], return_std=True
        )
    least = max(FLOOR * float(np.std(y)), 1e-12)
    return Calibration(np.sort(np.abs(y - mean) / np.maximum(deviation, least)), least)


def normal_intervals(mean: np.ndarray, deviation: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Low and high ends, each of shape (n,), were errors normal with the deviation that the predictor gives."""
    half = NormalDist().inv_cdf(0.5 + level / 2) * deviation
    return mean - half, mean + half


def coverage(
    actual: np.ndarray, low: np.ndarray, high: np.ndarray, weights: np.ndarray | None = None
) -> tuple[float, float]:
    """Share of actual scores within their interval, and the intervals' mean width; NaN where the ends are not known.

    Args:
        actual: measured scores, shape (n,).
        low: ends of the intervals, shape (n,).
        high: likewise.
        weights: how much each counts, shape (n,); all alike where not given.
    """
    known = ~(np.isnan(low) | np.isnan(high) | np.isnan(actual))
    if not known.any():
        return math.nan, math.nan
    inside = (actual >= low) & (actual <= high)
    counts = np.ones(len(actual)) if weights is None else weights
    share = float(np.average(inside[known], weights=counts[known]))
    return share, float(np.average((high - low)[known], weights=counts[known]))
