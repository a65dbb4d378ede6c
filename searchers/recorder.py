"""A run while it goes on: plain lists that grow, turned into a trace at a pause or at the end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nasbench.space import Architecture
from searchers.clock import Clock
from searchers.evaluator import Evaluation, Evaluator
from searchers.trace import FORMAT, VERSION, Trace, incumbents
from searchers.truth import Truth, true_values


class Recorder:
    """Writes down every query of a run, and charges the clock.

    Args:
        evaluator: whose scores are recorded.
        about: what the trace's meta says besides counts: searcher, parameters, seed and the like.
    """

    def __init__(self, evaluator: Evaluator, about: dict[str, Any]) -> None:
        self.evaluator = evaluator
        self.about = about
        self.clock = Clock(evaluator.epochs[-1])
        self.failures = 0
        self._choices: list[tuple[int, ...]] = []
        self._scores: list[float] = []
        self._seconds: list[float] = []
        self._flops: list[float] = []
        self._own: list[float] = []
        self._unique: list[int] = []
        self._epochs: list[int] = []
        self._paid: list[int] = []

    def __len__(self) -> int:
        return len(self._choices)

    def add(self, architecture: Architecture, evaluation: Evaluation, own: float, epochs: int) -> None:
        """Records a query of so many epochs that took the searcher ``own`` seconds."""
        clock = self.clock
        clock.charge(evaluation.class_hash, epochs, evaluation.seconds, evaluation.flops)
        clock.own += own
        score = evaluation.score
        if score is None:
            self.failures += 1
            score = math.nan
        self._choices.append(architecture.choices)
        self._scores.append(score)
        self._seconds.append(clock.seconds)
        self._flops.append(clock.flops)
        self._own.append(clock.own)
        self._unique.append(len(clock.paid))
        self._epochs.append(epochs)
        self._paid.append(clock.epochs)

    def spent(self, unit: str) -> float:
        """How much of a unit of budgets, such as ``queries`` or ``epochs``, has been used up."""
        return len(self) if unit == "queries" else float(getattr(self.clock, unit))

    def idle(self) -> int:
        """Queries since training was last paid for."""
        return len(self._paid) - 1 - self._paid.index(self._paid[-1]) if self._paid else 0

    def best(self) -> tuple[Architecture, float] | None:
        """The incumbent and its score, in the measure's own direction; None before the first score."""
        place = incumbents(np.array(self._scores), epochs=np.array(self._epochs))[-1] if self._scores else -1
        if place < 0:
            return None
        architecture = Architecture(self.evaluator.space.name, self._choices[place])
        return architecture, self.evaluator.measure.sign * self._scores[place]

    def trace(self, state: dict[str, Any], stopped: str | None = None, truth: Truth | None = None) -> Trace:
        """The run so far as a trace, with what the truth table says of each incumbent.

        Args:
            state: the searcher's state after the last query.
            stopped: why the run has ended; None while it goes on.
            truth: where true values are looked up; without it they are NaN.
        """
        clock, flops_clock = self.evaluator.clock, self.evaluator.flops_clock
        scores = np.array(self._scores, dtype=np.float64)
        options = self.evaluator.space.options
        dtype = np.int8 if max(options) <= 128 else np.int16
        choices = np.array(self._choices, dtype=dtype).reshape(len(scores), len(options))
        unknown = np.full(len(scores), np.nan)
        epochs = np.array(self._epochs, dtype=np.int64)
        true_val, true_test = true_values(truth, choices, incumbents(scores, epochs=epochs))
        counts = {
            "queries": len(scores),
            "clock": clock.kind,
            "failures": self.failures,
            "unpriced": self.clock.unpriced,
            "flops_clock": flops_clock.kind,
            "unpriced_flops": self.clock.unpriced_flops,
            "stopped": stopped,
        }
        return Trace(
            choices=choices,
            score=self.evaluator.measure.sign * scores,
            seconds=unknown if clock.kind == "none" else np.array(self._seconds, dtype=np.float64),
            flops=unknown if flops_clock.kind == "none" else np.array(self._flops, dtype=np.float64),
            search_seconds=np.array(self._own, dtype=np.float64),
            true_val=true_val,
            true_test=true_test,
            unique=np.array(self._unique, dtype=np.int64),
            epochs=epochs,
            epochs_paid=np.array(self._paid, dtype=np.int64),
            meta={"format": FORMAT, "version": VERSION, **self.about, **counts, "state": state},
        )

    def restore(self, trace: Trace) -> None:
        """Goes back to where a trace ends, so that recording goes on as if it had never stopped."""
        evaluator = self.evaluator
        self._choices = [tuple(row) for row in trace.choices.tolist()]
        self._scores = (evaluator.measure.sign * trace.score).tolist()
        self._own = trace.search_seconds.tolist()
        self._unique = trace.unique.tolist()
        self._seconds, self._flops = (np.nan_to_num(spent).tolist() for spent in (trace.seconds, trace.flops))
        self.failures = trace.meta["failures"]
        clock = self.clock
        self._epochs, self._paid = trace.epochs.tolist(), trace.epochs_paid.tolist()
        clock.paid = {}
        for choices, epochs in zip(self._choices, self._epochs, strict=True):
            class_hash = evaluator.class_hash(Architecture(evaluator.space.name, choices))
            clock.paid[class_hash] = max(epochs, clock.paid.get(class_hash, 0))
        clock.epochs = self._paid[-1] if self._paid else 0
        clock.unpriced, clock.unpriced_flops = trace.meta["unpriced"], trace.meta.get("unpriced_flops", 0)
        clock.seconds = self._seconds[-1] if self._seconds else 0.0
        clock.flops = self._flops[-1] if self._flops else 0.0
        clock.own = self._own[-1] if self._own else 0.0
