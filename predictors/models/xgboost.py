"""Gradient-boosted trees on encoded architectures, their size chosen by cross-validation on the training rows.

Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from predictors.boosting import BoostedPredictor
from predictors.predictor import State

DEPTHS = (3, 6)
ROUNDS = (50, 100, 200, 400)
TUNED_ON = 2000
"""Depth and rounds are chosen on at most this many rows."""


class XGBoost(BoostedPredictor):
    """An average of boosted ensembles that differ in the rows and features their trees see.

    Args:
        encoding: encodings joined by a plus.
        depth: of a tree; None: of :data:`DEPTHS` the one with the highest rank correlation in cross-validation.
        rounds: trees of one ensemble; None: of :data:`ROUNDS`, likewise.
        learning_rate: share of each tree's correction that is taken.
        subsample: share of rows a tree sees.
        colsample: share of features each split chooses from.
        members: ensembles averaged.
        folds: of the cross-validation, which never parts a class; 1 for none, where depth and rounds are given:
            deviations are then those between members alone.
        seed: of folds and trees.
    """

    depths = DEPTHS
    all_rounds = ROUNDS

    def __init__(
        self,
        encoding: str = "one_hot+graph_features",
        depth: int | None = None,
        rounds: int | None = None,
        learning_rate: float = 0.05,
        subsample: float = 0.8,
        colsample: float = 0.3,
        members: int = 3,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        super().__init__(encoding, depth, rounds, learning_rate, subsample, colsample, members, folds, seed)

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses depth and rounds, then grows the members on all rows."""
        self.mean_ = float(y.mean())
        self.scale_ = float(y.std()) or 1.0
        t = (y - self.mean_) / self.scale_
        seeds = np.random.SeedSequence(self.seed).spawn(2)
        self.depth_, self.rounds_, self.noise_ = self._chosen(features, t, classes, np.random.default_rng(seeds[0]))
        self.grow_members(features, t, seeds[1])

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean over members; the variance is theirs plus the squared error that was left in cross-validation."""
        answers = self.said(features)
        deviation = np.sqrt(answers.var(axis=0) + self.noise_)
        return answers.mean(axis=0) * self.scale_ + self.mean_, deviation * self.scale_

    def state(self) -> State:
        """What the members are, and the scale of scores."""
        shared = super().state()
        return replace(shared, values={"mean": self.mean_, "scale": self.scale_, **shared.values})

    def restore(self, state: State) -> None:
        """Takes over members and scale."""
        super().restore(state)
        self.mean_, self.scale_ = float(state.values["mean"]), float(state.values["scale"])

    def _chosen(
        self, features: np.ndarray, t: np.ndarray, classes: np.ndarray, rng: np.random.Generator
    ) -> tuple[int, int, float]:
        """Depth, rounds, and their mean squared error out of fold."""
        if self.depth is not None and self.rounds is not None and self.folds == 1:
            return self.depth, self.rounds, 0.0
        if len(t) > TUNED_ON:
            rows = np.sort(rng.permutation(len(t))[:TUNED_ON])
            features, t, classes = features[rows], t[rows], classes[rows]
        depth, rounds, outside = self.tuned(features, t, classes, rng)
        return depth, rounds, float(((outside - t) ** 2).mean())
