"""``study.csv``: one line for each (predictor, n, seed), appended safely, read back after any kill."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from nasbench.database.files import described, write_all, write_atomically

Key = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class StudyRow:
    """Quality of one predictor trained on n classes with one seed; scores are NaN where not defined.

    Args:
        predictor: its name.
        n: architectures trained on, each of a class of its own.
        seed: of the draw and the predictor.
        kendall, spearman, pearson, r2, mae: on every row of every other class.
        fit_seconds: of fitting, its own tuning included; clocks differ between runs.
        predict_seconds: of predicting all held-out rows.
    """

    predictor: str
    n: int
    seed: int
    kendall: float
    spearman: float
    pearson: float
    r2: float
    mae: float
    fit_seconds: float
    predict_seconds: float

    @property
    def key(self) -> Key:
        """(predictor, n, seed)."""
        return self.predictor, self.n, self.seed

    def line(self) -> str:
        """The row as CSV, with its end of line."""
        text = io.StringIO()
        values = [f"{value:.6f}" if isinstance(value, float) else value for value in astuple(self)]
        csv.writer(text, lineterminator="\n").writerow("" if value == "nan" else value for value in values)
        return text.getvalue()


COLUMNS = tuple(field.name for field in fields(StudyRow))
HEADER = ",".join(COLUMNS) + "\n"


class StudyFile:
    """The rows of a study's folder; every :meth:`append` is on the disk when it returns."""

    def __init__(self, path: Path) -> None:
        """Reads what is there; a line that a kill tore is dropped.

        Raises:
            ValueError: the file is not a study's.
        """
        self.path = path
        self.rows: dict[Key, StudyRow] = {}
        if path.exists():
            self._read(path.read_text(encoding="utf-8"))
        self.rewrite()

    def append(self, row: StudyRow) -> None:
        """Adds a row.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                write_all(descriptor, row.line().encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise described(error, f"cannot write {self.path}") from error
        self.rows[row.key] = row

    def rewrite(self, order: Iterable[str] = ()) -> None:
        """Writes all rows anew in one step, by predictor (in this order, then by name), n and seed."""
        places = {name: place for place, name in enumerate(order)}
        rows = sorted(self.rows.values(), key=lambda row: (places.get(row.predictor, len(places)), row.key))
        write_atomically(self.path, (HEADER + "".join(row.line() for row in rows)).encode())

    def _read(self, text: str) -> None:
        lines = text.splitlines(keepends=True)
        if lines and lines[-1][-1:] != "\n":
            lines.pop()
        if lines and lines[0] != HEADER:
            raise ValueError(f"{self.path} is not a study of ours (its first line is {lines[0].strip()!r})")
        for number, values in enumerate(csv.reader(lines[1:]), 2):
            try:
                name, n, seed, *scores = values
                row = StudyRow(name, int(n), int(seed), *(float(score or "nan") for score in scores))
            except (ValueError, TypeError):
                raise ValueError(
                    f"line {number} of {self.path} is damaged: remove that line, and the same command makes it again"
                ) from None
            self.rows[row.key] = row
