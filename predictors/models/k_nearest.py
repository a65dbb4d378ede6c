"""The nearest trained architectures answer, the nearer the louder; how many is chosen by cross-validation.

Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Transactions on Information Theory 1967; weights as in
Shepard, "A Two-Dimensional Interpolation Function for Irregularly-Spaced Data", ACM National Conference 1968.
"""

from __future__ import annotations

import math

import numpy as np

from predictors.predictor import Predictor, State
from predictors.rows import agreement, different_rows, squared_distances, standardised
from predictors.splits import folds

NEIGHBORS = (1, 2, 3, 5, 8, 12, 18, 27)
"""Numbers of neighbours tried, as far as there are so many."""
NEAREST = 0.05
"""Distances below this count as this: a neighbour that looks the same was measured with noise all the same."""
BLOCK = 2048
"""Rows predicted at a time."""


class KNearest(Predictor):
    """Weighted mean of the scores of the k nearest.

    The distance is the root of the mean squared difference of features that are made standard by their spread over the
    space; the weight is one over its square.

    Args:
        encoding: encodings joined by a plus.
        neighbors: k; None: the one of :data:`NEIGHBORS` with the highest rank correlation in cross-validation.
        folds: of the cross-validation, which never parts a class.
        seed: of the folds.
    """

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        neighbors: int | None = None,
        folds: int = 10,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.neighbors = neighbors
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Remembers the rows and chooses k.

        Raises:
            ValueError: fewer neighbours than 1.
        """
        if self.neighbors is not None and self.neighbors < 1:
            raise ValueError(f"neighbors must be at least 1, got {self.neighbors}")
        self.spread_ = self.feature_spread_
        self.rows_, self.scores_ = standardised(features, self.spread_), y
        splits = list(folds(classes, self.folds, np.random.default_rng(self.seed)))
        fewest = min(len(inside) for inside, _ in splits)
        tried = [k for k in NEIGHBORS if k <= fewest] if self.neighbors is None else [min(self.neighbors, fewest)]
        best = -math.inf
        for k in tried:
            mean, variance = np.empty(len(y)), np.empty(len(y))
            for inside, held in splits:
                distances = squared_distances(self.rows_[held], self.rows_[inside])
                mean[held], variance[held] = weighted(distances, y[inside], k)
            found = agreement(y, mean)
            if found > best:
                best, self.k_ = found, k
                self.noise_ = max(0.0, float(((mean - y) ** 2 - variance).mean()))
        self.k_ = self.k_ if self.neighbors is None else min(self.neighbors, len(y))

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Weighted mean of neighbours; the variance is theirs, and what was left beyond it in cross-validation."""
        rows, place = different_rows(features)
        z = standardised(rows, self.spread_)
        mean, variance = np.empty(len(z)), np.empty(len(z))
        for start in range(0, len(z), BLOCK):
            distances = squared_distances(z[start : start + BLOCK], self.rows_)
            mean[start : start + BLOCK], variance[start : start + BLOCK] = weighted(distances, self.scores_, self.k_)
        return mean[place], np.sqrt(variance + self.noise_)[place]

    def state(self) -> State:
        """Rows, scores, k and noise."""
        return State(
            values={"k": self.k_, "noise": self.noise_},
            arrays={"rows": self.rows_, "scores": self.scores_, "spread": self.spread_},
        )

    def restore(self, state: State) -> None:
        """Takes them over."""
        self.k_, self.noise_ = int(state.values["k"]), float(state.values["noise"])
        self.rows_, self.scores_ = state.arrays["rows"], state.arrays["scores"]
        self.spread_ = state.arrays["spread"]


def weighted(squares: np.ndarray, scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the scores of the k nearest, weighted by one over the squared distance: each of shape (n,).

    Args:
        squares: squared distances, shape (n, trained).
        scores: shape (trained,).
        k: at most as many as are trained.
    """
    near = np.argpartition(squares, k - 1, axis=1)[:, :k]
    weights = 1 / np.maximum(np.take_along_axis(squares, near, axis=1), NEAREST**2)
    weights /= weights.sum(axis=1, keepdims=True)
    middle = scores.mean()  # so that small differences of large scores are not rounded away
    said = scores[near] - middle
    mean = (weights * said).sum(axis=1)
    return mean + middle, (weights * (said - mean[:, None]) ** 2).sum(axis=1)
