"""Peak memory and seconds of one fold of a table of scores, by its size, each in a process of its own.

``python -m tests.benchmarks.bench_folding [COUNT ...]``, 20,000, 200,000 and 1,000,000 architectures unless told
otherwise. The table has scores of two proxies and no training; one score is committed and folded into it. Beside it
stands a process that reads the whole file, which is less than an image of the new file in memory would take.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nasbench
from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Header
from nasbench.database.scores import ScoreRow, Scores
from nasbench.database.writer import TableWriter, write_table
from tests.predictors.test_streaming import SPACE

COUNTS = (20_000, 200_000, 1_000_000)
BETTER = {"first": "higher", "second": "lower"}
SETTINGS = {"images": 1}
OPTIONS = np.array(SPACE.options)


def main(counts: tuple[int, ...] = COUNTS) -> None:
    """Measures and prints."""
    print(f"one score folded into a table of {len(BETTER)} scores of each architecture; peak resident memory")
    before: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            path = make_table(Path(folder) / f"{count}.h5", count)
            told = f"  {count:9,} architectures, {path.stat().st_size / 2**20:6.1f} MiB:"
            for way in ("read", "fold"):
                peak, seconds = measured(way, path)
                told += f"   {way} {peak / 2**20:6.1f} MiB {seconds:5.2f} s"
                if way in before:
                    known, size = before[way]
                    told += f", {(peak - size) / (count - known):6.1f} bytes each further one"
                before[way] = count, peak
            print(told, flush=True)


def choices_of(numbers: np.ndarray) -> np.ndarray:
    """Choices of architectures of the made-up space by number, in lexicographic order of the numbers."""
    places = np.cumprod([1, *OPTIONS[:0:-1]])[::-1]
    return (numbers[:, None] // places % OPTIONS).astype(np.int16)


def make_table(path: Path, count: int) -> Path:
    """A table of so many architectures, spread over the space, of which none is the last."""
    choices = choices_of(np.arange(count) * ((SPACE.count() - 1) // count))
    hashes = [SPACE.canonical_hash(SPACE.architecture(one)) for one in choices.tolist()]
    numbers = np.arange(count, dtype=np.float64)[:, None]
    said = {name: Scores((0,), numbers, np.ones_like(numbers)) for name in BETTER}
    write_table(
        path,
        MemoryContents(Header(SPACE.name), choices, hashes, scores=said, proxies=BETTER, proxy_settings=SETTINGS),
    )
    return path


def measured(way: str, path: Path) -> tuple[int, float]:
    """Peak resident bytes and seconds of a new process that does ``fold`` or ``read`` with a table."""
    words = [sys.executable, "-m", "tests.benchmarks.bench_folding", way, str(path)]
    peak, seconds = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    return int(peak), float(seconds)


def do(way: str, path: Path) -> None:
    """Does it, and prints the peak and the seconds."""
    start = time.perf_counter()
    if way == "fold":
        fold(path)
    else:
        data = path.read_bytes()
        assert data
    seconds = time.perf_counter() - start
    lines = Path("/proc/self/status").read_text().splitlines()  # getrusage counts what the parent had before the start
    print(next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM")), seconds)


def fold(path: Path) -> None:
    """Commits scores of the last architecture of the space and folds."""
    load = nasbench.load_space
    nasbench.load_space = lambda name: SPACE if name == SPACE.name else load(name)
    last = SPACE.architecture(choices_of(np.array([SPACE.count() - 1]))[0].tolist())
    values, seconds = dict.fromkeys(BETTER, 1.0), dict.fromkeys(BETTER, 2.0)
    with TableWriter(path) as writer:
        assert writer.score_status(last.choices, "first", 0) == "absent"
        writer.commit_scores([ScoreRow(last.choices, SPACE.canonical_hash(last), 0, values, seconds)], BETTER, SETTINGS)
        writer.fold()
        assert writer.score_status(last.choices, "first", 0) == "done"


if __name__ == "__main__":
    if sys.argv[1:2] in (["fold"], ["read"]):
        do(sys.argv[1], Path(sys.argv[2]))
    else:
        main(tuple(map(int, sys.argv[1:])) or COUNTS)
