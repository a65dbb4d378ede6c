"""One run as a file: made, gone on with, or read where it is there."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from searchers.clock import Budget
from searchers.run import Run, check_clock
from searchers.trace import DamagedTraceError, Trace, TraceWarning
from searchers.truth import true_values
from searchers.workplace import Workplace


@dataclass(frozen=True, slots=True, order=True)
class Job:
    """Which searcher on which evaluator, from which seed, and the file of its trace."""

    evaluator: str
    searcher: str
    seed: int
    path: Path

    @property
    def partial(self) -> Path:
        """Where the run is saved while it goes on."""
        return self.path.with_suffix(".partial")

    def latest(self) -> Trace | None:
        """The run as far as it has come; None before its beginning. A damaged file is warned of and left out."""
        found = []
        for path in (self.path, self.partial):
            try:
                found += [Trace.load(path)] if path.exists() else []
            except DamagedTraceError as error:
                warnings.warn(f"{error}: its run is made again", TraceWarning, stacklevel=2)
        return max(found, key=len, default=None)

    def check(self, workplace: Workplace, budget: Budget) -> Trace | None:
        """The run as far as it has come, if it can be done within the budget.

        Raises:
            ValueError: it went beyond the budget already, or the budget is in seconds or FLOPs that nobody counts.
        """
        check_clock(workplace.evaluator(self.evaluator), budget)
        latest = self.latest()
        if latest is not None and latest.exceeds(budget):
            raise ValueError(
                f"{self.path} holds a run of {len(latest)} queries, more than this budget allows: "
                f"choose another --out, or at least that budget"
            )
        return latest

    def complete(self, workplace: Workplace, budget: Budget, watch: Callable[[Run], None] | None = None) -> Trace:
        """The finished trace: read where it is there, otherwise made, or gone on with, and saved.

        Args:
            workplace: where the run is made.
            budget: when it ends; a run that ended with a smaller one goes on.
            watch: called with the run between two queries, now and then, after it has been saved.

        Raises:
            ValueError: as :meth:`check`.
        """
        latest = self.check(workplace, budget)
        if latest is not None and latest.ended(budget):
            self.partial.unlink(missing_ok=True)
            return latest
        run = workplace.make_run(self.evaluator, self.searcher, self.seed)
        if latest is not None:
            run.restore(latest)

        def pause(run: Run) -> None:
            run.trace().save(self.partial)
            if watch is not None:
                watch(run)

        run.go(budget, pause)
        trace = run.trace(workplace.truth_now())
        trace.save(self.path, durable=self.partial.exists())
        self.partial.unlink(missing_ok=True)
        return trace

    def tell_truth(self, workplace: Workplace) -> None:
        """Looks true values of the finished run up again, in case the truth table has grown since it was made."""
        trace = Trace.load(self.path)
        best = trace.incumbents(workplace.evaluator(self.evaluator).measure.sign)
        found = np.stack(true_values(workplace.truth_now(), trace.choices, best))
        if not np.array_equal(found, np.stack([trace.true_val, trace.true_test]), equal_nan=True):
            replace(trace, true_val=found[0], true_test=found[1]).save(self.path, durable=False)
