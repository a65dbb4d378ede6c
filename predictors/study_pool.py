"""Jobs of a study in this process or in several; the numbers are the same.

Workers end with their parent, however that ends; Ctrl-C is answered by the parent, which keeps what is finished.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

from predictors.study_file import Key, StudyRow

if TYPE_CHECKING:
    from predictors.study import Study
    from predictors.study_request import StudyRequest


def run_jobs(study: Study, request: StudyRequest, jobs: Sequence[Key]) -> Iterator[StudyRow]:
    """Rows of jobs as they are finished, in any order.

    Raises:
        ChildProcessError: a worker was killed.
    """
    if request.workers == 1 or len(jobs) < 2:
        yield from (study.run(*job) for job in jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(request.workers, len(jobs)), context, _begin, (request,)) as pool:
        futures = [pool.submit(_run, job) for job in jobs]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise ChildProcessError(
                "a worker process was killed (out of memory?): run the same command again, it goes on where it "
                "stopped, perhaps with fewer --workers"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


class _Worker:
    """What a worker process holds from its first job to its last."""

    study: Study


def _begin(request: StudyRequest) -> None:
    from predictors.study import Study

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _Worker.study = Study.of(request)


def _run(job: Key) -> StudyRow:
    return _Worker.study.run(*job)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
