"""Where the boxes of a graph stand: a layered layout from left to right in which nothing overlaps. NumPy only.

Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures", IEEE Transactions on
Systems, Man, and Cybernetics 11(2), 1981: boxes stand in columns, a link that passes a column has a slot of its own
there, columns are ordered for few crossings, and heights are least squares under that order. Links bend between columns
alone, so that none runs through a box. All lengths are in inches.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SLOT = 0.06
"""Height of what a link takes in a column that it passes."""
BETWEEN = 0.14
"""Least distance of boxes and slots in a column."""
PORTS = 0.72
"""Share of a box's side over which its links spread."""
STARTS = 8
"""Orders from which better ones are looked for."""
SWEEPS = 24
"""Passes over the columns, when they are ordered and when heights are found."""

Link = tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """A graph with places.

    Args:
        centres: float64 [boxes, 2]: x to the right and y upwards, from the lower left corner.
        routes: for each link float64 [points, 2]: ends of its level pieces, pairwise; it bends between the pairs.
        width: of all.
        height: of all.
    """

    centres: np.ndarray
    routes: tuple[np.ndarray, ...]
    width: float
    height: float


def longest_paths(count: int, links: Sequence[Link], lengths: Sequence[int]) -> np.ndarray:
    """int64 [count]: for each box the length of the longest path that leads to it; links make no circle.

    >>> longest_paths(3, [(0, 2), (2, 1), (0, 1)], [1, 1, 1]).tolist()
    [0, 2, 1]
    """
    columns = np.zeros(count, dtype=np.int64)
    for _ in range(count):  # a path has at most this many boxes
        for (source, target), length in zip(links, lengths, strict=True):
            columns[target] = max(columns[target], columns[source] + length)
    return columns


def lay_out(sizes: np.ndarray, columns: np.ndarray, links: Sequence[Link]) -> Layout:
    """Places of boxes and routes of links.

    Args:
        sizes: [boxes, 2]: width and height of each box.
        columns: [boxes]: the column of each box, from 0.
        links: (source, target), the source in an earlier column.
    """
    slots = _Slots.of(sizes, columns, links)
    order = _ordered(slots)
    heights = _heights(slots, order)
    lowest = float((heights - slots.sizes[:, 1] / 2).min())
    top = float((heights + slots.sizes[:, 1] / 2).max())
    y = top - heights  # orders run from the top down
    sides, left, right = _ports(slots, y), *_columns(slots, y)
    x = (left + right)[slots.columns] / 2
    routes = tuple(_route(slots, chain, x, y, sides, left, right) for chain in slots.chains)
    return Layout(np.stack([x, y], axis=1)[: len(sizes)], routes, float(right[-1]), top - lowest)


@dataclass(frozen=True)
class _Slots:
    """Boxes, then slots of links in the columns that they pass; ``chains`` has all that a link meets, in order."""

    sizes: np.ndarray
    columns: np.ndarray
    chains: tuple[tuple[int, ...], ...]
    boxes: int

    @classmethod
    def of(cls, sizes: np.ndarray, columns: np.ndarray, links: Sequence[Link]) -> _Slots:
        all_sizes, all_columns, chains = sizes.tolist(), columns.tolist(), []
        for source, target in links:
            chain = [source]
            for column in range(int(columns[source]) + 1, int(columns[target])):
                chain.append(len(all_sizes))
                all_sizes.append([0.0, SLOT])
                all_columns.append(column)
            chains.append((*chain, target))
        return cls(np.array(all_sizes, dtype=np.float64), np.array(all_columns), tuple(chains), len(sizes))

    @property
    def pieces(self) -> list[Link]:
        """(earlier, later) wherever a link leads from a column to the next."""
        return [pair for chain in self.chains for pair in itertools.pairwise(chain)]


def _ordered(slots: _Slots) -> list[list[int]]:
    """Boxes and slots of each column, from the top down, with few crossings of links."""
    given = [np.flatnonzero(slots.columns == column).tolist() for column in range(int(slots.columns.max()) + 1)]
    best, fewest = given, _crossings(slots, given)
    rng = np.random.default_rng(0)  # the same graph is always drawn alike
    for start in range(STARTS):
        order = [list(items) if start == 0 else rng.permutation(items).tolist() for items in given]
        for sweep in range(SWEEPS):
            if not fewest:
                return best
            before = [list(items) for items in order]
            forward = sweep % 2 == 0
            for column in range(len(order)) if forward else range(len(order) - 1, -1, -1):
                _sort_by_neighbours(order, column, slots.pieces, forward)
            _swap_neighbours(slots, order)
            crossings = _crossings(slots, order)
            if crossings < fewest:
                best, fewest = [list(items) for items in order], crossings
            if order == before:
                break
    return best


def _sort_by_neighbours(order: list[list[int]], column: int, pieces: Sequence[Link], forward: bool) -> None:
    """Sorts a column by the mean place of what each of it is joined to in the column before, or after."""
    place = {item: rank for items in order for rank, item in enumerate(items)}
    joined: dict[int, list[int]] = {}
    for earlier, later in pieces:
        joined.setdefault(later if forward else earlier, []).append(place[earlier if forward else later])
    means = {item: float(np.mean(joined.get(item, [place[item]]))) for item in order[column]}
    order[column].sort(key=lambda item: (means[item], place[item]))


def _swap_neighbours(slots: _Slots, order: list[list[int]]) -> None:
    """Swaps neighbours in columns as long as fewer links cross after it."""
    fewest = _crossings(slots, order)
    for items in order:
        for place in range(len(items) - 1):
            items[place : place + 2] = items[place : place + 2][::-1]
            crossings = _crossings(slots, order)
            if crossings < fewest:
                fewest = crossings
            else:
                items[place : place + 2] = items[place : place + 2][::-1]


def _crossings(slots: _Slots, order: Sequence[Sequence[int]]) -> int:
    """How many pairs of links cross between two columns."""
    place = np.empty(len(slots.columns), dtype=np.int64)
    for items in order:
        place[list(items)] = np.arange(len(items))
    ends = np.array(slots.pieces, dtype=np.int64).reshape(-1, 2)
    gap, first, second = slots.columns[ends[:, 0]], place[ends[:, 0]], place[ends[:, 1]]
    turned = (first[:, None] - first) * (second[:, None] - second) < 0
    return int((turned & (gap[:, None] == gap)).sum()) // 2


def _heights(slots: _Slots, order: Sequence[Sequence[int]]) -> np.ndarray:
    """Heights from the top down: links as level as the order and the sizes allow, those through slots above all."""
    tall = slots.sizes[:, 1]
    heights = np.zeros(len(tall))
    pull = np.zeros((len(tall), len(tall)))
    for pair in slots.pieces:
        pull[pair] = pull[pair[::-1]] = 1 + 3 * sum(end >= slots.boxes for end in pair)
    offsets = []
    for items in order:
        steps = (tall[items[:-1]] + tall[items[1:]]) / 2 + BETWEEN
        offsets.append(np.concatenate([[0.0], np.cumsum(steps)]))
        heights[list(items)] = offsets[-1] - offsets[-1][-1] / 2
    for sweep in range(SWEEPS):
        for column in range(len(order)) if sweep % 2 else range(len(order) - 1, -1, -1):
            items = list(order[column])
            weights = pull[items].sum(axis=1)
            wanted = np.where(weights > 0, pull[items] @ heights / np.maximum(weights, 1), heights[items])
            heights[items] = _rising(wanted - offsets[column], np.maximum(weights, 1)) + offsets[column]
    return heights


def _rising(wanted: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The never falling values nearest to those wanted, in weighted least squares (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(wanted.tolist(), weights.tolist(), strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, first, n), (b, second, m) = blocks[-2:]
            blocks[-2:] = [((a * first + b * second) / (first + second), first + second, n + m)]
    return np.repeat([block[0] for block in blocks], [block[2] for block in blocks])


def _ports(slots: _Slots, y: np.ndarray) -> dict[tuple[int, int, bool], float]:
    """Height at which a piece (box or slot, its other end, whether it leaves) touches its box."""
    found: dict[tuple[int, int, bool], float] = {}
    for leaves in (False, True):
        ends = [pair if leaves else pair[::-1] for pair in slots.pieces]
        for item in range(len(y)):
            others = sorted((other for own, other in ends if own == item), key=lambda other: y[other])
            span = PORTS * slots.sizes[item, 1] if item < slots.boxes and len(others) > 1 else 0.0
            for other, shift in zip(others, np.linspace(-span / 2, span / 2, len(others)), strict=True):
                found[item, other, leaves] = float(y[item] + (shift if len(others) > 1 else 0.0))
    return found


def _columns(slots: _Slots, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Left and right end of each column: as wide as its boxes, further apart where links between bend much."""
    count = int(slots.columns.max()) + 1
    wide, room = np.zeros(count), np.full(count, 0.3)
    np.maximum.at(wide, slots.columns, slots.sizes[:, 0])
    for earlier, later in slots.pieces:
        column = slots.columns[earlier]
        room[column] = min(0.7, max(room[column], 0.2 + 0.25 * abs(y[earlier] - y[later])))
    left = np.concatenate([[0.0], np.cumsum(wide + room)[:-1]])
    return left, left + wide


def _route(
    slots: _Slots,
    chain: Sequence[int],
    x: np.ndarray,
    y: np.ndarray,
    ports: dict[tuple[int, int, bool], float],
    left: np.ndarray,
    right: np.ndarray,
) -> np.ndarray:
    """Level pieces of a link: from its box to the column's end, through slots, and from there to the other box."""
    source, *passed, target = chain
    start, end = ports[source, chain[1], True], ports[target, chain[-2], False]
    points = [(x[source] + slots.sizes[source, 0] / 2, start), (right[slots.columns[source]], start)]
    for slot in passed:
        points += [(left[slots.columns[slot]], y[slot]), (right[slots.columns[slot]], y[slot])]
    points += [(left[slots.columns[target]], end), (x[target] - slots.sizes[target, 0] / 2, end)]
    return np.array(points)
