"""Successive halving as a ladder: at which epochs scores are compared, how many go on, and one bracket of it.

R: epochs of the whole schedule; r: epochs of the lowest rung; eta: one of eta goes on; s: rungs above the lowest.
Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016;
Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband", JMLR 18, 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space

Choices = tuple[int, ...]


def check_eta(name: str, eta: int) -> None:
    """Checks the share that goes on.

    Raises:
        ValueError: it is less than 2.
    """
    if eta < 2:
        raise ValueError(f"{name}.eta must be at least 2, as one of eta goes on, got {eta}")


def rungs(epochs: Sequence[int], eta: int) -> tuple[int, ...]:
    """Epochs of the rungs, rising to the whole schedule: R eta^-k, as near to it as scores are known, k = s, ..., 0.

    >>> rungs(range(1, 82), 3)
    (1, 3, 9, 27, 81)
    >>> rungs((200,), 3)
    (200,)

    Args:
        epochs: after which scores are known, rising, the last one R.
        eta: ratio of a rung to the one below it.
    """
    whole, first = epochs[-1], epochs[0]
    wanted = [float(whole)]
    while wanted[-1] / eta >= first:
        wanted.append(wanted[-1] / eta)
    return tuple(sorted({min(epochs, key=lambda known: (abs(known - each), known)) for each in wanted}))


def halved(count: int, levels: int, eta: int) -> tuple[int, ...]:
    """How many are evaluated on each of so many rungs: one of eta goes on, at least one.

    >>> halved(34, 4, 3)
    (34, 11, 3, 1)
    """
    return tuple(max(1, count // eta**level) for level in range(levels))


@dataclass
class Bracket:
    """One run of successive halving: all on the lowest rung, the best of them on the next, and so on.

    Args:
        epochs: of its rungs, rising.
        sizes: how many are evaluated on each.
        rung: the rung that is filled now.
        waiting: those promoted to it that wait, the best one first; on the lowest rung those to come are not known.
        scores: what has been told on it, in order, None for failures.
    """

    epochs: tuple[int, ...]
    sizes: tuple[int, ...]
    rung: int = 0
    waiting: list[Choices] = field(default_factory=list)
    scores: list[tuple[Choices, float | None]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to ask."""
        return self.rung >= len(self.epochs)

    @property
    def wants_new(self) -> bool:
        """Whether the next question is of an architecture that the bracket has not had."""
        return self.rung == 0

    @property
    def next_epochs(self) -> int:
        """Epochs after which the next question is."""
        return self.epochs[self.rung]

    def tell(self, choices: Choices, score: float | None) -> None:
        """Takes in a score; the last one of a rung promotes its best. Failures are not promoted."""
        if self.is_over:
            return
        if self.rung:
            self.waiting = self.waiting[1:]
        self.scores.append((choices, score))
        if len(self.scores) < self.sizes[0] if self.wants_new else self.waiting:
            return
        held = [(score, choices) for choices, score in self.scores if score is not None]
        ranked = [choices for _, choices in sorted(held, key=lambda pair: -pair[0])]  # stable: the first of equals
        self.rung, self.scores = self.rung + 1, []
        self.waiting = [] if self.is_over else ranked[: self.sizes[self.rung]]
        if not self.waiting:
            self.rung = len(self.epochs)

    def memory(self) -> dict[str, Any]:
        """The bracket as JSON."""
        return {
            "epochs": list(self.epochs),
            "sizes": list(self.sizes),
            "rung": self.rung,
            "waiting": [list(choices) for choices in self.waiting],
            "scores": [[list(choices), score] for choices, score in self.scores],
        }

    @classmethod
    def recalled(cls, memory: dict[str, Any]) -> Bracket:
        """The bracket that :meth:`memory` tells of."""
        return cls(
            tuple(memory["epochs"]),
            tuple(memory["sizes"]),
            memory["rung"],
            [tuple(choices) for choices in memory["waiting"]],
            [(tuple(choices), score) for choices, score in memory["scores"]],
        )


def draw_new(space: Space, rng: np.random.Generator, drawn: dict[Choices, None]) -> Architecture:
    """A uniform draw, none twice until every one is ``drawn``; then they begin anew."""
    if len(drawn) >= space.count():
        drawn.clear()
    while True:
        architecture = space.sample(rng)
        if architecture.choices not in drawn:
            drawn[architecture.choices] = None
            return architecture
