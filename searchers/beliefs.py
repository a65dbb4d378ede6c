"""A predictor fitted to what a run was told, over an encoding and hints as further features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbench.space import Architecture, Space
from predictors.predictor import Predictor
from searchers.hints import Hints
from searchers.prospects import field_of
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

    def features(self, architectures: Sequence[Architecture]) -> np.ndarray:
        """float64 [architectures, features]."""
        seen = self.field.of(architectures)
        return np.hstack([seen.rows[seen.place], self.guesses.columns(architectures)])

    def fit(self, model: Predictor, architectures: Sequence[Architecture], scores: np.ndarray) -> None:
        """Fits a predictor to scores [architectures], at least two; each architecture is a class of its own to it."""
        field, names = self.field, self.guesses.names
        model.feature_names_ = (*field.names, *(f"hint:{name}" for name in names))
        model.feature_spread_ = np.hstack([field.spread, np.tile([[0.0], [1.0]], len(names))])
        model.feature_guesses_ = np.concatenate([field.guessing, np.ones(len(names), dtype=bool)])
        model.fit_features(self.features(architectures), scores, np.arange(len(scores)))
