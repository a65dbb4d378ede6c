"""Gradient-boosted trees on encoded architectures, their size chosen by cross-validation on the training rows.

Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xgboost

from predictors.predictor import Predictor, State
from predictors.rows import agreement
from predictors.splits import folds

DEPTHS = (3, 6)
ROUNDS = (50, 100, 200, 400)
TUNED_ON = 2000
"""Depth and rounds are chosen on at most this many rows."""


class XGBoost(Predictor):
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
        self.encoding = encoding
        self.depth = depth
        self.rounds = rounds
        self.learning_rate = learning_rate
        self.subsample = subsample
        self.colsample = colsample
        self.members = members
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses depth and rounds, then grows the members on all rows."""
        self.mean_ = float(y.mean())
        self.scale_ = float(y.std()) or 1.0
        t = (y - self.mean_) / self.scale_
        seeds = np.random.SeedSequence(self.seed).spawn(2)
        self.depth_, self.rounds_, self.noise_ = self._tuned(features, t, classes, np.random.default_rng(seeds[0]))
        self.boosters_ = [
            self._grown(features, t, self.depth_, self.rounds_, int(seed))
            for seed in seeds[1].generate_state(self.members)
        ]

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean over members; the variance is theirs plus the squared error that was left in cross-validation."""
        answers = np.stack([booster.inplace_predict(features) for booster in self.boosters_]).astype(np.float64)
        deviation = np.sqrt(answers.var(axis=0) + self.noise_)
        return answers.mean(axis=0) * self.scale_ + self.mean_, deviation * self.scale_

    def state(self) -> State:
        """Each member as UBJSON, and what was chosen."""
        return State(
            values={
                "mean": self.mean_,
                "scale": self.scale_,
                "noise": self.noise_,
                "depth": self.depth_,
                "rounds": self.rounds_,
            },
            models={f"member{i}.ubj": bytes(booster.save_raw("ubj")) for i, booster in enumerate(self.boosters_)},
        )

    def restore(self, state: State) -> None:
        """Takes over members and choices."""
        self.mean_, self.scale_ = float(state.values["mean"]), float(state.values["scale"])
        self.noise_, self.depth_ = float(state.values["noise"]), int(state.values["depth"])
        self.rounds_ = int(state.values["rounds"])
        self.boosters_ = []
        for place in range(len(state.models)):
            booster = xgboost.Booster({"nthread": 1})
            booster.load_model(bytearray(state.models[f"member{place}.ubj"]))
            self.boosters_.append(booster)

    def _tuned(
        self, features: np.ndarray, t: np.ndarray, classes: np.ndarray, rng: np.random.Generator
    ) -> tuple[int, int, float]:
        """Depth, rounds, and their mean squared error out of fold."""
        if self.depth is not None and self.rounds is not None and self.folds == 1:
            return self.depth, self.rounds, 0.0
        if len(t) > TUNED_ON:
            rows = np.sort(rng.permutation(len(t))[:TUNED_ON])
            features, t, classes = features[rows], t[rows], classes[rows]
        depths = DEPTHS if self.depth is None else (self.depth,)
        rounds = ROUNDS if self.rounds is None else (self.rounds,)
        splits = list(folds(classes, self.folds, rng))
        seed = int(rng.integers(2**31))
        best = (-math.inf, depths[0], rounds[0], 0.0)
        for depth in depths:
            outside = np.empty((len(rounds), len(t)))
            for inside, held in splits:
                booster = self._grown(features[inside], t[inside], depth, max(rounds), seed)
                for place, count in enumerate(rounds):
                    outside[place, held] = booster.inplace_predict(features[held], iteration_range=(0, count))
            for place, count in enumerate(rounds):
                found = agreement(t, outside[place])
                if found > best[0]:
                    best = (found, depth, count, float(((outside[place] - t) ** 2).mean()))
        return best[1:]

    def _grown(self, features: np.ndarray, t: np.ndarray, depth: int, rounds: int, seed: int) -> xgboost.Booster:
        settings: dict[str, Any] = {
            "max_depth": depth,
            "learning_rate": self.learning_rate,
            "subsample": self.subsample,
            "colsample_bynode": self.colsample,
            "base_score": 0.0,
            "tree_method": "hist",
            "seed": seed % 2**31,
            "nthread": 1,  # the same numbers on any machine, and one core a worker
        }
        return xgboost.train(settings, xgboost.QuantileDMatrix(features, t, nthread=1), rounds)
