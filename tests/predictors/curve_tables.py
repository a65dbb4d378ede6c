"""Tables of learning curves that tests make for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Header, Row
from nasbench.database.writer import write_table
from nasbench.space import Architecture
from tests.predictors.examples import nas_bench_201


def write_curves(path: Path, architectures: Sequence[Architecture], curves: dict[str, np.ndarray]) -> str:
    """Path of a table of curves [architectures, epochs] by metric."""
    space = nas_bench_201()
    epochs = next(iter(curves.values())).shape[1]
    rows = [
        Row(
            architecture.choices,
            space.canonical_hash(architecture),
            0,
            epochs,
            "done",
            "",
            curves={metric: values[place].tolist() for metric, values in curves.items()},
            finals={},
        )
        for place, architecture in enumerate(architectures)
    ]
    header = Header(space.name, {"epochs": epochs}, {"name": "made up", "sha256": "0" * 64})
    write_table(path, MemoryContents.from_rows(header, rows))
    return str(path)
