"""An exact Gaussian process on encoded architectures, its hyper-parameters chosen by marginal likelihood.

Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006. The Weisfeiler-Lehman kernel is that
of Ru, Wan, Dong and Osborne, "Interpretable Neural Architecture Search via Bayesian Optimisation with
Weisfeiler-Lehman Kernels", ICLR 2021. The mathematics is in ``predictors/kernels.py``.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import linalg, optimize

from predictors.kernels import (
    Part,
    likely,
    make_parts,
    marginal_likelihood,
    noisy_factor,
    out_of_fold,
    total_covariance,
    total_variance,
)
from predictors.predictor import Predictor, State
from predictors.rows import agreement
from predictors.splits import folds
from predictors.warps import WARPS, Warp, fit_warp

MOST = 2000
"""Rows that are kept; of more, this many are drawn with the seed."""
TUNED_ON = 400
"""Hyper-parameters are chosen on at most this many rows, the first of those kept in an order drawn with the seed."""
WIDTH = 1.5
"""Deviation of the normal prior of each hyper-parameter's logarithm; without one few rows fit themselves exactly."""
REACH = 8.0
"""Hyper-parameters' logarithms stay this near to the middle of their prior."""
BLOCK = 2048
"""Rows predicted at a time."""


class GaussianProcess(Predictor):
    """A Gaussian process with a sum of kernels.

    Args:
        encoding: encodings joined by a plus.
        kernel: "hamming" (exponential of the weighted number of choices that differ), "matern" (5/2, on features made
            standard by their spread over the space), "linear" (on those), "weisfeiler_lehman" (on normalised counts),
            or several joined by a plus. As many as there are encodings: each looks at its own; otherwise each looks
            at all. Features that are guesses of the score, such as zero-cost scores, enter linearly as well.
        warp: how scores are seen, "identity" or "logarithm"; None: the one with the higher rank correlation in
            cross-validation on the training rows.
        restarts: places from which the marginal likelihood is climbed.
        folds: of the cross-validation, which never parts a class.
        seed: of folds, and of the rows that are kept of very many.
    """

    def __init__(
        self,
        encoding: str = "program",
        kernel: str = "matern",
        warp: str | None = None,
        restarts: int = 2,
        folds: int = 10,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.kernel = kernel
        self.warp = warp
        self.restarts = restarts
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Climbs the marginal likelihood for each warp, keeps the warp that ranks best out of fold.

        Raises:
            ValueError: there is no such kernel or warp, or no restart.
        """
        if self.restarts < 1:
            raise ValueError(f"restarts must be at least 1, got {self.restarts}")
        rng = np.random.default_rng(self.seed)
        order = rng.permutation(len(y))[:MOST]
        rows = np.sort(order)
        tuned = np.sort(np.searchsorted(rows, order[:TUNED_ON]))
        self.features_, y, classes = features[rows], y[rows], np.unique(classes[rows], return_inverse=True)[1]
        self.spread_ = self.feature_spread_
        parts = make_parts(self.kernel, self.feature_names_, self.spread_, self.feature_guesses_)
        distances = [part.distances(self.features_, self.features_) for part in parts]
        near = distances if len(tuned) == len(rows) else [away[:, tuned][:, :, tuned] for away in distances]
        splits = list(folds(classes, self.folds, rng))
        best = -math.inf
        for name in WARPS if self.warp is None else (self.warp,):
            warp = fit_warp(name, y)
            t = warp.forward(y)
            theta = climbed(parts, near, t[tuned], self.restarts)
            factor = noisy_factor(total_covariance(parts, distances, theta), math.exp(theta[-1]))
            found = agreement(y, out_of_fold(factor, t, splits))
            if found > best:
                best, self.warp_, self.theta_ = found, warp, theta
                self.alpha_ = np.asarray(linalg.cho_solve((factor, True), t))
                self.parts_, self.factor_ = parts, factor

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posterior mean and deviation; the deviation is that of a new measurement, noise included.

        Equations 2.25 and 2.26 of Rasmussen and Williams.
        """
        if not len(features):
            return np.zeros(0), np.zeros(0)
        different, place = np.unique(features, axis=0, return_inverse=True)  # so that equal rows give equal numbers
        mean, variance = np.empty(len(different)), np.empty(len(different))
        for start in range(0, len(different), BLOCK):
            rows = different[start : start + BLOCK]
            distances = [part.distances(self.features_, rows) for part in self.parts_]
            covariance = total_covariance(self.parts_, distances, self.theta_)
            mean[start : start + BLOCK] = np.einsum("nm,n->m", covariance, self.alpha_)
            explained = linalg.solve_triangular(self.factor_, covariance, lower=True, check_finite=False)
            variance[start : start + BLOCK] = (explained**2).sum(axis=0)
        prior = total_variance(self.parts_, different, self.theta_)
        noise = math.exp(self.theta_[-1])
        t, deviation = mean[place], np.sqrt(np.maximum(prior - variance, 0.0) + noise)[place]
        return self.warp_.back(t), deviation * self.warp_.slope(t)

    def state(self) -> State:
        """The rows kept, their weights, hyper-parameters, warp; the rest follows from them."""
        return State(
            values={"warp": self.warp_.to_json()},
            arrays={
                "features": self.features_,
                "spread": self.spread_,
                "alpha": self.alpha_,
                "theta": self.theta_,
            },
        )

    def restore(self, state: State) -> None:
        """Takes those over and factors the covariance again."""
        self.warp_ = Warp(**state.values["warp"])
        self.features_, self.alpha_ = state.arrays["features"], state.arrays["alpha"]
        self.theta_, self.spread_ = state.arrays["theta"], state.arrays["spread"]
        self.parts_ = make_parts(self.kernel, self.feature_names_, self.spread_, self.feature_guesses_)
        distances = [part.distances(self.features_, self.features_) for part in self.parts_]
        self.factor_ = noisy_factor(total_covariance(self.parts_, distances, self.theta_), math.exp(self.theta_[-1]))


def climbed(parts: tuple[Part, ...], distances: list[np.ndarray], t: np.ndarray, restarts: int) -> np.ndarray:
    """Logarithms of the hyper-parameters with the highest marginal likelihood times their prior.

    Climbs with L-BFGS from the middle of the prior, then from places that lie a step of growing length to either side
    of it, rates and noise moved apart; no chance.
    """

    def descent(theta: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            value, gradient = marginal_likelihood(parts, distances, t, theta)
        except np.linalg.LinAlgError:
            return 1e25, np.zeros_like(theta)
        away = (theta - middle) / WIDTH
        return -value + 0.5 * float(away @ away), away / WIDTH - gradient

    middle = likely(parts)
    step = np.ones_like(middle)
    step[-1] = -1.0
    bounds = [(value - REACH, value + REACH) for value in middle]
    best = (math.inf, middle)
    for place in range(restarts):
        start = middle + (0 if place == 0 else (-1) ** place * (place + 1) // 2 * step)
        found = optimize.minimize(
            descent, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30, "ftol": 1e-6}
        )
        if found.fun < best[0]:
            best = (float(found.fun), np.asarray(found.x))
    return best[1]
