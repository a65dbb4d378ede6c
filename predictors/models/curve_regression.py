"""Regression on the beginnings of learning curves: their values, first and second differences, and any other features.

Baker, Gupta, Raskar and Naik, "Accelerating Neural Architecture Search using Performance Prediction", ICLR Workshop
2018 (arXiv:1705.10823): support vectors on a validation curve, its differences, and what is known of the architecture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from predictors.learning_curves import Seen, find_curves, require_curves
from predictors.models.bayesian_linear import BayesianLinear
from predictors.models.ridge import Ridge
from predictors.models.support_vectors import SupportVectors
from predictors.predictor import Predictor, State

REGRESSIONS: dict[str, type[Predictor]] = {
    "support_vectors": SupportVectors,
    "ridge": Ridge,
    "bayesian_linear": BayesianLinear,
}
"""What can stand behind it, by name.

Support vectors bend, but know little beyond the rows they have seen, as of a network that learns nothing where others
do; a line goes on."""


class CurveRegression(Predictor):
    """A regression on curves and their differences.

    Args:
        encoding: encodings joined by a plus, learning curves among them: those of all metrics count, and so do other
            features, as in "learning_curve+one_hot".
        regression: one of :data:`REGRESSIONS`, or several joined by a plus, whose answers are averaged; each chooses
            its own parameters.
        folds: of their cross-validation, which never parts a class.
        seed: of the folds.
    """

    needs = "learning_curve"

    def __init__(
        self,
        encoding: str = "learning_curve",
        regression: str = "support_vectors+bayesian_linear",
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.regression = regression
        self.folds = folds
        self.seed = seed

    def check_features(self, names: Sequence[str]) -> None:
        """Checks that a curve is among the features.

        Raises:
            ValueError: none is.
        """
        require_curves(self.registered_name(), names)

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Makes features standard, each by its own deviation since their units differ, and fits the regressions.

        Raises:
            ValueError: there is no such regression.
        """
        whole = with_differences(features, find_curves(self.feature_names_))
        self.center_, deviation = whole.mean(axis=0), whole.std(axis=0)
        known = features.shape[1]  # how these spread over the space is known; of differences the rows must say
        self.center_[:known], deviation[:known] = self.feature_spread_
        self.scale_ = np.where(deviation > 1e-9 * (1 + np.abs(self.center_)), deviation, 1.0)
        self.models_ = self._made()
        for model in self.models_:
            model.feature_spread_ = np.stack([np.zeros(len(self.scale_)), np.ones(len(self.scale_))])
            model.fit_features((whole - self.center_) / self.scale_, y, classes)

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean of the regressions' answers; the deviation is that of their mixture in equal parts."""
        whole = with_differences(features, find_curves(self.feature_names_))
        answers = [model.predict_features((whole - self.center_) / self.scale_) for model in self.models_]
        means, deviations = (np.stack(part) for part in zip(*answers, strict=True))
        mean = means.mean(axis=0)
        return mean, np.sqrt((deviations**2 + (means - mean) ** 2).mean(axis=0))

    def state(self) -> State:
        """What the regressions learned, and what features are made standard by."""
        inner = [model.state() for model in self.models_]
        arrays = {f"{place}.{name}": array for place, one in enumerate(inner) for name, array in one.arrays.items()}
        return State(
            {"models": [one.values for one in inner]}, {**arrays, "center": self.center_, "scale": self.scale_}
        )

    def restore(self, state: State) -> None:
        """Takes those over."""
        self.center_, self.scale_ = state.arrays["center"], state.arrays["scale"]
        self.models_ = self._made()
        for place, (model, values) in enumerate(zip(self.models_, state.values["models"], strict=True)):
            mark = f"{place}."
            arrays = {name.removeprefix(mark): a for name, a in state.arrays.items() if name.startswith(mark)}
            model.restore(State(values, arrays))

    def _made(self) -> list[Predictor]:
        names = [name.strip() for name in self.regression.split("+")]
        unknown = next((name for name in names if name not in REGRESSIONS), None)
        if unknown is not None:
            raise ValueError(f"regression must be made of {', '.join(REGRESSIONS)}, joined by a plus, got {unknown!r}")
        return [REGRESSIONS[name](folds=self.folds, seed=self.seed) for name in names]


def with_differences(features: np.ndarray, curves: Sequence[Seen]) -> np.ndarray:
    """Features [n, f], then first and second differences of each curve, as far as it is long enough for them.

    >>> with_differences(np.array([[5.0, 1.0, 4.0, 6.0]]), [Seen("val_accuracy", (1, 2, 3), (1, 2, 3))])
    array([[ 5.,  1.,  4.,  6.,  3.,  2., -1.]])
    """
    columns = [features]
    for curve in curves:
        values = curve.of(features)
        columns += [np.diff(values, order, axis=1) for order in (1, 2) if values.shape[1] > order]
    return np.hstack(columns)
