"""Truth beside promise: what a table says of the cells that a one-shot search would give, and of those it ranks.

Dong and Yang, "NAS-Bench-201", ICLR 2020, ask their table so after every epoch of a search; that shared weights need
not rank as trainings do is shown by Yu et al., "Evaluating the Search Phase of Neural Architecture Search", ICLR 2020.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from nasbench.space import Architecture
from nasbench.table import Table
from predictors.metrics import kendall
from searchers.measure import Measure


def true_values(table: Table | None, measure: Measure, architectures: Iterable[Architecture]) -> np.ndarray:
    """float64 [architectures]: what a table reports of each; NaN where it, or no table, knows nothing."""
    return np.array([_value(table, measure, architecture) for architecture in architectures], dtype=np.float64)


def orientation(table: Table | None, measure: Measure) -> dict[str, float | None]:
    """Mean, standard deviation and best of the measure over a table's own values; None where there are none."""
    if table is not None:
        values = table.values(measure.metric, measure.schedule, seed=measure.seed)
        values = values[~np.isnan(values)]
        if len(values):
            best = values.max() if measure.sign > 0 else values.min()
            return {"mean": float(values.mean()), "deviation": float(values.std()), "best": float(best)}
    return {"mean": None, "deviation": None, "best": None}


def agreement(accuracy: np.ndarray, true: np.ndarray, sign: float) -> dict[str, Any]:
    """Kendall correlation of shared-weight accuracy with the truth, both [N], and how many pairs there are.

    Args:
        accuracy: by shared weights.
        true: what the table reports; NaN where it knows nothing.
        sign: 1 where more of it is better, -1 where less is.
    """
    known = ~np.isnan(true)
    count = int(known.sum())
    correlation = kendall(sign * true[known], accuracy[known]) if count > 1 else math.nan
    return {"kendall": correlation, "architectures": count}


def _value(table: Table | None, measure: Measure, architecture: Architecture) -> float:
    if table is None:
        return math.nan
    try:
        return table.query(architecture, measure.metric, schedule=measure.schedule, seed=measure.seed)
    except LookupError:
        return math.nan
