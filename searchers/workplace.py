"""Where runs are made: the evaluators, the truth and the space of a request, opened once a process."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import nasbench
from nasbench.space import Space
from nasbench.table import Table
from searchers.candidates import Candidates
from searchers.clock import Budget
from searchers.evaluator import Evaluator
from searchers.measure import Measure
from searchers.request import Request
from searchers.run import Run, check_clock
from searchers.searcher import make_searcher
from searchers.trace import DamagedTraceError, Trace, TraceWarning
from searchers.truth import Truth

DEFAULT_REPORT = Measure("test_accuracy")


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """One run of a comparison: which searcher on which evaluator, from which seed, and where its trace goes."""

    evaluator: str
    searcher: str
    seed: int
    path: Path

    @property
    def partial(self) -> Path:
        """Where the run is saved while it goes on."""
        return self.path.with_suffix(".partial")


class Workplace:
    """Makes the runs of a request; a context manager that opens evaluators when they are first used.

    Args:
        request: which evaluators, truth and candidates.

    Raises:
        OSError, ValueError, LookupError: a file is missing, is not what it should be, or lacks a measure.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self._evaluators: dict[str, Evaluator] = {}
        self._closing = ExitStack()

    def evaluator(self, name: str) -> Evaluator:
        """The evaluator of this name, opened once."""
        if name not in self._evaluators:
            source = next(source for source in self.request.evaluators if source.name == name)
            evaluator = self._closing.enter_context(source.open(self.request.select, self.request.options))
            self._evaluators[name] = evaluator
        return self._evaluators[name]

    @cached_property
    def truth(self) -> Truth | None:
        """What tells the truth about incumbents; None where nothing does."""
        path = self.request.truth_path()
        if path is None:
            return None
        select = self.request.select or Measure("val_accuracy")
        return Truth(nasbench.open_table(path), select, self.request.report or DEFAULT_REPORT)

    def space(self, evaluator: Evaluator) -> Space:
        """The space that searchers on this evaluator get: all of it, or the rows of the truth table.

        Raises:
            ValueError: evaluator and truth are of different spaces, or there is no truth to take candidates from.
        """
        if self.truth is None:
            if self.request.candidates == "truth":
                raise ValueError("candidates are rows of the truth table, and there is none: name it with --truth")
            return evaluator.space
        table = self.truth.table
        if table.space.name != evaluator.space.name:
            raise ValueError(
                f"the evaluator {evaluator.name} is of the space {evaluator.space.name} and the truth table of "
                f"{table.space.name}: compare within one space"
            )
        return self._candidates if self._is_restricted else evaluator.space

    @property
    def candidates(self) -> str:
        """``space`` or ``truth``: what ``auto`` has come to."""
        return "truth" if self._is_restricted else "space"

    @cached_property
    def _is_restricted(self) -> bool:
        if self.request.candidates != "auto":
            return self.request.candidates == "truth"
        growing = self.request.growing()
        truth = self.request.truth_path()
        tables = {source.path.resolve() for source in self.request.evaluators if source.kind == "table"}
        if truth is not None and truth.resolve() not in growing:
            tables.add(truth.resolve())
        return any(not covers_space(nasbench.open_table(path)) for path in sorted(tables))

    @cached_property
    def _candidates(self) -> Candidates:
        assert self.truth is not None
        return Candidates(self.truth.table.space, self.truth.table.architectures)

    def make_run(self, job: Job) -> Run:
        """A run at its beginning."""
        evaluator = self.evaluator(job.evaluator)
        parameters = self.request.parameters.get(job.searcher, {})
        searcher = make_searcher(job.searcher, self.space(evaluator), job.seed, **parameters)
        about: dict[str, Any] = {
            "space": evaluator.space.name,
            "searcher": job.searcher,
            "parameters": searcher.parameters(),
            "evaluator": job.evaluator,
            "kind": evaluator.kind(),
            "select": str(evaluator.measure),
            "report": None if self.truth is None else str(self.truth.report),
            "candidates": self.candidates,
            "seed": job.seed,
        }
        return Run(searcher, evaluator, about)

    def check(self, job: Job, budget: Budget) -> Trace | None:
        """The trace of a job as far as it has come, None before its beginning, if the job can be done.

        Raises:
            ValueError: the run that is there went beyond the budget, or the budget is in seconds that nobody counts.
        """
        check_clock(self.evaluator(job.evaluator), budget)
        latest = _latest_trace(job)
        if latest is not None and latest.exceeds(budget):
            raise ValueError(
                f"{job.path} holds a run of {len(latest)} queries, more than this budget allows: "
                f"choose another --out, or at least that budget"
            )
        return latest

    def complete(self, job: Job, budget: Budget, watch: Callable[[Run], None] | None = None) -> Trace:
        """The finished trace of a job: read where it is there, otherwise made, or gone on with, and saved.

        Args:
            job: the run.
            budget: when it ends; a run that ended with a smaller one goes on.
            watch: called with the run between two queries, now and then, after it has been saved.

        Raises:
            ValueError: as :meth:`check`.
        """
        latest = self.check(job, budget)
        if latest is not None and latest.ended(budget):
            job.partial.unlink(missing_ok=True)
            return latest
        run = self.make_run(job)
        if latest is not None:
            run.restore(latest)

        def pause(run: Run) -> None:
            run.trace().save(job.partial)
            if watch is not None:
                watch(run)

        run.go(budget, pause)
        trace = run.trace(self._truth_now())
        trace.save(job.path, durable=job.partial.exists())
        job.partial.unlink(missing_ok=True)
        return trace

    def _truth_now(self) -> Truth | None:
        """The truth, read anew where this request itself adds rows to its file."""
        path = self.request.truth_path()
        if path is not None and path.resolve() in self.request.growing():
            vars(self).pop("truth", None)
        return self.truth

    def close(self) -> None:
        """Closes the evaluators; what they trained is in their tables."""
        self._closing.close()
        self._evaluators.clear()

    def __enter__(self) -> Workplace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _latest_trace(job: Job) -> Trace | None:
    found = []
    for path in (job.path, job.partial):
        try:
            found += [Trace.load(path)] if path.exists() else []
        except DamagedTraceError as error:
            warnings.warn(f"{error}: its run is made again", TraceWarning, stacklevel=3)
    return max(found, key=len, default=None)


def covers_space(table: Table) -> bool:
    """Whether a table has rows of every canonical class of its space."""
    return len(table) >= table.space.count() or set(table.classes.tolist()) >= set(table.space.classes)
