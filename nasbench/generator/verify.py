"""Trains rows of a table again and compares: whether the table is what its recipe gives."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nasbench
from nasbench.console import progress
from nasbench.database.contents import Contents, row_at
from nasbench.database.rows import Row
from nasbench.database.schema import DONE
from nasbench.generator.build import resolve_device
from nasbench.generator.executors import local
from nasbench.generator.selection import Job, Task
from nasbench.training.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Check:
    """A row trained again: its name, whether all its numbers are equal, and the largest difference of any."""

    name: str
    equal: bool
    difference: float


def verify(
    path: str | Path, *, rows: int, seed: int, device: str = "auto", data_root: str | Path | None = None
) -> list[Check]:
    """A check of each of ``rows`` rows drawn from the table's finished ones.

    Raises:
        ValueError: the table holds no recipe or no finished row.
        OSError: the table or the images cannot be read.
    """
    with nasbench.open_table(path) as table:
        header = table.header
        if "dataset" not in header.recipe:
            raise ValueError(f"{path} holds no recipe to train by: it was imported, not built")
        space = table.space
        chosen = _drawn(table.contents, rows, seed)
    if not chosen:
        raise ValueError(f"{path} has no finished row to train again")
    device = resolve_device(device)
    checks = []
    with progress(len(chosen), "training again") as bar:
        for schedule in sorted({row.schedule for row in chosen}):
            recipe = Recipe.from_json({**header.recipe, "epochs": schedule})
            task = Task(space.name, recipe, data_root, header.data_card["sha256"], device)
            old = {row.cell: row for row in chosen if row.schedule == schedule}
            jobs = [Job(space.architecture(row.choices), row.class_hash, row.seed) for row in old.values()]
            for new in local.train_rows(task, jobs, workers=1):
                name = f"{space.format(space.architecture(new.choices))} seed {new.seed}"
                checks.append(compare(name, old[new.cell], new))
                bar.update()
    return checks


def _drawn(contents: Contents, rows: int, seed: int) -> list[Row]:
    """Rows drawn from all finished ones."""
    finished = [
        (schedule, line, column)
        for schedule in contents.schedules
        for line, column in np.argwhere(contents.status(schedule) == DONE).tolist()
    ]
    order = np.random.default_rng(np.random.SeedSequence(seed)).permutation(len(finished))
    found = (row_at(contents, *finished[place]) for place in order[:rows])
    return [row for row in found if row is not None]


def compare(name: str, old: Row, new: Row) -> Check:
    """The check of two rows: every number but the seconds, which are a clock's."""
    if old.status != new.status:
        return Check(name, False, math.inf)
    pairs = [
        (a, b)
        for metric in old.curves
        if metric != "seconds"
        for a, b in zip(old.curves[metric], new.curves[metric], strict=True)
    ] + [(value, new.finals[metric]) for metric, value in old.finals.items()]
    return Check(name, all(a == b for a, b in pairs), max((abs(a - b) for a, b in pairs), default=0.0))
