"""Genetic algorithm: generations of parents chosen by score, crossed and mutated; the best live on."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.offspring import Choices, bred, check_chances, check_counts, check_one_of, new_child, tournament
from searchers.searcher import Searcher

SELECTIONS = ("tournament", "truncation")

Member = tuple[Choices, float]


class GeneticAlgorithm(Searcher):
    """The plain genetic algorithm: whole generations, two parents to a child, elitism.

    The first generation is drawn uniformly. Parents of the next are winners of tournaments, or drawn among the best
    part (truncation); a child is their uniform crossover, one choice of it mutated. A generation is complete when as
    many children have scored as the elites leave room for; the elites, the best of the old generation, are taken over
    without being asked again. An architecture that failed enters no generation. Children that were asked before are
    made anew, unless ``repeats`` says otherwise.

    Holland, "Adaptation in Natural and Artificial Systems", 1975; Goldberg and Deb, "A Comparative Analysis of
    Selection Schemes Used in Genetic Algorithms", FOGA 1991 (tournaments of 2); Mühlenbein and Schlierkamp-Voosen,
    "Predictive Models for the Breeder Genetic Algorithm", Evolutionary Computation 1993 (truncation at a half, one
    mutation a child on average); for architectures Xie and Yuille, "Genetic CNN", ICCV 2017. The crossover rate of 0.9
    is the customary one, as in Deb et al. (2002); a population of 20 with one elite is our own, for budgets of a few
    hundred queries.

    Args:
        space: where to search.
        rng: its source of chance.
        population_size: members of a generation, at least 2.
        elites: best members taken over into the next generation, fewer than the population.
        selection: how parents are chosen: ``tournament`` or ``truncation``.
        tournament_size: members drawn with replacement for a tournament, at least 1.
        truncation: share of a generation that truncation chooses parents from.
        crossover_rate: chance that a child has two parents.
        mutation_rate: chance that one choice of a child takes another value.
        repeats: whether children that were asked before are asked again.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        population_size: int = 20,
        elites: int = 1,
        selection: str = "tournament",
        tournament_size: int = 2,
        truncation: float = 0.5,
        crossover_rate: float = 0.9,
        mutation_rate: float = 1.0,
        repeats: bool = False,
    ) -> None:
        super().__init__(space, rng)
        check_counts("genetic_algorithm", 2, population_size=population_size)
        check_counts("genetic_algorithm", 1, tournament_size=tournament_size)
        check_one_of("genetic_algorithm", SELECTIONS, selection=selection)
        check_chances(
            "genetic_algorithm", truncation=truncation, crossover_rate=crossover_rate, mutation_rate=mutation_rate
        )
        if not 0 <= elites < population_size:
            raise ValueError(
                f"genetic_algorithm.elites must be from 0 to less than population_size, {population_size}, got {elites}"
            )
        self.population_size, self.elites = population_size, elites
        self.selection, self.tournament_size, self.truncation = selection, tournament_size, truncation
        self.crossover_rate, self.mutation_rate = crossover_rate, mutation_rate
        self.repeats = repeats
        self._parents: list[Member] = []  # the present generation, the best first; empty before the first is complete
        self._children: list[Member] = []  # of the next one, in the order they were told
        self._asked: dict[Choices, None] = {}

    def ask(self) -> Architecture:
        """A draw until the first generation is complete, then a child of two parents."""
        make = self._child if self._parents else self._drawn
        return make() if self.repeats else new_child(make, self._asked)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Takes a child in; the one that completes a generation makes it the present one."""
        if not self.repeats:
            self._asked[architecture.choices] = None
        if score is None:
            return
        self._children.append((architecture.choices, score))
        kept = self._parents[: self.elites]
        if len(kept) + len(self._children) >= self.population_size:
            self._parents = sorted([*kept, *self._children], key=lambda member: -member[1])
            self._children = []

    def _drawn(self) -> Architecture:
        return self.space.sample(self.rng)

    def _child(self) -> Architecture:
        first, second = self._parent(), self._parent()
        return bred(self.space, first, second, self.rng, crossover=self.crossover_rate, mutation=self.mutation_rate)

    def _parent(self) -> Choices:
        """One parent; places in the generation are ranks."""
        if self.selection == "tournament":
            return self._parents[tournament(range(len(self._parents)), self.tournament_size, self.rng)][0]
        best = max(1, round(self.truncation * len(self._parents)))
        return self._parents[int(self.rng.random() * best)][0]

    def memory(self) -> dict[str, Any]:
        """The present generation, what there is of the next, and what was asked."""
        return {
            "parents": [[list(choices), score] for choices, score in self._parents],
            "children": [[list(choices), score] for choices, score in self._children],
            "asked": [list(choices) for choices in self._asked],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back generations."""
        self._parents = [(tuple(choices), score) for choices, score in memory["parents"]]
        self._children = [(tuple(choices), score) for choices, score in memory["children"]]
        self._asked = dict.fromkeys(tuple(choices) for choices in memory["asked"])
