"""Rows read back from a table, in the form in which a worker gives them."""

from __future__ import annotations

import numpy as np

from nasbench.database.rows import Row
from nasbench.database.schema import PUBLISHED, STATUSES
from nasbench.space import Architecture
from nasbench.table import Table


def stored_row(table: Table, architecture: Architecture, schedule: int, seed: int) -> Row | None:
    """The row of an architecture's own cell, or None where the table has none.

    Metrics with a number for every epoch are the row's curves, those of the last epoch alone its finals.
    """
    status = table.status(architecture, schedule, seed)
    if status == STATUSES[0] or seed == PUBLISHED:
        return None
    contents = table.contents
    line = table.architectures.index(architecture)
    reasons = contents.reasons(schedule)
    curves, finals = {}, {}
    for metric, axes in contents.metrics(schedule).items():
        if seed in axes.seeds:
            values = contents.values(schedule, metric)[line, axes.seeds.index(seed)]
            values = values[np.isfinite(values)].tolist()
            if len(axes.epochs) > 1 or (schedule == 1 and not metric.startswith("test_")):
                curves[metric] = values
            elif values:
                finals[metric] = values[0]
    return Row(
        choices=architecture.choices,
        class_hash=str(table.class_hashes[line]),
        seed=seed,
        schedule=schedule,
        status=status,
        reason=reasons.get((line, contents.seeds(schedule).index(seed)), ""),
        curves=curves,
        finals=finals,
    )
