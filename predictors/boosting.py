"""What predictors that are gradient-boosted trees share: parameters, tuning out of fold, members, what a file keeps.

Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System", KDD 2016. A model says what its trees learn, which depths
and rounds it chooses among, and what it makes of what they say.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import xgboost

from predictors.predictor import Predictor, State
from predictors.rows import agreement
from predictors.splits import folds


class BoostedPredictor(Predictor):
    """An average of boosted ensembles that differ in the rows and features their trees see.

    Subclasses give the parameters their defaults and write :meth:`fit_features` and :meth:`predict_features` with the
    help of :meth:`tuned`, :meth:`grow_members` and :meth:`said`.

    Args:
        encoding: encodings joined by a plus.
        depth: of a tree; None: of :attr:`depths` the one with the highest rank correlation in cross-validation.
        rounds: trees of one ensemble; None: of :attr:`all_rounds`, likewise.
        learning_rate: share of each tree's correction that is taken.
        subsample: share of rows a tree sees.
        colsample: share of features each split chooses from.
        members: ensembles averaged.
        folds: of the cross-validation, which never parts a class.
        seed: of folds and trees.
    """

    depths: ClassVar[tuple[int, ...]]
    """Depths that are tried."""
    all_rounds: ClassVar[tuple[int, ...]]
    """Rounds that are tried."""
    objective: ClassVar[Mapping[str, Any]] = {}
    """What trees learn, as settings of XGBoost; squared error where nothing is said."""

    depth_: int
    rounds_: int
    noise_: float
    boosters_: list[xgboost.Booster]

    def __init__(
        self,
        encoding: str,
        depth: int | None,
        rounds: int | None,
        learning_rate: float,
        subsample: float,
        colsample: float,
        members: int,
        folds: int,
        seed: int,
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

    def tuned(
        self, features: np.ndarray, y: np.ndarray, classes: np.ndarray, rng: np.random.Generator
    ) -> tuple[int, int, np.ndarray]:
        """Depth, rounds, and what trees of these said of each row out of fold, shape (n,)."""
        depths = self.depths if self.depth is None else (self.depth,)
        rounds = self.all_rounds if self.rounds is None else (self.rounds,)
        splits = list(folds(classes, self.folds, rng))
        seed = int(rng.integers(2**31))
        best = (-math.inf, depths[0], rounds[0], np.zeros(len(y)))
        for depth in depths:
            outside = np.zeros((len(rounds), len(y)))
            for inside, held in splits:
                booster = self._grown(features[inside], y[inside], depth, max(rounds), seed)
                for place, count in enumerate(rounds):
                    outside[place, held] = booster.inplace_predict(features[held], iteration_range=(0, count))
            for place, count in enumerate(rounds):
                found = agreement(y, outside[place])
                if found > best[0]:
                    best = (found, depth, count, outside[place])
        return best[1:]

    def grow_members(self, features: np.ndarray, y: np.ndarray, seeds: np.random.SeedSequence) -> None:
        """Grows the members on all rows, as deep and as many trees as were chosen."""
        self.boosters_ = [
            self._grown(features, y, self.depth_, self.rounds_, int(seed))
            for seed in seeds.generate_state(self.members)
        ]

    def said(self, features: np.ndarray) -> np.ndarray:
        """What each member says of each row: float64 [members, n]."""
        return np.stack([booster.inplace_predict(features) for booster in self.boosters_]).astype(np.float64)

    def state(self) -> State:
        """Each member as UBJSON, what was chosen, and the noise."""
        return State(
            values={"noise": self.noise_, "depth": self.depth_, "rounds": self.rounds_},
            models={f"member{i}.ubj": bytes(booster.save_raw("ubj")) for i, booster in enumerate(self.boosters_)},
        )

    def restore(self, state: State) -> None:
        """Takes over members, choices and noise."""
        self.noise_, self.depth_ = float(state.values["noise"]), int(state.values["depth"])
        self.rounds_ = int(state.values["rounds"])
        self.boosters_ = []
        for place in range(len(state.models)):
            booster = xgboost.Booster({"nthread": 1})
            booster.load_model(bytearray(state.models[f"member{place}.ubj"]))
            self.boosters_.append(booster)

    def learned_from(self, features: np.ndarray, y: np.ndarray) -> xgboost.DMatrix:
        """Rows and scores as trees see them."""
        return xgboost.QuantileDMatrix(features, y, nthread=1)

    def _grown(self, features: np.ndarray, y: np.ndarray, depth: int, rounds: int, seed: int) -> xgboost.Booster:
        settings: dict[str, Any] = {
            **self.objective,
            "max_depth": depth,
            "learning_rate": self.learning_rate,
            "subsample": self.subsample,
            "colsample_bynode": self.colsample,
            "base_score": 0.0,
            "tree_method": "hist",
            "seed": seed % 2**31,
            "nthread": 1,  # the same numbers on any machine, and one core a worker
        }
        return xgboost.train(settings, self.learned_from(features, y), rounds)
