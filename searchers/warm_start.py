"""What is known without training, put to use: where a search begins, and what a model may look at besides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from nasbench.space import Architecture, Space
from searchers.hints import Hints
from searchers.notebook import Notebook

SURVEYED = 1000
"""Architectures that hints are ranked among."""


def promises(hints: Hints, name: str, architectures: Sequence[Architecture]) -> np.ndarray:
    """float64 [architectures]: a hint, larger for those that promise more, NaN where nothing is known.

    What counts as a promise :meth:`Hints.promise` says.

    Raises:
        UnknownNameError: there is no such hint; the message names the nearest.
    """
    return hints.promise(name, hints.values(name, architectures))


def most_promising(hints: Hints, name: str, architectures: Sequence[Architecture], count: int) -> list[Architecture]:
    """The ``count`` architectures with the largest promise, in the order given; those of none are the last taken."""
    values = promises(hints, name, architectures)
    order = np.argsort(-np.where(np.isnan(values), -np.inf, values), kind="stable")
    return [architectures[place] for place in sorted(order[:count].tolist())]


def starts(
    notebook: Notebook, hints: Hints, name: str, share: float, count: int, rng: np.random.Generator
) -> list[Architecture]:
    """Up to ``count`` new architectures to begin with; any draw where none is new.

    Args:
        notebook: what was asked.
        hints: what is known without training.
        name: the hint whose upper ``share`` of random draws they are; empty for the draws themselves.
        share: more than 0, at most 1.
        count: how many.
        rng: source of chance.

    Raises:
        UnknownNameError: there is no such hint; the message names the nearest.
    """
    if name:
        found = most_promising(hints, name, notebook.draws(math.ceil(count / share), rng), count)
    else:
        found = notebook.draws(count, rng)
    return found or [notebook.space.sample(rng)]


def check_share(searcher: str, share: float) -> None:
    """Checks a share.

    Raises:
        ValueError: it is not more than 0 and at most 1; the message names the searcher.
    """
    if not 0 < share <= 1:
        raise ValueError(f"{searcher}.share must be more than 0 and at most 1, got {share}")


class Guesses:
    """Hints as features: normal scores of their rank among architectures drawn from the space.

    Args:
        space: theirs.
        hints: where they come from.
        text: names joined by a plus; empty for none.
    """

    def __init__(self, space: Space, hints: Hints, text: str) -> None:
        self.space = space
        self.hints = hints
        self.names = tuple(part.strip() for part in text.split("+") if part.strip())

    def columns(self, architectures: Sequence[Architecture]) -> np.ndarray:
        """float64 [architectures, names]: about standard normal, larger for more promise, 0 where nothing is known."""
        found = np.zeros((len(architectures), len(self.names)))
        for place, (name, known) in enumerate(zip(self.names, self._surveyed, strict=True)):
            values = promises(self.hints, name, architectures)
            rank = (np.searchsorted(known, values, "left") + np.searchsorted(known, values, "right")) / 2
            score = ndtri((rank + 0.5) / (len(known) + 1))
            found[:, place] = np.where(np.isnan(values), 0.0, score)
        return found

    @cached_property
    def _surveyed(self) -> list[np.ndarray]:
        """Sorted promises of the space, for each name; the same in every run."""
        rng = np.random.default_rng(0)
        drawn = [self.space.sample(rng) for _ in range(SURVEYED)] if self.names else []
        values = [promises(self.hints, name, drawn) for name in self.names]
        return [np.sort(known[~np.isnan(known)]) for known in values]
