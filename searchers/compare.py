"""Searchers x evaluators x seeds: every run of a comparison, made once, in any order, in any number of processes.

A comparison is a folder: ``result.json`` (what was compared), ``traces/EVALUATOR/SEARCHER/SEED.npz`` (what happened),
``summary.csv`` (a line a run). Made again with more seeds, searchers, evaluators or budget it is extended.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from nasbench.console import Progress, progress
from predictors.provenance import write_result
from searchers.clock import Budget
from searchers.job import Job
from searchers.pool import complete_all
from searchers.request import Request
from searchers.result import check_same, describe, open_folder
from searchers.summary import Line, write_lines
from searchers.trace import Trace
from searchers.volumes import costs_of, summarise
from searchers.workplace import Workplace

ALONE_SECONDS = 1.0
"""Time for which runs are made in the calling process before others are started: small comparisons end in it."""


def compare(request: Request, *, budget: Budget, seeds: int, out: Path, workers: int = 1) -> list[Line]:
    """One line a run, in the order of evaluators, searchers, seeds; also written, with the traces, under ``out``.

    Numbers do not depend on ``workers``, clocks aside. Evaluators that train run one after the other in this process:
    their table has one writer.

    Args:
        request: searchers, evaluators, truth and measures.
        budget: when each run ends.
        seeds: runs of each searcher on each evaluator, from the seeds 0, 1, ...
        out: the folder; one that holds a part of this comparison is gone on with.
        workers: processes.

    Raises:
        ValueError: the folder holds another comparison; the message says which setting differs.
        OSError, LookupError: a file is missing, is not what it should be, or lacks a measure.
    """
    for name, value in (("seeds", seeds), ("workers", workers)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    jobs = [
        Job(source.name, searcher, seed, out / "traces" / source.name / searcher / f"{seed:04d}.npz")
        for source in request.evaluators
        for searcher in request.searchers
        for seed in range(seeds)
    ]
    with Workplace(request) as workplace:
        about = {**describe("compare", workplace), **asdict(budget), "seeds": seeds}
        with open_folder(out, "compare") as old:  # not before all that is named was opened
            if old is not None:
                check_same(out, old, about)
            costs_of(workplace, about["parameters"])
            missing = [
                job for job in jobs if (found := job.check(workplace, budget)) is None or not found.ended(budget)
            ]
            if missing or old is None:
                write_result(out, {**about, "complete": False})
            with progress(len(jobs), "runs", done=len(jobs) - len(missing)) as bar:
                _complete(workplace, missing, budget, workers, bar)
            if workplace.truth_grows and missing:
                for job in jobs:
                    job.tell_truth(workplace)
            os.sync()  # short runs were not waited for one by one
            traces = [Trace.load(job.path) for job in jobs]
            lines = [Line.of(trace) for trace in traces]
            write_lines(out / "summary.csv", lines)
            about |= summarise(out, workplace, about, traces)
            write_result(out, {**about, "complete": True})
    return lines


def _complete(workplace: Workplace, jobs: Sequence[Job], budget: Budget, workers: int, bar: Progress) -> None:
    """Makes runs: here for a moment, in case that is all, then in workers where there may be several."""
    alone = {source.name for source in workplace.request.evaluators if source.writes}
    waiting = deque(job for job in jobs if job.evaluator not in alone)
    until = time.monotonic() + ALONE_SECONDS
    while waiting and (workers == 1 or time.monotonic() < until):
        _complete_here(workplace, waiting.popleft(), budget, bar)
    for finished in complete_all(workplace.request, list(waiting), budget, workers) if waiting else ():
        bar.update(finished)
    for job in jobs:
        if job.evaluator in alone:
            _complete_here(workplace, job, budget, bar)


def _complete_here(workplace: Workplace, job: Job, budget: Budget, bar: Progress) -> None:
    job.complete(workplace, budget, lambda run: bar.update(0, query=len(run.recorder)))
    bar.update(1)
