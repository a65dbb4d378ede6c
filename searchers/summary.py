"""One line a run: what its pick is worth and what it cost; as CSV for reports, as a table for people."""

from __future__ import annotations

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from pathlib import Path

import numpy as np

from nasbench.database.files import write_atomically
from searchers.clock import flops_unit
from searchers.measure import Measure
from searchers.trace import Trace

COLUMNS = (
    "searcher",
    "evaluator",
    "seed",
    "queries",
    "best_val",
    "test",
    "simulated_seconds",
    "search_seconds",
    "unique",
    "epochs",
    "estimated_flops",
)
"""Columns of ``summary.csv``."""


@dataclass(frozen=True, slots=True)
class Line:
    """A run in one line.

    Args:
        searcher: name of the searcher.
        evaluator: name of the evaluator.
        seed: seed of the run.
        queries: queries made.
        best_val: the pick's score as the evaluator gave it; the pick is the best scored of the run.
        test: the pick's reported measure by the truth table.
        simulated_seconds: simulated training seconds of the run; NaN without a clock.
        search_seconds: the searcher's own seconds.
        unique: different canonical classes asked.
        epochs: epochs of training paid.
        estimated_flops: multiply-adds of training, estimated; NaN where nobody knows.
        failures: queries without a score.
        partial: whether some queries were of fewer epochs than others.
    """

    searcher: str
    evaluator: str
    seed: int
    queries: int
    best_val: float
    test: float
    simulated_seconds: float
    search_seconds: float
    unique: int
    epochs: int
    estimated_flops: float
    failures: int
    partial: bool = False

    @classmethod
    def of(cls, trace: Trace) -> Line:
        """The line of a finished run."""
        meta = trace.meta
        best = trace.incumbents(Measure.parse(meta["select"]).sign)[-1]
        return cls(
            searcher=meta["searcher"],
            evaluator=meta["evaluator"],
            seed=meta["seed"],
            queries=len(trace),
            best_val=float(trace.score[best]) if best >= 0 else math.nan,
            test=float(trace.true_test[-1]),
            simulated_seconds=float(trace.seconds[-1]),
            search_seconds=float(trace.search_seconds[-1]),
            unique=int(trace.unique[-1]),
            epochs=int(trace.epochs_paid[-1]),
            estimated_flops=float(trace.flops[-1]),
            failures=meta["failures"],
            partial=bool((trace.epochs != trace.epochs[-1]).any()),
        )


def write_lines(path: Path, lines: Iterable[Line]) -> None:
    """Writes ``summary.csv`` in one step; a number that is not known is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for line in lines:
        values = [getattr(line, column) for column in COLUMNS]
        writer.writerow(["" if value != value else value for value in values])
    write_atomically(path, text.getvalue().encode())


def as_text(lines: Sequence[Line], select: str, report: str | None) -> str:
    """Means over the seeds of each searcher on each evaluator, with the standard error of the reported measure.

    Simulated seconds and estimated FLOPs are shown where they are known, epochs where some were saved, and failures
    where there are any.
    """
    groups: dict[tuple[str, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.evaluator, line.searcher].append(line)
    most = max((line.estimated_flops for line in lines if line.estimated_flops >= 0), default=-1.0)
    divisor, unit = flops_unit(most)
    heads = (
        "evaluator",
        "searcher",
        "runs",
        select,
        report or "test",
        "simulated s",
        "own s",
        "unique",
        "epochs",
        f"estimated {unit}",
        "failed",
    )
    shown = [True] * len(heads)
    shown[5] = any(line.simulated_seconds >= 0 for line in lines)
    shown[8:] = [any(line.partial for line in lines), most >= 0, any(line.failures for line in lines)]
    rows = [heads, *((*names, *_means(group, divisor)) for names, group in groups.items())]
    rows = [tuple(compress(row, shown)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{'<' if place < 2 else '>'}{widths[place]}}" for place, cell in enumerate(row)).rstrip()
        for row in rows
    )


def _means(group: Sequence[Line], divisor: float) -> tuple[str, ...]:
    """Number of runs, then means as text, in the order of the heads."""
    test = np.array([line.test for line in group])
    known = test[~np.isnan(test)]
    error = f" ± {known.std(ddof=1) / math.sqrt(len(known)):.2f}" if len(known) > 1 else ""
    absent = f" ({len(known)} of {len(test)} known)" if len(known) < len(test) else ""
    return (
        str(len(group)),
        _mean([line.best_val for line in group], 2),
        f"{_mean(test, 2)}{error}{absent}",
        _mean([line.simulated_seconds for line in group], 0),
        _mean([line.search_seconds for line in group], 4),
        _mean([line.unique for line in group], 1),
        _mean([line.epochs for line in group], 0),
        _mean([line.estimated_flops / divisor for line in group], 2),
        _mean([line.failures for line in group], 1),
    )


def _mean(values: Iterable[float], digits: int) -> str:
    """Mean of the numbers that are known; a dash where none is."""
    numbers = np.array(list(values), dtype=np.float64)
    known = numbers[~np.isnan(numbers)]
    return f"{known.mean():,.{digits}f}" if len(known) else "-"
