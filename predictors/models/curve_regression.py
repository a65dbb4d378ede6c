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
"""What can stand behind it, by name."""


class CurveRegression(Predictor):
    """A regression on curves and their differences.

    Args:
        encoding: encodings joined by a plus, learning curves among them: those of all metrics count, and so do other
            features, as in "learning_curve+one_hot".
        regression: one of :data:`REGRESSIONS`; it chooses its own parameters.
        folds: of its cross-validation, which never parts a class.
        seed: of the folds.
    """

    needs = "learning_curve"

    def __init__(
        self,
        encoding: str = "learning_curve",
        regression: str = "support_vectors",
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
        """Makes features standard, each by its own deviation since their units differ, and fits the regression.

        Raises:
            ValueError: there is no such regression.
        """
        whole = with_differences(features, find_curves(self.feature_names_))
        self.center_, deviation = whole.mean(axis=0), whole.std(axis=0)
        known = features.shape[1]  # how these spread over the space is known; of differences the rows must say
        self.center_[:known], deviation[:known] = self.feature_spread_
        self.scale_ = np.where(deviation > 1e-9 * (1 + np.abs(self.center_)), deviation, 1.0)
        self.model_ = self._made()
        self.model_.feature_spread_ = np.stack([np.zeros(len(self.scale_)), np.ones(len(self.scale_))])
        self.model_.fit_features((whole - self.center_) / self.scale_, y, classes)

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The regression's answer and its deviation."""
        whole = with_differences(features, find_curves(self.feature_names_))
        return self.model_.predict_features((whole - self.center_) / self.scale_)

    def state(self) -> State:
        """What the regression learned, and what features are made standard by."""
        inner = self.model_.state()
        arrays = {f"model.{name}": array for name, array in inner.arrays.items()}
        return State({"model": inner.values}, {**arrays, "center": self.center_, "scale": self.scale_})

    def restore(self, state: State) -> None:
        """Takes those over."""
        self.center_, self.scale_ = state.arrays["center"], state.arrays["scale"]
        arrays = {
            name.removeprefix("model."): array for name, array in state.arrays.items() if name.startswith("model.")
        }
        self.model_ = self._made()
        self.model_.restore(State(state.values["model"], arrays))

    def _made(self) -> Predictor:
        if self.regression not in REGRESSIONS:
            raise ValueError(f"regression must be one of {', '.join(REGRESSIONS)}, got {self.regression!r}")
        taken = {"folds": self.folds, "seed": self.seed}
        return REGRESSIONS[self.regression](**taken)


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
