"""Trains single rows into an existing table, by the table's own recipe: what a training evaluator stands on."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import nasbench
from nasbench.database.rows import Header, Row
from nasbench.database.writer import TableWriter
from nasbench.generator import environment
from nasbench.generator.build import resolve_device, store_costs
from nasbench.generator.selection import Job, Task
from nasbench.space import Architecture
from nasbench.training.recipe import Recipe

if TYPE_CHECKING:
    from nasbench.generator.worker import RowWorker


class RowTrainer:
    """Holds a table's one writer and trains what is missing; a context manager.

    Args:
        path: a table that ``nasbench build`` made.
        schedule: epochs of the schedule to train; None for the table's longest.
        device: as for ``nasbench build``.
        data_root: where the images are.

    Raises:
        ValueError: the table was imported, so that nobody knows how its rows were trained.
        OSError: the table cannot be opened, or another process writes to it.
    """

    def __init__(
        self,
        path: str | Path,
        schedule: int | None = None,
        device: str = "auto",
        data_root: str | Path | None = None,
    ) -> None:
        with nasbench.open_table(path) as table:
            header, schedules = table.header, table.schedules
        if "dataset" not in header.recipe or not schedules:
            raise ValueError(f"{path} holds no recipe to train by: it was imported, or is empty; build it first")
        self.recipe = Recipe.from_json({**header.recipe, "epochs": schedule or max(schedules)})
        self.space = nasbench.load_space(header.space)
        self.device = resolve_device(device)
        self.data_root = data_root
        self.sha256 = header.data_card["sha256"]
        card = header.data_card
        self.skeleton = self.recipe.skeleton(tuple(card["shape"]), len(card["classes"]))
        own = Header(
            space=header.space,
            recipe=header.recipe,
            data_card=header.data_card,
            versions=environment.versions(),
            hardware=environment.hardware(self.device),
            origin=header.origin,
        )
        self.writer = TableWriter(path, own)
        self._worker: RowWorker | None = None
        self._trained: dict[Architecture, None] = {}

    def ensure(self, architecture: Architecture, seed: int = 0) -> Row:
        """The row of an architecture's class and a seed index, trained and committed now where the table lacks it."""
        representative = self.space.canonical(architecture)
        row = self.writer.row(representative.choices, self.recipe.epochs, seed)
        if row is None:
            row = self._ready_worker().train_row(Job(representative, self.space.canonical_hash(representative), seed))
            self.writer.commit(row)
            self._trained[representative] = None
        return row

    def close(self) -> None:
        """Folds what was trained into the table and lets go of it."""
        if self._trained:
            store_costs(self.writer, self.space, list(self._trained), self.skeleton)
            self._trained.clear()
        self.writer.close()

    def __enter__(self) -> RowTrainer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ready_worker(self) -> RowWorker:
        """The worker; torch and the images are loaded when the first row is missing."""
        if self._worker is None:
            import torch

            from nasbench.generator.worker import RowWorker

            torch.set_num_threads(1)  # one thread, as in every build, or the numbers would differ
            self._worker = RowWorker(Task(self.space.name, self.recipe, self.data_root, self.sha256, self.device))
        return self._worker
