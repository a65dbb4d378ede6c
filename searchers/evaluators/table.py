"""Scores from a table of trainings: a benchmark query instead of a training."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture
from nasbench.table import SearchView
from searchers.clock import NO_CLOCK, RECORDED, flops_rule, training_flops
from searchers.evaluator import Evaluation, Evaluator, failed
from searchers.hints import Hints
from searchers.measure import Measure, resolved

FLOPS = ("flops_built", "flops")
"""Costs that FLOPs of trainings may be estimated from, the better one first."""


class TableEvaluator(Evaluator):
    """Answers from a table's view for searchers, which has no test metric.

    An architecture is answered by its own row, or where it has none by the rows of its class; where neither answers it
    has failed, with the table's reason. Seconds are those recorded for one training (the mean over its seeds); where no
    training was timed there is no such clock. FLOPs of a training are estimated from those of the class's cheapest row,
    if the table has FLOPs and says, or is told, how many images were trained on. Where the table has the measure's
    curves, scores after fewer epochs of the schedule can be asked.

    Args:
        name: the evaluator's name in results.
        view: the table, without test metrics.
        measure: what the score is.
        digest: identifies the table's content in results.
        train_images: training images an epoch, for tables whose data card does not say.
    """

    fixed = True

    def __init__(
        self, name: str, view: SearchView, measure: Measure, digest: str = "", train_images: int | None = None
    ) -> None:
        self._view = view
        self._digest = digest
        measure = resolved(measure, view)
        assert measure.schedule is not None
        self._key = (measure.schedule, -1, measure.seed)
        clock = RECORDED if "seconds" in view.metrics(measure.schedule) else NO_CLOCK
        super().__init__(name, view.space, measure, clock)
        self._flops = self._count_flops(measure.schedule, train_images or _train_images(view))
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
            train_images: training images an epoch, to estimate FLOPs from where the table does not say.
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
        recorded = self.clock is RECORDED
        seconds = self._view.seconds(architecture, *self._key) if recorded else math.nan
        flops = self._flops.get(class_hash, math.nan)
        score = scores.get(architecture.choices)
        if score is not None:
            return Evaluation(score, seconds, "row", class_hash, flops=flops)
        schedule, _, seed = self._key
        try:
            value = self._view.query(architecture, self.measure.metric, schedule, epoch, seed)
        except LookupError as error:
            return failed(error, seconds, class_hash)._replace(flops=flops)
        return Evaluation(value, seconds, "class", class_hash, flops=flops)

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
        """The kind, the measure, the clocks and the digest of the table."""
        return {**super().description(), "digest": self._digest}

    def _count_flops(self, schedule: int, images: int) -> dict[str, float]:
        """Multiply-adds of a training of each class, where they can be estimated; says so in the clock of FLOPs."""
        cost = next((name for name in FLOPS if name in self._view.costs), None)
        if cost is None or not images:
            return {}
        self.flops_clock = flops_rule(schedule, images)
        found: dict[str, float] = {}
        for class_hash, flops in zip(self._view.class_hashes.tolist(), self._view.cost(cost).tolist(), strict=True):
            found[class_hash] = float(np.fmin(training_flops(flops, schedule, images), found.get(class_hash, math.nan)))
        return found


def _train_images(view: SearchView) -> int:
    """Training images an epoch, as the data card has them; 0 where it does not say."""
    counts = view.header.data_card.get("counts")
    return int(counts.get("train", 0)) if isinstance(counts, dict) else 0
