"""Intervals that hold what they promise: a predictor's deviations stretched by its own errors out of fold.

CV+ of Barber et al., "Predictive Inference with the Jackknife+", Annals of Statistics 2021, section 3, with residuals
divided by the predictor's deviation (Lei et al., "Distribution-Free Predictive Inference for Regression", JASA 2018,
section 5.2). Copies of the predictor are fitted without one fold each, and folds never part a class, so errors are
those on classes never seen. Intervals of level 1 - a hold at least 1 - 2a of architectures drawn as the trained ones
were, whatever the predictor, and close to 1 - a as a rule; they lie around the copies' predictions.
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
BLOCK = 2048
"""Architectures whose intervals are worked out at a time."""
FLOOR = 0.01
"""Deviations count as at least this share of the spread of trained scores, so that a sure predictor can be wrong."""


Ends = tuple[np.ndarray, np.ndarray]
"""Low and high ends of intervals, each of shape (n,)."""


@dataclass(frozen=True)
class Calibration:
    """Copies of a predictor, and their errors on what they were not fitted to.

    Args:
        copies: fitted, each without one fold.
        residuals: of each copy on its fold: absolute errors divided by deviations, float64 [rows of the fold].
        least: deviations below this count as this, in the metric's unit.
    """

    copies: tuple[Predictor, ...]
    residuals: tuple[np.ndarray, ...]
    least: float

    def intervals(self, architectures: Sequence[Architecture], levels: Sequence[float]) -> list[Ends]:
        """Intervals for architectures, for each level such as 0.9; NaN where too few were trained on to know.

        Level 1 - a is known from n = 1 / a - 1 trained rows on, such as 19 for 0.95.
        """
        predicted = [copy.predict(architectures, return_std=True) for copy in self.copies]
        means = np.stack([mean for mean, _ in predicted])
        deviations = np.maximum(np.stack([deviation for _, deviation in predicted]), self.least)
        blocks = [
            plus_ends(means[:, start : start + BLOCK], deviations[:, start : start + BLOCK], self.residuals, levels)
            for start in range(0, means.shape[1], BLOCK)
        ]
        return [
            (
                np.concatenate([block[place][0] for block in blocks]),
                np.concatenate([block[place][1] for block in blocks]),
            )
            for place in range(len(levels))
        ]


def plus_ends(
    means: np.ndarray, deviations: np.ndarray, residuals: Sequence[np.ndarray], levels: Sequence[float]
) -> list[Ends]:
    """CV+ intervals for each level, equation 11 of Barber et al. with the deviation beside each residual.

    Args:
        means: of copies at architectures, shape (copies, n).
        deviations: likewise.
        residuals: of each copy on its fold.
        levels: such as 0.9.
    """
    stretched = [np.outer(deviation, residual) for deviation, residual in zip(deviations, residuals, strict=True)]
    low = np.sort(np.hstack([mean[:, None] - part for mean, part in zip(means, stretched, strict=True)]), axis=1)
    high = np.sort(np.hstack([mean[:, None] + part for mean, part in zip(means, stretched, strict=True)]), axis=1)
    count = low.shape[1]
    found = []
    for level in levels:
        place = math.ceil((count + 1) * level - 1e-9)  # the so many-th smallest high end, and largest low end
        known = place <= count
        nothing = np.full(len(low), np.nan)
        found.append((low[:, count - place], high[:, place - 1]) if known else (nothing, nothing))
    return found


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
    least = max(FLOOR * float(np.std(y)), 1e-12)
    copies, residuals = [], []
    for inside, outside in folds(classes, FOLDS, np.random.default_rng(np.random.SeedSequence(seed))):
        copy: Predictor = clone(predictor)
        copy.fit([architectures[row] for row in inside.tolist()], y[inside], classes[inside])
        mean, deviation = copy.predict([architectures[row] for row in outside.tolist()], return_std=True)
        copies.append(copy)
        residuals.append(np.abs(y[outside] - mean) / np.maximum(deviation, least))
    return Calibration(tuple(copies), tuple(residuals), least)


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
