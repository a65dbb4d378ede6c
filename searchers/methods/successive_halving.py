"""Successive halving: many architectures after a few epochs, the better half on, until one is trained to the end."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.rungs import Bracket, check_eta, draw_new, halved, rungs
from searchers.searcher import Partial, Searcher


class SuccessiveHalving(Searcher):
    """Random architectures on rungs of one schedule; one of ``eta`` goes on to the next, of ``eta`` times the epochs.

    A bracket begins with ``initial`` random architectures after the fewest epochs and ends with its last one after the
    whole schedule; then the next bracket begins with new ones. Where no scores are known before the end of the schedule
    the only rung is the whole of it, and this is random search.

    Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS 2016:
    half go on, as there. That rungs are ``eta`` apart in epochs is from Hyperband (Li et al., JMLR 2018).

    Args:
        space: where to search.
        rng: its source of chance.
        eta: one of so many goes on.
        initial: architectures on the lowest rung; 0 for as many as leave one at the end.
    """

    def __init__(self, space: Space, rng: np.random.Generator, *, eta: int = 2, initial: int = 0) -> None:
        super().__init__(space, rng)
        check_eta("successive_halving", eta)
        if initial < 0:
            raise ValueError(
                f"successive_halving.initial must be a number from 1, or 0 for a full ladder, got {initial}"
            )
        self.eta = eta
        self.initial = initial
        self._bracket: Bracket | None = None
        self._drawn: dict[tuple[int, ...], None] = {}

    def ask(self) -> Architecture | Partial:
        """The next of the rung: a new draw on the lowest one, the best of those promoted on others."""
        if self._bracket is None or self._bracket.is_over:
            ladder = rungs(self.epochs, self.eta)
            count = self.initial or self.eta ** (len(ladder) - 1)
            self._bracket = Bracket(ladder, halved(count, len(ladder), self.eta))
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
        """The bracket, and what was drawn, in order."""
        return {
            "bracket": None if self._bracket is None else self._bracket.memory(),
            "drawn": [list(choices) for choices in self._drawn],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        self._bracket = None if memory["bracket"] is None else Bracket.recalled(memory["bracket"])
        self._drawn = {tuple(choices): None for choices in memory["drawn"]}
