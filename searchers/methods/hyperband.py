"""Hyperband: brackets of successive halving that begin with many architectures and few epochs, or the reverse."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.rungs import Bracket, check_eta, draw_new, halved, rungs
from searchers.searcher import Partial, Searcher


class Hyperband(Searcher):
    """Brackets s = s_max, ..., 0 of successive halving over the epochs of the one schedule, again and again.

    Bracket s has s + 1 rungs and begins with ceil((s_max + 1) eta^s / (s + 1)) random architectures, so that every
    bracket costs about (s_max + 1) R epochs: the first one bets on few epochs telling much, the last one trains all to
    the end. Where no scores are known before that, s_max is 0 and this is random search.

    Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, "Hyperband: A Novel Bandit-Based Approach to Hyperparameter
    Optimization", JMLR 18, 2018, algorithm 1; eta is the paper's. Trainings that are promoted go on, they do not start
    anew, so a bracket costs less than it is reckoned at.

    Args:
        space: where to search.
        rng: its source of chance.
        eta: one of so many goes on.
    """

    def __init__(self, space: Space, rng: np.random.Generator, *, eta: int = 3) -> None:
        super().__init__(space, rng)
        check_eta("hyperband", eta)
        self.eta = eta
        self._begun = 0  # brackets begun
        self._bracket: Bracket | None = None
        self._drawn: dict[tuple[int, ...], None] = {}

    def ask(self) -> Architecture | Partial:
        """The next of the bracket's rung: a new draw on the lowest one, the best of those promoted on others."""
        if self._bracket is None or self._bracket.is_over:
            table = brackets(rungs(self.epochs, self.eta), self.eta)
            self._bracket = Bracket(*table[self._begun % len(table)])
            self._begun += 1
        if self._bracket.wants_new:
            architecture = draw_new(self.space, self.rng, self._drawn)
        else:
            architecture = Architecture(self.space.name, self._bracket.waiting[0])
        epochs = self._bracket.next_epochs
        return architecture if epochs == self.epochs[-1] else Partial(architecture, epochs)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Fills the rung."""
        if self._bracket is not None:
            self._bracket.tell(architecture.choices, score)

    def memory(self) -> dict[str, Any]:
        """The bracket, how many there were, and what was drawn, in order."""
        return {
            "begun": self._begun,
            "bracket": None if self._bracket is None else self._bracket.memory(),
            "drawn": [list(choices) for choices in self._drawn],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        self._begun = memory["begun"]
        self._bracket = None if memory["bracket"] is None else Bracket.recalled(memory["bracket"])
        self._drawn = {tuple(choices): None for choices in memory["drawn"]}


def brackets(ladder: tuple[int, ...], eta: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Epochs and sizes of the rungs of each bracket, the one with most rungs first (algorithm 1, lines 3 to 6).

    >>> [sizes for _, sizes in brackets((1, 3, 9, 27, 81), 3)]
    [(81, 27, 9, 3, 1), (34, 11, 3, 1), (15, 5, 1), (8, 2), (5,)]
    """
    most = len(ladder)
    counts = [(levels, -(-most * eta ** (levels - 1) // levels)) for levels in range(most, 0, -1)]
    return [(ladder[most - levels :], halved(count, levels, eta)) for levels, count in counts]
