"""One run of one searcher on one evaluator, as a folder: ``result.json``, ``trace.npz``."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nasbench.console import duration, progress
from predictors.provenance import write_result
from searchers.clock import UNITS, Budget, flops_unit
from searchers.job import Job
from searchers.measure import Measure
from searchers.objective import objective_text
from searchers.request import Request
from searchers.result import check_same, describe, open_folder
from searchers.trace import Trace
from searchers.volumes import costs_of, summarise
from searchers.workplace import Workplace


@dataclass(frozen=True)
class Found:
    """What a run has found: the pick's text form (None without a pick) and the run's trace."""

    architecture: str | None
    trace: Trace


def search(request: Request, *, budget: Budget, seed: int, out: Path) -> Found:
    """The result of a run; also written under ``out``, where an unfinished or smaller run is gone on with.

    Args:
        request: one searcher, one evaluator.
        budget: when the run ends.
        seed: seed of the run.
        out: the folder.

    Raises:
        ValueError: the request is for more than one run, or the folder holds another run.
        OSError, LookupError: a file is missing, is not what it should be, or lacks a measure.
    """
    if len(request.searchers) != 1 or len(request.evaluators) != 1:
        raise ValueError(
            f"one run takes one searcher and one evaluator, got {len(request.searchers)} and "
            f"{len(request.evaluators)}: use nasbench compare for more"
        )
    job = Job(request.evaluators[0].name, request.searchers[0], seed, out / "trace.npz")
    with Workplace(request) as workplace:
        about = {**describe("search", workplace), "seed": seed, **asdict(budget)}
        with open_folder(out, "search") as old:  # not before all that is named was opened
            if old is not None:
                check_same(out, old, about)
            before = job.check(workplace, budget)
            costs_of(workplace, about["parameters"])
            write_result(out, {**about, "complete": False})
            trace = _watched(workplace, job, budget, before)
            about |= summarise(out, workplace, about, [trace])
            pick = _pick(trace, workplace)
            write_result(out, {**about, "pick": pick, "stopped": trace.meta["stopped"], "complete": True})
    return Found(pick, trace)


def _watched(workplace: Workplace, job: Job, budget: Budget, before: Trace | None) -> Trace:
    """The finished trace of a job, whose progress is shown in what first ends it."""
    unit, limit = budget.limit
    done = 0 if before is None else int(before.spent(unit)[-1])
    with progress(math.ceil(limit), UNITS[unit], done=done) as bar:
        trace = job.complete(workplace, budget, lambda run: bar.update(int(run.recorder.spent(unit)) - bar.done))
        if unit == "queries":
            bar.update(len(trace) - bar.done)
    return trace


def as_text(found: Found) -> str:
    """A run in a few lines: the pick, its score, what it is worth, what it cost."""
    trace, meta = found.trace, found.trace.meta
    failures = f", {meta['failures']:,} failed" if meta["failures"] else ""
    lines = [
        f"{meta['searcher']} on {meta['evaluator']}, seed {meta['seed']}: {len(trace):,} queries, "
        f"{trace.unique[-1]:,} classes{failures}, ended by {meta['stopped']}"
    ]
    if found.architecture is None:
        lines.append("nothing was found: every architecture failed")
    else:
        best = trace.incumbents(Measure.parse(meta["select"]).sign)[-1]
        lines += [
            f"best  {found.architecture}",
            f"      {objective_text(meta['select'], meta.get('penalties', {}))} {trace.score[best]:.4f} "
            f"by {meta['evaluator']}",
        ]
        if meta["report"] is not None and not np.isnan(trace.true_test[-1]):
            lines.append(f"      {meta['report']} {trace.true_test[-1]:.4f} by the truth table")
    own = f"{trace.search_seconds[-1]:.3g} s of its own"
    clock = f"{duration(trace.seconds[-1])} of training ({meta['clock']})" if meta["clock"] != "none" else "no clock"
    return "\n".join([*lines, f"      {trace.epochs_paid[-1]:,} epochs, {clock}{_flops_text(trace)}, {own}"])


def _flops_text(trace: Trace) -> str:
    spent = float(trace.flops[-1])
    if math.isnan(spent):
        return ""
    divisor, unit = flops_unit(spent)
    return f", {spent / divisor:.3g} {unit} ({trace.meta['flops_clock']})"


def _pick(trace: Trace, workplace: Workplace) -> str | None:
    """Text form of the architecture with the best score."""
    best = trace.incumbents(Measure.parse(trace.meta["select"]).sign)[-1]
    if best < 0:
        return None
    space = workplace.evaluator(trace.meta["evaluator"]).space
    return space.format(space.architecture(trace.choices[best].tolist()))
