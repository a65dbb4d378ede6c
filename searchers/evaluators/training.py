"""Scores from real training: read from a table where they are, otherwise trained and added to it."""

from __future__ import annotations

import math
import statistics
from pathlib import Path
from typing import Any, Protocol

from nasbench.database.rows import Row
from nasbench.space import Architecture, Space
from searchers.clock import TRAINED
from searchers.evaluator import Evaluation, Evaluator
from searchers.measure import Measure


class Trainer(Protocol):
    """What the evaluator needs of :class:`nasbench.generator.trainer.RowTrainer`."""

    space: Space
    device: str

    def ensure(self, architecture: Architecture, seed: int = 0) -> Row:
        """The row of an architecture's class and a seed, trained now where the table lacks it."""

    def close(self) -> None:
        """Folds what was trained into the table and lets go of it."""


class TrainingEvaluator(Evaluator):
    """Trains by the recipe of an existing table, whose one writer it is until it is closed.

    An architecture's score is the mean over seed indices 0, 1, ... of its class's rows, or the row of the one seed that
    the measure names; rows that the table holds are read, the others are trained and committed. The clock is charged
    what was recorded when a row was trained, whenever that was, so that a run resumed, or made on a fuller table, costs
    the same. A training that failed is a failure with its reason. Scores are of whole trainings only: a row is trained
    to its end or not at all, so that asking for fewer epochs would save nothing.

    Args:
        name: the evaluator's name in results.
        trainer: trains rows into the table.
        measure: what the score is; a metric recorded after each epoch.
        seeds: trainings of each architecture.
    """

    writes = True

    def __init__(self, name: str, trainer: Trainer, measure: Measure, seeds: int = 1) -> None:
        super().__init__(name, trainer.space, measure, TRAINED)
        if seeds < 1:
            raise ValueError(f"the evaluator {name} needs at least 1 training an architecture, got {seeds}")
        self._trainer = trainer
        self._seeds = range(seeds) if measure.seed is None else range(measure.seed, measure.seed + 1)

    @classmethod
    def open(
        cls,
        name: str,
        path: Path,
        select: Measure | None,
        *,
        device: str = "auto",
        data_root: Path | None = None,
        training_seeds: int = 1,
    ) -> TrainingEvaluator:
        """The evaluator that trains into a table that ``nasbench build`` made.

        Args:
            name: the evaluator's name in results.
            path: the table.
            select: what the score is; None for the validation accuracy of the longest schedule.
            device: where to train.
            data_root: where the images are.
            training_seeds: trainings of each architecture.
        """
        from nasbench.generator.trainer import RowTrainer

        measure = select or Measure("val_accuracy")
        trainer = RowTrainer(path, schedule=measure.schedule, device=device, data_root=data_root)
        measure = Measure(measure.metric, trainer.recipe.epochs, measure.seed)
        return cls(name, trainer, measure, training_seeds)

    def find(self, architecture: Architecture) -> Evaluation:
        """Trains what is missing; the score is the mean over the seeds, the price the sum of their seconds."""
        rows = [self._trainer.ensure(architecture, seed) for seed in self._seeds]
        seconds = sum(math.fsum(row.curves.get("seconds", (math.nan,))) for row in rows)
        for row in rows:
            if row.status == "failed":
                return Evaluation(None, seconds, "failed", row.class_hash, row.reason)
        try:
            score = statistics.fmean(row.curves[self.measure.metric][-1] for row in rows)
        except KeyError:
            raise LookupError(
                f"a training records no {self.measure.metric!r} after each epoch: "
                f"select one of {', '.join(rows[0].curves)}"
            ) from None
        return Evaluation(score, seconds, "trained", rows[0].class_hash)

    def description(self) -> dict[str, Any]:
        """The kind, the measure, the clock and the seeds."""
        return {**super().description(), "seeds": list(self._seeds)}

    def close(self) -> None:
        """Folds what was trained into the table and lets the next writer in."""
        super().close()
        self._trainer.close()
