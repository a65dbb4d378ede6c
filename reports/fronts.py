"""Fronts of score and cost, from the columns that ``nasbench compare`` wrote of all runs to one value a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reports.result import RunFront

RUN = ("evaluator", "searcher", "seed")
MEMBER = (*RUN, "query", "architecture", "score")
"""Columns of ``pareto.csv``; those that follow are costs."""
POINTS = 200
"""Points of a curve over costs."""

Columns = Mapping[str, Sequence[str]]


def group_fronts(grown: Columns, members: Columns) -> tuple[RunFront, ...]:
    """A front for each run, in the order of the columns.

    Args:
        grown: of ``hypervolume.csv``: run, queries, hypervolume.
        members: of ``pareto.csv``: :data:`MEMBER` and costs.
    """
    steps, front = _rows(grown), _rows(members)
    costs = [name for name in members if name not in MEMBER]
    return tuple(
        RunFront(
            evaluator=run[0],
            searcher=run[1],
            seed=int(run[2]),
            queries=_numbers(grown["queries"], rows),
            hypervolume=_numbers(grown["hypervolume"], rows),
            score=_numbers(members["score"], front.get(run, [])),
            costs={name: _numbers(members[name], front.get(run, [])) for name in costs},
        )
        for run, rows in steps.items()
    )


def _rows(columns: Columns) -> dict[tuple[str, ...], list[int]]:
    """Numbers of the rows of each run."""
    found: dict[tuple[str, ...], list[int]] = {}
    for row, run in enumerate(zip(*(columns[name] for name in RUN), strict=True)):
        found.setdefault(run, []).append(row)
    return found


def _numbers(texts: Sequence[str], rows: Sequence[int]) -> np.ndarray:
    return np.array([float(texts[row]) if texts[row] else np.nan for row in rows], dtype=np.float64)


def volume_after(front: RunFront, queries: np.ndarray) -> np.ndarray:
    """float64 [queries]: the hypervolume after each of these numbers of queries, 0 before the first."""
    place = np.searchsorted(front.queries, queries, side="right") - 1
    return np.where(place >= 0, front.hypervolume[np.maximum(place, 0)], 0.0)


def score_within(front: RunFront, cost: str, budgets: np.ndarray, sign: float) -> np.ndarray:
    """float64 [budgets]: the best score that costs at most each budget, NaN where nothing does.

    Args:
        front: of a run.
        cost: one of its costs.
        budgets: in the unit of the cost.
        sign: 1 where larger scores are better, -1 where smaller are.
    """
    affordable = front.costs[cost][:, None] <= budgets
    best = np.where(affordable, sign * front.score[:, None], -np.inf).max(axis=0, initial=-np.inf)
    return np.where(np.isfinite(best), sign * best, np.nan)
