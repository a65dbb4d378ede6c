"""How well a cheap table of one's own ranks cells: Spearman correlation with the published 200-epoch accuracies.

``python -m tests.benchmarks.reduced_cifar10 cells FILE`` writes the random cells; ``nasbench build`` trains them, see
README; ``python -m tests.benchmarks.reduced_cifar10 correlate TABLE FILE`` prints the correlation of the table's test
accuracy with ``test_200`` of NAS-Bench-201, over cells (a cell is answered by its class), with a bootstrap interval.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

import nasbench

PUBLISHED = Path("../shared/data/nb201/cifar10.csv")
COLUMNS = ("test_200", "test_12", "params_m")
CELLS, SEED, RESAMPLES = 160, 2026, 10_000


def write_cells(path: Path) -> None:
    """Writes cells drawn from all 15,625 without replacement, one a line."""
    space = nasbench.load_space("nas_bench_201")
    chosen = np.random.default_rng(SEED).permutation(len(space))[:CELLS]
    path.write_text("".join(f"{space.format(space.from_index(int(place)))}\n" for place in chosen))


def compared(table_path: Path, cells_path: Path) -> dict[str, np.ndarray]:
    """Of each cell that the table answers: its class, its test accuracy there, and the published numbers."""
    with open(PUBLISHED, newline="") as file:
        published = {row["arch"]: row for row in csv.DictReader(file)}
    with nasbench.open_table(table_path) as table:
        cells = [line for line in cells_path.read_text().split() if answered(table, line)]
        columns = {name: np.array([float(published[cell][name]) for cell in cells]) for name in COLUMNS}
        own = np.array([table.query(cell, "test_accuracy") for cell in cells])
        classes = np.array([table.space.canonical_hash(table.space.parse(cell)) for cell in cells])
    return {"class": classes, "own": own, **columns}


def correlate(table_path: Path, cells_path: Path) -> None:
    """Prints the correlation of the cells that the table answers."""
    found = compared(table_path, cells_path)
    truth = found["test_200"]
    print(f"{len(truth)} random cells of {len(set(found['class']))} classes, Spearman with the published test_200")
    for name, values in (
        ("test accuracy of the table", found["own"]),
        ("parameters", found["params_m"]),
        ("published 12-epoch test_12", found["test_12"]),
    ):
        low, high = interval(values, truth)
        print(f"  {name:28s} {spearmanr(values, truth)[0]:.3f}  [{low:.3f}, {high:.3f}]")


def answered(table: nasbench.table.Table, cell: str) -> bool:
    """Whether the table has a row for the cell's class."""
    try:
        table.query(cell, "test_accuracy")
    except LookupError:
        return False
    return True


def interval(values: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Percentile bootstrap interval at 95%, cells resampled."""
    rng = np.random.default_rng(0)
    draws = rng.integers(len(values), size=(RESAMPLES, len(values)))
    return tuple(np.percentile([spearmanr(values[d], truth[d])[0] for d in draws], [2.5, 97.5]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["cells"] and len(sys.argv) == 3:
        write_cells(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["correlate"] and len(sys.argv) == 4:
        correlate(Path(sys.argv[2]), Path(sys.argv[3]))
    else:
        sys.exit(__doc__)
