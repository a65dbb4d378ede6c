"""What searchers that breed share: children that were not asked before, tournaments, parameters in range."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space

Choices = tuple[int, ...]
TRIES = 50
"""Children made in the place of one that was asked before, after which a repetition is taken."""


def new_child(make: Callable[[], Architecture], asked: Container[Choices], tries: int = TRIES) -> Architecture:
    """The first child that was not asked before; the last one made where all of so many were."""
    child = make()
    for _ in range(tries):
        if child.choices not in asked:
            break
        child = make()
    return child


def bred(
    space: Space, first: Choices, second: Choices, rng: np.random.Generator, *, crossover: float, mutation: float
) -> Architecture:
    """A child of two parents.

    Args:
        space: theirs.
        first: the parent that the child is a copy of where nothing is crossed.
        second: the other parent.
        rng: source of chance.
        crossover: chance of a uniform crossover.
        mutation: chance that one choice then takes another value.
    """
    child = Architecture(space.name, first)
    if rng.random() < crossover:
        child = space.crossover(child, Architecture(space.name, second), rng)
    return space.mutate(child, rng) if rng.random() < mutation else child


def tournament(ranks: Sequence[Any], size: int, rng: np.random.Generator) -> int:
    """Place of the least rank among ``size`` places drawn with replacement; of equals the one drawn first."""
    drawn = [int(u * len(ranks)) for u in rng.random(size).tolist()]
    return min(drawn, key=ranks.__getitem__)


def check_counts(searcher: str, least: int = 1, **counts: int) -> None:
    """Checks that counts are at least so many.

    Raises:
        ValueError: one is not; the message names it.
    """
    for name, value in counts.items():
        if value < least:
            raise ValueError(f"{searcher}.{name} must be at least {least}, got {value}")


def check_chances(searcher: str, **chances: float) -> None:
    """Checks that chances are from 0 to 1.

    Raises:
        ValueError: one is not; the message names it.
    """
    for name, value in chances.items():
        if math.isnan(value) or not 0 <= value <= 1:
            raise ValueError(f"{searcher}.{name} must be from 0 to 1, got {value}")


def check_one_of(searcher: str, known: Sequence[str], **texts: str) -> None:
    """Checks that texts are among those known.

    Raises:
        ValueError: one is not; the message names it.
    """
    for name, value in texts.items():
        if value not in known:
            raise ValueError(f"{searcher}.{name} must be {' or '.join(known)}, got {value!r}")
