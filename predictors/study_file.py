"""``study.csv``: one line for each (predictor, n, seed), appended safely, read back after any kill."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from math import nan
from pathlib import Path

from nasbench.database.files import described, write_all, write_atomically

Key = tuple[str, int, int]


LEVELS = (50, 80, 90, 95)
"""Nominal coverage of the intervals that are judged, in percent."""
COVERAGES = tuple(
    f"{what}_{level}"
    for what in ("coverage", "width", "conformal_coverage", "conformal_width", "conformal_by_class")
    for level in LEVELS
)
"""Columns of how often intervals hold what was measured, and of their mean width, before and after calibration.

``conformal_by_class`` is the coverage after calibration where every tested class counts once, as trained ones do where
the split is disjoint: that is what calibration promises.
"""


@dataclass(frozen=True, slots=True)
class StudyRow:
    """Quality of one predictor trained on n architectures with one seed; scores are NaN where not defined.

    Args:
        predictor: its name, as :mod:`predictors.study_names` writes it.
        n: architectures trained on.
        seed: of the draw and the predictor.
        kendall, spearman, pearson, r2, mae, rmse: on the tested rows, see :mod:`predictors.metrics`.
        kendall_rounded: of values rounded to 0.1 percent, or 0.001 of what is no percentage.
        kendall_by_class: of means over each tested class's rows, so that a class of many members counts as one.
        precision_10, precision_20: share of the predicted best 10 and 20 that are among the best.
        best_rank_10, best_rank_20: true rank of the best among the predicted best 10 and 20, 1 the best of all tested.
        best_share_10, best_share_20: the same divided by the number of tested rows.
        tested: rows.
        training_seconds: that the table says training the n architectures took.
        fit_seconds: of fitting, its own tuning included; clocks differ between runs.
        predict_seconds: of predicting all tested rows.
        coverages: see :data:`COVERAGES`; NaN where not asked for.
    """

    predictor: str
    n: int
    seed: int
    kendall: float
    spearman: float
    pearson: float
    r2: float
    mae: float
    rmse: float = nan
    kendall_rounded: float = nan
    kendall_by_class: float = nan
    precision_10: float = nan
    precision_20: float = nan
    best_rank_10: float = nan
    best_rank_20: float = nan
    best_share_10: float = nan
    best_share_20: float = nan
    tested: float = nan
    training_seconds: float = nan
    fit_seconds: float = nan
    predict_seconds: float = nan
    coverages: tuple[float, ...] = (nan,) * len(COVERAGES)

    @property
    def key(self) -> Key:
        """(predictor, n, seed)."""
        return self.predictor, self.n, self.seed

    def values(self) -> dict[str, float]:
        """Every score by its column."""
        return {
            **{name: getattr(self, name) for name in _SCORES},
            **dict(zip(COVERAGES, self.coverages, strict=True)),
        }

    def line(self) -> str:
        """The row as CSV, with its end of line."""
        text = io.StringIO()
        numbers = (f"{value:.6f}" for value in self.values().values())
        row = (self.predictor, self.n, self.seed, *("" if number == "nan" else number for number in numbers))
        csv.writer(text, lineterminator="\n").writerow(row)
        return text.getvalue()


_SCORES = tuple(field.name for field in fields(StudyRow))[3:-1]
SCORES = (*_SCORES, *COVERAGES)
"""Columns of a study that hold a score."""
COLUMNS = ("predictor", "n", "seed", *SCORES)
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
            raise ValueError(
                f"{self.path} is not a study of ours, or of an earlier version (its first line is "
                f"{lines[0].strip()[:100]!r}): choose another --out"
            )
        for number, values in enumerate(csv.reader(lines[1:]), 2):
            try:
                name, n, seed, *scores = values
                numbers = tuple(float(score or "nan") for score in scores)
                own, coverages = numbers[: len(_SCORES)], numbers[len(_SCORES) :]
                if len(coverages) != len(COVERAGES):
                    raise ValueError(f"{len(numbers)} numbers")
                row = StudyRow(name, int(n), int(seed), **dict(zip(_SCORES, own, strict=True)), coverages=coverages)
            except (ValueError, TypeError):
                raise ValueError(
                    f"line {number} of {self.path} is damaged: remove that line, and the same command makes it again"
                ) from None
            self.rows[row.key] = row
