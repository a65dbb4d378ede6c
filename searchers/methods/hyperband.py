"""Hyperband: brackets of successive halving that begin with many architectures and few epochs, or the reverse."""

from __future__ import annotations

import numpy as np

from nasbench.space import Space
from searchers.bracket_search import BracketSearch
from searchers.rungs import halved


class Hyperband(BracketSearch):
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
        super().__init__("hyperband", space, rng, eta)

    def plan(self, ladder: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """The brackets of algorithm 1."""
        return brackets(ladder, self.eta)


def brackets(ladder: tuple[int, ...], eta: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Epochs and sizes of the rungs of each bracket, the one with most rungs first (algorithm 1, lines 3 to 6).

    >>> [sizes for _, sizes in brackets((1, 3, 9, 27, 81), 3)]
    [(81, 27, 9, 3, 1), (34, 11, 3, 1), (15, 5, 1), (8, 2), (5,)]
    """
    most = len(ladder)
    counts = [(levels, -(-most * eta ** (levels - 1) // levels)) for levels in range(most, 0, -1)]
    return [(ladder[most - levels :], halved(count, levels, eta)) for levels, count in counts]
