"""A random forest on encoded architectures, its warp chosen by what the trees say of classes they did not see.

Breiman, "Random Forests", Machine Learning 2001. Bags are drawn by class, since rows of one class measure one function:
what is out of a tree's bag is then as new to it as a held-out class is. Grown by scikit-learn; kept and walked as the
arrays of ``predictors/forests.py``.
"""

from __future__ import annotations

import math

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from predictors.forests import Forest, ForestPredictor, grow, mean_answer, unexplained
from predictors.rows import agreement
from predictors.warps import WARPS, fit_warp

TUNED_TREES = 100
"""Trees of the forests among which the warp is chosen."""


class RandomForest(ForestPredictor):
    """The mean of trees that differ in the classes and the features they were offered.

    Args:
        encoding: encodings joined by a plus.
        trees: how many.
        max_features: share of the features that a split looks at.
        leaf: least rows in a leaf.
        warp: how scores are seen, "identity" or "logarithm"; None: the one with the higher rank correlation of scores
            and answers of trees that did not see their classes.
        seed: of bags and trees.
    """

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        trees: int = 300,
        max_features: float = 0.2,
        leaf: int = 1,
        warp: str | None = None,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.trees = trees
        self.max_features = max_features
        self.leaf = leaf
        self.warp = warp
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses the warp with some of the trees, then grows all.

        Raises:
            ValueError: fewer trees than 1, a leaf of no row, or no such warp.
        """
        if self.trees < 1 or self.leaf < 1:
            raise ValueError(f"trees and leaf must be at least 1, got {self.trees} and {self.leaf}")
        bag_seed, tree_seed = np.random.SeedSequence(self.seed).spawn(2)
        bags = bags_of_classes(classes, self.trees, np.random.default_rng(bag_seed))
        seeds = tree_seed.generate_state(self.trees)
        names = WARPS if self.warp is None else (self.warp,)
        best = (-math.inf, names[0])
        for name in names if len(names) > 1 else ():
            t = fit_warp(name, y).forward(y)
            forest = self._grown(features, t, bags[:TUNED_TREES], seeds)
            found = agreement(y, mean_answer(_outside(forest, features, bags[:TUNED_TREES])))
            best = max(best, (found, name), key=lambda choice: choice[0])
        self.warp_ = fit_warp(best[1], y)
        t = self.warp_.forward(y)
        self.forest_ = self._grown(features, t, bags, seeds)
        self.noise_ = unexplained(_outside(self.forest_, features, bags), t)

    def _grown(self, features: np.ndarray, t: np.ndarray, bags: np.ndarray, seeds: np.ndarray) -> Forest:
        settings = {"max_features": float(self.max_features), "min_samples_leaf": self.leaf}
        return grow(DecisionTreeRegressor, features, t, seeds, bags, **settings)


def bags_of_classes(classes: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """How often each row is in each bag: float64 [count, n]; as many classes as there are, drawn with replacement.

    Args:
        classes: numbers from 0 on, shape (n,).
        count: of bags.
        rng: draws the classes.
    """
    many = int(classes.max()) + 1
    drawn = np.stack([np.bincount(rng.integers(many, size=many), minlength=many) for _ in range(count)])
    return drawn[:, classes].astype(np.float64)


def _outside(forest: Forest, features: np.ndarray, bags: np.ndarray) -> np.ndarray:
    """Answers of trees for rows out of their bags, NaN for the others: shape (trees, n)."""
    return np.where(bags > 0, np.nan, forest.predict(features))
