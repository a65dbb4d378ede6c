"""Bayesian linear regression on encoded architectures, its two variances chosen by evidence.

MacKay, "Bayesian Interpolation", Neural Computation 1992; Bishop, "Pattern Recognition and Machine Learning", 2006,
section 3.5. The evidence is climbed by scikit-learn's ``BayesianRidge``; cross-validation is needed for the warp alone.

Z: standardised features (n, f); t: warped scores (n,); S: covariance of the weights' posterior (f, f).
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.linear_model import BayesianRidge

from predictors.predictor import Predictor, State
from predictors.rows import agreement, different_rows, standardised
from predictors.splits import folds
from predictors.warps import WARPS, Warp, fit_warp

STEPS = 100
"""Most re-estimations of the two variances."""


class BayesianLinear(Predictor):
    """A linear model of features with a normal prior.

    Args:
        encoding: encodings joined by a plus; made standard by their spread over the space.
        warp: how scores are seen, "identity" or "logarithm"; None: the one with the higher rank correlation in
            cross-validation.
        folds: of the cross-validation, which never parts a class.
        seed: of the folds.
    """

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        warp: str | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.warp = warp
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses the warp, then the variances on all rows.

        Raises:
            ValueError: there is no such warp.
        """
        self.spread_ = self.feature_spread_
        z = standardised(features, self.spread_)
        best = (-math.inf, self.warp or WARPS[0])
        for name in WARPS if self.warp is None else ():
            t = fit_warp(name, y).forward(y)
            outside = np.empty(len(t))
            for inside, held in folds(classes, self.folds, np.random.default_rng(self.seed)):
                outside[held] = BayesianRidge(max_iter=STEPS).fit(z[inside], t[inside]).predict(z[held])
            best = max(best, (agreement(t, outside), name), key=lambda choice: choice[0])
        self.warp_ = fit_warp(best[1], y)
        model = BayesianRidge(max_iter=STEPS).fit(z, self.warp_.forward(y))
        self.coefficients_, self.level_, self.noise_ = model.coef_, float(model.intercept_), float(1 / model.alpha_)
        values, vectors = np.linalg.eigh(model.sigma_)
        self.root_ = vectors * np.sqrt(np.maximum(values, 0.0))  # root rootᵀ = S
        self.middle_ = z.mean(axis=0)

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation of a new measurement, noise included (Bishop, equations 3.58 and 3.59)."""
        rows, place = different_rows(features)
        z = standardised(rows, self.spread_)
        t = (self.level_ + z @ self.coefficients_)[place]
        variance = self.noise_ + (((z - self.middle_) @ self.root_) ** 2).sum(axis=1)[place]
        return self.warp_.back(t), np.sqrt(variance) * self.warp_.slope(t)

    def state(self) -> State:
        """Weights, the root of S, noise, what features were made standard by, warp."""
        return State(
            values={"level": self.level_, "noise": self.noise_, "warp": self.warp_.to_json()},
            arrays={
                "spread": self.spread_,
                "middle": self.middle_,
                "coefficients": self.coefficients_,
                "root": self.root_,
            },
        )

    def restore(self, state: State) -> None:
        """Takes those over."""
        self.level_, self.noise_ = float(state.values["level"]), float(state.values["noise"])
        self.warp_ = Warp(**state.values["warp"])
        self.spread_, self.middle_ = state.arrays["spread"], state.arrays["middle"]
        self.coefficients_, self.root_ = state.arrays["coefficients"], state.arrays["root"]
