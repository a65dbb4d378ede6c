"""Rows from processes of this machine, one thread each. The parent needs no torch."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from nasbench.database.rows import Row
from nasbench.generator.selection import Job, Task
from nasbench.registry import UnknownNameError

ATTEMPTS = 2
"""How often a job is given out when workers die under it."""


class WorkerError(ChildProcessError):
    """A worker reported an error that is no failed training, or died twice under one job."""


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    job: Job | None = None


def train_rows(task: Task, jobs: Iterable[Job], workers: int) -> Iterator[Row]:
    """Rows of all jobs, each as soon as it is trained.

    A worker that dies is replaced and its job is given out once more. Workers end with the parent, however it ends.

    Args:
        task: what the rows share.
        jobs: what to train.
        workers: number of processes.

    Raises:
        WorkerError: a worker met an error of the program or of its input, or died twice under the same job.
    """
    waiting = deque(jobs)
    attempts: dict[Job, int] = {}
    running: list[_Worker] = []
    try:
        for _ in range(min(workers, len(waiting))):
            running.append(_start(task))
            _give(running[-1], waiting)
        while any(worker.job is not None for worker in running):
            for ready in wait([worker.connection for worker in running if worker.job is not None]):
                worker = next(w for w in running if w.connection is ready)
                job = worker.job
                assert job is not None
                try:
                    kind, answer = worker.connection.recv()
                except (EOFError, OSError):  # nothing more, or half an answer: the worker is dead
                    attempts[job] = attempts.get(job, 0) + 1
                    worker.process.join()
                    if attempts[job] >= ATTEMPTS:
                        raise WorkerError(
                            f"a worker died twice (exit code {worker.process.exitcode}) while training "
                            f"{job.architecture}; finished rows are kept. Out of memory? Try fewer workers"
                        ) from None
                    worker.connection.close()
                    running[running.index(worker)] = worker = _start(task)
                    waiting.appendleft(job)
                    _give(worker, waiting)
                else:
                    if kind == "error":
                        raise WorkerError(answer)
                    _give(worker, waiting)  # before the row goes on, so that the worker need not wait for the disk
                    yield answer
    finally:
        for worker in running:
            worker.process.kill()
            worker.process.join()
            worker.connection.close()


def _give(worker: _Worker, waiting: deque[Job]) -> None:
    worker.job = waiting.popleft() if waiting else None
    with contextlib.suppress(ConnectionError):  # a worker that is dead is found so when its answer is awaited
        worker.connection.send(worker.job)


def _start(task: Task) -> _Worker:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(task, theirs, os.getpid()), daemon=True)
    resource_tracker.ensure_running()  # it unblocks signals when it starts, which is not to happen in between
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited: Ctrl-C is the parent's to answer
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    theirs.close()
    return _Worker(process, ours)


def _work(task: Task, connection: Connection, parent: int) -> None:
    """A worker's life: jobs in, rows out, until there is no job or no parent."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        import torch

        from nasbench.generator.worker import RowWorker

        torch.set_num_threads(1)
        worker = RowWorker(task)
        while (job := _next_job(connection)) is not None:
            connection.send(("row", worker.train_row(job)))
    except (UnknownNameError, ValueError, OSError, ImportError) as error:
        _report(connection, str(error))
    except Exception as error:
        _report(connection, f"internal error in a worker: {type(error).__name__}: {error}")
        raise


def _next_job(connection: Connection) -> Job | None:
    try:
        return connection.recv()
    except EOFError:  # the parent is gone
        return None


def _report(connection: Connection, message: str) -> None:
    with contextlib.suppress(OSError):  # the parent is gone, and nobody is left to tell
        connection.send(("error", message))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
