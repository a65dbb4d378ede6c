"""Regularized evolution: tournaments in a population from which the oldest dies."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.searcher import Searcher


class RegularizedEvolution(Searcher):
    """Aging evolution with mutation alone.

    The first ``population_size`` architectures are drawn uniformly. Then each step draws ``sample_size`` members with
    replacement, mutates the best of them, and the child takes the place of the oldest member. An architecture that
    fails never enters the population, and nobody dies for it. Children that were asked before are asked again, as in
    the paper: they count as queries and cost nothing on the clock.

    Real, Aggarwal, Huang and Le, "Regularized Evolution for Image Classifier Architecture Search", AAAI 2019,
    algorithm 1, with a population of 100 and samples of 25 for 20,000 models. Budgets here are a few hundred queries,
    so the default population is 20, with the paper's share of it in a sample; NAS-Bench-201's own baseline takes 10
    and 3.

    Args:
        space: where to search.
        rng: its source of chance.
        population_size: members once the population is full, at least 1.
        sample_size: members drawn for a tournament, at least 1.
    """

    def __init__(
        self, space: Space, rng: np.random.Generator, *, population_size: int = 20, sample_size: int = 5
    ) -> None:
        super().__init__(space, rng)
        for name, value in (("population_size", population_size), ("sample_size", sample_size)):
            if value < 1:
                raise ValueError(f"regularized_evolution.{name} must be at least 1, got {value}")
        self.population_size = population_size
        self.sample_size = sample_size
        self._members: list[Architecture] = []
        self._scores: list[float] = []
        self._oldest = 0  # place of the member that the next child replaces

    def ask(self) -> Architecture:
        """A random architecture until the population is full, then a mutated winner of a tournament."""
        size = self.population_size
        if len(self._members) < size:
            return self.space.sample(self.rng)
        drawn = [int(u * size) for u in self.rng.random(self.sample_size).tolist()]
        return self.space.mutate(self._members[max(drawn, key=self._scores.__getitem__)], self.rng)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Takes the architecture in; in a full population it replaces the oldest member."""
        if score is None:
            return
        if len(self._members) < self.population_size:
            self._members.append(architecture)
            self._scores.append(score)
            return
        self._members[self._oldest] = architecture
        self._scores[self._oldest] = score
        self._oldest = (self._oldest + 1) % self.population_size

    def memory(self) -> dict[str, Any]:
        """The population in its places, with scores, and the place of the oldest member."""
        return {
            "members": [list(member.choices) for member in self._members],
            "scores": list(self._scores),
            "oldest": self._oldest,
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back a population."""
        self._members = [self.space.architecture(choices) for choices in memory["members"]]
        self._scores = list(memory["scores"])
        self._oldest = memory["oldest"]
