"""Extremely randomised trees on encoded architectures, the warp of the scores chosen by cross-validation.

Geurts, Ernst and Wehenkel, "Extremely Randomized Trees", Machine Learning 2006: every tree learns from all rows, and a
split is the best of cuts drawn at random, one for each feature that is looked at. Grown by scikit-learn; kept and
walked as the arrays of ``predictors/forests.py``.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.tree import ExtraTreeRegressor

from predictors.forests import Forest, ForestPredictor, grow, unexplained
from predictors.rows import agreement
from predictors.splits import folds
from predictors.warps import WARPS, fit_warp

TUNED_ON = 1000
"""The warp is chosen on at most this many rows."""
TUNED_TREES = 40
"""Trees of a forest in cross-validation."""


class ExtraTrees(ForestPredictor):
    """The mean of trees that differ in the cuts they were offered.

    Args:
        encoding: encodings joined by a plus.
        trees: how many.
        max_features: share of the features that a split looks at.
        leaf: least rows in a leaf; one of a single row repeats what is noise in it.
        warp: how scores are seen, "identity" or "logarithm"; None: the one with the higher rank correlation in
            cross-validation.
        folds: of the cross-validation, which never parts a class; 1 for none, where the warp is given: deviations are
            then those between trees alone.
        seed: of folds and trees.
    """

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        trees: int = 300,
        max_features: float = 0.5,
        leaf: int = 2,
        warp: str | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.trees = trees
        self.max_features = max_features
        self.leaf = leaf
        self.warp = warp
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses the warp, then grows all trees on all rows.

        Raises:
            ValueError: fewer trees than 1, a leaf of no row, or no such warp.
        """
        if self.trees < 1 or self.leaf < 1:
            raise ValueError(f"trees and leaf must be at least 1, got {self.trees} and {self.leaf}")
        split_seed, tree_seed = np.random.SeedSequence(self.seed).spawn(2)
        seeds = tree_seed.generate_state(self.trees)
        name, self.noise_ = str(self.warp), 0.0
        if self.warp is None or self.folds > 1:
            name, self.noise_ = self._tuned(features, y, classes, np.random.default_rng(split_seed), seeds)
        self.warp_ = fit_warp(name, y)
        self.forest_ = self._grown(features, self.warp_.forward(y), seeds)

    def _tuned(
        self, features: np.ndarray, y: np.ndarray, classes: np.ndarray, rng: np.random.Generator, seeds: np.ndarray
    ) -> tuple[str, float]:
        """The warp, and what trees leave unexplained under it."""
        rows = np.sort(rng.permutation(len(y))[:TUNED_ON])
        rows = rows if len(np.unique(classes[rows])) > 1 else np.arange(len(y))
        splits = list(folds(classes[rows], self.folds, rng))
        best = (-math.inf, "", 0.0)
        for name in WARPS if self.warp is None else (self.warp,):
            t = fit_warp(name, y[rows]).forward(y[rows])
            outside = self._out_of_fold(features[rows], t, splits, seeds[:TUNED_TREES])
            found = agreement(t, outside.mean(axis=0))
            if found > best[0]:
                best = (found, name, unexplained(outside, t))
        return best[1:]

    def _out_of_fold(
        self, features: np.ndarray, t: np.ndarray, splits: list[tuple[np.ndarray, np.ndarray]], seeds: np.ndarray
    ) -> np.ndarray:
        """Answers of trees for rows whose fold they did not see: shape (trees, n)."""
        outside = np.empty((len(seeds), len(t)))
        for inside, held in splits:
            outside[:, held] = self._grown(features[inside], t[inside], seeds).predict(features[held])
        return outside

    def _grown(self, features: np.ndarray, t: np.ndarray, seeds: np.ndarray) -> Forest:
        settings = {"max_features": float(self.max_features), "min_samples_leaf": self.leaf}
        return grow(ExtraTreeRegressor, features, t, seeds, [None] * len(seeds), **settings)
