"""The beginning of a learning curve: what a table measured of an architecture in its first epochs.

What was seen is one training, or the mean over the seeds that a table has; never a test metric. White et al., "How
Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021, section 2.2.
"""

from __future__ import annotations

import numpy as np

from nasbench.table import SearchView
from predictors.table_encoding import Features, TableEncoding


class LearningCurve(TableEncoding):
    """Metrics after each of the first epochs, as columns ``metric@epoch``.

    Args:
        table: path of the table.
        epochs: how many are seen; 0 for all of the schedule.
        schedule: of which schedule, in epochs; 0 for the shortest that has a metric.
        seed: of one seed alone; -1 for the mean over those present.
    """

    def __init__(self, table: str = "", epochs: int = 0, schedule: int = 0, seed: int = -1) -> None:
        self.table = table
        self.epochs = epochs
        self.schedule = schedule
        self.seed = seed

    def read(self, view: SearchView) -> Features:
        """Every metric but the clock's, by metric and epoch."""
        if not view.schedules:
            raise LookupError(f"{self.table} holds no training, so no learning curves: name a table that has some")
        schedule = self.schedule or view.schedules[0]
        seen = self.epochs or schedule
        names: list[str] = []
        columns: list[np.ndarray] = []
        for metric in view.metrics(schedule):
            if metric == "seconds":
                continue
            for epoch in view.epochs(metric, schedule):
                if epoch <= seen:
                    names.append(f"{metric}@{epoch}")
                    columns.append(view.values(metric, schedule, epoch, None if self.seed < 0 else self.seed))
        if not columns:
            raise LookupError(
                f"schedule {schedule} of {self.table} holds no metric of the first {seen} epochs: ask for more epochs"
            )
        return Features(tuple(names), np.stack(columns, axis=1))
