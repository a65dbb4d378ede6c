"""Non-dominated sorting, crowding and hypervolume: the mathematics of several objectives, NumPy alone.

Every objective here is a loss, smaller is better: rows of ``points`` are architectures, columns objectives, none NaN.
pymoo has the same functions; it takes 1.5 s to import and its operators draw from chance of their own, so it serves the
tests as the second way and is not needed here.

Deb, Pratap, Agarwal and Meyarivan, "A Fast and Elitist Multiobjective Genetic Algorithm: NSGA-II", IEEE Transactions on
Evolutionary Computation 2002; Zitzler and Thiele, "Multiobjective Evolutionary Algorithms: A Comparative Case Study and
the Strength Pareto Approach", same journal 1999 (hypervolume).
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np


def domination(points: np.ndarray) -> np.ndarray:
    """bool [n, n]: whether point i dominates point j, being nowhere worse and somewhere better.

    Args:
        points: float64 [n, objectives].
    """
    first, second = points[:, None, :], points[None, :, :]
    return np.asarray((first <= second).all(axis=2) & (first < second).any(axis=2))


def fronts(points: np.ndarray) -> np.ndarray:
    """int64 [n]: the front of each point, 0 for those that none dominates, 1 for those that only front 0 does, ...

    >>> fronts(np.array([[1.0, 4.0], [2.0, 2.0], [3.0, 3.0], [1.0, 4.0]])).tolist()
    [0, 0, 1, 0]
    """
    if points.shape[1] == 2:
        return _stacked(points)
    dominates = domination(points)
    waiting = dominates.sum(axis=0)
    front = np.full(len(points), -1, dtype=np.int64)
    number = 0
    while (front < 0).any():
        now = (front < 0) & (waiting == 0)
        front[now] = number
        waiting = waiting - dominates[now].sum(axis=0)
        number += 1
    return front


def _stacked(points: np.ndarray) -> np.ndarray:
    """Two objectives: points from the left; each goes to the first front whose last, lowest point leaves it room."""
    front = np.empty(len(points), dtype=np.int64)
    lowest: list[tuple[float, float]] = []  # (y, x) of the last point of each front
    xs, ys = points.T.tolist()
    for place in np.lexsort((points[:, 1], points[:, 0])).tolist():
        own = (ys[place], xs[place])
        number = 0
        while number < len(lowest) and lowest[number] < own:
            number += 1
        lowest[number : number + 1] = [own]
        front[place] = number
    return front


def crowding(points: np.ndarray) -> np.ndarray:
    """float64 [n]: crowding distance of each point among these, infinite at the ends of an objective.

    In each objective the distance of the two neighbours in the sorted order, as a share of the objective's range; an
    objective in which all are equal adds nothing between its ends.

    Args:
        points: float64 [n, objectives], usually those of one front.
    """
    distance = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        spread = column[order[-1]] - column[order[0]]
        distance[order[[0, -1]]] = np.inf
        if spread > 0:
            distance[order[1:-1]] += (column[order[2:]] - column[order[:-2]]) / spread
    return distance


def hypervolume(points: np.ndarray, reference: np.ndarray) -> float:
    """Volume that points dominate up to a reference; points that are not better than it everywhere add nothing.

    By slices along the last objective: exact, quick for fronts of some dozens in two or three objectives.

    Args:
        points: float64 [n, objectives].
        reference: float64 [objectives], the worst that counts.

    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.0, 3.0]))
    3.0
    """
    points = np.unique(points[(points < reference).all(axis=1)], axis=0)
    if not len(points):
        return 0.0
    if points.shape[1] == 1:
        return float(reference[0] - points.min())
    points = points[~domination(points).any(axis=0)]
    points = points[np.argsort(points[:, -1], kind="stable")]
    if points.shape[1] == 2:
        edges = np.append(points[1:, 1], reference[1]) - points[:, 1]
        return float(((reference[0] - points[:, 0]) * edges).sum())
    ends = np.append(points[1:, -1], reference[-1])
    return float(
        sum(
            (end - point[-1]) * hypervolume(points[: place + 1, :-1], reference[:-1])
            for place, (point, end) in enumerate(zip(points, ends.tolist(), strict=True))
            if end > point[-1]
        )
    )


def anytime_hypervolume(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """float64 [n]: the hypervolume of the first points, after each; points with a NaN add nothing.

    Args:
        points: float64 [n, objectives] in the order they came.
        reference: float64 [objectives].
    """
    if points.shape[1] == 2:
        return _swept(points, reference)
    volumes = np.zeros(len(points))
    front = np.empty((0, points.shape[1]))
    volume = 0.0
    for place, point in enumerate(points):
        better = (point < reference).all() and not (front <= point).all(axis=1).any()  # false where it has a NaN
        if better:
            front = np.vstack([front[~(front >= point).all(axis=1)], point])
            volume = hypervolume(front, reference)
        volumes[place] = volume
    return volumes


def _swept(points: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Two objectives: the front as a sorted staircase, to which each point adds the area between its neighbours."""
    worst_x, worst_y = reference.tolist()
    xs: list[float] = []  # of the front, rising
    ys: list[float] = []  # falling
    volumes = np.zeros(len(points))
    volume = 0.0
    for number, (x, y) in enumerate(points.tolist()):
        place = bisect_left(xs, x)
        dominated = (place > 0 and ys[place - 1] <= y) or (place < len(xs) and xs[place] == x and ys[place] <= y)
        if x < worst_x and y < worst_y and not dominated:
            end = place
            while end < len(xs) and ys[end] >= y:
                end += 1
            roof, left = ys[place - 1] if place else worst_y, x
            for step in range(place, end):  # what those it takes the place of had dominated is not new
                volume += (xs[step] - left) * (roof - y)
                roof, left = ys[step], xs[step]
            volume += ((xs[end] if end < len(xs) else worst_x) - left) * (roof - y)
            xs[place:end], ys[place:end] = [x], [y]
        volumes[number] = volume
    return volumes
