"""NPENAS, step by step: whose children are ranked, which of them are asked, and when nothing is left to breed."""

from __future__ import annotations

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.candidates import Candidates
from searchers.methods.npenas import Npenas
from searchers.methods.random_search import RandomSearch
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
QUICK = {"encoding": "one_hot", "trees": 20}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def hill(architecture: Architecture) -> float:
    """Highest where every choice is the first option."""
    return -float(sum(architecture.choices))


def follow(searcher, queries: int, score=hill) -> list[Architecture]:
    asked = []
    for _ in range(queries):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], score(asked[-1]))
    return asked


def test_it_begins_as_random_search_does() -> None:
    assert follow(Npenas(NB201, rng(3)), 10) == follow(RandomSearch(NB201, rng(3)), 10)


def test_the_best_guessed_children_of_the_best_are_asked(monkeypatch) -> None:
    """With guesses that are true: the step's queries are the best of 100 neighbours of the 10 best."""
    ranked: list[list[Architecture]] = []

    def true_guesses(self, asked, scores, new) -> np.ndarray:
        ranked.append(new)
        return np.array([hill(architecture) for architecture in new])

    monkeypatch.setattr(Npenas, "values", true_guesses)
    asked = follow(Npenas(NB201, rng(1), initial=30, parents=10, candidates=100, batch=5), 35)
    best = sorted(asked[:30], key=lambda a: -hill(a))[:10]
    near = {neighbor for parent in best for neighbor in NB201.neighbors(parent)}
    children = ranked[0]
    assert len(set(children)) == 100
    assert set(children) <= near - set(asked[:30])
    assert asked[30:] == sorted(children, key=lambda a: -hill(a))[:5]
    assert len(ranked) == 1, "five queries a step"


def test_guesses_follow_what_was_told() -> None:
    searcher = Npenas(NB201, rng(2), encoding="one_hot")
    known, fresh = kit.sample(300), kit.sample(400)[300:]
    guesses = searcher.values(known, np.array([hill(a) for a in known]), fresh)
    assert np.corrcoef(guesses, [hill(a) for a in fresh])[0, 1] > 0.8


def test_the_default_encoding_sees_classes() -> None:
    """Members of one class get one guess."""
    members = next(group for group in NB201.classes.values() if len(group) > 3)
    known = kit.sample(20)
    guesses = Npenas(NB201, rng(), trees=10).values(known, np.array([hill(a) for a in known]), members)
    assert len(set(guesses.tolist())) == 1


def test_nothing_is_asked_twice_while_there_is_something_new() -> None:
    space = Candidates(NB201, kit.sample(60))
    asked = follow(Npenas(space, rng(5), **QUICK), 50, kit.made_up_score)
    assert len(set(asked)) == 50


def test_a_failure_is_no_parent_and_is_not_asked_again() -> None:
    searcher = Npenas(NB201, rng(6), **QUICK)
    failing = kit.sample(5)
    for architecture in failing:
        searcher.tell(architecture, None)
    assert not set(follow(searcher, 100)) & set(failing)


def test_it_climbs_higher_than_chance() -> None:
    def top(kind, seed: int, **settings) -> float:
        return max(map(hill, follow(kind(NB201, rng(seed), **settings), 100)))

    assert all(top(Npenas, seed, **QUICK) > top(RandomSearch, seed) for seed in range(5))


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"initial": 1}, {"parents": 0}, {"batch": 0}, {"trees": 0}, {"candidates": 9}):
        with pytest.raises(ValueError, match=rf"npenas\.{next(iter(wrong))} must be at least \d+, got"):
            Npenas(NB201, rng(), **wrong)
