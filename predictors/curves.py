"""Learning curves of architectures that were never trained: a few shapes, added up with weights that are predicted.

Yan et al., "NAS-Bench-x11 and the Power of Learning Curves", NeurIPS 2021, section 3: curves are projected on their
first principal components, and a model predicts the coordinates. Here the target metric's curves are taken less their
last value, so that every shape is 0 at the last epoch and a predicted curve ends exactly where the surrogate says. The
model is linear, of the features that the predictor sees and of powers of the predicted last value.

Y: curves (n, epochs); C: components (k, epochs); X: standardised inputs (n, f); W: weights (f + 1, k).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nasbench.database.schema import METRICS
from predictors.measured_curves import MeasuredCurves
from predictors.models.ridge import ALPHAS
from predictors.splits import folds

EXPLAINED = 0.995
"""Share of the variance of curves that components must explain,"""
MOST_COMPONENTS = 6
"""unless that takes more of them than this."""
POWERS = 3
TUNED_ON = 3000
"""The penalty is chosen on at most this many rows."""


@dataclass(frozen=True)
class CurveModel:
    """Predicts curves from features and the predicted last value of the target metric.

    Args:
        target: the metric whose curve ends at the value given.
        epochs: of each metric.
        arrays: ``center``, ``scale`` of the inputs, ``range`` of the last value; ``METRIC.mean`` [epochs],
            ``METRIC.components`` [k, epochs] and ``METRIC.weights`` [1 + inputs, k].
    """

    target: str
    epochs: dict[str, tuple[int, ...]]
    arrays: dict[str, np.ndarray]

    def predict(self, features: np.ndarray, final: np.ndarray) -> dict[str, np.ndarray]:
        """Curves of each metric, float64 [n, epochs], within what the metric can be.

        Args:
            features: float64 [n, features].
            final: predicted last value of the target metric, float64 [n].
        """
        return self.curves(self.coordinates(features, final), final)

    def coordinates(self, features: np.ndarray, final: np.ndarray) -> dict[str, np.ndarray]:
        """Coordinates of each metric's curves on its components, float64 [n, k]: all that is to be predicted of them.

        Args:
            features: float64 [n, features].
            final: predicted last value of the target metric, float64 [n].
        """
        x = (_inputs(features, final, self.arrays["range"]) - self.arrays["center"]) / self.arrays["scale"]
        weights = {metric: self.arrays[f"{metric}.weights"] for metric in self.epochs}
        return {metric: each[0] + x @ each[1:] for metric, each in weights.items()}

    def curves(self, coordinates: dict[str, np.ndarray], final: np.ndarray) -> dict[str, np.ndarray]:
        """Curves of each metric, float64 [n, epochs], within what the metric can be.

        Args:
            coordinates: of each metric, float64 [n, k].
            final: last value of the target metric, float64 [n].
        """
        curves = {}
        for metric, along in coordinates.items():
            curve = self.arrays[f"{metric}.mean"] + along @ self.arrays[f"{metric}.components"]
            curves[metric] = possible(metric, curve + final[:, None] if metric == self.target else curve)
            if metric == self.target:
                curves[metric][:, -1] = final
        return curves


def possible(metric: str, values: np.ndarray) -> np.ndarray:
    """The values, none below 0 and, for an accuracy, none above 100."""
    return np.clip(values, 0.0, 100.0 if METRICS[metric].unit == "percent" else None)


def fit_curves(
    curves: MeasuredCurves, rows: np.ndarray, features: np.ndarray, final: np.ndarray, classes: np.ndarray, seed: int
) -> CurveModel | None:
    """The model of the curves of some rows; None where no metric has curves of two classes.

    Args:
        curves: as measured.
        rows: places in them to learn from.
        features: of those rows, float64 [n, features].
        final: what the surrogate predicts as their last value, float64 [n].
        classes: of those rows, int64 [n].
        seed: of the folds on which the penalty is chosen; they never part a class.
    """
    ends = np.array([final.min(), final.max()])
    inputs = _inputs(features, final, ends)
    center, scale = inputs.mean(axis=0), inputs.std(axis=0)
    arrays = {"center": center, "scale": np.where(scale > 1e-12 * (1 + np.abs(center)), scale, 1.0), "range": ends}
    x = (inputs - arrays["center"]) / arrays["scale"]
    epochs = {}
    for metric, measured in curves.means.items():
        y = measured[rows] - measured[rows][:, -1:] if metric == curves.target else measured[rows]
        held = np.isfinite(y).all(axis=1)
        if len(np.unique(classes[held])) < 2:
            continue
        mean, components = principal_components(y[held])
        coordinates = (y[held] - mean) @ components.T
        weights = _ridge(x[held], coordinates, classes[held], np.random.default_rng(seed))
        epochs[metric] = curves.epochs[metric]
        arrays |= {f"{metric}.mean": mean, f"{metric}.components": components, f"{metric}.weights": weights}
    return CurveModel(curves.target, epochs, arrays) if curves.target in epochs else None


def principal_components(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean [epochs] and orthonormal components [k, epochs] of curves [n, epochs]: as few as explain enough of them."""
    mean = y.mean(axis=0)
    values, vectors = np.linalg.eigh((y - mean).T @ (y - mean))
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    share = np.cumsum(values) / values.sum() if values.any() else np.ones(len(values))
    count = min(int(np.searchsorted(share, EXPLAINED)) + 1, MOST_COMPONENTS, len(values))
    return mean, vectors[:, :count].T


def _inputs(features: np.ndarray, final: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Features, and powers of the last value on -1 to 1; beyond what was seen powers stay as at the end."""
    middle, half = ends.mean(), max(float(np.ptp(ends)) / 2, 1e-12)
    place = np.clip((final - middle) / half, -1.0, 1.0)
    return np.hstack([features, np.stack([place**power for power in range(1, POWERS + 1)], axis=1)])


def _ridge(x: np.ndarray, t: np.ndarray, classes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Weights [1 + inputs, outputs] of linear regressions with one penalty, the best in cross-validation."""
    some = np.sort(rng.permutation(len(x))[:TUNED_ON])
    if len(np.unique(classes[some])) < 2:
        some = np.arange(len(x))
    errors = np.zeros(len(ALPHAS))
    for inside, held in folds(classes[some], 5, rng):
        solved = _solutions(x[some][inside], t[some][inside], ALPHAS)
        for place, weights in enumerate(solved):
            errors[place] += float(((weights[0] + x[some][held] @ weights[1:] - t[some][held]) ** 2).sum())
    return _solutions(x, t, ALPHAS[[int(np.argmin(errors))]])[0]


def _solutions(x: np.ndarray, t: np.ndarray, alphas: np.ndarray) -> list[np.ndarray]:
    """Weights for each penalty, the constant first and without a penalty."""
    center, level = x.mean(axis=0), t.mean(axis=0)
    values, vectors = np.linalg.eigh((x - center).T @ (x - center))
    projected = vectors.T @ ((x - center).T @ (t - level))
    found = []
    for alpha in alphas:
        weights = vectors @ (projected / (np.maximum(values, 0.0)[:, None] + alpha))
        found.append(np.vstack([level - center @ weights, weights]))
    return found
