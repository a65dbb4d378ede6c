"""Where a search begins: far apart, among what promises most, and far from what was told."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nasbench
from searchers.beliefs import View
from searchers.hints import Hints
from searchers.notebook import Notebook
from searchers.openings import farthest, opening

NB201 = nasbench.load_space("nas_bench_201")


def nearest(points: np.ndarray) -> float:
    """Smallest distance between two of the points."""
    return min(float(np.linalg.norm(a - b)) for a, b in itertools.combinations(points, 2))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 4))
def test_no_design_has_twice_the_smallest_distance(seed: int, count: int) -> None:
    points = np.random.default_rng(seed).normal(size=(9, 2))
    chosen = farthest(points, np.empty((0, 2)), count, np.random.default_rng(seed))
    assert len(set(chosen)) == count
    best = max(nearest(points[list(few)]) for few in itertools.combinations(range(9), count))
    assert nearest(points[chosen]) >= best / 2 - 1e-12


def test_each_is_the_farthest_from_those_before_it_and_from_the_others() -> None:
    points, others = np.array([[0.0], [1.0], [5.0], [9.0], [10.0]]), np.array([[0.5]])
    assert farthest(points, others, 3, np.random.default_rng(0)) == [4, 2, 3]
    assert len(farthest(points, np.empty((0, 1)), 9, np.random.default_rng(0))) == 5


def test_equal_points_come_last() -> None:
    points = np.array([[0.0], [0.0], [0.0], [1.0]])
    for seed in range(5):
        first, second, *_ = farthest(points, np.empty((0, 1)), 4, np.random.default_rng(seed))
        assert {float(points[first, 0]), float(points[second, 0])} == {0.0, 1.0}


@pytest.mark.parametrize("hint", ["", "parameters"])
def test_an_opening_is_new_promising_and_spread(hint: str) -> None:
    hints, rng = Hints(NB201), np.random.default_rng(3)
    notes, view = Notebook(NB201, False), View(NB201, hints, "program", "")
    notes.note(NB201.sample(rng), 50.0)
    found = opening(notes, view, hints, hint, 0.3, 10, rng)
    assert len(found) == 10 and all(notes.is_new(each) for each in found)
    assert len({NB201.canonical_hash(each) for each in found}) == 10
    drawn = [NB201.sample(rng) for _ in range(600)]
    sizes = np.sort(hints.values("parameters", drawn))
    smallest = hints.values("parameters", found).min()
    assert (smallest >= sizes[int(0.6 * 600)]) == (hint != "")
    scaled = view.features(found) / view.deviations
    by_lot = np.median([nearest(view.features(drawn[i : i + 10]) / view.deviations) for i in range(0, 600, 10)])
    if not hint:
        assert nearest(scaled) > by_lot
