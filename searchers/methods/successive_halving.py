"""Successive halving: many architectures after a few epochs, the better half on, until one is trained to the end."""

from __future__ import annotations

import numpy as np

from nasbench.space import Space
from searchers.bracket_search import BracketSearch
from searchers.rungs import halved


class SuccessiveHalving(BracketSearch):
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
        super().__init__("successive_halving", space, rng, eta)
        if initial < 0:
            raise ValueError(
                f"successive_halving.initial must be a number from 1, or 0 for a full ladder, got {initial}"
            )
        self.initial = initial

    def plan(self, ladder: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """The same bracket each time: the whole ladder."""
        count = self.initial or self.eta ** (len(ladder) - 1)
        return [(ladder, halved(count, len(ladder), self.eta))]
