"""A few architectures as a space: members, moves and classes against the plain definitions."""

from __future__ import annotations

import numpy as np
import pytest

import nasbench
from searchers.candidates import Candidates
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
MEMBERS = kit.sample(80)
SPACE = Candidates(NB201, MEMBERS)


def distance(first, second) -> int:
    return sum(a != b for a, b in zip(first.choices, second.choices, strict=True))


def test_members_are_the_given_ones_each_once() -> None:
    assert list(Candidates(NB201, [*MEMBERS, *MEMBERS])) == MEMBERS
    assert len(SPACE) == 80
    assert all((a in SPACE) == (a in set(MEMBERS)) for a in kit.sample(300))


def test_neighbours_are_the_nearest() -> None:
    for member in MEMBERS:
        others = [other for other in MEMBERS if other != member]
        nearest = min(distance(member, other) for other in others)
        assert set(SPACE.neighbors(member)) == {other for other in others if distance(member, other) == nearest}
    outside = next(a for a in kit.sample(300) if a not in SPACE)
    assert set(SPACE.neighbors(outside)) <= set(MEMBERS)


def test_moves_stay_inside() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        first, second = SPACE.sample(rng), SPACE.sample(rng)
        assert SPACE.mutate(first, rng) in set(SPACE.neighbors(first))
        assert SPACE.crossover(first, second, rng) in SPACE
    assert {SPACE.sample(rng) for _ in range(2000)} == set(MEMBERS)


def test_one_alone_is_its_own_mutant() -> None:
    alone = Candidates(NB201, MEMBERS[:1])
    rng = np.random.default_rng(0)
    assert alone.neighbors(MEMBERS[0]) == []
    assert alone.mutate(MEMBERS[0], rng) == alone.sample(rng) == MEMBERS[0]


def test_text_and_classes_are_those_of_the_whole_space() -> None:
    for member in MEMBERS[:10]:
        assert SPACE.canonical_hash(member) == NB201.canonical_hash(member)
        assert SPACE.parse(SPACE.format(member)) == member
        assert SPACE.from_index(SPACE.index(member)) == member


def test_none_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Candidates(NB201, [])
