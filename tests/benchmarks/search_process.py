"""One run of one searcher in a process of its own: seconds and peak memory, as a line of JSON.

``python -m tests.benchmarks.search_process TABLE SEARCHER QUERIES``; who starts it says in the environment how many
threads there may be. Seconds are of asking, answering and recording, with all that is computed once a process; the
searcher is made and the table opened before. Peaks are of the whole process, Python and packages included, in
megabytes: before the first query, after half of them, after all.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import nasbench
from searchers.clock import Budget
from searchers.evaluators.table import TableEvaluator
from tests.benchmarks.search_table import SELECT, make_run


def main(path: str, name: str, queries: int) -> None:
    """Measures and prints."""
    evaluator = TableEvaluator("table", nasbench.open_table(path).for_search(), SELECT)
    run = make_run(evaluator, evaluator.hints(), name, seed=0)
    peaks = [peak_megabytes()]
    wall, cpu = time.perf_counter(), time.process_time()
    for budget in (queries // 2, queries):
        run.go(Budget(budget))
        peaks.append(peak_megabytes())
    found = {
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peaks": peaks,
        "best": float(run.recorder.best()[1]),  # type: ignore[index]
    }
    print(json.dumps(found))


def peak_megabytes() -> float:
    """The most memory that this process has held so far."""
    status = Path("/proc/self/status")  # getrusage counts what the parent had before the start
    if status.exists():
        return next(int(line.split()[1]) / 1e3 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
