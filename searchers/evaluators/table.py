"""Scores from a table of trainings: a benchmark query instead of a training."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture
from nasbench.table import SearchView
from searchers.clock import NO_CLOCK, RECORDED, ClockKind, estimate_rule, estimate_seconds
from searchers.evaluator import Evaluation, Evaluator, failed
from searchers.hints import Hints
from searchers.measure import Measure, resolved

FLOPS = ("flops_built", "flops")
"""Costs that an estimated clock may be counted from, the better one first."""


class TableEvaluator(Evaluator):
    """Answers from a table's view for searchers, which has no test metric.

    An architecture is answered by its own row, or where it has none by the rows of its class; where neither answers it
    has failed, with the table's reason. Seconds are those recorded for one training (the mean over its seeds). Where no
    training was timed they are estimated from the FLOPs of the class's cheapest row, if the table has FLOPs and says,
    or is told, how many images were trained on; otherwise there is no clock. Where the table has the measure's curves,
    scores after fewer epochs of the schedule can be asked.

    Args:
        name: the evaluator's name in results.
        view: the table, without test metrics.
        measure: what the score is.
        digest: identifies the table's content in results.
        train_images: training images an epoch, for tables whose data card does not say.
    """

    def __init__(
        self, name: str, view: SearchView, measure: Measure, digest: str = "", train_images: int | None = None
    ) -> None:
        self._view = view
        self._digest = digest
        images = train_images or _train_images(view)
        measure = resolved(measure, view)
        assert measure.schedule is not None
        self._key = (measure.schedule, -1, measure.seed)
        self._flops: dict[str, float] = {}
        self._images = 0
        super().__init__(name, view.space, measure, self._choose_clock(measure.schedule, images))
        self._hashes: dict[tuple[int, ...], str] = dict(
            zip(map(tuple, view.choices.tolist()), view.class_hashes.tolist(), strict=True)
        )
        self._rows = list(self._hashes)
        self.epochs = view.epochs(measure.metric, measure.schedule)
        self._scores = self._column(-1)
        self._curves: dict[int, dict[tuple[int, ...], float]] = {}

    @classmethod
    def open(cls, name: str, path: Path, select: Measure | None, *, train_images: int | None = None) -> TableEvaluator:
        """The evaluator of a table's file.

        Args:
            name: the evaluator's name in results.
            path: the table.
            select: what the score is; None for the validation accuracy of the longest schedule.
            train_images: training images an epoch, for an estimated clock where the table does not say.
        """
        table = nasbench.open_table(path)
        return cls(name, table.for_search(), select or Measure("val_accuracy"), table.digest, train_images)

    def find(self, architecture: Architecture) -> Evaluation:
        """The table's answer."""
        return self._found(architecture, self._scores, -1)

    def find_after(self, architecture: Architecture, epochs: int) -> Evaluation:
        """The table's answer after some epochs of the schedule."""
        if epochs not in self._curves:
            self._curves[epochs] = self._column(epochs)
        return self._found(architecture, self._curves[epochs], epochs)

    def _found(self, architecture: Architecture, scores: dict[tuple[int, ...], float], epoch: int) -> Evaluation:
        class_hash = self.class_hash(architecture)
        seconds = self._seconds(architecture, class_hash)
        score = scores.get(architecture.choices)
        if score is not None:
            return Evaluation(score, seconds, "row", class_hash)
        schedule, _, seed = self._key
        try:
            value = self._view.query(architecture, self.measure.metric, schedule, epoch, seed)
        except LookupError as error:
            return failed(error, seconds, class_hash)
        return Evaluation(value, seconds, "class", class_hash)

    def _column(self, epoch: int) -> dict[tuple[int, ...], float]:
        """Values of the measure after an epoch, of the architectures that have one in a row of their own."""
        schedule, _, seed = self._key
        values = self._view.values(self.measure.metric, schedule, epoch, seed).tolist()
        return {choices: value for choices, value in zip(self._rows, values, strict=True) if not math.isnan(value)}

    def hints(self) -> Hints:
        """The table's costs and zero-cost scores, and sizes."""
        return Hints(self.space, self._view)

    def class_hash(self, architecture: Architecture) -> str:
        """The canonical class of an architecture, as the table has it or computed."""
        known = self._hashes.get(architecture.choices)
        if known is None:
            known = self._hashes[architecture.choices] = super().class_hash(architecture)
        return known

    def description(self) -> dict[str, Any]:
        """The kind, the measure, the clock and the digest of the table."""
        return {**super().description(), "digest": self._digest}

    def _choose_clock(self, schedule: int, images: int) -> ClockKind:
        """Recorded seconds where there are any, else an estimate if it can be made; prepares what that needs."""
        if "seconds" in self._view.metrics(schedule):
            return RECORDED
        cost = next((name for name in FLOPS if name in self._view.costs), None)
        if cost is None or not images:
            return NO_CLOCK
        self._images = images
        for class_hash, flops in zip(self._view.class_hashes.tolist(), self._view.cost(cost).tolist(), strict=True):
            self._flops[class_hash] = float(np.fmin(flops, self._flops.get(class_hash, math.nan)))
        return estimate_rule(schedule, images)

    def _seconds(self, architecture: Architecture, class_hash: str) -> float:
        if self.clock.kind == "estimated":
            return estimate_seconds(self._flops.get(class_hash, math.nan), self._key[0], self._images)
        return self._view.seconds(architecture, *self._key) if self.clock.kind == "recorded" else math.nan


def _train_images(view: SearchView) -> int:
    """Training images an epoch, as the data card has them; 0 where it does not say."""
    counts = view.header.data_card.get("counts")
    return int(counts.get("train", 0)) if isinstance(counts, dict) else 0
