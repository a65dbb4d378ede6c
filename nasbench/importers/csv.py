"""A CSV file with a line for each architecture, named in the column ``arch``."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np

import nasbench
from nasbench.database.contents import Axes
from nasbench.database.memory import MemoryContents, ScheduleArrays
from nasbench.database.rows import Header
from nasbench.database.schema import DONE, METRICS, cost_unit
from nasbench.importer import Importer
from nasbench.importers._grammar import Costed, Measured, Quantity

KEY = "arch"
_MISSING = frozenset({"", "nan", "na", "n/a", "null", "none"})
"""Cells, in small letters, that hold no number."""


class CSVImporter(Importer):
    """A CSV file of numbers keyed by a column ``arch``, in the text form of the search space.

    Args:
        source: the file: UTF-8, commas, names in the first line.
        space: name of the search space.
        columns: metrics and where they stand, each ``METRIC@SCHEDULE[#SEED]=COLUMN[*NUMBER]``; without a seed the
            numbers are the published aggregate over seeds.
        costs: costs and where they stand, each ``NAME=COLUMN[*NUMBER]``.

    Raises:
        ValueError: a column or cost is not of that form, is given twice, or there is none.
        UnknownNameError: there is no such space.
    """

    def __init__(self, source: str | Path, space: str, columns: Sequence[str] = (), costs: Sequence[str] = ()) -> None:
        self.source = Path(source)
        self.space = nasbench.load_space(space)
        self.columns = [Measured.parse(text) for text in columns]
        self.costs = [Costed.parse(text) for text in costs]
        names = [target.name for target in self.columns] + [target.name for target in self.costs]
        if not names:
            raise ValueError(
                "nothing to import: give at least one --column METRIC@SCHEDULE=COLUMN or --cost NAME=COLUMN"
            )
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{name} is given twice: each metric of a schedule and seed, each cost has one column")
        self._given = (*columns, *costs)

    @classmethod
    def configure(cls, parser: argparse.ArgumentParser) -> None:
        """Adds ``--column`` and ``--cost``."""
        parser.add_argument(
            "--column",
            metavar="METRIC@SCHEDULE[#SEED]=COLUMN[*NUMBER]",
            action="append",
            default=[],
            help="a metric, the epochs of its schedule, and the column that holds it (accuracy in percent); without "
            "#SEED the column is the published aggregate over seeds; may be given often",
        )
        parser.add_argument(
            "--cost",
            metavar="NAME=COLUMN[*NUMBER]",
            action="append",
            default=[],
            help="a cost and the column that holds it, times a number to bring it to counts or seconds",
        )
        parser.epilog = """\
Example:
  nasbench import csv cifar10.csv nb201.h5 --space nas_bench_201 \\
      --column val_accuracy@200=valid_200 --column test_accuracy@200=test_200 \\
      --column test_accuracy@200#1=test_200_seed1 --cost flops=flops_m*1000000

Empty cells and NaN are absent in the table. Anything else that is not a number is an error, with its line."""

    @classmethod
    def from_arguments(cls, args: argparse.Namespace) -> CSVImporter:
        """The importer that a command line asks for."""
        return cls(args.source, args.space, args.column, args.cost)

    def read(self) -> MemoryContents:
        """Metrics and costs of every line.

        Raises:
            OSError: the file cannot be read.
            ValueError: a column is missing, a line is not of this form, an architecture unknown or given twice; the
                message holds the line's number.
        """
        data = self.source.read_bytes()
        header, records, lines = self._records(data)
        choices = self._architectures([record[header.index(KEY)] for record in records], lines)
        space, classes = self.space, [self.space.canonical_hash(self.space.architecture(line)) for line in choices]

        def numbers(quantity: Quantity, check: Callable[[float], str]) -> np.ndarray:
            place, factor = quantity.resolve(header)
            return _numbers([record[place] for record in records], lines, header[place], factor, check)

        measured = {t: numbers(t.quantity, lambda v, t=t: _fault(v, t.metric)) for t in self.columns}  # type: ignore[misc]
        costs = {t.name: (cost_unit(t.name), numbers(t.quantity, lambda _: "")) for t in self.costs}
        return MemoryContents(
            Header(space.name, origin=self._origin(data)),
            np.array(choices, dtype=np.int16).reshape(len(choices), len(space.options)),
            classes,
            {epochs: _schedule(epochs, measured) for epochs in {t.schedule for t in self.columns}},
            costs,
        )

    def _origin(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        return f"imported from {self.source.name} (SHA-256 {digest}): {' '.join(self._given)}"

    def _records(self, data: bytes) -> tuple[list[str], list[list[str]], list[int]]:
        """Names of the columns, the records, and the line on which each ends."""
        try:
            reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
            header = [name.strip() for name in next(reader, [])]
            if KEY not in header:
                raise ValueError(f"line 1 must name the columns, one of them {KEY!r}; it names: {', '.join(header)}")
            if len(set(header)) < len(header):
                twice = next(name for name in header if header.count(name) > 1)
                raise ValueError(f"line 1 names the column {twice!r} twice")
            records, lines = [], []
            for record in reader:
                if len(record) != len(header) and record:
                    raise ValueError(f"line {reader.line_num} has {len(record)} cells, line 1 names {len(header)}")
                if record:
                    records.append(record)
                    lines.append(reader.line_num)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{self.source} is not a CSV file in UTF-8: {error.reason} at byte {error.start}"
            ) from None
        except (ValueError, csv.Error) as error:
            where = f"line {reader.line_num}: " if isinstance(error, csv.Error) else ""
            raise ValueError(f"cannot read {self.source}: {where}{error}") from None
        if not records:
            raise ValueError(f"{self.source} has no line of numbers below the names of its columns")
        return header, records, lines

    def _architectures(self, texts: list[str], lines: list[int]) -> list[tuple[int, ...]]:
        """Choices of each line's architecture."""
        first: dict[tuple[int, ...], int] = {}
        for text, line in zip(texts, lines, strict=True):
            try:
                choices = self.space.parse(text).choices
            except ValueError as error:
                raise ValueError(f"line {line} of {self.source}: {error}") from None
            if choices in first:
                raise ValueError(
                    f"line {line} of {self.source} gives {text.strip()}, which line {first[choices]} gave already"
                )
            first[choices] = line
        return list(first)


def _numbers(
    cells: list[str], lines: list[int], column: str, factor: Decimal | None, check: Callable[[float], str]
) -> np.ndarray:
    """float64 of a column's cells, NaN where a cell holds no number; ``check`` says what is wrong with one."""
    values = np.full(len(cells), np.nan)
    for place, cell in enumerate(cells):
        try:
            value = math.nan if "_" in cell else float(cell) if factor is None else float(Decimal(cell) * factor)
        except (ValueError, ArithmeticError):
            value = math.nan
        if value != value:
            if cell.strip().lower().lstrip("+-") in _MISSING:
                continue
            fault = "is not a number"
        else:
            fault = "is not finite" if math.isinf(value) else check(value)
        if fault:
            raise ValueError(f"line {lines[place]}: column {column!r} holds {cell.strip()!r}, which {fault}")
        values[place] = value
    return values


def _fault(value: float, metric: str) -> str:
    """What is wrong with a value of a metric; nothing for most."""
    if METRICS[metric].unit == "percent":
        return "" if 0 <= value <= 100 else f"is not a {metric} in percent; COLUMN*100 turns fractions into percent"
    return "" if value >= 0 else f"is not a {metric}: it is negative"


def _schedule(epochs: int, measured: dict[Measured, np.ndarray]) -> ScheduleArrays:
    """Arrays of one schedule; a cell is done where any of its metrics has a number."""
    mine = {target: values for target, values in measured.items() if target.schedule == epochs}
    seeds = tuple(sorted({target.seed for target in mine}))
    count = len(next(iter(mine.values())))
    arrays = ScheduleArrays(seeds, np.zeros((count, len(seeds)), np.uint8), np.zeros((count, len(seeds)), np.uint16))
    for metric in dict.fromkeys(target.metric for target in mine):
        own = {target.seed: values for target, values in mine.items() if target.metric == metric}
        arrays.axes[metric] = Axes(tuple(sorted(own)), (epochs,))
        arrays.values[metric] = np.stack([own[seed] for seed in sorted(own)], axis=1)[:, :, None]
    for target, values in mine.items():
        arrays.status[~np.isnan(values), seeds.index(target.seed)] = DONE
    return arrays
