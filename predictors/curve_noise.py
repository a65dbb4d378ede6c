"""Noise of single learning curves, correlated over epochs and metrics as it was among repeated trainings.

A curve's deviation is a vector over all (metric, epoch). Given the deviation of the last value of the target metric,
which the noise of scores draws, the rest is its regression on that value, plus a few common shapes with normal weights
(the principal components of what the regression leaves), plus independent jitter with what variance is left. All of it
is scaled with the deviation of the score at the predicted level. So a noisy curve ends exactly at the noisy score.

z: last value's deviation in standard deviations; s: that standard deviation; D: all (metric, epoch).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from predictors.curves import CurveModel, principal_components
from predictors.measured_curves import MeasuredCurves
from predictors.noise import NoiseModel
from predictors.repeats import Repeats

MOST = 4000
"""Trainings that are looked at, about; of more, every second group, or every third, ..."""


@dataclass(frozen=True)
class CurveNoise:
    """Deviations of curves around the predicted ones, for a standard deviation of 1 of the last value.

    Args:
        slopes: change of each (metric, epoch) with the last value, float64 [D]; 1 at the last value itself.
        shapes: of what is left, each times its standard deviation, float64 [k, D]; 0 there.
        jitter: standard deviation of the rest, float64 [D]; 0 there.
    """

    slopes: np.ndarray
    shapes: np.ndarray
    jitter: np.ndarray

    def draw(self, standard: float, deviation: float, rng: np.random.Generator) -> np.ndarray:
        """Float64 [D], the metrics' curves one after another; the last value of the target is standard * deviation."""
        common = rng.standard_normal(len(self.shapes)) @ self.shapes
        return (standard * self.slopes + common + rng.standard_normal(len(self.jitter)) * self.jitter) * deviation

    def covariance(self) -> np.ndarray:
        """Of draws with a deviation of 1, float64 [D, D]."""
        return np.outer(self.slopes, self.slopes) + self.shapes.T @ self.shapes + np.diag(self.jitter**2)

    def arrays(self) -> dict[str, np.ndarray]:
        """What a file must keep."""
        return {"slopes": self.slopes, "shapes": self.shapes, "jitter": self.jitter}


def fit_curve_noise(
    model: CurveModel, curves: MeasuredCurves, repeats: Repeats, noise: NoiseModel, predicted: np.ndarray
) -> CurveNoise | None:
    """The curves' noise among repeated trainings; None where their scores or curves never differ.

    Args:
        model: whose metrics and epochs are meant.
        curves: as measured.
        repeats: see :func:`predictors.repeats.find_repeats`.
        noise: of their scores.
        predicted: the score that the surrogate answers for each training's architecture, shape (trainings,).
    """
    chosen = repeats.groups % (1 + len(repeats.values) // MOST) == 0
    rows, columns = repeats.rows[chosen], repeats.columns[chosen]
    drawn = np.hstack(
        [
            curves.seeds[metric][rows, columns] if repeats.source == "seeds" else curves.means[metric][rows]
            for metric in model.epochs
        ]
    )
    part = Repeats(repeats.source, drawn[:, 0], rows, columns, repeats.groups[chosen], repeats.classes)
    spread = noise.deviation(predicted[chosen])
    held = np.isfinite(drawn).all(axis=1) & (spread > 0)
    held &= ~np.isin(part.groups, part.groups[~held])  # a group counts with all its trainings or not at all
    if held.sum() < 4:
        return None
    kept = _whole(part, held)
    deviations = kept.deviations(drawn[held]) / spread[held][:, None]
    return _decomposed(deviations, last_place(model))


def last_place(model: CurveModel) -> int:
    """Where in D the last value of the target metric stands."""
    ends = np.cumsum([len(epochs) for epochs in model.epochs.values()])
    return int(ends[list(model.epochs).index(model.target)]) - 1


def _decomposed(deviations: np.ndarray, last: int) -> CurveNoise | None:
    """Regression on the last value, common shapes, jitter: of deviations [n, D]."""
    score = deviations[:, last]
    if not score.any():
        return None
    slopes = (score @ deviations) / (score @ score)
    slopes[last] = 1.0
    rest = deviations - np.outer(score, slopes)
    rest[:, last] = 0.0
    _, components = principal_components(rest)
    weights = rest @ components.T
    shapes = components * np.sqrt((weights**2).mean(axis=0))[:, None]
    jitter = np.sqrt(np.maximum((rest**2).mean(axis=0) - (shapes**2).sum(axis=0), 0.0))
    jitter[last] = 0.0
    shapes[:, last] = 0.0
    return CurveNoise(slopes, shapes, jitter)


def _whole(part: Repeats, held: np.ndarray) -> Repeats:
    names, groups = np.unique(part.groups[held], return_inverse=True)
    return Repeats(part.source, part.values[held], part.rows[held], part.columns[held], groups, part.classes[names])
