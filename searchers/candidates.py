"""A few architectures of a space as a space of their own, for searching where the truth is known.

A table that holds a sample of its space answers hardly any architecture of the whole space. Searchers that move among
its rows are all answered, and all face the same problem on every evaluator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, Skeleton
from nasbench.space import Architecture, Space


class Candidates(Space):
    """A space whose members are the given architectures of another one; text, plans and classes are that one's.

    Neighbours of an architecture are its nearest candidates: those that differ from it in the fewest choices. A child
    of a crossover that is no candidate is replaced by a nearest one.

    Args:
        space: the whole space.
        architectures: at least one; duplicates count once.
    """

    def __init__(self, space: Space, architectures: Iterable[Architecture]) -> None:
        self.whole = space
        self.name = space.name
        self.options = space.options
        self.published = space.published
        self._members = list(dict.fromkeys(architectures))
        if not self._members:
            raise ValueError(f"there is no candidate of {space.name} to search among: expected at least one")
        self._choices = space.choices_array(self._members)
        self._set = {architecture.choices for architecture in self._members}
        self._near: dict[tuple[int, ...], list[Architecture]] = {}

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        """The plan of the whole space."""
        return self.whole.plan(architecture, skeleton)

    def dataflow(self, architecture: Architecture) -> Dataflow:
        """The dataflow of the whole space."""
        return self.whole.dataflow(architecture)

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        """The graphs of the whole space."""
        return self.whole.graphs(architecture)

    def format(self, architecture: Architecture) -> str:
        """The text form of the whole space."""
        return self.whole.format(architecture)

    def parse(self, text: str) -> Architecture:
        """The architecture of a text, whether or not it is a candidate."""
        return self.whole.parse(text)

    def is_valid(self, choices: Sequence[int]) -> bool:
        """Whether choices make a candidate."""
        return tuple(choices) in self._set

    def count(self) -> int:
        """Number of candidates."""
        return len(self._members)

    def __iter__(self) -> Iterator[Architecture]:
        return iter(self._members)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """A candidate drawn uniformly."""
        return self._members[int(rng.random() * len(self._members))]

    def neighbors(self, architecture: Architecture) -> list[Architecture]:
        """The candidates that differ from the architecture in the fewest choices, at least one; none if it is alone."""
        near = self._near.get(architecture.choices)
        if near is None:
            near = self._near[architecture.choices] = self._nearest(architecture, leave_out_itself=True)
        return list(near)

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """A neighbour drawn uniformly; the architecture itself if it is the only candidate."""
        near = self.neighbors(architecture)
        return near[int(rng.random() * len(near))] if near else architecture

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """The uniform crossover of two candidates, or a candidate nearest to it."""
        coins = rng.random(len(self.options)).tolist()
        choices = tuple(a if u < 0.5 else b for u, a, b in zip(coins, first.choices, second.choices, strict=True))
        near = self._nearest(Architecture(self.name, choices), leave_out_itself=False)
        return near[int(rng.random() * len(near))]

    def _nearest(self, architecture: Architecture, leave_out_itself: bool) -> list[Architecture]:
        distance = (self._choices != np.array(architecture.choices)).sum(axis=1)
        eligible = distance[distance > 0] if leave_out_itself else distance
        if not len(eligible):
            return []
        return [self._members[place] for place in np.flatnonzero(distance == eligible.min()).tolist()]
