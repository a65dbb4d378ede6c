"""Fronts, crowding and hypervolume: known values, a second slow way, and pymoo's."""

from __future__ import annotations

import numpy as np
import pytest

from searchers.pareto import anytime_hypervolume, crowding, domination, fronts, hypervolume


def cloud(n: int, objectives: int, seed: int = 0, steps: int = 0) -> np.ndarray:
    """Points in the unit cube, on a grid where steps are given, so that there are ties."""
    points = np.random.default_rng(seed).random((n, objectives))
    return np.floor(points * steps) / steps if steps else points


CLOUDS = [(40, 2, 0), (40, 2, 4), (40, 3, 0), (30, 3, 3), (25, 4, 0), (1, 2, 0), (30, 1, 5)]


def peeled(points: np.ndarray) -> list[int]:
    """Fronts by taking away again and again what nothing left dominates."""
    left, front = set(range(len(points))), [-1] * len(points)
    number = 0
    while left:
        best = {
            i for i in left if not any((points[j] <= points[i]).all() and (points[j] < points[i]).any() for j in left)
        }
        for i in best:
            front[i] = number
        left -= best
        number += 1
    return front


@pytest.mark.parametrize(("n", "objectives", "steps"), CLOUDS)
def test_fronts_are_what_peeling_gives(n: int, objectives: int, steps: int) -> None:
    for seed in range(5):
        points = cloud(n, objectives, seed, steps)
        assert fronts(points).tolist() == peeled(points)


def test_equals_do_not_dominate_each_other() -> None:
    assert not domination(np.ones((2, 3))).any()
    assert domination(np.array([[1.0, 1.0], [1.0, 2.0]])).tolist() == [[False, True], [False, False]]


def test_crowding_by_hand() -> None:
    points = np.array([[0.0, 10.0], [1.0, 6.0], [3.0, 5.0], [4.0, 0.0]])
    assert crowding(points).tolist() == [np.inf, 3 / 4 + 5 / 10, 3 / 4 + 6 / 10, np.inf]
    assert crowding(np.ones((3, 2))).tolist() == [np.inf, 0.0, np.inf]
    assert crowding(np.ones((1, 2))).tolist() == [np.inf]


def inclusion_exclusion(points: np.ndarray, reference: np.ndarray) -> float:
    """Volume of a union of boxes, counted by all their intersections."""
    inside = points[(points < reference).all(axis=1)]
    total = 0.0
    for chosen in range(1, 2 ** len(inside)):
        members = inside[[i for i in range(len(inside)) if chosen >> i & 1]]
        total -= (-1) ** len(members) * float(np.prod(reference - members.max(axis=0)))
    return total


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
@pytest.mark.parametrize("steps", [0, 4])
def test_hypervolume_is_that_of_the_union_of_boxes(objectives: int, steps: int) -> None:
    for seed in range(5):
        points, reference = cloud(9, objectives, seed, steps), np.full(objectives, 0.8)
        assert hypervolume(points, reference) == pytest.approx(inclusion_exclusion(points, reference), abs=1e-12)


def test_nothing_has_no_volume() -> None:
    assert hypervolume(np.empty((0, 2)), np.ones(2)) == 0.0
    assert hypervolume(np.array([[0.5, 1.0], [2.0, 0.0]]), np.ones(2)) == 0.0


@pytest.mark.parametrize(("n", "objectives", "steps"), CLOUDS)
def test_anytime_hypervolume_is_the_hypervolume_of_each_beginning(n: int, objectives: int, steps: int) -> None:
    points, reference = cloud(n, objectives, 7, steps), np.full(objectives, 0.9)
    points[n // 2, 0] = np.nan
    known = np.where(np.isnan(points), np.inf, points)
    expected = [hypervolume(known[: place + 1], reference) for place in range(n)]
    assert anytime_hypervolume(points, reference) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("n", "objectives", "steps"), CLOUDS)
def test_pymoo_says_the_same(n: int, objectives: int, steps: int) -> None:
    """Its crowding puts equals of one objective in another order, so that only clouds without ties are compared."""
    pytest.importorskip("pymoo")
    from pymoo.indicators.hv import HV
    from pymoo.operators.survival.rank_and_crowding.metrics import calc_crowding_distance
    from pymoo.util.nds.non_dominated_sorting import NonDominatedSorting

    points = cloud(n, objectives, 11, steps)
    _, ranks = NonDominatedSorting().do(points, return_rank=True)
    assert fronts(points).tolist() == ranks.tolist()
    volume = HV(ref_point=np.full(objectives, 0.9))(points)
    assert hypervolume(points, np.full(objectives, 0.9)) == pytest.approx(volume, abs=1e-12)
    if not steps:
        best = points[fronts(points) == 0]
        theirs = calc_crowding_distance(best)
        if len(best) > 2:
            assert crowding(best) / objectives == pytest.approx(theirs, abs=1e-12)
