"""What a table measured, as predictors learn it: architectures, one score each, their classes. Never a test metric."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import nasbench
from nasbench.space import Architecture, Space
from nasbench.table import SearchView


@dataclass(frozen=True)
class Measured:
    """Scores of architectures that have one.

    Args:
        space: their search space.
        architectures: in the table's order.
        y: the metric at the end of the schedule, mean over seeds, float64 [n].
        classes: a number for each canonical class, int64 [n].
        class_hashes: text [n].
        seconds: training seconds, mean over seeds, float64 [n]; NaN where the table has none.
        per_seed: the metric for each single seed, float64 [n, seeds], NaN where absent; no column for an aggregate.
        metric: its name.
        schedule: in epochs.
        failed: architectures left out because all their trainings failed.
        absent: architectures left out because nothing was measured.
        table: the file's name.
        digest: the table's content digest.
    """

    space: Space
    architectures: list[Architecture]
    y: np.ndarray
    classes: np.ndarray
    class_hashes: np.ndarray
    seconds: np.ndarray
    per_seed: np.ndarray
    metric: str
    schedule: int
    failed: int
    absent: int
    table: str
    digest: str

    def __len__(self) -> int:
        return len(self.y)

    @property
    def class_count(self) -> int:
        """Number of distinct classes."""
        return len(np.unique(self.classes))

    def of(self, rows: np.ndarray) -> list[Architecture]:
        """The architectures of some rows."""
        return [self.architectures[row] for row in rows.tolist()]

    def only(self, kept: np.ndarray) -> Measured:
        """What was measured of some rows, bool [n]; what is absent or failed in the table stays counted as it was."""
        rows = np.flatnonzero(kept)
        arrays = ("y", "classes", "class_hashes", "seconds", "per_seed")
        return replace(self, architectures=self.of(rows), **{name: getattr(self, name)[rows] for name in arrays})

    def description(self) -> dict[str, object]:
        """What result files say of where scores come from."""
        return {
            "space": self.space.name,
            "table": self.table,
            "table_digest": self.digest,
            "metric": self.metric,
            "schedule": self.schedule,
            "rows": len(self),
            "classes": self.class_count,
            "left_out": {"failed": self.failed, "absent": self.absent},
        }


def read_measured(path: str | Path, metric: str = "val_accuracy", schedule: int | None = None) -> Measured:
    """What a table's file says of a metric at the end of a schedule (the longest by default).

    Raises:
        OSError: the file cannot be read.
        LookupError: the table has no such metric or schedule.
        ValueError: the file is not a table, the metric is one of the test images, or nothing was measured.
    """
    with nasbench.open_table(path) as table:
        view = table.for_search()
        y = view.values(metric, schedule)
        schedule = view.schedules[-1] if schedule is None else schedule
        held = np.flatnonzero(np.isfinite(y))
        if not len(held):
            raise ValueError(f"{path} has no finished training with {metric} after {schedule} epochs; build some first")
        architectures = [view.architectures[row] for row in held.tolist()]
        failures = {architecture for architecture, _, _ in table.failures(schedule)}
        failed = sum(view.architectures[row] in failures for row in np.flatnonzero(np.isnan(y)).tolist())
        return Measured(
            space=view.space,
            architectures=architectures,
            y=y[held].copy(),
            classes=view.class_index[held].copy(),
            class_hashes=view.class_hashes[held],
            seconds=_seconds(view, architectures, schedule),
            per_seed=_per_seed(view, metric, schedule)[held],
            metric=metric,
            schedule=schedule,
            failed=failed,
            absent=len(y) - len(held) - failed,
            table=Path(path).name,
            digest=table.digest,
        )


def _seconds(view: SearchView, architectures: list[Architecture], schedule: int) -> np.ndarray:
    if "seconds" not in view.metrics(schedule):
        return np.full(len(architectures), np.nan)
    return np.array([view.seconds(architecture, schedule) for architecture in architectures])


def _per_seed(view: SearchView, metric: str, schedule: int) -> np.ndarray:
    columns = [view.values(metric, schedule, seed=seed) for seed in view.seeds(metric, schedule) if seed >= 0]
    return np.stack(columns, axis=1) if columns else np.empty((len(view), 0))
