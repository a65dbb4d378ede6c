"""NSGA-II against the paper's steps written out slowly, and its costs."""

from __future__ import annotations

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.costs import check_costs, cost_values, largest_costs, parse_costs
from searchers.hints import Hints
from searchers.methods.nsga2 import Nsga2
from searchers.methods.random_search import RandomSearch
from searchers.pareto import anytime_hypervolume, crowding
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def flops(architecture: Architecture) -> float:
    """Millions in NAS-Bench-201: 7.78305 + 3.93216 a 1x1 convolution + 35.38944 a 3x3 convolution."""
    return 7.78305 + 3.93216 * architecture.choices.count(2) + 35.38944 * architecture.choices.count(3)


def follow(searcher, queries: int, score=kit.made_up_score) -> list[Architecture]:
    asked = []
    for _ in range(queries):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], score(asked[-1]))
    return asked


def survivors(members: list[Architecture], size: int) -> list[set[Architecture]]:
    """Fronts that live on whole, then what crowding leaves of the next, as in section III of the paper."""
    left, kept = list(members), []
    costs = cost_values(Hints(NB201), NB201, ("flops",), members)
    points = {a: np.array([-kit.made_up_score(a), cost]) for a, cost in zip(members, costs[:, 0], strict=True)}
    while size:
        front = [
            a for a in left if not any((points[b] <= points[a]).all() and (points[b] < points[a]).any() for b in left)
        ]
        if len(front) > size:
            distance = crowding(np.array([points[a] for a in front]))
            front = [front[place] for place in np.argsort(-distance, kind="stable")[:size]]
        kept.append(set(front))
        size -= len(front)
        left = [a for a in left if a not in front]
    return kept


def test_the_best_fronts_of_both_generations_live_on() -> None:
    searcher = Nsga2(NB201, rng(3), population_size=10)
    first = follow(searcher, 10)
    parents = [Architecture("nas_bench_201", tuple(choices)) for choices, _ in searcher.memory()["parents"]]
    assert set(parents) == set(first)
    expected = survivors([*parents, *follow(searcher, 10)], 10)
    memory = searcher.memory()
    parents = [Architecture("nas_bench_201", tuple(choices)) for choices, _ in memory["parents"]]
    assert set(parents) == set.union(*expected)
    by_rank = [parents[place] for place in np.argsort(memory["ranks"], kind="stable")]
    for front in expected:
        assert set(by_rank[: len(front)]) == front, "lower fronts have lower ranks"
        by_rank = by_rank[len(front) :]
    assert memory["children"] == []


def test_it_begins_as_random_search_does_and_repeats_nothing() -> None:
    asked = follow(Nsga2(NB201, rng(4)), 300)
    assert asked[:20] == follow(RandomSearch(NB201, rng(4)), 20)
    assert len(set(asked)) == 300


def test_it_covers_more_than_chance() -> None:
    """Score and cost both rise with the convolutions: the front runs from none to all."""

    def volume(searcher) -> float:
        asked = follow(searcher, 200, score)
        points = np.array([[-score(a), flops(a)] for a in asked])
        return float(anytime_hypervolume(points, np.array([0.0, 225.0]))[-1])

    def score(architecture: Architecture) -> float:
        return float(10 * sum(c == 3 for c in architecture.choices) + architecture.choices[0] + architecture.choices[5])

    better = [volume(Nsga2(NB201, rng(seed))) - volume(RandomSearch(NB201, rng(seed))) for seed in range(8)]
    assert sum(difference > 0 for difference in better) >= 7


def test_architectures_of_unknown_cost_enter_no_generation(monkeypatch) -> None:
    def values(hints, space, names, architectures) -> np.ndarray:
        return np.array([[np.nan if a.choices[0] == 0 else flops(a)] for a in architectures])

    monkeypatch.setattr("searchers.methods.nsga2.cost_values", values)
    searcher = Nsga2(NB201, rng(5), population_size=6)
    follow(searcher, 60)
    assert all(choices[0] != 0 for choices, _ in searcher.memory()["parents"])
    monkeypatch.setattr("searchers.methods.nsga2.cost_values", lambda *a: np.full((len(a[3]), 1), np.nan))
    follow(Nsga2(NB201, rng(5), population_size=6), 60)


def test_several_costs() -> None:
    searcher = Nsga2(NB201, rng(6), costs="flops+parameters")
    assert len(set(follow(searcher, 100))) == 100


def test_wrong_costs_are_named() -> None:
    with pytest.raises(LookupError, match="did you mean 'flops'"):
        Nsga2(NB201, rng(), costs="flop").ask()
    for text in ("", "flops+", "flops+flops"):
        with pytest.raises(ValueError, match=r"joined by a plus, such as flops\+parameters, got"):
            Nsga2(NB201, rng(), costs=text)
    with pytest.raises(ValueError, match=r"nsga2\.population_size must be at least 2, got 1"):
        Nsga2(NB201, rng(), population_size=1)


def test_sizes_are_counted_in_millions() -> None:
    cells = kit.sample(30)
    values = cost_values(Hints(NB201), NB201, ("flops", "parameters"), cells)
    assert values[:, 0] == pytest.approx([flops(cell) for cell in cells])
    assert largest_costs(Hints(NB201), NB201, ("flops",)) == pytest.approx([7.78305 + 6 * 35.38944])
    assert parse_costs(" flops + latency ") == ("flops", "latency")
    check_costs(("flops", "parameters_built"), Hints(NB201))


def test_a_cost_that_the_table_lacks_is_that_of_the_representative() -> None:
    class Partial(Hints):
        def values(self, name, architectures) -> np.ndarray:
            known = super().values(name, architectures)
            return np.where([NB201.canonical(a) == a for a in architectures], known, np.nan)

    member = next(group[1] for group in NB201.classes.values() if len(group) > 1)
    found = cost_values(Partial(NB201), NB201, ("flops",), [member])
    assert found[0, 0] == pytest.approx(flops(NB201.canonical(member)))
