"""Gradient-boosted trees that learn which of two architectures is better, turned back into scores.

Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016, with the logistic loss of pairs of Burges et
al., "Learning to Rank using Gradient Descent", ICML 2005. What the trees say has no unit; an increasing map, fitted to
what they said of held-out rows, gives it one: the pool-adjacent-violators regression of Barlow et al., "Statistical
Inference under Order Restrictions", 1972, its steps joined by straight lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import xgboost
from sklearn.isotonic import IsotonicRegression

from predictors.boosting import BoostedPredictor
from predictors.predictor import State

DEPTHS = (2, 4)
ROUNDS = (50, 100, 200)
PAIRS = 32
"""Others that each row is compared with in a round."""
TUNED_ON = 1000
"""Depth, rounds and the map are found on at most this many rows."""


class XGBoostRank(BoostedPredictor):
    """An average of boosted ensembles that learned pairs; they differ in pairs, rows and features.

    Args:
        encoding: encodings joined by a plus.
        depth: of a tree; None: of :data:`DEPTHS` the one with the highest rank correlation in cross-validation.
        rounds: trees of one ensemble; None: of :data:`ROUNDS`, likewise.
        learning_rate: share of each tree's correction that is taken.
        subsample: share of rows a tree sees.
        colsample: share of features each split chooses from.
        members: ensembles averaged.
        folds: of the cross-validation, which never parts a class.
        seed: of folds, pairs and trees.
    """

    depths = DEPTHS
    all_rounds = ROUNDS
    objective: ClassVar[Mapping[str, Any]] = {
        "objective": "rank:pairwise",
        "lambdarank_pair_method": "mean",
        "lambdarank_num_pair_per_sample": PAIRS,
    }

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        depth: int | None = None,
        rounds: int | None = None,
        learning_rate: float = 0.1,
        subsample: float = 0.8,
        colsample: float = 0.2,
        members: int = 3,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        super().__init__(encoding, depth, rounds, learning_rate, subsample, colsample, members, folds, seed)

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses depth and rounds, fits the map from what was said out of fold, then grows the members on all rows."""
        seeds = np.random.SeedSequence(self.seed).spawn(2)
        rng = np.random.default_rng(seeds[0])
        rows = np.sort(rng.permutation(len(y))[:TUNED_ON])
        rows = rows if len(np.unique(classes[rows])) > 1 else np.arange(len(y))
        self.depth_, self.rounds_, outside = self.tuned(features[rows], y[rows], classes[rows], rng)
        self.scores_map_ = increasing_map(outside, y[rows])
        self.noise_ = float(((mapped(self.scores_map_, outside) - y[rows]) ** 2).mean())
        self.grow_members(features, y, seeds[1])

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean over members, through the map; the variance is theirs, through it, and that of errors out of fold."""
        said = self.said(features)
        between = np.stack([mapped(self.scores_map_, one) for one in said]).var(axis=0)
        return mapped(self.scores_map_, said.mean(axis=0)), np.sqrt(between + self.noise_)

    def state(self) -> State:
        """What the members are, and the map."""
        return replace(super().state(), arrays={"map": self.scores_map_})

    def restore(self, state: State) -> None:
        """Takes over members and map."""
        super().restore(state)
        self.scores_map_ = state.arrays["map"]

    def learned_from(self, features: np.ndarray, y: np.ndarray) -> xgboost.DMatrix:
        """Rows of one query, with their ranks: of scores, only the order is learned."""
        ranks = np.unique(y, return_inverse=True)[1]
        return xgboost.QuantileDMatrix(features, ranks, qid=np.zeros(len(y), dtype=np.uint32), nthread=1)


def increasing_map(said: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Knots of an increasing map from what was said to scores: float64 (3, knots), see :func:`mapped`.

    Rows are the knots' places, their scores, and the slope beyond them, that of the least-squares line, at least 0. A
    knot stands for a block of rows whose mean scores would not increase otherwise, so that scores of knots do increase
    and the map keeps the order of what it is given.
    """
    order = np.argsort(said, kind="stable")
    x, y = said[order], scores[order]
    middle = y.mean()
    step = IsotonicRegression().fit(x, y - middle).predict(x)
    starts = np.flatnonzero(np.concatenate([[True], np.diff(step) > 0]))
    counts = np.diff([*starts, len(x)])
    places, heights = np.add.reduceat(x, starts) / counts, step[starts] + middle
    variance = x.var()
    slope = max(0.0, float(((x - x.mean()) * (y - middle)).mean() / variance)) if variance > 0 else 0.0
    return np.stack([places, heights, np.full(len(places), slope)])


def mapped(knots: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Scores of what was said, shape (n,): straight lines between knots, and on with their slope beyond."""
    places, heights, slopes = knots
    beyond = said - np.clip(said, places[0], places[-1])
    return np.interp(said, places, heights) + beyond * slopes[0]
