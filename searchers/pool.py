"""Runs in several processes; the numbers are those of one process.

Workers can be killed at any instant: a run is saved while it goes on, and each file is written whole or not at all.
They end with their parent, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.synchronize import Event

from searchers.clock import Budget
from searchers.job import Job
from searchers.request import Request
from searchers.run import Run
from searchers.workplace import Workplace

LARGEST_CHUNK = 10
"""Runs handed to a worker at once, at most."""


def complete_all(request: Request, jobs: Sequence[Job], budget: Budget, workers: int) -> Iterator[int]:
    """Completes jobs in worker processes; yields how many were finished, each time some are.

    Raises:
        ChildProcessError: a worker was killed.
        OSError, ValueError, LookupError: as :class:`searchers.workplace.Workplace`.
    """
    size = max(1, min(LARGEST_CHUNK, len(jobs) // (4 * workers)))
    chunks = [tuple(jobs[start : start + size]) for start in range(0, len(jobs), size)]
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(min(workers, len(chunks)), context, _begin, (request, stop)) as pool:
        futures = [pool.submit(_complete, chunk, budget) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise ChildProcessError(
                "a worker process was killed (out of memory?): run the same command again, it goes on where it "
                "stopped, perhaps with fewer --workers"
            ) from None
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


class _Worker:
    """What a worker process holds from its first job to its last."""

    workplace: Workplace
    stop: Event


def _begin(request: Request, stop: Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Worker.workplace, _Worker.stop = Workplace(request), stop


def _complete(jobs: tuple[Job, ...], budget: Budget) -> int:
    for job in jobs:
        if _Worker.stop.is_set():
            break
        job.complete(_Worker.workplace, budget, _stop_when_asked)
    return len(jobs)


def _stop_when_asked(run: Run) -> None:
    if _Worker.stop.is_set():
        raise InterruptedError("stopped with its parent")


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
