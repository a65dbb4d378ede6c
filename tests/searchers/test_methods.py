"""What each searcher asks, against a second, slow way or on a landscape that can be followed by hand."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.methods.local_search import LocalSearch
from searchers.methods.random_search import RandomSearch
from searchers.methods.regularized_evolution import RegularizedEvolution
from searchers.searcher import convert_parameter, make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
NECKLACES = kit.Necklaces()


def follow(searcher, queries: int, score=kit.made_up_score) -> list[Architecture]:
    """What a searcher asks, in order."""
    asked = []
    for _ in range(queries):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], score(asked[-1]))
    return asked


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# -- random search ------------------------------------------------------------------------------------------------


def test_random_search_asks_everything_once_before_it_starts_over() -> None:
    asked = follow(RandomSearch(NECKLACES, rng()), 2 * NECKLACES.count())
    first, second = asked[: NECKLACES.count()], asked[NECKLACES.count() :]
    assert set(first) == set(second) == set(NECKLACES)
    assert first != second


def test_random_search_is_uniform() -> None:
    counts = Counter(follow(RandomSearch(NECKLACES, rng(seed)), 1)[0] for seed in range(5400))
    expected = 5400 / NECKLACES.count()
    chi_square = sum((counts[a] - expected) ** 2 / expected for a in NECKLACES)
    assert chi_square < 53 + 5 * np.sqrt(2 * 53)  # 53 degrees of freedom, five standard deviations


# -- regularized evolution ----------------------------------------------------------------------------------------


def evolve_slowly(seed: int, population_size: int, sample_size: int, queries: int, score) -> list[Architecture]:
    """Algorithm 1 of Real et al. (2019) with a birthday for each member, reading the same stream of chance."""
    chance = rng(seed)
    population: list[tuple[int, Architecture, float]] = []
    asked: list[Architecture] = []
    while len(asked) < queries:
        if len(population) < population_size:
            child = NB201.sample(chance)
        else:
            tournament = [population[int(u * population_size)] for u in chance.random(sample_size)]
            child = NB201.mutate(max(tournament, key=lambda member: member[2])[1], chance)
        asked.append(child)
        member = (len(asked), child, score(child))
        if member[2] is None:
            continue
        if len(population) < population_size:
            population.append(member)
        else:
            population[population.index(min(population, key=lambda member: member[0]))] = member
    return asked


@pytest.mark.parametrize("score", [kit.made_up_score, kit.third_fails])
@pytest.mark.parametrize(("population_size", "sample_size"), [(20, 5), (7, 3), (1, 1)])
def test_regularized_evolution_is_the_published_algorithm(population_size: int, sample_size: int, score) -> None:
    searcher = RegularizedEvolution(NB201, rng(4), population_size=population_size, sample_size=sample_size)
    assert follow(searcher, 150, score) == evolve_slowly(4, population_size, sample_size, 150, score)


def _distance(first: Architecture, second: Architecture) -> int:
    return sum(a != b for a, b in zip(first.choices, second.choices, strict=True))


def test_the_oldest_member_dies_even_when_it_is_the_best() -> None:
    searcher = RegularizedEvolution(NB201, rng(), population_size=3, sample_size=2)
    architectures = kit.sample(5)
    for score, architecture in zip((9.0, 1.0, 2.0, 3.0, 4.0), architectures, strict=True):
        searcher.tell(architecture, score)
    memory = searcher.memory()
    assert {tuple(member) for member in memory["members"]} == {a.choices for a in architectures[2:]}
    assert sorted(memory["scores"]) == [2.0, 3.0, 4.0]


def test_a_tournament_of_all_mutates_the_best() -> None:
    searcher = RegularizedEvolution(NB201, rng(), population_size=4, sample_size=200)
    members = kit.sample(4)
    for score, member in zip((1.0, 5.0, 2.0, 3.0), members, strict=True):
        searcher.tell(member, score)
    assert all(_distance(searcher.ask(), members[1]) == 1 for _ in range(20))


def test_sizes_below_one_are_refused() -> None:
    for wrong in ({"population_size": 0}, {"sample_size": 0}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            RegularizedEvolution(NB201, rng(), **wrong)


# -- local search -------------------------------------------------------------------------------------------------


def test_local_search_asks_all_neighbours_then_moves_to_the_best() -> None:
    asked = follow(LocalSearch(NB201, rng(2)), 60)
    start, ring = asked[0], asked[1:25]
    assert set(ring) == set(NB201.neighbors(start))
    best = max(asked[:25], key=kit.made_up_score)
    assert best != start, "the test needs a start that is no optimum"
    fresh = [a for a in NB201.neighbors(best) if a not in asked[:25]]
    assert set(asked[25 : 25 + len(fresh)]) == set(fresh)


def test_local_search_climbs_to_an_optimum_and_starts_again() -> None:
    """On a hill with one top it climbs there; then it starts again and never repeats itself."""

    def hill(architecture: Architecture) -> float:
        return -float(sum(architecture.choices))

    searcher = LocalSearch(NB201, rng(3))
    asked = follow(searcher, 400, hill)
    top = NB201.from_index(0)
    assert top in asked[: 6 * 25]
    assert len(set(asked)) == 400
    after = asked[asked.index(top) :]
    assert any(_distance(a, top) > 3 for a in after), "it must leave the top"


def test_first_improvement_moves_at_once() -> None:
    searcher = LocalSearch(NB201, rng(2), first_improvement=True)
    asked = follow(searcher, 60)
    better = next(place for place in range(1, 25) if kit.made_up_score(asked[place]) > kit.made_up_score(asked[0]))
    assert _distance(asked[better + 1], asked[better]) == 1
    assert better < 24


def test_a_failed_start_is_no_centre() -> None:
    searcher = LocalSearch(NB201, rng(5))
    first = searcher.ask()
    searcher.tell(first, None)
    second = searcher.ask()
    searcher.tell(second, 1.0)
    assert searcher.memory()["centre"] == second.choices
    assert searcher.ask() in NB201.neighbors(second)


# -- settings -----------------------------------------------------------------------------------------------------


def test_parameters_are_converted_to_the_type_of_their_default() -> None:
    assert convert_parameter("regularized_evolution", "population_size", "10") == 10
    assert convert_parameter("local_search", "first_improvement", "True") is True
    with pytest.raises(ValueError, match="of type int"):
        convert_parameter("regularized_evolution", "population_size", "many")
    with pytest.raises(ValueError, match="true or false"):
        convert_parameter("local_search", "first_improvement", "1")
    with pytest.raises(LookupError, match="population_size"):
        convert_parameter("regularized_evolution", "population", "10")


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(LookupError, match="did you mean 'random_search'"):
        make_searcher("random_serch", NB201, 0)
    with pytest.raises(LookupError, match="did you mean 'sample_size'"):
        make_searcher("regularized_evolution", NB201, 0, sampel_size=3)


def test_seeds_are_shared_by_searchers() -> None:
    """The stream of chance depends on the seed alone, so that comparisons are paired."""
    random = follow(make_searcher("random_search", NB201, 11), 20)
    assert follow(make_searcher("regularized_evolution", NB201, 11), 20) == random
    assert follow(make_searcher("local_search", NB201, 11), 1) == random[:1]
