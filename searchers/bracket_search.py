"""What searchers that fill brackets of successive halving share: asking, telling, what is kept in mind."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.rungs import Bracket, Choices, check_eta, draw_new, rungs
from searchers.searcher import Partial, Searcher


class BracketSearch(Searcher):
    """One bracket after the other over the epochs of the one schedule.

    Subclasses write :meth:`plan`, and :meth:`new` where new architectures are not drawn uniformly.

    Args:
        name: the searcher's, for errors.
        space: where to search.
        rng: its source of chance.
        eta: one of so many goes on.
    """

    def __init__(self, name: str, space: Space, rng: np.random.Generator, eta: int) -> None:
        super().__init__(space, rng)
        check_eta(name, eta)
        self.eta = eta
        self.begun = 0
        self.bracket: Bracket | None = None
        self.drawn: dict[Choices, None] = {}

    @abstractmethod
    def plan(self, ladder: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Epochs and sizes of the rungs of each bracket in turn, over the epochs of the longest ladder."""

    def new(self) -> Architecture:
        """An architecture for the lowest rung."""
        return draw_new(self.space, self.rng, self.drawn)

    def ask(self) -> Architecture | Partial:
        """The next of the bracket's rung: a new one on the lowest, the best of those promoted on others."""
        if self.bracket is None or self.bracket.is_over:
            table = self.plan(rungs(self.epochs, self.eta))
            self.bracket = Bracket(*table[self.begun % len(table)])
            self.begun += 1
        fresh = self.bracket.wants_new
        architecture = self.new() if fresh else Architecture(self.space.name, self.bracket.waiting[0])
        epochs = self.bracket.next_epochs
        return architecture if epochs == self.epochs[-1] else Partial(architecture, epochs)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Fills the rung."""
        if self.bracket is not None:
            self.bracket.tell(architecture.choices, score)

    def memory(self) -> dict[str, Any]:
        """The bracket, how many there were, and what was drawn, in order."""
        return {
            "begun": self.begun,
            "bracket": None if self.bracket is None else self.bracket.memory(),
            "drawn": [list(choices) for choices in self.drawn],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        self.begun = memory["begun"]
        self.bracket = None if memory["bracket"] is None else Bracket.recalled(memory["bracket"])
        self.drawn = {tuple(choices): None for choices in memory["drawn"]}
