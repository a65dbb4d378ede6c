"""One run of one searcher on one evaluator, within a budget, resumable to the bit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

from searchers.clock import Budget
from searchers.evaluator import Evaluator
from searchers.recorder import Recorder
from searchers.searcher import Partial, Searcher
from searchers.trace import Trace
from searchers.truth import Truth

PAUSE_SECONDS = 0.5
"""Shortest time between two pauses, in which progress is shown and the run is saved."""
PAUSE_APART = 9
"""Shortest time between two pauses in lengths of the first, so that long runs spend a tenth on being saved."""
STALLED_AFTER = 10_000
"""Queries in a row that cost nothing, after which a budget without a limit in them is taken for never used up."""


class Run:
    """A searcher, an evaluator and what has happened between them.

    Args:
        searcher: the strategy; a run owns it.
        evaluator: where its scores come from.
        about: what the trace's meta says besides counts and clocks.
    """

    def __init__(self, searcher: Searcher, evaluator: Evaluator, about: dict[str, Any] | None = None) -> None:
        self.searcher = searcher
        searcher.epochs = evaluator.epochs
        self.recorder = Recorder(evaluator, about or {})
        self.stopped: str | None = None

    def restore(self, trace: Trace) -> None:
        """Goes back to where a trace ends; what follows is what would have followed then."""
        self.searcher.restore(trace.meta["state"])
        self.recorder.restore(trace)

    def go(self, budget: Budget, pause: Callable[[Run], None] | None = None) -> str:
        """Why the run ended: ``queries``, ``seconds``, ``epochs``, ``flops`` or ``stalled``.

        The searcher's own seconds are those between an evaluation and the next, so they hold telling, asking and the
        few microseconds of recording.

        Args:
            budget: when to end; a run that has ended goes on with a larger one.
            pause: called between two queries, at most twice a second, to show progress or save the run.

        Raises:
            ValueError: the budget is in seconds or FLOPs and the evaluator has no such clock.
        """
        searcher, recorder, evaluator = self.searcher, self.recorder, self.recorder.evaluator
        check_clock(evaluator, budget)
        ask, tell, evaluate, add, clock = searcher.ask, searcher.tell, evaluator.evaluate, recorder.add, recorder.clock
        patience = STALLED_AFTER if budget.queries is None else sys.maxsize
        whole = evaluator.epochs[-1]
        done, idle = len(recorder), recorder.idle()
        started = perf_counter()
        due = started + PAUSE_SECONDS
        while idle < patience and budget.used_up(done, clock.seconds, clock.epochs, clock.flops) is None:
            paid = clock.epochs
            question = ask()
            asked = perf_counter()
            if isinstance(question, Partial):
                architecture, epochs = question
                evaluation = evaluate(architecture, epochs)
            else:
                architecture, epochs = question, whole
                evaluation = evaluate(question)
            evaluated = perf_counter()
            add(architecture, evaluation, asked - started, epochs)
            tell(architecture, evaluation.score)
            started = evaluated
            done += 1
            idle = idle + 1 if clock.epochs == paid else 0
            if pause is not None and evaluated >= due:
                pause(self)
                started = perf_counter()
                due = started + max(PAUSE_SECONDS, PAUSE_APART * (started - evaluated))
        self.stopped = budget.used_up(done, clock.seconds, clock.epochs, clock.flops) or "stalled"
        return self.stopped

    def trace(self, truth: Truth | None = None) -> Trace:
        """What has happened so far."""
        return self.recorder.trace(self.searcher.state(), self.stopped, truth)


def check_clock(evaluator: Evaluator, budget: Budget) -> None:
    """Checks that an evaluator counts what a budget limits.

    Raises:
        ValueError: the budget is in seconds or FLOPs and the evaluator has no such clock.
    """
    if budget.flops is not None and evaluator.flops_clock.kind == "none":
        raise ValueError(
            f"a budget in FLOPs needs those of trainings, and of the evaluator {evaluator.name} "
            f"{evaluator.flops_clock.how}: import the table with --cost flops=COLUMN and give --train-images, or give "
            f"the budget in queries or epochs"
        )
    if budget.seconds is not None and evaluator.clock.kind == "none":
        raise ValueError(
            f"a budget in seconds needs a clock, and the evaluator {evaluator.name} has none "
            f"({evaluator.clock.how}): give the budget in queries, epochs or FLOPs"
        )
