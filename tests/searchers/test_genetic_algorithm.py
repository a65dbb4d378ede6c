"""The genetic algorithm, followed by hand: who lives on, who has children, what children are made of."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.methods.genetic_algorithm import GeneticAlgorithm
from searchers.offspring import bred, new_child, tournament
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
WRONG = {
    "population_size": 1,
    "elites": 20,
    "selection": "roulette",
    "tournament_size": 0,
    "truncation": 1.5,
    "crossover_rate": -0.1,
    "mutation_rate": float("nan"),
}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def one_generation(**settings) -> tuple[GeneticAlgorithm, list[Architecture]]:
    """A searcher whose first generation is complete: scores 0, 1, 2, ...; and its members, the worst first."""
    searcher = GeneticAlgorithm(NB201, rng(), **{"population_size": 6, **settings})
    members = kit.sample(6)
    for score, member in enumerate(members):
        searcher.tell(member, float(score))
    return searcher, members


def test_the_first_generation_is_that_of_random_search() -> None:
    chance = rng(7)
    expected = [NB201.sample(chance) for _ in range(20)]
    searcher = GeneticAlgorithm(NB201, rng(7))
    asked = []
    for _ in range(20):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], kit.made_up_score(asked[-1]))
    assert asked == expected


@pytest.mark.parametrize("elites", [0, 1, 3])
def test_elites_live_on_without_being_asked_again(elites: int) -> None:
    searcher, members = one_generation(elites=elites)
    children = kit.sample(40, seed=1)
    for child in children[: 6 - elites]:
        assert len(searcher.memory()["parents"]) == 6
        searcher.tell(child, -1.0)
    parents = [tuple(choices) for choices, _ in searcher.memory()["parents"]]
    assert parents[:elites] == [member.choices for member in members[::-1][:elites]]
    assert set(parents[elites:]) == {child.choices for child in children[: 6 - elites]}
    assert searcher.memory()["children"] == []


def test_a_failure_takes_no_place() -> None:
    searcher, _ = one_generation(elites=1)
    for child in kit.sample(30, seed=2):
        searcher.tell(child, None)
    assert searcher.memory()["children"] == []


def test_without_crossover_and_mutation_children_are_the_parents_that_selection_chooses() -> None:
    """Tournaments of 2 choose rank k of n with chance (2(n - k) - 1) / n**2; truncation at a half the best three."""
    settings = {"crossover_rate": 0.0, "mutation_rate": 0.0, "repeats": True}
    searcher, members = one_generation(**settings)
    drawn = Counter(members[::-1].index(searcher.ask()) for _ in range(6000))
    expected = [6000 * (2 * (6 - k) - 1) / 36 for k in range(6)]
    assert [drawn[k] for k in range(6)] == pytest.approx(expected, abs=5 * np.sqrt(6000 / 4))
    searcher, members = one_generation(selection="truncation", **settings)
    drawn = Counter(members[::-1].index(searcher.ask()) for _ in range(600))
    assert set(drawn) == {0, 1, 2}
    assert min(drawn.values()) > 140


def test_truncation_to_nothing_leaves_the_best() -> None:
    searcher, members = one_generation(
        selection="truncation", truncation=0.0, crossover_rate=0.0, mutation_rate=0.0, repeats=True
    )
    assert {searcher.ask() for _ in range(20)} == {members[-1]}


def test_a_crossed_child_takes_each_choice_from_a_parent() -> None:
    first, second = kit.sample(2, seed=3)
    chance = rng(1)
    for _ in range(50):
        child = bred(NB201, first.choices, second.choices, chance, crossover=1.0, mutation=0.0)
        assert all(c in (a, b) for c, a, b in zip(child.choices, first.choices, second.choices, strict=True))
        moved = bred(NB201, first.choices, second.choices, chance, crossover=0.0, mutation=1.0)
        assert sum(a != b for a, b in zip(moved.choices, first.choices, strict=True)) == 1


def test_nothing_is_asked_twice_unless_it_may_be() -> None:
    searcher = GeneticAlgorithm(NB201, rng(4), population_size=5)
    asked = []
    for _ in range(300):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], kit.made_up_score(asked[-1]))
    assert len(set(asked)) == 300


def test_a_child_that_cannot_be_new_is_a_repetition() -> None:
    made = []

    def make() -> Architecture:
        made.append(NB201.from_index(0))
        return made[-1]

    assert new_child(make, {NB201.from_index(0).choices}, tries=4) == NB201.from_index(0)
    assert len(made) == 5


def test_a_tournament_of_all_is_won_by_the_best() -> None:
    assert {tournament([3, 1, 2], 100, rng(seed)) for seed in range(9)} == {1}


def test_it_climbs_a_hill_faster_than_chance() -> None:
    """Fewest options chosen: the one best of 15,625 within 500 queries, where chance finds it in 3 runs of 100."""

    def finds(seed: int) -> bool:
        searcher = GeneticAlgorithm(NB201, rng(seed))
        for _ in range(500):
            child = searcher.ask()
            if child == NB201.from_index(0):
                return True
            searcher.tell(child, -float(sum(child.choices)))
        return False

    assert sum(finds(seed) for seed in range(20)) >= 18


@pytest.mark.parametrize("name", WRONG)
def test_settings_out_of_range_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=rf"genetic_algorithm\.{name} must be .* got"):
        GeneticAlgorithm(NB201, rng(), **{name: WRONG[name]})
