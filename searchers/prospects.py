"""What a model-based searcher may ask next, with features: all of a small space, or mutations and draws of a large one.

Features are those of a predictor's encoding. Those of all architectures of a space that can be enumerated are computed
once for each space and encoding in a process; architectures with equal features are looked at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from predictors.encoding import Encoding, load_encoding
from searchers.candidates import Candidates

DRAWN = 200
"""Architectures drawn from a space too large to enumerate, and as many mutations of the best."""
MOVES = 3
"""Most mutations one after the other."""


@dataclass(frozen=True, eq=False)
class Prospects:
    """Architectures and their features.

    Args:
        architectures: n of them.
        rows: different rows of features, float64 [rows, features].
        place: int64 [n], the row of each architecture.
        space: theirs.
    """

    architectures: Sequence[Architecture]
    rows: np.ndarray
    place: np.ndarray
    space: Space

    @cached_property
    def index(self) -> dict[tuple[int, ...], int]:
        """Number of an architecture by its choices."""
        return {architecture.choices: number for number, architecture in enumerate(self.architectures)}

    @cached_property
    def classes(self) -> np.ndarray:
        """int64 [n]: a number for each canonical class."""
        seen: dict[str, int] = {}
        whole = _whole(self.space)
        return np.array([seen.setdefault(whole.canonical_hash(a), len(seen)) for a in self.architectures])


class Field:
    """A space as a model sees it through an encoding.

    Args:
        space: where prospects come from; a :class:`Candidates` is encoded as a part of its whole space.
        encoding: encodings joined by a plus.
    """

    def __init__(self, space: Space, encoding: str) -> None:
        self.space = space
        self.encoding: Encoding = load_encoding(encoding)
        self.names = self.encoding.feature_names(_whole(space))
        self.spread = self.encoding.spread(_whole(space))
        self.guessing = self.encoding.guessing(_whole(space))
        self.is_small = space.count() <= LARGEST_ENUMERATED

    @cached_property
    def everything(self) -> Prospects:
        """All of a small space."""
        return self.of(list(self.space))

    def of(self, architectures: Sequence[Architecture]) -> Prospects:
        """These, with their features."""
        features = self.encoding.encode(_whole(self.space), list(architectures))
        rows, place = np.unique(features, axis=0, return_inverse=True)
        return Prospects(architectures, rows, place.reshape(-1), self.space)

    def drawn(self, best: Sequence[Architecture], rng: np.random.Generator) -> Prospects:
        """Draws from a large space, and mutations of its best architectures, each once."""
        found: Iterable[Architecture] = [self.space.sample(rng) for _ in range(DRAWN)]
        moved = []
        for _ in range(DRAWN if best else 0):
            architecture = best[int(rng.random() * len(best))]
            for _ in range(1 + int(rng.random() * MOVES)):
                architecture = self.space.mutate(architecture, rng)
            moved.append(architecture)
        return self.of(list(dict.fromkeys([*found, *moved])))


_FIELDS: WeakKeyDictionary[Space, dict[str, Field]] = WeakKeyDictionary()


def field_of(space: Space, encoding: str) -> Field:
    """The field of a space, made once a process."""
    known = _FIELDS.setdefault(space, {})
    if encoding not in known:
        known[encoding] = Field(space, encoding)
    return known[encoding]


def _whole(space: Space) -> Space:
    return space.whole if isinstance(space, Candidates) else space
