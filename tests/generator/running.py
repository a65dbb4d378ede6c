"""Ways to run a build in tests: as a process of its own, or in this one, on images made up for it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

import nasbench
from nasbench.database.rows import Row
from nasbench.generator.selection import Job, Task

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "nasbench")
TINY = (
    *("--dataset", "arrays", "--device", "cpu", "--epochs", "2"),
    *("--channels", "3", "--batch-size", "16", "--learning-rate", "0.2"),
)
"""Options with which a row takes a fraction of a second."""


def write_images(path: Path, count: int = 120, seed: int = 0) -> Path:
    """An ``.npz`` file of noise whose brightness tells the class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    images = rng.integers(0, 156, (count, 8, 8, 1)) + 50 * labels[:, None, None, None]
    np.savez(path, x=images.astype(np.uint8), y=labels)
    return path


def environment(**more: str) -> dict[str, str]:
    """One thread, and this project, for a process of its own."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


def start(*words: object, command: tuple[str, ...] = COMMAND, **more: str) -> subprocess.Popen[str]:
    """A command begun in a session of its own, so that its whole group can be sent a signal."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*command, *map(str, words)],
        cwd=ROOT,
        env=environment(**more),
        stdout=pipe,
        stderr=pipe,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], seconds: float = 120) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process."""
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err


def run(*words: object, **more: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    return finish(start(*words, **more))


def eventually(true, seconds: float = 60.0, pause: float = 0.02):
    """What ``true()`` gives once that is not empty; a failure when the time is over."""
    end = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < end, f"still not after {seconds} s"
        time.sleep(pause)
    return value


def children(parent: int) -> list[int]:
    """Processes that a process has started and that run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, above = stat.read_text().rpartition(")")[2].split()[:2]
            if int(above) == parent and state != "Z":
                found.append(int(stat.parent.name))
    return found


def workers(parent: int) -> list[int]:
    """Children of a build that train."""
    found = []
    for child in children(parent):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                found.append(child)
    return found


def alive(process: int) -> bool:
    """Whether a process runs."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def committed(path: Path) -> int:
    """Rows that a reader finds in a table now; none where there is no table yet."""
    if not path.exists():
        return 0
    with nasbench.open_table(path) as table:
        return sum(int((table.contents.status(schedule) > 0).sum()) for schedule in table.schedules)


def digest(path: Path) -> str:
    """The table's digest."""
    with nasbench.open_table(path) as table:
        return table.digest


def train_here(task: Task, jobs: Iterable[Job], workers: int) -> Iterator[Row]:
    """Like ``executors.local.train_rows``, in this process."""
    import torch

    from nasbench.generator.worker import RowWorker

    jobs = list(jobs)
    torch.set_num_threads(1)
    worker = RowWorker(task) if jobs else None
    for job in jobs:
        assert worker is not None
        yield worker.train_row(job)
