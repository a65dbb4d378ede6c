"""What an incumbent is worth: its true validation and test value, from a table. Only the runner holds one of these."""

from __future__ import annotations

import math

import numpy as np

from nasbench.space import Architecture
from nasbench.table import Table
from searchers.measure import Measure, resolved


class Truth:
    """Looks up the selecting and the reported measure of architectures, each once.

    Args:
        table: the whole table, test metrics included.
        select: the measure that incumbents are chosen by; where the table lacks it, true values of it are NaN.
        report: the measure that a comparison reports, usually on test images.

    Raises:
        LookupError: the table lacks the reported measure; the message says what it has.
    """

    def __init__(self, table: Table, select: Measure, report: Measure) -> None:
        self.table = table
        self.select = _resolved_if_there(select, table)
        self.report = resolved(report, table)
        self._known: dict[tuple[int, ...], tuple[float, float]] = {}

    def values(self, choices: tuple[int, ...]) -> tuple[float, float]:
        """Value of the selecting and of the reported measure; NaN where the table has no answer."""
        known = self._known.get(choices)
        if known is None:
            architecture = Architecture(self.table.space.name, choices)
            known = (self._value(architecture, self.select), self._value(architecture, self.report))
            self._known[choices] = known
        return known

    def _value(self, architecture: Architecture, measure: Measure | None) -> float:
        if measure is None:
            return math.nan
        try:
            return self.table.query(architecture, measure.metric, schedule=measure.schedule, seed=measure.seed)
        except LookupError:
            return math.nan


def true_values(truth: Truth | None, choices: np.ndarray, best: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True selecting and reported value of the incumbent after each query: two float64 arrays, NaN where not known.

    Args:
        truth: where they are looked up, each incumbent once; None knows nothing.
        choices: integers of shape (queries, choices), what was asked.
        best: index of the incumbent after each query, -1 for none.
    """
    values = np.full((2, len(best)), np.nan)
    if truth is not None and len(best) and best[-1] >= 0:
        distinct, place = np.unique(best[best >= 0], return_inverse=True)
        found = np.array([truth.values(tuple(choices[index].tolist())) for index in distinct.tolist()])
        values[:, best >= 0] = found[place].T
    return values[0], values[1]


def _resolved_if_there(measure: Measure, table: Table) -> Measure | None:
    try:
        return resolved(measure, table)
    except LookupError:
        return None
