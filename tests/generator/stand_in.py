"""A build whose workers train nothing: each makes up rows from their jobs, and does what a test asks for besides.

So that all that surrounds training is tested as it is, in no time: ``python -m tests.generator.stand_in build ...`` is
the command line with such workers. What they do is said in the environment variable ``STAND_IN``, JSON:

- ``seconds``: how long a row takes, busy all the while.
- ``deaths``, ``folder``: how often a worker kills itself under a job of seed 1, counted by files in the folder.
- ``error``: a message with which every job of seed 1 ends; ``kind``: the type of the error.
"""

from __future__ import annotations

import builtins
import json
import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from types import SimpleNamespace

from nasbench.database.rows import Row
from nasbench.generator.executors import local
from nasbench.generator.selection import Job, Task

COMMAND = (sys.executable, "-m", "tests.generator.stand_in")
_WORK = local._work


class RowMaker:
    """In the place of ``nasbench.generator.worker.RowWorker``."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.wishes = json.loads(os.environ.get("STAND_IN", "{}"))

    def train_row(self, job: Job) -> Row:
        """Numbers that the job decides."""
        if job.seed == 1:
            self._misbehave()
        end = time.monotonic() + self.wishes.get("seconds", 0)
        while time.monotonic() < end:
            pass
        return row_of(job, self.task.recipe.epochs)

    def _misbehave(self) -> None:
        if "error" in self.wishes:
            raise getattr(builtins, self.wishes.get("kind", "ValueError"))(self.wishes["error"])
        if "deaths" in self.wishes:
            folder = Path(self.wishes["folder"])
            count = len(list(folder.glob("death*")))
            if count < self.wishes["deaths"]:
                (folder / f"death{count}").touch()
                os.kill(os.getpid(), signal.SIGKILL)


def row_of(job: Job, epochs: int) -> Row:
    """The row that is made up for a job."""
    start = int(job.class_hash[:6], 16) % 5000 / 100 + job.seed
    accuracy = [start + epoch for epoch in range(epochs)]
    curves = {"val_accuracy": accuracy, "seconds": [0.5] * epochs}
    return Row(job.architecture.choices, job.class_hash, job.seed, epochs, "done", "", curves, {"test_accuracy": start})


def work(task: Task, connection: Connection, parent: int) -> None:
    """A worker's life as it is, but for torch and the one who trains."""
    sys.modules["torch"] = SimpleNamespace(set_num_threads=lambda count: None)  # type: ignore[assignment]
    sys.modules["nasbench.generator.worker"] = SimpleNamespace(RowWorker=RowMaker)  # type: ignore[assignment]
    _WORK(task, connection, parent)


if __name__ == "__main__":
    import nasbench.__main__ as cli
    from tests.generator import stand_in

    local._work = stand_in.work
    sys.exit(cli.main(sys.argv[1:]))
