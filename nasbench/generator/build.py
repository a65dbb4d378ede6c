"""Builds or extends a table: trains the rows that are missing and commits each as it comes.

The process that calls this needs no torch, except to look for a GPU.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import nasbench
from nasbench.complexity import complexities
from nasbench.console import progress
from nasbench.database.rows import Header, Row
from nasbench.database.writer import TableWriter
from nasbench.generator import environment
from nasbench.generator.executors import local
from nasbench.generator.selection import Job, Task, jobs
from nasbench.plan import Skeleton
from nasbench.registry import missing_extra
from nasbench.space import Architecture, Space
from nasbench.training.recipe import Recipe

_DEVICE = re.compile(r"auto|cuda(:\d+)?")

FOLD_SECONDS = 300.0
"""Finished rows wait in the journal at most this long before they are folded into the file."""
COSTED = 4096
"""Architectures whose costs are counted and written at a time."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did: rows trained now, found done before, failed now, and its wall seconds."""

    trained: int
    present: int
    failed: int
    seconds: float


def build(
    path: str | Path,
    *,
    space: Space,
    recipe: Recipe,
    architectures: list[Architecture],
    seeds: int = 1,
    workers: int = 1,
    device: str = "auto",
    data_root: str | Path | None = None,
    add_schedule: bool = False,
) -> Summary:
    """What was done to bring the table to hold ``architectures`` x ``seeds`` rows trained by ``recipe``.

    Rows that the table holds are left alone, failed ones too. A kill at any instant loses only rows in training.

    Args:
        path: the table's file; made where there is none.
        space: the search space of the architectures.
        recipe: how rows are trained.
        architectures: representatives of their classes.
        seeds: trainings of each architecture.
        workers: processes that train, one thread each.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ...
        data_root: where the images are; None for what the data set takes by default.
        add_schedule: allow another number of epochs than the table's own as a further schedule.

    Raises:
        ValueError: the table was built otherwise; the message names each field that differs.
        OSError: a file cannot be read or written, or another process writes to the table.
    """
    start = time.perf_counter()
    card = nasbench.load_dataset(recipe.dataset, root=data_root, **recipe.data_options()).card
    device = resolve_device(device)
    header = Header(
        space=space.name,
        recipe=recipe.shared(),
        data_card=card.to_json(),
        versions=environment.versions(),
        hardware=environment.hardware(device),
        origin="built",
    )
    with TableWriter(path, header) as writer:
        check_schedule(path, writer.schedules, recipe.epochs, add_schedule)
        wanted = list(jobs(space, architectures, seeds))
        missing = [job for job in wanted if not writer.has(job.architecture.choices, recipe.epochs, job.seed)]
        task = Task(space.name, recipe, data_root, card.sha256, device)
        trained = failed = 0
        with progress(len(wanted), f"training {recipe.epochs} epochs", done=len(wanted) - len(missing)) as bar:
            for row in _committed(writer, task, missing, workers):
                trained += 1
                failed += row.status == "failed"
                bar.update(1, **_shown(row), **({"failed": failed} if failed else {}))
        store_costs(writer, space, architectures, recipe.skeleton(card.shape, len(card.classes)))
    return Summary(trained, len(wanted) - len(missing), failed, time.perf_counter() - start)


def check_schedule(path: str | Path, known: tuple[int, ...], epochs: int, add_schedule: bool) -> None:
    """Checks that the table knows schedules of this length, or may learn of them.

    Raises:
        ValueError: it holds other ones, and ``add_schedule`` is not set.
    """
    if known and epochs not in known and not add_schedule:
        raise ValueError(
            f"{path} was built with another recipe: epochs is {' and '.join(map(str, known))}, not {epochs}; "
            "use another file, or --add-schedule to keep schedules of both lengths in this one"
        )


def store_costs(writer: TableWriter, space: Space, architectures: Iterable[Architecture], skeleton: Skeleton) -> None:
    """Writes parameters and FLOPs, as published and as built, of the architectures into the table, many at a time."""
    waiting = iter(architectures)
    while block := list(islice(waiting, COSTED)):
        for suffix, built in (("", False), ("_built", True)):
            parameters, flops = complexities(space, block, skeleton, built)
            for name, values in (("parameters", parameters), ("flops", flops)):
                costs = {a.choices: float(v) for a, v in zip(block, values.tolist(), strict=True)}
                writer.set_costs(name + suffix, costs, "count")


def resolve_device(device: str) -> str:
    """The device meant by ``auto``: CUDA where there is one, the CPU otherwise; any other as it is, checked.

    Raises:
        ValueError: this machine has no such device.
    """
    if device == "cpu":
        return device
    if not _DEVICE.fullmatch(device):
        raise ValueError(f"device must be auto, cpu, cuda or cuda:N, got {device!r}")
    with missing_extra("training"):
        import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return "cuda" if count else "cpu"
    if int(device.partition(":")[2] or 0) >= count:
        raise ValueError(f"there is no device {device} here, torch finds {count} CUDA devices; try auto or cpu")
    return device


def _committed(writer: TableWriter, task: Task, missing: list[Job], workers: int) -> Iterator[Row]:
    """Rows as they come, each in the journal before it is given on."""
    folded = time.monotonic()
    for row in local.train_rows(task, missing, workers):
        writer.commit(row)
        if time.monotonic() - folded > FOLD_SECONDS:
            writer.fold()
            folded = time.monotonic()
        yield row


def _shown(row: Row) -> dict[str, float]:
    values = row.curves.get("val_accuracy", ())
    return {"val": float(values[-1])} if values else {}
