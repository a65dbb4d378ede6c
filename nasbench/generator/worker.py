"""Trains one row. Runs in a worker process, on one thread, or in the process of a training evaluator."""

from __future__ import annotations

import ctypes
import hashlib
import math
from dataclasses import asdict

import torch

import nasbench
from nasbench.database.rows import Row
from nasbench.generator.selection import Job, Task
from nasbench.networks.build import build_network
from nasbench.training.loop import EpochRecord, Images, TrainingFailed, evaluate, train


class RowWorker:
    """Trains rows of one task; the images are loaded once.

    Raises:
        ValueError: the images are not those the table was built with.
        OSError: the images cannot be read.
    """

    def __init__(self, task: Task) -> None:
        keep_freed_memory()
        self.task = task
        self.space = nasbench.load_space(task.space)
        self.device = torch.device(task.device)
        dataset = nasbench.load_dataset(task.recipe.dataset, root=task.data_root, **task.recipe.data_options())
        if dataset.card.sha256 != task.data_sha256:
            raise ValueError(
                f"the images of {task.recipe.dataset} are not those the table was built with: their digest is "
                f"{dataset.card.sha256[:12]}, the table's is {task.data_sha256[:12]}"
            )
        self.images = Images.of(dataset, self.device)
        self.skeleton = task.recipe.skeleton(dataset.card.shape, len(dataset.card.classes))

    def train_row(self, job: Job) -> Row:
        """The finished row of a job; a training that diverged or ran out of memory gives a failed one."""
        recipe = self.task.recipe
        weights_seed, order_seed = row_seeds(job.class_hash, job.seed)
        records: list[EpochRecord] = []
        status, reason, finals = "done", "", {}
        try:
            network = build_network(self.space.plan(job.architecture, self.skeleton), weights_seed)
            records.extend(train(network, self.images, recipe, order_seed))
            test_loss, test_accuracy = evaluate(network, self.images.test, recipe)
            if not math.isfinite(test_loss):
                raise TrainingFailed(f"test loss is {test_loss} after epoch {recipe.epochs}")
            finals = {"test_loss": test_loss, "test_accuracy": test_accuracy}
        except TrainingFailed as error:
            status, reason = "failed", str(error)
        except (RuntimeError, MemoryError) as error:
            if not _out_of_memory(error):
                raise
            status, reason = "failed", f"out of memory on {self.device.type}"
        return Row(
            choices=job.architecture.choices,
            class_hash=job.class_hash,
            seed=job.seed,
            schedule=recipe.epochs,
            status=status,
            reason=reason,
            curves=_columns(records),
            finals=finals,
        )


def row_seeds(class_hash: str, seed: int) -> tuple[int, int]:
    """Seeds of a row's weights and of its images' order: a function of the class and the seed index alone."""
    digest = hashlib.sha256(f"{class_hash}/{seed}".encode()).digest()
    return int.from_bytes(digest[:7], "big"), int.from_bytes(digest[8:15], "big")


def _out_of_memory(error: Exception) -> bool:
    """Whether memory could not be had; on a CPU torch says so in words only."""
    return isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)) or "can't allocate memory" in str(error)


def keep_freed_memory() -> None:
    """Tells glibc to keep freed memory for the next step instead of giving it back; elsewhere nothing happens.

    Activations of a few megabytes are otherwise mapped and unmapped at every step, and the page faults cost a pooling
    layer three times its arithmetic.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        m_trim_threshold, m_mmap_threshold = -1, -3
        mallopt(m_mmap_threshold, 1 << 30)
        mallopt(m_trim_threshold, (1 << 31) - 1)


def _columns(records: list[EpochRecord]) -> dict[str, list[float]]:
    rows = [asdict(record) for record in records]
    return {name: [row[name] for row in rows] for name in EpochRecord.__slots__}
