"""Peak memory of ``nasbench proxies`` by how many architectures of a large space are scored, each in a process anew.

``python -m tests.benchmarks.bench_streaming [COUNT ...]``, 2,000, 20,000 and 60,000 unless told otherwise. The space is
a made-up chain of twelve choices, the score a constant, so that little else than what is kept takes time and memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

import nasbench
from nasbench.description import describe_proxies
from nasbench.generator.sample import class_sample
from predictors.proxy import size_proxy
from predictors.scoring import score_table
from predictors.scoring_jobs import Settings
from tests.predictors.test_streaming import SPACE

COUNTS = (2_000, 20_000, 60_000)


def main(counts: tuple[int, ...] = COUNTS) -> None:
    """Measures and prints."""
    print(f"one score and four costs of each architecture of a space of {SPACE.count():,}; peak resident memory")
    before: tuple[int, int] | None = None
    for count in counts:
        words = [sys.executable, "-m", __spec__.name, "in", str(count)]
        told = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
        peak, size = 1024 * int(told[-2]), int(told[-1])
        more = "" if before is None else f"   {(peak - before[1]) / (count - before[0]):7,.0f} bytes each further one"
        print(f"  {count:9,}  {peak / 2**20:7.1f} MiB   {size / count:5.0f} bytes each in the file{more}", flush=True)
        before = count, peak


def score(count: int) -> None:
    """Scores so many and prints the peak in KiB and the bytes of the file."""
    load = nasbench.load_space
    nasbench.load_space = lambda name: SPACE if name == SPACE.name else load(name)

    @size_proxy(better="higher", many=lambda space, architectures, skeleton: np.ones(len(architectures)))
    def quick(space, architecture, skeleton) -> float:
        return 1.0

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scores.h5"
        sample = class_sample(SPACE, count, 0)
        score_table(path, space=SPACE, settings=Settings(), architectures=sample, names=("quick",))
        with nasbench.open_table(path) as table:  # what the command tells at its end
            describe_proxies(table)
            assert table.digest
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, path.stat().st_size)


if __name__ == "__main__":
    if sys.argv[1:2] == ["in"]:
        score(int(sys.argv[2]))
    else:
        main(tuple(map(int, sys.argv[1:])) or COUNTS)
