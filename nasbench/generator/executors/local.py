"""Jobs done by processes of this machine, one thread each. The parent needs no torch."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, Protocol, TypeVar

from nasbench.database.rows import Row
from nasbench.generator.selection import Job, Task
from nasbench.registry import UnknownNameError
from nasbench.space import Architecture

ATTEMPTS = 2
"""How often a job is given out when workers die under it."""


class WorkerError(ChildProcessError):
    """A worker reported an error that is no failed training, or died twice under one job."""


class AnyJob(Protocol):
    """A piece of work on one architecture; hashable, and can be sent to a process."""

    @property
    def architecture(self) -> Architecture:
        """The architecture, for messages."""


JobT = TypeVar("JobT", bound=AnyJob)
ResultT = TypeVar("ResultT")
TakenT = TypeVar("TakenT", bound=AnyJob, contravariant=True)
GivenT = TypeVar("GivenT", covariant=True)


class AnyTask(Protocol[TakenT, GivenT]):
    """What jobs share; it is sent to each worker process."""

    @property
    def verb(self) -> str:
        """What a job does, for messages, such as "training"."""

    def worker(self) -> Callable[[TakenT], GivenT]:
        """What turns a job into its result; called once in each worker process."""


@dataclass
class _Worker(Generic[JobT]):
    process: BaseProcess
    connection: Connection
    job: JobT | None = None


def train_rows(task: Task, jobs: Iterable[Job], workers: int) -> Iterator[Row]:
    """Rows of all jobs, each as soon as it is trained; see :func:`run_jobs`."""
    yield from run_jobs(task, jobs, workers)


def run_jobs(task: AnyTask[JobT, ResultT], jobs: Iterable[JobT], workers: int) -> Iterator[ResultT]:
    """Results of all jobs, each as soon as it is there.

    A worker that dies is replaced and its job is given out once more. Workers end with the parent, however it ends.

    Args:
        task: what the jobs share.
        jobs: what to do; one is taken at a time, so that a generator of many stays small.
        workers: number of processes.

    Raises:
        WorkerError: a worker met an error of the program or of its input, or died twice under the same job.
    """
    waiting = iter(jobs)
    attempts: dict[JobT, int] = {}
    running: list[_Worker[JobT]] = []
    try:
        while len(running) < workers and (first := next(waiting, None)) is not None:
            running.append(_start(task))
            _give(running[-1], first)
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
                            f"a worker died twice (exit code {worker.process.exitcode}) while "
                            f"{task.verb} {job.architecture}; finished rows are kept. Out of memory? Try fewer workers"
                        ) from None
                    worker.connection.close()
                    running[running.index(worker)] = worker = _start(task)
                    _give(worker, job)
                else:
                    if kind == "error":
                        raise WorkerError(answer)
                    _give(
                        worker, next(waiting, None)
                    )  # before the result goes on, so that the worker need not wait for the disk
                    yield answer
    finally:
        for worker in running:
            worker.process.kill()
            worker.process.join()
            worker.connection.close()


def _give(worker: _Worker[JobT], job: JobT | None) -> None:
    worker.job = job
    with contextlib.suppress(ConnectionError):  # a worker that is dead is found so when its answer is awaited
        worker.connection.send(worker.job)


def _start(task: AnyTask[JobT, Any]) -> _Worker[JobT]:
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


def _work(task: AnyTask[Any, Any], connection: Connection, parent: int) -> None:
    """A worker's life: jobs in, results out, until there is no job or no parent."""
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        import torch

        torch.set_num_threads(1)
        work = task.worker()
        while (job := _next_job(connection)) is not None:
            connection.send(("result", work(job)))
    except (UnknownNameError, ValueError, OSError, ImportError) as error:
        _report(connection, str(error))
    except Exception as error:
        _report(connection, f"internal error in a worker: {type(error).__name__}: {error}")
        raise


def _next_job(connection: Connection) -> Any:
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
