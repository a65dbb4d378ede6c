"""A table as a flat file, CSV or Parquet: one line a training and epoch, one column a metric or cost.

Zero-cost scores follow, one line a scored architecture and initialisation seed, which have no schedule; columns of
proxies are ``proxy_NAME`` and ``proxy_NAME_seconds``. Such a line is failed where a score is, and says which.

Everything is there: an epoch without numbers, a failed training without an epoch, an architecture without a training
have lines too, with empty cells. Seed -1 is a published aggregate over seeds.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.database.contents import Contents
from nasbench.database.files import written_atomically
from nasbench.database.schema import DONE, FAILED, METRICS, STATUSES
from nasbench.table import Table

KEYS = ("architecture", "class_hash", "schedule", "seed", "status", "reason", "epoch")
_BLOCK = 50_000
"""Lines that are made at a time."""


def export(table: Table, path: Path) -> int:
    """Number of lines written to a file whose name ends in .csv or .parquet.

    Raises:
        ValueError: the name ends otherwise.
        ImportError: Parquet needs pyarrow, which is not installed; the message holds the command.
        OSError: the file cannot be written.
    """
    if path.suffix == ".csv":
        return _write_csv(table, path)
    if path.suffix == ".parquet":
        return _write_parquet(table, path)
    raise ValueError(f"cannot export to {path}: its name must end in .csv or .parquet")


def names(table: Table) -> list[str]:
    """Columns of the flat file: keys, the metrics that the table has, its costs."""
    held = {metric for schedule in table.schedules for metric in table.metrics(schedule)}
    scores = [column for name in table.proxies for column in (f"proxy_{name}", f"proxy_{name}_seconds")]
    return [*KEYS, *(metric for metric in METRICS if metric in held), *table.costs, *scores]


def blocks(table: Table) -> Iterator[dict[str, list[Any]]]:
    """The lines, some at a time: column -> values, None where there is none."""
    contents = table.contents
    texts = [table.space.format(architecture) for architecture in table.architectures]
    hashes = table.class_hashes.tolist()
    costs = {name: _cost(table, name) for name in table.costs}
    trained = np.zeros(len(table), dtype=bool)
    for schedule in table.schedules:
        trained |= contents.status(schedule).any(axis=1)
        for lines, columns, epochs, measured in _measured(contents, schedule):
            status, seeds, reasons = contents.status(schedule), contents.seeds(schedule), contents.reasons(schedule)
            cells = list(zip(lines.tolist(), columns.tolist(), strict=True))
            yield {
                "architecture": [texts[line] for line, _ in cells],
                "class_hash": [hashes[line] for line, _ in cells],
                "schedule": [schedule] * len(cells),
                "seed": [seeds[column] for _, column in cells],
                "status": [STATUSES[number] for number in status[lines, columns].tolist()],
                "reason": [reasons.get(cell, "") for cell in cells],
                "epoch": [epoch or None for epoch in epochs.tolist()],
                **{name: _cells(values) for name, values in measured.items()},
                **{name: [values[line] for line, _ in cells] for name, values in costs.items()},
            }
    scored = np.zeros(len(table), dtype=bool)
    for places, block in _scored(contents, table.proxies):
        scored[places] = True
        yield {
            "architecture": [texts[line] for line in places],
            "class_hash": [hashes[line] for line in places],
            **block,
            **{name: [values[line] for line in places] for name, values in costs.items()},
        }
    rest = (~trained & ~scored).nonzero()[0].tolist()
    if rest:
        yield {
            "architecture": [texts[line] for line in rest],
            "class_hash": [hashes[line] for line in rest],
            "status": [STATUSES[0]] * len(rest),
            "reason": [""] * len(rest),
            **{name: [values[line] for line in rest] for name, values in costs.items()},
        }


def _cost(table: Table, name: str) -> list[float | None]:
    """Values of a cost; counts as whole numbers."""
    count = table.costs[name] == "count"
    values = table.cost(name).tolist()
    return [None if math.isnan(v) else int(v) if count and v.is_integer() else v for v in values]


def _scored(contents: Contents, proxies: Iterable[str]) -> Iterator[tuple[list[int], dict[str, list[Any]]]]:
    """Blocks of (architectures' lines, column -> values): what all proxies said, seed by seed."""
    scores = {name: contents.scores(name) for name in proxies}
    for seed in sorted({seed for one in scores.values() for seed in one.seeds}):
        at = {name: one.seeds.index(seed) for name, one in scores.items() if seed in one.seeds}
        reasons: dict[int, list[str]] = {}
        for name, column in at.items():
            for (line, place), text in sorted(scores[name].reasons.items()):
                if place == column:
                    reasons.setdefault(line, []).append(f"{name}: {text}")
        present = np.stack([scores[name].present[:, column] for name, column in at.items()])
        every = np.flatnonzero(present.any(axis=0)).tolist()
        for begin in range(0, len(every), _BLOCK):
            lines = every[begin : begin + _BLOCK]
            yield (
                lines,
                {
                    "seed": [seed] * len(lines),
                    "status": [STATUSES[FAILED if line in reasons else DONE] for line in lines],
                    "reason": ["; ".join(reasons.get(line, [])) for line in lines],
                    **{f"proxy_{name}": _cells(scores[name].values[lines, column]) for name, column in at.items()},
                    **{
                        f"proxy_{name}_seconds": _cells(scores[name].seconds[lines, column])
                        for name, column in at.items()
                    },
                },
            )


def _cells(values: np.ndarray) -> list[float | None]:
    return [None if math.isnan(v) else v for v in values.tolist()]


def _measured(
    contents: Contents, schedule: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, dict[str, np.ndarray]]]:
    """Blocks of (architecture's line, seed's column, epoch, values by metric); epoch 0 where a row has no number."""
    status, seeds = contents.status(schedule), contents.seeds(schedule)
    axes = contents.metrics(schedule)
    epochs = np.array(sorted({0, *(epoch for one in axes.values() for epoch in one.epochs)}))
    at_seeds = {name: np.array([seeds.index(seed) for seed in one.seeds]) for name, one in axes.items()}
    at_epochs = {name: np.searchsorted(epochs, one.epochs) for name, one in axes.items()}
    whole = {name: contents.values(schedule, name) for name in axes}
    step = max(1, _BLOCK // (len(seeds) * len(epochs)))
    for begin in range(0, len(status), step):
        block = slice(begin, begin + step)
        shape = (len(status[block]), len(seeds), len(epochs))
        measured = {name: np.full(shape, np.nan) for name in axes}
        held = np.zeros(shape, dtype=bool)
        for name, values in measured.items():
            values[:, at_seeds[name][:, None], at_epochs[name]] = whole[name][block]
            held |= ~np.isnan(values)
        held[:, :, 0] = (status[block] != 0) & ~held.any(axis=2)
        lines, columns, places = held.nonzero()
        if len(lines):
            yield lines + begin, columns, epochs[places], {name: values[held] for name, values in measured.items()}


def _write_csv(table: Table, path: Path) -> int:
    header, count = names(table), 0
    with written_atomically(path) as beside, open(beside, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for block in blocks(table):
            length = len(block["architecture"])
            writer.writerows(zip(*(block.get(name, [None] * length) for name in header), strict=True))
            count += length
    return count


def _write_parquet(table: Table, path: Path) -> int:
    try:
        import pyarrow
        import pyarrow.parquet
    except ModuleNotFoundError as error:
        raise ImportError(
            "writing Parquet needs pyarrow, which is not installed: pip install 'nasbench-forge[parquet]', "
            "or export to a .csv"
        ) from error
    texts = {"architecture", "class_hash", "status", "reason"}
    whole = {"schedule", "seed", "epoch"}
    kinds = [
        pyarrow.string() if name in texts else pyarrow.int64() if name in whole else pyarrow.float64()
        for name in names(table)
    ]
    schema, count = pyarrow.schema(list(zip(names(table), kinds, strict=True))), 0
    with written_atomically(path) as beside, pyarrow.parquet.ParquetWriter(beside, schema) as writer:
        for block in blocks(table):
            length = len(block["architecture"])
            columns = {name: block.get(name, [None] * length) for name in schema.names}
            arrays = [pyarrow.array(columns[name], type=schema.field(name).type) for name in schema.names]
            writer.write_table(pyarrow.Table.from_arrays(arrays, schema=schema))
            count += length
    return count
