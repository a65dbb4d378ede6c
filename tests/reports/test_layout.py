"""The layout of graphs: columns, few crossings, nothing that overlaps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reports.layout import BETWEEN, _rising, lay_out, longest_paths

FOUR = list(itertools.combinations(range(4), 2))


def crossings(routes: tuple[np.ndarray, ...]) -> int:
    """Pairs of routes that change sides, counted at the places where both are level."""
    grid = np.linspace(0, max(route[-1, 0] for route in routes), 4000)
    found = 0
    for a, b in itertools.combinations(routes, 2):
        both = grid[(grid >= max(a[0, 0], b[0, 0])) & (grid <= min(a[-1, 0], b[-1, 0]))]
        gap = np.interp(both, a[:, 0], a[:, 1]) - np.interp(both, b[:, 0], b[:, 1])
        found += int((np.diff(np.sign(gap[np.abs(gap) > 1e-9])) != 0).sum())
    return found


def test_columns_are_longest_paths() -> None:
    assert longest_paths(4, FOUR, [1] * 6).tolist() == [0, 1, 2, 3]
    assert longest_paths(4, [(0, 3), (3, 1), (0, 1)], [2, 1, 1]).tolist() == [0, 3, 0, 2]


def test_a_chain_is_a_straight_line() -> None:
    layout = lay_out(np.full((3, 2), 0.4), np.arange(3), [(0, 1), (1, 2)])
    assert np.ptp(layout.centres[:, 1]) == pytest.approx(0)
    assert (np.diff(layout.centres[:, 0]) > 0.4).all()
    assert layout.height == pytest.approx(0.4)
    assert [np.ptp(route[:, 1]) for route in layout.routes] == pytest.approx([0, 0])


def test_a_planar_graph_has_no_crossing() -> None:
    """Each node joined to each of four can be drawn without a crossing, though not from every order."""
    layout = lay_out(np.full((4, 2), 0.4), np.arange(4) * 2, FOUR)
    assert crossings(layout.routes) == 0


def test_crossings_that_must_be_are_few() -> None:
    """Three boxes each joined to three cannot be drawn with the columns side by side under nine crossings."""
    links = [(i, 3 + j) for i in range(3) for j in range(3)]
    layout = lay_out(np.full((6, 2), 0.4), np.array([0, 0, 0, 1, 1, 1]), links)
    assert len(layout.routes) == 9
    assert crossings(layout.routes) == 9


def test_boxes_of_a_column_keep_their_distance() -> None:
    rng = np.random.default_rng(0)
    sizes = np.stack([np.full(9, 0.5), rng.uniform(0.2, 0.9, 9)], axis=1)
    layout = lay_out(sizes, np.array([0] + [1] * 8), [(0, place) for place in range(1, 9)])
    order = np.argsort(layout.centres[1:, 1]) + 1
    for low, high in itertools.pairwise(order):
        room = layout.centres[high, 1] - layout.centres[low, 1] - (sizes[low, 1] + sizes[high, 1]) / 2
        assert room >= BETWEEN - 1e-9
    lowest, highest = layout.centres[:, 1] - sizes[:, 1] / 2, layout.centres[:, 1] + sizes[:, 1] / 2
    assert lowest.min() == pytest.approx(0) and highest.max() == pytest.approx(layout.height)


def test_rising_values_by_a_slow_way() -> None:
    """Against the max-min formula of isotonic regression."""
    rng = np.random.default_rng(1)
    wanted, weights = rng.normal(size=8), rng.uniform(0.5, 2, 8)

    def mean(low: int, high: int) -> float:
        return float(np.average(wanted[low : high + 1], weights=weights[low : high + 1]))

    slow = [max(min(mean(low, high) for high in range(place, 8)) for low in range(place + 1)) for place in range(8)]
    assert _rising(wanted, weights) == pytest.approx(slow)


def test_the_same_graph_is_laid_out_alike() -> None:
    first, second = (lay_out(np.full((4, 2), 0.4), np.arange(4), FOUR) for _ in range(2))
    assert np.array_equal(first.centres, second.centres)
    assert all(np.array_equal(a, b) for a, b in zip(first.routes, second.routes, strict=True))
