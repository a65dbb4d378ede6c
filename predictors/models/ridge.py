"""Ridge regression on encoded architectures, its penalty and warp chosen by cross-validation on the training rows.

Hoerl and Kennard, "Ridge Regression: Biased Estimation for Nonorthogonal Problems", Technometrics 1970.

Z: standardised features (n, f); t: warped scores (n,); alpha: penalty; G = ZᵀZ + alpha I.
"""

from __future__ import annotations

import math

import numpy as np

from predictors.predictor import Predictor, State
from predictors.rows import agreement
from predictors.splits import folds
from predictors.warps import WARPS, Warp, fit_warp

ALPHAS = np.logspace(-2, 5, 22)
"""Penalties tried."""


class Ridge(Predictor):
    """A linear model of features.

    Args:
        encoding: encodings joined by a plus.
        alpha: penalty on squared weights of standardised features; None: the one of :data:`ALPHAS` with the least
            squared error in cross-validation.
        warp: how scores are seen, "identity" or "logarithm"; None: the one with the higher rank correlation there.
        folds: of the cross-validation, which never parts a class.
        seed: of the folds.
    """

    def __init__(
        self,
        encoding: str = "one_hot+graph_features",
        alpha: float | None = None,
        warp: str | None = None,
        folds: int = 10,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.alpha = alpha
        self.warp = warp
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses warp and penalty, then solves on all rows.

        Raises:
            ValueError: the penalty or the warp given is none.
        """
        if self.alpha is not None and not self.alpha > 0:
            raise ValueError(f"alpha must be above 0, got {self.alpha}")
        self.mean_ = features.mean(axis=0)
        scale = features.std(axis=0)
        self.scale_ = np.where(scale > 1e-12 * (1 + np.abs(self.mean_)), scale, 1.0)  # constant features get no weight
        z = (features - self.mean_) / self.scale_
        splits = list(folds(classes, self.folds, np.random.default_rng(self.seed)))
        best = (-math.inf, 0.0, 0.0, fit_warp("identity", y))
        for name in WARPS if self.warp is None else (self.warp,):
            warp = fit_warp(name, y)
            alphas = ALPHAS if self.alpha is None else np.array([self.alpha])
            outside = _out_of_fold(z, warp.forward(y), alphas, splits)
            errors = ((outside - warp.forward(y)) ** 2).mean(axis=1)
            place = int(np.argmin(errors))
            found = agreement(y, outside[place])
            if found > best[0]:
                best = (found, float(alphas[place]), float(errors[place]), warp)
        _, self.alpha_, error, self.warp_ = best
        values, vectors = np.linalg.eigh(z.T @ z)
        root = vectors / np.sqrt(np.maximum(values, 0) + self.alpha_)  # root rootᵀ = G⁻¹
        self.coefficients_ = root @ (root.T @ (z.T @ self.warp_.forward(y)))
        self.root_ = root
        self.noise_ = error / (1 + float(((z @ root) ** 2).sum(axis=1).mean()))

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The linear model, and the deviation of the Bayesian posterior whose prior the penalty is."""
        z = (features - self.mean_) / self.scale_
        t = np.einsum("nf,f->n", z, self.coefficients_)  # row by row, so that equal rows give equal numbers
        variance = self.noise_ * (1 + np.einsum("nf,nf->n", z @ self.root_, z @ self.root_))
        return self.warp_.back(t), np.sqrt(variance) * self.warp_.slope(t)

    def state(self) -> State:
        """Weights, the root of G⁻¹, standardisation, warp."""
        return State(
            values={"alpha": self.alpha_, "noise": self.noise_, "warp": self.warp_.to_json()},
            arrays={"mean": self.mean_, "scale": self.scale_, "coefficients": self.coefficients_, "root": self.root_},
        )

    def restore(self, state: State) -> None:
        """Takes over weights, standardisation and warp."""
        self.alpha_, self.noise_ = float(state.values["alpha"]), float(state.values["noise"])
        self.warp_ = Warp(**state.values["warp"])
        self.mean_, self.scale_ = state.arrays["mean"], state.arrays["scale"]
        self.coefficients_, self.root_ = state.arrays["coefficients"], state.arrays["root"]


def _out_of_fold(
    z: np.ndarray, t: np.ndarray, alphas: np.ndarray, splits: list[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Predictions of each row by a model that did not see its fold: shape (alphas, n)."""
    outside = np.empty((len(alphas), len(t)))
    for inside, held in splits:
        centre, level = z[inside].mean(axis=0), t[inside].mean()
        rows = z[inside] - centre
        values, vectors = np.linalg.eigh(rows.T @ rows)
        projected = vectors.T @ (rows.T @ (t[inside] - level))
        coefficients = projected / (np.maximum(values, 0) + alphas[:, None])  # (alphas, f), on the eigenvectors
        outside[:, held] = level + coefficients @ ((z[held] - centre) @ vectors).T
    return outside
