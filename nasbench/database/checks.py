"""What a writer checks of rows and costs before it takes them: classes are those of the space, costs are numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache

import nasbench
from nasbench.database.rows import Choices, Row
from nasbench.database.scores import ScoreRow

REMEMBERED = 8_192
"""Class hashes that are remembered; those of more are found again when they are asked for again."""


def class_hasher(space: str) -> Callable[[Choices], str]:
    """A function that gives the class hash of choices in the space of this name, and remembers the last ones."""

    @lru_cache(REMEMBERED)
    def class_hash(choices: Choices) -> str:
        loaded = nasbench.load_space(space)
        return loaded.canonical_hash(loaded.architecture(choices))

    return class_hash


def check_class(row: Row | ScoreRow, class_hash: str, space: str) -> None:
    """Checks that a row says the class that its choices have.

    Raises:
        ValueError: it says another one.
    """
    if row.class_hash != class_hash:
        raise ValueError(f"{row.class_hash} is not the class of {row.choices} in {space}")


def checked_costs(name: str, values: Mapping[Choices, float]) -> dict[Choices, float]:
    """Costs by choices as plain integers and floats.

    Raises:
        ValueError: the name is not one, or a cost is not finite.
    """
    if not name.isidentifier() or name != name.lower():
        raise ValueError(f"a cost's name is of small letters, digits and underscores, got {name!r}")
    mine = {tuple(int(c) for c in choices): float(value) for choices, value in values.items()}
    if not all(map(math.isfinite, mine.values())):
        raise ValueError(f"cost {name!r} must be finite for every architecture: leave out those not known")
    return mine
