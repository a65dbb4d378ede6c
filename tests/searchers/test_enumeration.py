"""Enumeration asks everything once, in a random order; random sampling forgets what it asked."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import nasbench
from searchers.candidates import Candidates
from searchers.methods import enumeration
from searchers.methods.enumeration import Enumeration
from searchers.methods.random_sampling import RandomSampling
from searchers.searcher import convert_parameter, make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
NECKLACES = kit.Necklaces()
FEW = Candidates(NB201, kit.sample(60))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("space", [NECKLACES, FEW], ids=["necklaces", "candidates"])
def test_everything_is_asked_once_a_round(space) -> None:
    searcher = Enumeration(space, rng())
    first, second = ([searcher.ask() for _ in range(space.count())] for _ in range(2))
    assert set(first) == set(second) == set(space)
    assert first != second


def test_the_whole_of_nas_bench_201_is_asked_once() -> None:
    searcher = Enumeration(NB201, rng(1))
    assert {searcher.ask() for _ in range(NB201.count())} == set(NB201)


def test_the_first_is_uniform() -> None:
    counts = Counter(Enumeration(NECKLACES, rng(seed)).ask() for seed in range(5400))
    expected = 5400 / NECKLACES.count()
    assert sum((counts[a] - expected) ** 2 / expected for a in NECKLACES) < 53 + 5 * np.sqrt(2 * 53)


@pytest.mark.parametrize("space", [NECKLACES, FEW], ids=["necklaces", "candidates"])
def test_of_each_class_one_is_asked(space) -> None:
    classes = {space.canonical_hash(a) for a in space}
    searcher = Enumeration(space, rng(2), each="class")
    asked = [searcher.ask() for _ in range(len(classes))]
    assert {space.canonical_hash(a) for a in asked} == classes
    assert all(space.canonical(a) == a for a in asked), "representatives"


def test_by_index_it_counts_up() -> None:
    searcher = Enumeration(NECKLACES, rng(), order="index")
    assert [searcher.ask() for _ in range(2 * NECKLACES.count())] == list(NECKLACES) * 2


@pytest.mark.parametrize("each", ["architecture", "class"])
def test_a_large_space_is_drawn_from_without_repetition(each: str, monkeypatch) -> None:
    monkeypatch.setattr(enumeration, "LARGEST_ENUMERATED", 50)
    searcher = Enumeration(NECKLACES, rng(3), each=each)
    different = NECKLACES.count() if each == "architecture" else len({NECKLACES.canonical_hash(a) for a in NECKLACES})
    asked = [searcher.ask() for _ in range(different)]
    keys = asked if each == "architecture" else [NECKLACES.canonical_hash(a) for a in asked]
    assert len(set(keys)) == different
    assert searcher.ask() in NECKLACES, "all was asked: something comes again"
    twin = Enumeration(NECKLACES, rng(9), each=each)
    twin.restore(searcher.state())
    assert [twin.ask() for _ in range(9)] == [searcher.ask() for _ in range(9)]


def test_a_large_space_has_no_order_by_index(monkeypatch) -> None:
    monkeypatch.setattr(enumeration, "LARGEST_ENUMERATED", 50)
    with pytest.raises(ValueError, match="at most 50 architectures, necklaces has 54"):
        Enumeration(NECKLACES, rng(), order="index")


def test_unknown_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="each must be architecture or class, got 'cell'"):
        make_searcher("enumeration", NECKLACES, 0, each="cell")
    assert convert_parameter("enumeration", "each", "class") == "class"


def test_random_sampling_repeats_itself_as_often_as_chance_does() -> None:
    searcher = RandomSampling(NECKLACES, rng(4))
    asked = [searcher.ask() for _ in range(54 * 200)]
    counts = np.array([Counter(asked)[a] for a in NECKLACES])
    assert ((counts - 200) ** 2 / 200).sum() < 53 + 5 * np.sqrt(2 * 53)
    different = np.mean([len({asked[i] for i in range(s, s + 54)}) for s in range(0, len(asked), 54)])
    assert different == pytest.approx(54 * (1 - (53 / 54) ** 54), abs=1.0)


def test_random_sampling_is_random_search_until_something_comes_again() -> None:
    pair = [make_searcher(name, NB201, 5) for name in ("random_sampling", "random_search")]
    assert len({tuple(searcher.ask() for _ in range(10)) for searcher in pair}) == 1
