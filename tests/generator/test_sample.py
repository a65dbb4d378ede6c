"""Samples that are walked: again and again the same, at once too, and what cannot be kept is said."""

from __future__ import annotations

import sqlite3

import numpy as np
import pytest

from nasbench import load_space
from nasbench.generator.sample import DrawnClasses, PermutedClasses, class_sample
from nasbench.space import Space
from tests.spaces.toy_spaces import Odd, Wide, WideOdd


def drawn(space: Space, count: int, seed: int) -> list:
    """The plain way, which keeps all."""
    rng, found = np.random.default_rng(np.random.SeedSequence(seed)), {}
    while len(found) < count:
        one = space.sample(rng)
        found.setdefault(space.canonical_hash(one), one)
    return list(found.values())


@pytest.mark.parametrize("space", [Wide(), WideOdd()], ids=lambda space: space.name)
def test_a_large_space_is_drawn_from_as_in_the_plain_way(space: Space) -> None:
    sample = class_sample(space, 300, 5)
    assert (type(sample), len(sample)) == (DrawnClasses, 300)
    assert list(sample) == drawn(space, 300, 5)


@pytest.mark.parametrize("space", [load_space("nas_bench_201"), Odd(), Wide()], ids=lambda space: space.name)
def test_a_sample_is_walked_as_often_as_wanted_and_twice_at_once(space: Space) -> None:
    sample = class_sample(space, 20, 1)
    first, second = iter(sample), iter(sample)
    both = [(one, next(second)) for one in first]
    assert [one for one, _ in both] == [other for _, other in both] == list(sample)
    assert len(set(sample)) == len(sample) == 20


def test_all_classes_of_a_space_that_is_enumerated() -> None:
    sample = class_sample(Odd(), None, 0)
    assert (type(sample), len(sample)) == (PermutedClasses, len(Odd().classes))


def test_no_room_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: DrawnClasses, rng: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(DrawnClasses, "_draw", full)
    with pytest.raises(OSError, match=r"cannot keep a sample of 7 classes .* \(database or disk is full\): make room"):
        class_sample(Wide(), 7, 0)
