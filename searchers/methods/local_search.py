"""Local search: ask every neighbour, move to the best, start anew where none is better."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.searcher import Searcher

Choices = tuple[int, ...]


class LocalSearch(Searcher):
    """Hill climbing with restarts; no architecture is asked twice until every one has been asked.

    From a random start all neighbours are asked in random order; the best of them is the next centre if it is better
    than the present one, otherwise the search starts again from a random architecture not asked before. With
    ``first_improvement`` it moves at the first better neighbour instead. Scores known from before are used without
    asking; an architecture that failed is never a centre.

    White, Nolen and Savani, "Exploring the Loss Landscape in Neural Architecture Search", UAI 2021 (2020 as "Local
    Search is State of the Art for Neural Architecture Search Benchmarks"), algorithm 1; restarts use up the budget.

    Args:
        space: where to search.
        rng: its source of chance.
        first_improvement: whether to move at the first better neighbour.
    """

    def __init__(self, space: Space, rng: np.random.Generator, *, first_improvement: bool = False) -> None:
        super().__init__(space, rng)
        self.first_improvement = first_improvement
        self._scores: dict[Choices, float | None] = {}  # everything told, in the order it was told
        self._centre: Choices | None = None
        self._best: Choices | None = None  # the best told since the centre was taken, if better than the centre
        self._waiting: list[Choices] = []  # neighbours of the centre still to ask, the next one last

    def ask(self) -> Architecture:
        """The next neighbour whose score is not known, or a random start."""
        while self._centre is not None:
            if not self._waiting or (self.first_improvement and self._best is not None):
                self._move(self._best)
                continue
            choices = self._waiting.pop()
            if choices not in self._scores:
                return Architecture(self.space.name, choices)
            self._consider(choices, self._scores[choices])
        return self._start()

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers the score; it decides the next move when every neighbour has been asked."""
        self._scores[architecture.choices] = score
        if self._centre is None:
            if score is not None:
                self._move(architecture.choices)
        else:
            self._consider(architecture.choices, score)

    def _consider(self, choices: Choices, score: float | None) -> None:
        """Makes choices the next centre if they are better than the centre and than the best so far."""
        rival = self._scores[self._best if self._best is not None else self._centre]  # type: ignore[index]
        if score is not None and rival is not None and score > rival:
            self._best = choices

    def _move(self, centre: Choices | None) -> None:
        """Takes a new centre, or none: the next ask is a random start."""
        self._centre, self._best, self._waiting = centre, None, []
        if centre is not None:
            near = self.space.neighbors(Architecture(self.space.name, centre))
            self._waiting = [near[place].choices for place in self.rng.permutation(len(near)).tolist()]

    def _start(self) -> Architecture:
        if len(self._scores) >= self.space.count():
            self._scores.clear()
        while True:
            architecture = self.space.sample(self.rng)
            if architecture.choices not in self._scores:
                return architecture

    def memory(self) -> dict[str, Any]:
        """Every score told, and where the search stands."""
        return {
            "told": [[list(choices), score] for choices, score in self._scores.items()],
            "centre": self._centre,
            "best": self._best,
            "waiting": [list(choices) for choices in self._waiting],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back where a search stood."""
        self._scores = {tuple(choices): score for choices, score in memory["told"]}
        self._centre = None if memory["centre"] is None else tuple(memory["centre"])
        self._best = None if memory["best"] is None else tuple(memory["best"])
        self._waiting = [tuple(choices) for choices in memory["waiting"]]
