"""Scores from a table where all members of a canonical class share one: the mean over the trainings of the class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from nasbench.space import Architecture
from searchers.evaluator import Evaluation
from searchers.evaluators.table import TableEvaluator


class ClassMeansEvaluator(TableEvaluator):
    """A table that answers for every architecture with the mean over all rows of its class.

    Members of a class compute one function, so rows of theirs are trainings of one thing that were published apart: to
    ask a second member is then to ask the same again, and luck of one row is worth less. Seconds and FLOPs are those
    that :class:`TableEvaluator` counts.

    Args:
        name: the evaluator's name in results.
        view: the table, without test metrics.
        measure: what the score is.
        digest: identifies the table's content in results.
        train_images: training images an epoch, for tables whose data card does not say.
    """

    def _found(self, architecture: Architecture, scores: dict[tuple[int, ...], float], epoch: int) -> Evaluation:
        found = super()._found(architecture, scores, epoch)
        return found._replace(source="class") if found.source == "row" else found

    def _column(self, epoch: int) -> dict[tuple[int, ...], float]:
        schedule, _, seed = self._key
        means = self._view.class_means(self.measure.metric, schedule, epoch, seed)
        values = means[np.asarray(self._view.class_index)].tolist()
        return {choices: value for choices, value in zip(self._rows, values, strict=True) if not math.isnan(value)}

    def description(self) -> dict[str, Any]:
        """As a table's, and that answers are means."""
        return {**super().description(), "answers": "mean over the rows of a class"}
