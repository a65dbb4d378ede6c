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
CELLS, SEED, RESAMPLES = 160, 2026, 10_000


def write_cells(path: Path) -> None:
    """Writes cells drawn from all 15,625 without replacement, one a line."""
    space = nasbench.load_space("nas_bench_201")
    chosen = np.random.default_rng(SEED).permutation(len(space))[:CELLS]
    path.write_text("".join(f"{space.format(space.from_index(int(place)))}\n" for place in chosen))


def correlate(table_path: Path, cells_path: Path) -> None:
    """Prints the correlation of the cells that the table answers."""
    with open(PUBLISHED, newline="") as file:
        published = {row["arch"]: row for row in csv.DictReader(file)}
    with nasbench.open_table(table_path) as table:
        cells = [line for line in cells_path.read_text().split() if answered(table, line)]
        own = np.array([table.query(cell, "test_accuracy") for cell in cells])
        hashes = [table.space.canonical_hash(table.space.parse(cell)) for cell in cells]
        schedule = max(table.schedules)
        cost = np.mean([table.seconds(cell, schedule) for cell in dict(zip(hashes, cells, strict=True)).values()])
    truth = np.array([float(published[cell]["test_200"]) for cell in cells])
    size = np.array([float(published[cell]["params_m"]) for cell in cells])
    early = np.array([float(published[cell]["test_12"]) for cell in cells])
    print(f"{len(cells)} random cells of {len(set(hashes))} classes, {cost:.1f} s of training a class")
    for name, values in (("own table", own), ("parameters", size), ("published 12-epoch run", early)):
        low, high = interval(values, truth)
        print(f"{name:24s} Spearman with test_200 {spearmanr(values, truth)[0]:.3f}  [{low:.3f}, {high:.3f}]")


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
