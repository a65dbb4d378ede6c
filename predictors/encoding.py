"""The promise of an encoding: architectures in, an array of numbers out; pure, vectorised and remembered.

An encoding is also a transformer of scikit-learn, so that ``Pipeline([("encoding", OneHot()), ("model", Lasso())])``
fits on a list of architectures. Encodings are put side by side with a plus, and may have arguments:
``"one_hot+learning_curve(epochs=12)"``; how such text is read is the business of ``encoding_text``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin

import nasbench
from nasbench.registry import ENCODINGS
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from predictors.encoding_text import EncodingText, split_encodings
from predictors.graphs import surveyed_classes

REMEMBERED_BYTES = 128 * 2**20
"""Features of a whole space are kept where they take at most this much."""
BLOCK = 16_384
"""Architectures encoded at a time."""


class Encoding(TransformerMixin, BaseEstimator, ABC):
    """Turns architectures into features. Subclasses write :meth:`feature_names` and :meth:`compute`."""

    remembered: bool = True
    """Whether features of an enumerable space are kept in memory; one that looks things up has no need of it."""

    guesses: bool = False
    """Whether each feature is measured, and a guess of the score by itself: rising or falling with it."""

    @abstractmethod
    def feature_names(self, space: Space) -> tuple[str, ...]:
        """A name for each feature, in the order of the columns."""

    @abstractmethod
    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Features of architectures, of shape (architectures, features); depends on nothing else."""

    def encode(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Features: a new float64 array of shape (architectures, features).

        Rows of an enumerable space are computed once in a process.

        Raises:
            ValueError: an architecture is of another space.
        """
        foreign = next((a for a in architectures if a.space != space.name), None)
        if foreign is not None:
            raise ValueError(f"expected architectures of {space.name}, got {foreign}; encode each space by itself")
        columns = len(self.feature_names(space))
        size = int(np.prod(space.options, dtype=np.float64))
        if not self.remembered or size > LARGEST_ENUMERATED or size * columns * 8 > REMEMBERED_BYTES:
            return self._compute(space, architectures, columns)
        kept = _REMEMBERED.setdefault(space, {})
        key = repr((type(self).__module__, type(self).__qualname__, sorted(self.get_params().items())))
        if key not in kept:
            kept[key] = (np.empty((size, columns)), np.zeros(size, dtype=bool))
        features, known = kept[key]
        rows = np.array([space.index(architecture) for architecture in architectures], dtype=np.int64)
        places = np.flatnonzero(~known[rows])
        if places.size:
            features[rows[places]] = self._compute(space, [architectures[place] for place in places.tolist()], columns)
            known[rows[places]] = True
        return features[rows]

    def covers(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """bool [architectures]: which of them have features; all, but for an encoding that looks things up."""
        return np.ones(len(architectures), dtype=bool)

    def guessing(self, space: Space) -> np.ndarray:
        """bool [features]: which features are guesses of the score."""
        return np.full(len(self.feature_names(space)), self.guesses)

    def spread(self, space: Space) -> np.ndarray:
        """Mean and standard deviation of each feature over classes of the space, float64 [2, features].

        Known before anything is trained, and better than what few trained rows would say. Over all classes, or so many
        that were drawn: :func:`predictors.graphs.surveyed_classes`.
        """
        features = self.encode(space, surveyed_classes(space))
        return np.stack([features.mean(axis=0), features.std(axis=0)])

    def state(self) -> dict[str, np.ndarray]:
        """What a saved predictor must keep of this encoding, so that it needs no other file; nothing by default."""
        return {}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Takes over what :meth:`state` of another object gave."""

    def _compute(self, space: Space, architectures: Sequence[Architecture], columns: int) -> np.ndarray:
        features = np.empty((len(architectures), columns))
        for start in range(0, len(architectures), BLOCK):
            features[start : start + BLOCK] = self.compute(space, architectures[start : start + BLOCK])
        return features

    # -- scikit-learn -------------------------------------------------------------------------------------------

    def fit(self, architectures: Sequence[Architecture], y: Any = None) -> Encoding:
        """This encoding, which has learned nothing but the name of the space."""
        self.space_ = space_of(architectures).name
        return self

    def transform(self, architectures: Sequence[Architecture]) -> np.ndarray:
        """Features of architectures, which name their space themselves."""
        return self.encode(space_of(architectures), list(architectures))

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Names of the features of the space that was seen in :meth:`fit`."""
        return np.array(self.feature_names(nasbench.load_space(self.space_)), dtype=object)


_REMEMBERED: WeakKeyDictionary[Space, dict[str, tuple[np.ndarray, np.ndarray]]] = WeakKeyDictionary()


class SideBySide(Encoding):
    """Several encodings, the columns of one after those of the other; ``names`` as in ``"one_hot+paths"``."""

    def __init__(self, names: str) -> None:
        self.names = names

    @property
    def remembered(self) -> bool:  # type: ignore[override]
        """Whether all parts are."""
        return all(part.remembered for part in self.parts.values())

    @cached_property
    def parts(self) -> dict[str, Encoding]:
        """The encodings by their text."""
        return {part.text(): _single(part) for part in split_encodings(self.names)}

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """Names of the parts' features, each after its encoding's text and a colon."""
        return tuple(f"{name}:{feature}" for name, part in self.parts.items() for feature in part.feature_names(space))

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Features of the parts, side by side."""
        return np.hstack([part.encode(space, architectures) for part in self.parts.values()])

    def covers(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Which architectures every part has features of."""
        return np.all([part.covers(space, architectures) for part in self.parts.values()], axis=0)

    def guessing(self, space: Space) -> np.ndarray:
        """Of the parts' features, side by side."""
        return np.hstack([part.guessing(space) for part in self.parts.values()])

    def spread(self, space: Space) -> np.ndarray:
        """Of the parts' features, side by side."""
        return np.hstack([part.spread(space) for part in self.parts.values()])

    def state(self) -> dict[str, np.ndarray]:
        """The parts' states, each name after the part's place."""
        return {
            f"{i}.{name}": array for i, part in enumerate(self.parts.values()) for name, array in part.state().items()
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Gives each part its own."""
        for i, part in enumerate(self.parts.values()):
            part.restore({name.partition(".")[2]: a for name, a in state.items() if name.partition(".")[0] == str(i)})


def load_encoding(names: str) -> Encoding:
    """The encoding of a text: a name, perhaps with arguments in brackets, or several joined by a plus.

    Raises:
        UnknownNameError: there is none of a name; the message holds the nearest.
        ValueError: the text cannot be read, an encoding stands twice, or it has no such argument.
    """
    parts = split_encodings(names)
    if len({part.text() for part in parts}) < len(parts):
        raise ValueError(f"each encoding can stand once in {names!r}")
    if len(parts) == 1:
        return _single(parts[0])
    together = SideBySide("+".join(part.text() for part in parts))
    assert len(together.parts) == len(parts)  # loads each, so that an unknown name is told at once
    return together


def _single(part: EncodingText) -> Encoding:
    made = ENCODINGS.load(part.name)
    known = sorted(made().get_params())
    foreign = sorted(set(part.arguments) - set(known))
    if foreign:
        raise ValueError(
            f"the encoding {part.name} has no argument {foreign[0]!r}; it has: {', '.join(known) or 'none'}"
        )
    encoding: Encoding = made(**part.arguments)
    return encoding


def bind_table(names: str, table: str) -> str:
    """The text, with ``table`` for every part that looks things up in a table and does not say in which."""
    parts = []
    for part in split_encodings(names):
        known = ENCODINGS.load(part.name)().get_params()
        parts.append(part.with_argument("table", table) if known.get("table") == "" else part)
    return "+".join(part.text() for part in parts)


def space_of(architectures: Sequence[Architecture]) -> Space:
    """The space that architectures name.

    Raises:
        ValueError: there are none, or they are not architectures.
    """
    if len(architectures) == 0 or not isinstance(architectures[0], Architecture):
        got = "an empty list" if len(architectures) == 0 else type(architectures[0]).__name__
        raise ValueError(f"expected a list of architectures (nasbench.Architecture), got {got}")
    return nasbench.load_space(architectures[0].space)
