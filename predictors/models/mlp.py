"""A small ensemble of multilayer perceptrons on encoded architectures, decay and warp chosen by cross-validation.

The mathematics is in ``predictors/perceptrons.py``; all folds, decays and warps are trained side by side, as members.
"""

from __future__ import annotations

import math
from itertools import product

import numpy as np

from predictors import perceptrons
from predictors.perceptrons import Schedule
from predictors.predictor import Predictor, State
from predictors.rows import agreement, different_rows, scaled
from predictors.splits import folds
from predictors.warps import WARPS, Warp, fit_warp

DECAYS = (0.01, 0.1, 1.0)
"""Weight decays tried."""
TUNED_ON = 2000
"""Decay and warp are chosen on at most this many rows."""


class MLP(Predictor):
    """The mean of perceptrons that differ in their first weights and in the order in which they saw the rows.

    The loss is the absolute error, which failed architectures lead less than the squared one. Features are scaled, not
    centred: of counts, none stays nothing.

    Args:
        encoding: encodings joined by a plus; divided by their spread over the space.
        width: units of a hidden layer.
        depth: hidden layers.
        decay: decoupled weight decay; None: the one of :data:`DECAYS` with the highest rank correlation in
            cross-validation.
        warp: how scores are seen, "identity" or "logarithm"; None: likewise.
        steps: of Adam.
        rate: of learning.
        members: perceptrons averaged.
        folds: of the cross-validation, which never parts a class.
        seed: of folds, first weights and batches.
    """

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        width: int = 64,
        depth: int = 2,
        decay: float | None = None,
        warp: str | None = None,
        steps: int = 400,
        rate: float = 0.005,
        members: int = 5,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.width = width
        self.depth = depth
        self.decay = decay
        self.warp = warp
        self.steps = steps
        self.rate = rate
        self.members = members
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Chooses decay and warp, then trains the members on all rows.

        Raises:
            ValueError: width, depth or members is less than 1, or there is no such warp.
        """
        for name in ("width", "depth", "members", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        self.spread_ = self.feature_spread_
        z = scaled(features, self.spread_)
        tuning, final = map(np.random.default_rng, np.random.SeedSequence(self.seed).spawn(2))
        self.decay_, name, self.noise_ = self._tuned(z, y, classes, tuning)
        self.warp_ = fit_warp(name, y)
        targets = np.tile(self.warp_.forward(y), (self.members, 1))
        rows = [np.arange(len(y))] * self.members
        self.theta_ = self._trained(z, targets, rows, np.full(self.members, self.decay_), final)

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean over members; the variance is theirs plus the squared error that was left in cross-validation."""
        rows, place = different_rows(features)
        z = scaled(rows, self.spread_).astype(np.float32)
        said = perceptrons.answers(self.theta_, self._sizes(z), z).astype(np.float64)[:, place]
        t = said.mean(axis=0)
        return self.warp_.back(t), np.sqrt(said.var(axis=0) + self.noise_) * self.warp_.slope(t)

    def state(self) -> State:
        """Weights of all members, what features were divided by, decay, noise, warp."""
        return State(
            values={"decay": self.decay_, "noise": self.noise_, "warp": self.warp_.to_json()},
            arrays={"theta": self.theta_, "spread": self.spread_},
        )

    def restore(self, state: State) -> None:
        """Takes those over."""
        self.decay_, self.noise_ = float(state.values["decay"]), float(state.values["noise"])
        self.warp_ = Warp(**state.values["warp"])
        self.theta_, self.spread_ = state.arrays["theta"], state.arrays["spread"]

    def _sizes(self, z: np.ndarray) -> tuple[int, ...]:
        return (z.shape[1], *[self.width] * self.depth, 1)

    def _trained(
        self,
        z: np.ndarray,
        targets: np.ndarray,
        rows: list[np.ndarray],
        decays: np.ndarray,
        rng: np.random.Generator,
    ) -> np.ndarray:
        sizes = self._sizes(z)
        schedule = Schedule(self.steps, self.rate, absolute=True)
        begun = perceptrons.begin(len(rows), sizes, rng)
        return perceptrons.train(begun, sizes, z, targets, np.ones(len(z)), rows, decays, schedule, rng)

    def _tuned(
        self, z: np.ndarray, y: np.ndarray, classes: np.ndarray, rng: np.random.Generator
    ) -> tuple[float, str, float]:
        """Decay, warp, and their mean squared error out of fold."""
        chosen = np.sort(rng.permutation(len(y))[:TUNED_ON])
        chosen = chosen if len(np.unique(classes[chosen])) > 1 else np.arange(len(y))
        z, y = z[chosen], y[chosen]
        splits = list(folds(classes[chosen], self.folds, rng))
        decays = DECAYS if self.decay is None else (self.decay,)
        tried = list(product(decays, WARPS if self.warp is None else (self.warp,)))
        warped = np.stack([fit_warp(name, y).forward(y) for _, name in tried])
        theta = self._trained(
            z,
            np.repeat(warped, len(splits), axis=0),
            [inside for inside, _ in splits] * len(tried),
            np.repeat([decay for decay, _ in tried], len(splits)),
            rng,
        )
        said = perceptrons.answers(theta, self._sizes(z), z.astype(np.float32)).astype(np.float64)
        best = (-math.inf, *tried[0], 0.0)
        for place, (decay, name) in enumerate(tried):
            outside = np.empty(len(y))
            for fold, (_, held) in enumerate(splits):
                outside[held] = said[place * len(splits) + fold, held]
            found = agreement(y, outside)
            if found > best[0]:
                best = (found, decay, name, float(((outside - warped[place]) ** 2).mean()))
        return best[1:]
