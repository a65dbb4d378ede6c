"""What runs have spent, in each unit of budgets, and what their incumbents were worth by then."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reports.drawing import time_unit
from reports.result import Comparison, Run
from searchers.clock import flops_unit

POINTS = 200
"""Points of a curve over what was spent; over queries there is one for each."""
TIME = {"recorded": "training time, as recorded", "estimated": "training time, estimated, not measured"}
"""What an axis of simulated seconds is called, by the kind of clock."""
FLOPS = "training cost, estimated from FLOPs x epochs"
"""What an axis of FLOPs is called: nobody measures them."""


def axes_of(comparison: Comparison, evaluator: str) -> list[str]:
    """The units that curves on an evaluator are drawn over, that of the budget first.

    Queries tell what was spent only where every training was whole; FLOPs stand in for seconds that nobody counted.
    """
    runs = [run for run in comparison.runs if run.evaluator == evaluator]
    timed = any(np.isfinite(run.seconds).any() for run in runs)
    counted = any(np.isfinite(run.spent("flops")).any() for run in runs)
    kept = {
        "queries": not any(run.partial for run in runs),
        "seconds": timed,
        "epochs": any(run.partial for run in runs),
        "flops": counted and not timed,
    }
    return list(dict.fromkeys([comparison.over, *(unit for unit, shown in kept.items() if shown)]))


def axis_label(comparison: Comparison, evaluator: str, over: str) -> str:
    """What an axis of a unit is called, without the size of its unit."""
    if over == "seconds":
        return TIME.get(comparison.clock(evaluator), "training time")
    return {"queries": "queries", "epochs": "epochs of training paid", "flops": FLOPS}[over]


def scale(over: str, most: float) -> tuple[float, str]:
    """Size and name of the unit in which so much is best read; no name for what is simply counted."""
    if over == "seconds":
        return time_unit(most)
    return flops_unit(most) if over == "flops" else (1.0, "")


def amount_text(over: str, amount: float) -> str:
    """An amount in words.

    >>> amount_text("epochs", 600), amount_text("flops", 2e15)
    ('600 epochs', '2 PFLOPs')
    """
    divisor, unit = scale(over, amount)
    return f"{amount / divisor:,.10g} {unit or over}"


def grid(runs: Iterable[Run], over: str) -> np.ndarray:
    """Amounts at which runs are looked at together: float64, rising, with the smallest that each has spent first.

    Over queries these are all up to the end of the shortest run; of others :data:`POINTS`, up to the end of the
    longest, where a run that has ended keeps its incumbent.
    """
    spent = [run.spent(over) for run in runs]
    if over == "queries":
        return np.arange(1.0, min(map(len, spent)) + 1)
    start, end = max(each[0] for each in spent), max(each[-1] for each in spent)
    return np.geomspace(start, end, POINTS) if start > 0 else np.linspace(start, end, POINTS)


def value_after(run: Run, value: str, over: str, amounts: np.ndarray) -> np.ndarray:
    """float64 [amounts]: an array of the run as it was when so much was spent, its first entry before.

    Args:
        run: with at least one query.
        value: ``true_test``, ``true_val`` or ``score``.
        over: a unit of budgets.
        amounts: of it.
    """
    values: np.ndarray = getattr(run, value)
    done = np.searchsorted(run.spent(over), np.asarray(amounts) * (1 + 1e-12), side="right") - 1
    return values[np.maximum(done, 0)]


def checkpoints(comparison: Comparison) -> list[float]:
    """Amounts of the budget's unit at which tables look: 1, 2, 5, 10, ... from a fiftieth of it on, and all of it.

    Those at which some run has no result yet are left out.
    """
    over, runs = comparison.over, comparison.runs
    most = min(len(run.score) for run in runs) if over == "queries" else comparison.most
    first = max(float(run.spent(over)[0]) for run in runs)
    steps = [step * 10.0**power for power in range(25) for step in (1, 2, 5)]
    return [step for step in steps if max(0.02 * most, first) <= step < most] + [most]
