"""A table of estimates: columns, entries, notes, and how many digits each number deserves.

What stands in a table is decided in ``sections``, how it is written down in ``tables``. Numbers of a column share their
decimals: as many as its smallest interval supports, at most what the column allows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from reports.statistics import Estimate

Value = str | int | float | Estimate | None
"""What an entry holds; None where there is nothing."""


@dataclass(frozen=True, slots=True)
class Cell:
    """An entry: its value, None where there is none; whether it is set bold; a mark that the table's notes explain."""

    value: Value
    bold: bool = False
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in CSV, its header for people (with the unit), the most decimals, and how it is written.

    ``form`` is ``text``, ``long`` (text that may need several lines), ``number`` (estimates as 0.88 ± 0.01),
    ``interval`` (as 0.88 [0.76, 0.90], where sides may differ), or ``p`` (a p value, written ``<0.001`` where it is).
    """

    name: str
    header: str
    decimals: int = 0
    form: str = "number"

    @property
    def is_text(self) -> bool:
        """Whether entries are words, which stand left."""
        return self.form in ("text", "long")


@dataclass(frozen=True)
class Table:
    """Entries in rows, with a title and notes that say n, tests and marks.

    Args:
        name: stem of its files.
        title: one line.
        columns: as many as each row has cells.
        rows: values; a bare one is a cell without bold or mark.
        notes: sentences below the table.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell | Value, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"every row of table {self.name!r} needs {len(self.columns)} entries")

    def cells(self) -> list[list[Cell]]:
        """The rows, every entry a cell."""
        return [[entry if isinstance(entry, Cell) else Cell(entry) for entry in row] for row in self.rows]

    def texts(self) -> list[list[str]]:
        """Entries as people read them, without bold and marks."""
        cells = self.cells()
        decimals = [column_decimals(c, [row[i].value for row in cells]) for i, c in enumerate(self.columns)]
        return [
            [
                format_value(cell.value, column, places)
                for cell, column, places in zip(row, self.columns, decimals, strict=True)
            ]
            for row in cells
        ]


def column_decimals(column: Column, values: Sequence[Value]) -> int:
    """Decimals of a column: two significant digits of its least half width if that begins with a 1, else one.

    Never more than the column allows; as many where entries are written as intervals, whose sides differ.

    >>> column_decimals(Column("a", "a", 3), [Estimate(93.8512, 93.82, 93.88, 50)])
    2
    """
    estimates = [v for v in values if isinstance(v, Estimate) and not math.isnan(v.value)]
    widths = [estimate.half_width for estimate in estimates if estimate.half_width > 0]
    if not widths:
        return 0 if estimates and all(e.value == round(e.value) for e in estimates) else column.decimals
    if column.form == "interval":
        return column.decimals
    least = min(widths)
    place = -math.floor(math.log10(least))
    leading = least * 10**place
    return max(0, min(column.decimals, place + (leading < 1.95)))


def interval_text(estimate: Estimate, decimals: int, signed: bool = False) -> str:
    """An estimate with the ends of its interval.

    >>> interval_text(Estimate(93.8512, 93.82, 93.88, 50), 2)
    '93.85 [93.82, 93.88]'
    """
    if math.isnan(estimate.value):
        return "not defined"
    value, low, high = (
        ("+" if signed and end > 0 else "") + _number(end, decimals)
        for end in (estimate.value, estimate.low, estimate.high)
    )
    return value if math.isnan(estimate.half_width) else f"{value} [{low}, {high}]"


def format_value(value: Value, column: Column, decimals: int) -> str:
    """A value as people read it; an en dash where there is none.

    >>> format_value(Estimate(93.8512, 93.82, 93.88, 50), Column("a", "a"), 2)
    '93.85 ± 0.03'
    >>> format_value(0.00004, Column("p", "p", form="p"), 0)
    '<0.001'
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, str):
        return value
    if isinstance(value, Estimate):
        if math.isnan(value.value):
            return "–"
        if column.form == "interval":
            return interval_text(value, decimals)
        centre = _number(value.value, decimals)
        return centre if math.isnan(value.half_width) else f"{centre} ± {_number(value.half_width, decimals)}"
    if column.form == "p":
        return "<0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"
    return f"{value:,}" if isinstance(value, int) else _number(value, decimals)


def _number(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.lstrip("-")
