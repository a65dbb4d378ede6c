"""What a searcher that fits models keeps: what was told, what is out, what waits to be asked; and what it may ask."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space

Choices = tuple[int, ...]
TRIES = 20
"""Tries for each new architecture wanted, after which there are fewer."""
REMEMBERED = 20_000
"""Classes of architectures that are kept in mind, those last needed."""


class Notebook:
    """Told scores, architectures handed out and not told yet, and those still to hand out.

    Args:
        space: theirs.
        members: whether further members of a canonical class count as new, where a table trained them apart.
    """

    def __init__(self, space: Space, members: bool) -> None:
        self.space = space
        self.members = members
        self.told: dict[Choices, float | None] = {}  # in the order told; a later score takes the place of an earlier
        self.out: dict[Choices, None] = {}
        self.waiting: list[Choices] = []  # the next one last
        self._classes: set[str] = set()
        self._class_of = lru_cache(REMEMBERED)(space.canonical_hash)

    def hand_out(self) -> Architecture:
        """The next of those waiting."""
        architecture = Architecture(self.space.name, self.waiting.pop())
        self._see(architecture)
        if architecture.choices not in self.told:
            self.out[architecture.choices] = None
        return architecture

    def note(self, architecture: Architecture, score: float | None) -> None:
        """Writes down a score, or that there is none."""
        self._see(architecture)
        self.told[architecture.choices] = score
        self.out.pop(architecture.choices, None)

    def scored(self) -> tuple[list[Architecture], np.ndarray]:
        """Architectures that have a score, the best first, of equals the earlier told; float64 [n], the scores."""
        pairs = [(choices, score) for choices, score in self.told.items() if score is not None]
        pairs.sort(key=lambda pair: -pair[1])
        return [Architecture(self.space.name, choices) for choices, _ in pairs], np.array([score for _, score in pairs])

    def is_new(self, architecture: Architecture) -> bool:
        """Whether neither the architecture nor, unless members count, one of its class was told or handed out."""
        if architecture.choices in self.told or architecture.choices in self.out:
            return False
        return self.members or self._class_of(architecture) not in self._classes

    def distinct(self, architectures: Iterable[Architecture]) -> list[Architecture]:
        """Architectures, each once; the first of a class alone, unless members count."""
        first: dict[Any, Architecture] = {}
        for architecture in architectures:
            first.setdefault(architecture if self.members else self._class_of(architecture), architecture)
        return list(first.values())

    def mutations(self, parents: Sequence[Architecture], count: int, rng: np.random.Generator) -> list[Architecture]:
        """Up to ``count`` new architectures, distinct, each one mutation from a parent, parents taken in turn."""
        parent = itertools.cycle(parents)
        return self._gather(lambda: self.space.mutate(next(parent), rng), count)

    def draws(self, count: int, rng: np.random.Generator) -> list[Architecture]:
        """Up to ``count`` new architectures, distinct, drawn uniformly."""
        return self._gather(lambda: self.space.sample(rng), count)

    def _gather(self, make: Callable[[], Architecture], count: int) -> list[Architecture]:
        found: list[Architecture] = []
        made = (make() for _ in range(TRIES * count))
        while len(found) < count and (more := list(itertools.islice(made, count - len(found)))):
            found = self.distinct([*found, *filter(self.is_new, more)])
        return found

    def memory(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "told": [[list(choices), score] for choices, score in self.told.items()],
            "out": [list(choices) for choices in self.out],
            "waiting": [list(choices) for choices in self.waiting],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes everything back."""
        self.told = {tuple(choices): score for choices, score in memory["told"]}
        self.out = {tuple(choices): None for choices in memory["out"]}
        self.waiting = [tuple(choices) for choices in memory["waiting"]]
        self._classes = set()
        for choices in (*self.told, *self.out):
            self._see(Architecture(self.space.name, choices))

    def _see(self, architecture: Architecture) -> None:
        if not self.members:
            self._classes.add(self._class_of(architecture))
