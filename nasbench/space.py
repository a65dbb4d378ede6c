"""The promise of a search space, and the architectures it holds.

A space writes its option counts, ``plan`` and ``dataflow``; sampling, neighbours, mutation, crossover, enumeration,
counting and the canonical form are given. What an architecture computes is the business of ``plan`` and ``dataflow``;
how it is trained, stored or scored is not known here. NumPy only.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, Skeleton, prune

if TYPE_CHECKING:
    from nasbench.mixed_cells import MixedCells

LARGEST_ENUMERATED = 100_000
"""Spaces up to this size are enumerated to find each class's representative."""


@dataclass(frozen=True, slots=True, order=True)
class Architecture:
    """A point of a search space: the space's name and one small integer for each choice. Hashable, never changed."""

    space: str
    choices: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.space}:{','.join(map(str, self.choices))}"


class Space(ABC):
    """A search space: what can be chosen, and what each choice builds.

    Subclasses set :attr:`name` and :attr:`options` and write :meth:`plan`, :meth:`dataflow` and :meth:`graphs`. A space
    in which some choices are invalid overrides :meth:`is_valid` and :meth:`neighbors`; one with a published text form
    overrides :meth:`format` and :meth:`parse`.
    """

    name: str
    options: tuple[int, ...]
    """Number of options of each choice."""
    published: Skeleton = Skeleton()
    """The skeleton that the space was published with."""
    staged: bool = True
    """Whether a skeleton counts the cells of each stage; otherwise it counts those of the whole network."""
    additive: bool = False
    """Whether the published cost is a sum over choices and a representative has no step to spare."""

    @abstractmethod
    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        """The whole network, every published edge written out; ``plan.prune`` gives the network as built."""

    @abstractmethod
    def dataflow(self, architecture: Architecture) -> Dataflow:
        """What the architecture's cells compute, for the exact canonical form."""

    @abstractmethod
    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        """The cells as graphs with operations on nodes, as predictors encode them; nothing is pruned."""

    def mixed_cells(self) -> MixedCells:
        """What weight sharing needs: the space's cells with every operation on every edge.

        Raises:
            ValueError: the space does not offer them.
        """
        raise ValueError(
            f"{self.name} offers no cells with shared weights, which one-shot searchers need: search it by "
            f"nasbench search, or write mixed_cells in its file as nas_bench_201 does"
        )

    def cells_text(self, cells: object) -> str:
        """How many cells a skeleton has, in words: so many a stage, or in all."""
        return f"{cells} cells {'a stage' if self.staged else 'in all'}"

    # -- text ---------------------------------------------------------------------------------------------------

    def format(self, architecture: Architecture) -> str:
        """The architecture's text; the field's published form where the space has one."""
        return str(architecture)

    def parse(self, text: str) -> Architecture:
        """The architecture a text names.

        Raises:
            ValueError: the text is not of this space's form.
        """
        head, _, tail = text.strip().partition(":")
        try:
            if head != self.name:
                raise ValueError
            choices = tuple(int(part) for part in tail.split(","))
        except ValueError:
            raise ValueError(
                f"cannot read {text!r} as an architecture of {self.name}: expected {self.name}:0,1,..."
            ) from None
        return self.architecture(choices)

    # -- values -------------------------------------------------------------------------------------------------

    def architecture(self, choices: Iterable[int]) -> Architecture:
        """The architecture of these choices, checked.

        Raises:
            ValueError: a choice too many or too few, out of range, or an invalid combination.
        """
        choices = tuple(int(choice) for choice in choices)
        if len(choices) != len(self.options):
            raise ValueError(f"{self.name} has {len(self.options)} choices, got {len(choices)}")
        for position, (choice, count) in enumerate(zip(choices, self.options, strict=True)):
            if not 0 <= choice < count:
                raise ValueError(f"choice {position} of {self.name} must be 0 to {count - 1}, got {choice}")
        if not self.is_valid(choices):
            raise ValueError(f"{choices} is not a valid architecture of {self.name}")
        return Architecture(self.name, choices)

    def is_valid(self, choices: Sequence[int]) -> bool:
        """Whether choices in range make an architecture; all do, unless a space says otherwise."""
        return True

    def __contains__(self, architecture: object) -> bool:
        return (
            isinstance(architecture, Architecture)
            and architecture.space == self.name
            and len(architecture.choices) == len(self.options)
            and all(0 <= c < n for c, n in zip(architecture.choices, self.options, strict=True))
            and self.is_valid(architecture.choices)
        )

    def count(self) -> int:
        """Number of architectures; a space with invalid combinations overrides it."""
        return math.prod(self.options)

    def __len__(self) -> int:
        return self.count()

    def __iter__(self) -> Iterator[Architecture]:
        """Every valid architecture, in the order of :meth:`from_index`."""
        for index in range(math.prod(self.options)):
            architecture = self.from_index(index)
            if self.is_valid(architecture.choices):
                yield architecture

    def index(self, architecture: Architecture) -> int:
        """Place of the architecture when choices are counted up, the first choice slowest."""
        place = 0
        for choice, count in zip(architecture.choices, self.options, strict=True):
            place = place * count + choice
        return place

    def from_index(self, index: int) -> Architecture:
        """The architecture at a place; the inverse of :meth:`index`.

        Raises:
            IndexError: a place outside the space.
        """
        choices = []
        rest = int(index)
        for count in reversed(self.options):
            rest, choice = divmod(rest, count)
            choices.append(choice)
        if rest:
            raise IndexError(f"{self.name} has places 0 to {math.prod(self.options) - 1}, got {index}")
        return Architecture(self.name, tuple(reversed(choices)))

    def choices_array(self, architectures: Iterable[Architecture]) -> np.ndarray:
        """Choices of many architectures: int64 array of shape (architectures, choices)."""
        rows = [architecture.choices for architecture in architectures]
        return np.array(rows, dtype=np.int64).reshape(len(rows), len(self.options))

    # -- moves --------------------------------------------------------------------------------------------------

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture drawn uniformly."""
        while True:
            choices = tuple(
                [int(u * count) for u, count in zip(rng.random(len(self.options)).tolist(), self.options, strict=True)]
            )
            if self.is_valid(choices):
                return Architecture(self.name, choices)

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> Architecture:
        """A neighbour drawn uniformly: one choice takes another value."""
        if type(self).neighbors is not Space.neighbors:
            near = self.neighbors(architecture)
            return near[int(rng.random() * len(near))]
        moves = self._moves
        while True:
            position, other = moves[int(rng.random() * len(moves))]
            choices = architecture.choices
            choices = choices[:position] + (other + (other >= choices[position]),) + choices[position + 1 :]
            if self.is_valid(choices):
                return Architecture(self.name, choices)

    def crossover(self, first: Architecture, second: Architecture, rng: np.random.Generator) -> Architecture:
        """A child that takes each choice from either parent with equal chance (uniform crossover)."""
        while True:
            coins = rng.random(len(self.options)).tolist()
            choices = tuple([a if u < 0.5 else b for u, a, b in zip(coins, first.choices, second.choices, strict=True)])
            if self.is_valid(choices):
                return Architecture(self.name, choices)

    def neighbors(self, architecture: Architecture) -> list[Architecture]:
        """Every architecture that differs in exactly one choice."""
        choices = architecture.choices
        near = (
            choices[:position] + (other,) + choices[position + 1 :]
            for position, count in enumerate(self.options)
            for other in range(count)
            if other != choices[position]
        )
        return [Architecture(self.name, other) for other in near if self.is_valid(other)]

    @cached_property
    def _moves(self) -> list[tuple[int, int]]:
        """Every (choice, place among its other options)."""
        return [(position, other) for position, count in enumerate(self.options) for other in range(count - 1)]

    # -- classes ------------------------------------------------------------------------------------------------

    def canonical_hash(self, architecture: Architecture) -> str:
        """32 hexadecimal digits, equal for two architectures exactly when they compute the same function as built."""
        return self.dataflow(architecture).canonical_hash(self.name)

    def canonical(self, architecture: Architecture) -> Architecture:
        """The representative of the architecture's class: the member that computes the fewest steps.

        In a space too large to enumerate every architecture stands for itself, unless the space knows how to find the
        members of a class.
        """
        if self.count() > LARGEST_ENUMERATED:
            return architecture
        return self.classes[self.canonical_hash(architecture)][0]

    @cached_property
    def classes(self) -> dict[str, list[Architecture]]:
        """Members of each class by its hash, the representative first, classes in the order of enumeration.

        Raises:
            ValueError: the space is too large to enumerate.
        """
        if self.count() > LARGEST_ENUMERATED:
            raise ValueError(f"{self.name} has {self.count():,} architectures, too many to list its classes")
        members: dict[str, list[Architecture]] = {}
        for architecture in self:
            members.setdefault(self.canonical_hash(architecture), []).append(architecture)
        for group in members.values():
            if len(group) > 1:
                group.sort(key=lambda architecture: (self.effort(architecture), architecture.choices))
        return members

    def effort(self, architecture: Architecture) -> tuple[int, ...]:
        """What the representative of a class has least of: steps as built, unless a space knows it faster."""
        return (len(prune(self.plan(architecture, Skeleton(cells=1))).steps),)
