"""Support vector regression with a Gaussian kernel, its three parameters chosen by cross-validation.

Smola and Schölkopf, "A Tutorial on Support Vector Regression", Statistics and Computing 2004. Solved by scikit-learn;
what is kept are the support vectors and their weights.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from sklearn.svm import SVR

from predictors.predictor import Predictor, State
from predictors.rows import agreement, different_rows, squared_distances, standardised
from predictors.splits import folds
from predictors.warps import WARPS, Warp, fit_warp

PENALTIES = (1.0, 5.0, 25.0)
RATES = (0.01, 0.03, 0.1, 0.3, 1.0)
MARGINS = (0.05, 0.15, 0.4)
"""Tried for scores of deviation 1; the middle margin while the other two are chosen."""
TUNED_ON = 500
"""Parameters are chosen on at most this many rows."""
BLOCK = 2048
"""Rows predicted at a time."""


class SupportVectors(Predictor):
    """A weighted sum of Gaussian bells around some of the trained architectures.

    Args:
        encoding: encodings joined by a plus; made standard by their spread over the space.
        penalty: C, on errors beyond the margin, for scores of deviation 1; None: of :data:`PENALTIES` the one with the
            highest rank correlation in cross-validation.
        rate: gamma, of the exponential of the mean squared difference of features; None: of :data:`RATES`, likewise.
        margin: epsilon, errors that cost nothing, for scores of deviation 1; None: of :data:`MARGINS`, likewise.
        warp: how scores are seen, "identity" or "logarithm"; None: likewise.
        folds: of the cross-validation, which never parts a class.
        seed: of the folds.
    """

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        penalty: float | None = None,
        rate: float | None = None,
        margin: float | None = None,
        warp: str | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.penalty = penalty
        self.rate = rate
        self.margin = margin
        self.warp = warp
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses rate and penalty, then the margin, then the warp, then solves on all rows.

        Raises:
            ValueError: a parameter given is not above 0, or there is no such warp.
        """
        given = {"penalty": self.penalty, "rate": self.rate, "margin": self.margin}
        for name, value in given.items():
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")
        self.spread_ = self.feature_spread_
        z = standardised(features, self.spread_)
        name, settings, error = self._tuned(z, y, classes)
        self.penalty_, self.rate_, self.margin_ = settings
        self.warp_, self.noise_ = fit_warp(name, y), error
        covariance = np.exp(-self.rate_ * squared_distances(z, z))
        model = _solved(covariance, self.warp_.forward(y), self.penalty_, self.margin_)
        self.vectors_, self.weights_ = z[model.support_], model.dual_coef_[0]
        self.level_ = float(model.intercept_[0])

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The sum; the deviation is that of the errors in cross-validation, the same for all warped scores."""
        rows, place = different_rows(features)
        z = standardised(rows, self.spread_)
        t = np.full(len(z), self.level_)
        for start in range(0, len(z), BLOCK):
            squares = squared_distances(z[start : start + BLOCK], self.vectors_)
            t[start : start + BLOCK] += np.exp(-self.rate_ * squares) @ self.weights_
        t = t[place]
        return self.warp_.back(t), math.sqrt(self.noise_) * self.warp_.slope(t)

    def state(self) -> State:
        """Support vectors, weights, what was chosen, warp."""
        return State(
            values={
                "penalty": self.penalty_,
                "rate": self.rate_,
                "margin": self.margin_,
                "level": self.level_,
                "noise": self.noise_,
                "warp": self.warp_.to_json(),
            },
            arrays={"vectors": self.vectors_, "weights": self.weights_, "spread": self.spread_},
        )

    def restore(self, state: State) -> None:
        """Takes those over."""
        values = state.values
        self.penalty_, self.rate_, self.margin_ = (float(values[name]) for name in ("penalty", "rate", "margin"))
        self.level_, self.noise_ = float(values["level"]), float(values["noise"])
        self.warp_ = Warp(**values["warp"])
        self.vectors_, self.weights_ = state.arrays["vectors"], state.arrays["weights"]
        self.spread_ = state.arrays["spread"]

    def _tuned(
        self, z: np.ndarray, y: np.ndarray, classes: np.ndarray
    ) -> tuple[str, tuple[float, float, float], float]:
        """Warp, (penalty, rate, margin), and their mean squared error out of fold."""
        rng = np.random.default_rng(self.seed)
        rows = np.sort(rng.permutation(len(y))[:TUNED_ON])
        rows = rows if len(np.unique(classes[rows])) > 1 else np.arange(len(y))
        z, y = z[rows], y[rows]
        splits = list(folds(classes[rows], self.folds, rng))
        squares = squared_distances(z, z)
        first, *others = WARPS if self.warp is None else (self.warp,)
        penalties = PENALTIES if self.penalty is None else (self.penalty,)
        rates = RATES if self.rate is None else (self.rate,)
        middle, *rest = (MARGINS[1], MARGINS[0], MARGINS[2]) if self.margin is None else (self.margin,)

        def tried(
            name: str, settings: tuple[float, float, float]
        ) -> tuple[float, str, tuple[float, float, float], float]:
            penalty, rate, margin = settings
            t = fit_warp(name, y).forward(y)
            covariance, outside = np.exp(-rate * squares), np.empty(len(t))
            for inside, held in splits:
                model = _solved(covariance[np.ix_(inside, inside)], t[inside], penalty, margin)
                outside[held] = model.predict(covariance[np.ix_(held, inside)])
            return agreement(t, outside), name, settings, float(((outside - t) ** 2).mean())

        best = max((tried(first, (c, g, middle)) for c, g in product(penalties, rates)), key=lambda found: found[0])
        best = max([best, *(tried(first, (*best[2][:2], e)) for e in rest)], key=lambda found: found[0])
        best = max([best, *(tried(name, best[2]) for name in others)], key=lambda found: found[0])
        return best[1:]


def _solved(covariance: np.ndarray, t: np.ndarray, penalty: float, margin: float) -> SVR:
    machine = SVR(kernel="precomputed", C=penalty, epsilon=margin, cache_size=50)
    machine.random_state = 0  # it draws a seed for what a regression does not do, otherwise from the global generator
    return machine.fit(covariance, t)
