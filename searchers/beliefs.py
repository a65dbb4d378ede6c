"""A predictor fitted to what a run was told, over an encoding and hints as further features."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from nasbench.space import Architecture, Space
from predictors.predictor import Predictor
from searchers.hints import Hints
from searchers.prospects import Prospects, field_of
from searchers.warm_start import Guesses


class View:
    """A space as a searcher's model sees it.

    Args:
        space: where to search; a part of a space is encoded as the whole.
        hints: what is known without training.
        encoding: encodings joined by a plus.
        guesses: names of hints joined by a plus, further features; empty for none.
    """

    def __init__(self, space: Space, hints: Hints, encoding: str, guesses: str) -> None:
        self.field = field_of(space, encoding)
        self.guesses = Guesses(space, hints, guesses)

    @cached_property
    def everything(self) -> Prospects:
        """All of a small space, with its features."""
        return self._with_guesses(self.field.everything)

    def drawn(self, best: Sequence[Architecture], rng: np.random.Generator) -> Prospects:
        """Draws from a large space, and mutations of its best architectures, with their features."""
        return self._with_guesses(self.field.drawn(best, rng))

    def _with_guesses(self, seen: Prospects) -> Prospects:
        if not self.guesses.names:
            return seen
        features = np.hstack([seen.rows[seen.place], self.guesses.columns(seen.architectures)])
        rows, place = np.unique(features, axis=0, return_inverse=True)
        return Prospects(seen.architectures, rows, place.reshape(-1), seen.space)

    def features(self, architectures: Sequence[Architecture]) -> np.ndarray:
        """float64 [architectures, features]."""
        seen = self.field.of(architectures)
        return np.hstack([seen.rows[seen.place], self.guesses.columns(architectures)])

    @property
    def spread(self) -> np.ndarray:
        """Mean and deviation of each feature over the space, float64 [2, features]."""
        return np.hstack([self.field.spread, np.tile([[0.0], [1.0]], len(self.guesses.names))])

    @property
    def deviations(self) -> np.ndarray:
        """Deviation of each feature over the space, float64 [features]; 1 where it is the same everywhere."""
        deviations = self.spread[1]
        return np.where(deviations > 0, deviations, 1.0)

    def fit(self, model: Predictor, architectures: Sequence[Architecture], scores: np.ndarray) -> None:
        """Fits a predictor to scores [architectures], at least two; each architecture is a class of its own to it."""
        field, names = self.field, self.guesses.names
        model.feature_names_ = (*field.names, *(f"hint:{name}" for name in names))
        model.feature_spread_ = self.spread
        model.feature_guesses_ = np.concatenate([field.guessing, np.ones(len(names), dtype=bool)])
        model.fit_features(self.features(architectures), scores, np.arange(len(scores)))
