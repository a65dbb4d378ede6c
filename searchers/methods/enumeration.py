"""Enumeration: every architecture of a small space once, or one of each canonical class."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from searchers.searcher import Searcher

EACH = ("architecture", "class")
ORDERS = ("random", "index")
PATIENCE = 200
"""Draws from a large space that were all asked before, after which repetition is allowed: it is all but used up."""


class Enumeration(Searcher):
    """The whole space in an order drawn from the seed, without repetition; when all is asked, another round begins.

    With ``each="class"`` only the representative of each canonical class is asked, so that no two queries compute the
    same function. A space of more than 100,000 architectures is not listed: there it draws uniformly and passes over
    what was asked before, which is the beginning of the same random order. An order by index has no beginning worth
    asking there and is refused.

    Exhaustive evaluation as of the tables themselves: Ying et al., "NAS-Bench-101: Towards Reproducible Neural
    Architecture Search", ICML 2019. The settings are our own.

    Args:
        space: where to search.
        rng: its source of chance.
        each: what is asked once: ``architecture`` or ``class``.
        order: ``random``, of the seed, or ``index``, as the space counts its choices up.
    """

    def __init__(
        self, space: Space, rng: np.random.Generator, *, each: str = "architecture", order: str = "random"
    ) -> None:
        super().__init__(space, rng)
        for name, value, known in (("each", each, EACH), ("order", order, ORDERS)):
            if value not in known:
                raise ValueError(f"enumeration.{name} must be {' or '.join(known)}, got {value!r}")
        self._has_members = type(space).__iter__ is not Space.__iter__  # a list of its own, such as of candidates
        size = space.count() if self._has_members else math.prod(space.options)
        self._is_listed = size <= LARGEST_ENUMERATED
        if order == "index" and not self._is_listed:
            raise ValueError(
                f"enumeration.order=index needs a space of at most {LARGEST_ENUMERATED:,} architectures, "
                f"{space.name} has {space.count():,}: leave the order random"
            )
        self.each = each
        self.order = order
        self._round: list[int] | None = None  # places of a listed space still to ask, the next one last
        self._began: dict[str, Any] | None = None  # chance that the round's order was drawn from
        self._seen: dict[Any, None] = {}  # what was asked of a space that is not listed, in order

    def ask(self) -> Architecture:
        """The next of the round; the first of a new one when it is over."""
        if not self._is_listed:
            return self._draw()
        while True:
            if not self._round:
                self._began = dict(self.rng.bit_generator.state)
                self._round = self._shuffled()
            architecture = self._member(self._round.pop())
            if self.space.is_valid(architecture.choices):
                return architecture

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Nothing is learnt from a score."""

    def _shuffled(self) -> list[int]:
        """Places in the order of a round, the first one last."""
        count = math.prod(self.space.options) if self._listed is None else len(self._listed)
        return list(range(count))[::-1] if self.order == "index" else self.rng.permutation(count).tolist()

    def _member(self, place: int) -> Architecture:
        return self.space.from_index(place) if self._listed is None else self._listed[place]

    @cached_property
    def _listed(self) -> list[Architecture] | None:
        """What a round is made of; None for every place of the space, those that are no architecture passed over."""
        if self.each == "class":
            return [members[0] for members in self.space.classes.values()]
        return list(self.space) if self._has_members else None

    def _draw(self) -> Architecture:
        for _ in range(PATIENCE):
            architecture = self.space.sample(self.rng)
            key = self._key(architecture)
            if key not in self._seen:
                break
        self._seen[key] = None
        return architecture

    def _key(self, architecture: Architecture) -> Any:
        return self.space.canonical_hash(architecture) if self.each == "class" else self.space.index(architecture)

    def memory(self) -> dict[str, Any]:
        """How much of the round is left and the chance its order came from; of a large space what was asked."""
        return {
            "left": None if self._round is None else len(self._round),
            "began": self._began,
            "seen": list(self._seen),
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Draws the order of the round again, from the same chance."""
        self._began = memory["began"]
        self._seen = dict.fromkeys(memory["seen"])
        self._round = None
        if memory["left"] is not None:
            now = self.rng.bit_generator.state
            self.rng.bit_generator.state = self._began
            self._round = self._shuffled()[: memory["left"]]
            self.rng.bit_generator.state = now
