"""A table of all 15,625 cells against pandas on the same numbers, in one run: opening, memory, queries, columns.

``python -m tests.benchmarks.bench_table``. The numbers are NAS-Bench-201's where ``../shared/data`` has them, otherwise
made up in the same form. Times are CPU seconds of one core, the best of some repeats, so that a busy machine matters
less; memory is the peak of a process of its own, Python and packages included.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import nasbench
from nasbench.__main__ import run as run_command
from nasbench.table import Table

PUBLISHED = Path("../shared/data/nb201/cifar10.csv")
METRICS = ("valid_200", "test_200", "valid_12", "test_12", "test_200_seed0", "test_200_seed1", "test_200_seed2")
REPEATS = 5
QUERIES = 20_000
METRIC, SCHEDULE, COLUMN = "test_accuracy", 200, "test_200"

MEMORY = {
    "import nasbench": "import nasbench.table",
    "open": "import nasbench; nasbench.open_table(sys.argv[1])",
    "open and query": "import nasbench; t = nasbench.open_table(sys.argv[1]); t.query(t.architectures[0])",
    "import pandas": "import pandas",
    "read_csv": "import pandas; pandas.read_csv(sys.argv[2], index_col='arch')",
}
"""What a process does whose memory is measured; its arguments are the table and the CSV file."""


def main() -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.h5"
        source, origin = make_source(Path(folder))
        seconds = fastest(lambda: import_table(source, path), repeats=1)
        print(f"15,625 cells, {len(METRICS)} columns and 2 costs, {origin}; best of {REPEATS}, CPU seconds of one core")
        print(f"nasbench import csv: {seconds:.2f} s for {source.stat().st_size / 1e6:.1f} MB, "
              f"{path.stat().st_size / 1e6:.1f} MB in HDF5\n")  # fmt: skip
        bench_opening(path, source)
        bench_memory(path, source)
        with nasbench.open_table(path) as table:
            frame = pd.read_csv(source, index_col="arch")
            check_equal(table, frame)
            bench_queries(table, frame)
            bench_values(path, table, frame)


def make_source(folder: Path) -> tuple[Path, str]:
    """A CSV file of all cells, and where its numbers come from."""
    if PUBLISHED.exists():
        return PUBLISHED, "published numbers"
    space = nasbench.load_space("nas_bench_201")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(np.round(rng.uniform(10, 95, (len(space), len(METRICS))), 4), columns=list(METRICS))
    frame.insert(0, "arch", [space.format(architecture) for architecture in space])
    frame["params_m"], frame["flops_m"] = np.round(rng.uniform(0.07, 1.5, (2, len(space))), 6)
    frame.to_csv(folder / "made_up.csv", index_label="index")
    return folder / "made_up.csv", "made-up numbers"


def import_table(source: Path, path: Path) -> None:
    """What ``nasbench import csv`` does with every column."""
    columns = []
    for name in METRICS:
        split, epochs, *seed = name.split("_")
        metric = {"valid": "val_accuracy", "test": "test_accuracy"}[split]
        at_seed = f"#{seed[0].removeprefix('seed')}" if seed else ""
        columns += ["--column", f"{metric}@{epochs}{at_seed}={name}"]
    costs = ["--cost", "flops=flops_m*1000000", "--cost", "parameters=params_m*1000000"]
    with contextlib.redirect_stdout(None):
        run_command(["import", "csv", str(source), str(path), "--space", "nas_bench_201", *columns, *costs])


def bench_opening(path: Path, source: Path) -> None:
    """Opening a table, and with one query, against reading the CSV file."""

    def open_and_query() -> None:
        with nasbench.open_table(path) as table:
            table.query(table.space.from_index(0), METRIC, SCHEDULE)

    pandas = fastest(lambda: pd.read_csv(source, index_col="arch"))
    show("pandas.read_csv", f"{pandas * 1e3:.1f} ms", 1)
    opening = fastest(lambda: nasbench.open_table(path).close())
    show("open the table", f"{opening * 1e3:.1f} ms", pandas / opening)
    both = fastest(open_and_query)
    show("open the table and query one cell", f"{both * 1e3:.1f} ms", pandas / both)


def bench_memory(path: Path, source: Path) -> None:
    """Peak memory of processes that open one or the other."""
    peak = {what: peak_megabytes(code, path, source) for what, code in MEMORY.items()}
    show("pandas.read_csv, whole process", f"{peak['read_csv']:.0f} MB", 1)
    show("open the table, whole process", f"{peak['open']:.0f} MB", peak["read_csv"] / peak["open"])
    both = peak["open and query"]
    show("open the table and query one cell, whole process", f"{both:.0f} MB", peak["read_csv"] / both)
    print(f"  without the packages: read_csv {peak['read_csv'] - peak['import pandas']:.0f} MB, "
          f"open {peak['open'] - peak['import nasbench']:.0f} MB")  # fmt: skip


def bench_queries(table: Table, frame: pd.DataFrame) -> None:
    """Single queries of cells in random order, against a look-up by the cell's text."""
    chosen = np.random.default_rng(0).integers(len(table), size=QUERIES).tolist()
    cells = [table.architectures[place] for place in chosen]
    texts = [table.space.format(cell) for cell in cells]

    def loop(answer: Callable, keys: list) -> Callable[[], None]:
        def run() -> None:
            for key in keys:
                answer(key)

        return run

    few = texts[: QUERIES // 10]
    pandas = len(few) / fastest(loop(lambda text: frame.loc[text, COLUMN], few))
    show("pandas, frame.loc[text, column]", f"{pandas:,.0f} queries/s", 1)
    at = len(few) / fastest(loop(lambda text: frame.at[text, COLUMN], few))
    show("pandas, frame.at[text, column]", f"{at:,.0f} queries/s", at / pandas)
    of_texts = QUERIES / fastest(loop(lambda text: table.query(text, METRIC, SCHEDULE), texts))
    show("table.query(text)", f"{of_texts:,.0f} queries/s", of_texts / pandas)
    ours = QUERIES / fastest(loop(lambda cell: table.query(cell, METRIC, SCHEDULE), cells))
    show("table.query(architecture)", f"{ours:,.0f} queries/s", ours / pandas)
    view = table.for_search()
    hidden = QUERIES / fastest(loop(lambda cell: view.query(cell, "val_accuracy", SCHEDULE), cells))
    show("the view for searchers, query(architecture)", f"{hidden:,.0f} queries/s", hidden / pandas)


def bench_values(path: Path, table: Table, frame: pd.DataFrame) -> None:
    """A column over all cells, against a look-up of all of them."""
    count = len(table)
    texts = [table.space.format(cell) for cell in table]
    pandas = count / fastest(lambda: frame.loc[texts, COLUMN].to_numpy())
    show("pandas, frame.loc[texts, column]", f"{pandas / 1e6:,.1f} million numbers/s", 1)
    fresh = []
    for _ in range(REPEATS):
        with nasbench.open_table(path) as other:
            fresh.append(fastest(lambda other=other: other.values(METRIC, SCHEDULE), repeats=1))
    first = count / min(fresh)
    show("table.values, the first time", f"{first / 1e6:,.1f} million numbers/s", first / pandas)
    again = 1000 * count / fastest(lambda: [table.values(METRIC, SCHEDULE) for _ in range(1000)])
    show("table.values, again", f"{again / 1e6:,.0f} million numbers/s", again / pandas)


def check_equal(table: Table, frame: pd.DataFrame) -> None:
    """Both hold the same numbers, or the comparison is worthless."""
    ours = table.values(METRIC, SCHEDULE)
    theirs = frame.loc[[table.space.format(cell) for cell in table], COLUMN].to_numpy()
    assert np.array_equal(ours, theirs)


def fastest(act: Callable[[], object], repeats: int = REPEATS) -> float:
    """CPU seconds of the fastest repeat."""
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        act()
        times.append(time.process_time() - begin)
    return max(min(times), 1e-9)


def peak_megabytes(code: str, path: Path, source: Path) -> float:
    """Peak memory of a Python process that runs some code."""
    words = [sys.executable, "-c", f"import sys; {code}\n{_PEAK}", str(path), str(source)]
    return float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


_PEAK = """
try:
    lines = open('/proc/self/status').read().splitlines()  # getrusage counts what the parent had before the start
    print(next(int(line.split()[1]) / 1e3 for line in lines if line.startswith('VmHWM')))
except OSError:
    import resource
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == 'darwin' else 1e3))
"""


def show(what: str, measured: str, ratio: float) -> None:
    """One line: what, how much, how many times better than pandas."""
    print(f"{what:52} {measured:>28} {ratio:10.1f} x")


if __name__ == "__main__":
    main()
