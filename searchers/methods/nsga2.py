"""NSGA-II: evolution towards the front of score and costs, where nothing is better in one without loss in another."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.costs import check_costs, cost_values, parse_costs
from searchers.offspring import Choices, bred, check_chances, check_counts, new_child, tournament
from searchers.pareto import crowding, fronts
from searchers.searcher import Searcher

Member = tuple[Choices, float]


class Nsga2(Searcher):
    """The elitist non-dominated sorting genetic algorithm over the score and one or more costs.

    The first generation is drawn uniformly. Parents win tournaments of two by the crowded comparison: the lower front
    first, then the greater crowding distance; a child is their uniform crossover, one choice of it mutated. Old and new
    generation together are sorted into fronts, of which the best live on, the last front thinned by crowding. Costs
    come from what is known without training: sizes counted, or costs that the table holds. Architectures that failed or
    whose cost nobody knows enter no generation; children that were asked before are made anew.

    Deb, Pratap, Agarwal and Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE
    Transactions on Evolutionary Computation 2002: tournaments of two, crossover at 0.9 and one mutation a child on
    average are the paper's. It takes populations of 100 for 25,000 evaluations; 20 is for budgets of a few hundred.
    For architectures: Lu et al., "NSGA-Net", GECCO 2019.

    Args:
        space: where to search.
        rng: its source of chance.
        costs: what is minimised besides, names joined by a plus: ``flops``, ``parameters``, ``flops_built``,
            ``parameters_built``, or a cost of the table.
        population_size: members of a generation, at least 2.
        crossover_rate: chance that a child has two parents.
        mutation_rate: chance that one choice of a child takes another value.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        costs: str = "flops",
        population_size: int = 20,
        crossover_rate: float = 0.9,
        mutation_rate: float = 1.0,
    ) -> None:
        super().__init__(space, rng)
        check_counts("nsga2", 2, population_size=population_size)
        check_chances("nsga2", crossover_rate=crossover_rate, mutation_rate=mutation_rate)
        self._names = parse_costs(costs)
        self.costs, self.population_size = costs, population_size
        self.crossover_rate, self.mutation_rate = crossover_rate, mutation_rate
        self._parents: list[Member] = []
        self._ranks: list[int] = []  # of the parents by the crowded comparison, equals sharing one
        self._children: list[Member] = []
        self._asked: dict[Choices, None] = {}

    def ask(self) -> Architecture:
        """A draw until the first generation is complete, then a child of two parents."""
        if not self._asked:
            check_costs(self._names, self.hints)
        return new_child(self._child if self._parents else self._drawn, self._asked)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Takes a child in; the one that completes a generation decides who lives on."""
        self._asked[architecture.choices] = None
        if score is None:
            return
        self._children.append((architecture.choices, score))
        if len(self._children) >= self.population_size:
            self._survive([*self._parents, *self._children])
            self._children = []

    def _drawn(self) -> Architecture:
        return self.space.sample(self.rng)

    def _child(self) -> Architecture:
        first, second = (self._parents[tournament(self._ranks, 2, self.rng)][0] for _ in range(2))
        return bred(self.space, first, second, self.rng, crossover=self.crossover_rate, mutation=self.mutation_rate)

    def _survive(self, members: list[Member]) -> None:
        """Keeps the best of these as parents, with their ranks."""
        architectures = [Architecture(self.space.name, choices) for choices, _ in members]
        costs = cost_values(self.hints, self.space, self._names, architectures)
        known = np.flatnonzero(~np.isnan(costs).any(axis=1))
        points = np.column_stack([[-members[place][1] for place in known.tolist()], costs[known]])
        front = fronts(points)
        lonely = np.zeros(len(points))
        for number in range(1 + int(np.sort(front)[: self.population_size][-1]) if len(front) else 0):
            lonely[front == number] = crowding(points[front == number])
        best = np.lexsort((-lonely, front))[: self.population_size]
        keys = list(zip(front[best].tolist(), (-lonely[best]).tolist(), strict=True))
        order = {key: rank for rank, key in enumerate(dict.fromkeys(keys))}
        self._parents = [members[known[place]] for place in best.tolist()]
        self._ranks = [order[key] for key in keys]

    def memory(self) -> dict[str, Any]:
        """The parents with their ranks, the children told so far, and what was asked."""
        return {
            "parents": [[list(choices), score] for choices, score in self._parents],
            "ranks": list(self._ranks),
            "children": [[list(choices), score] for choices, score in self._children],
            "asked": [list(choices) for choices in self._asked],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back a generation."""
        self._parents = [(tuple(choices), score) for choices, score in memory["parents"]]
        self._ranks = list(memory["ranks"])
        self._children = [(tuple(choices), score) for choices, score in memory["children"]]
        self._asked = dict.fromkeys(tuple(choices) for choices in memory["asked"])
