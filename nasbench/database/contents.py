"""What a table holds, as arrays: the interface of the file, of rows in memory, and of the two laid over each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbench.database.rows import Cell, Header, Row
from nasbench.database.schema import ABSENT, STATUSES, VERSION
from nasbench.database.scores import Scores

Reasons = dict[tuple[int, int], str]
"""(architecture's line, seed's column) -> why the cell failed."""


@dataclass(frozen=True)
class Axes:
    """Names of a metric's last two axes: the seeds and the epochs (completed) for which it holds numbers."""

    seeds: tuple[int, ...]
    epochs: tuple[int, ...]


class Contents(ABC):
    """The arrays of a table. A = architectures, S = seeds of a schedule; nothing is read before it is asked for."""

    schema_version: int = VERSION
    """Of the file that they were read from."""
    header: Header
    environments: tuple[dict[str, Any], ...]
    """Versions and hardware that rows were made with."""
    choices: np.ndarray
    """int16 [A, choices], in lexicographic order."""
    class_hashes: np.ndarray
    """bytes (S32) [A]."""
    schedules: tuple[int, ...]
    costs: dict[str, str]
    """Names of the costs, and their units."""
    proxies: dict[str, str]
    """Names of the zero-cost proxies that have scores, and which scores are better: "higher" or "lower"."""
    proxy_settings: dict[str, Any]
    """What all scores share; empty where there is none."""

    @abstractmethod
    def cost(self, name: str) -> np.ndarray:
        """float64 [A], NaN where not known."""

    @abstractmethod
    def scores(self, proxy: str) -> Scores:
        """What a proxy said of each architecture."""

    @abstractmethod
    def seeds(self, schedule: int) -> tuple[int, ...]:
        """Seeds of a schedule in rising order, with which its S axes are indexed."""

    @abstractmethod
    def status(self, schedule: int) -> np.ndarray:
        """uint8 [A, S], the numbers of ``schema.STATUSES``."""

    @abstractmethod
    def environment(self, schedule: int) -> np.ndarray:
        """uint16 [A, S], places in :attr:`environments`."""

    @abstractmethod
    def reasons(self, schedule: int) -> Reasons:
        """Why cells failed."""

    @abstractmethod
    def metrics(self, schedule: int) -> dict[str, Axes]:
        """Metrics of a schedule, and for which seeds and epochs each has numbers."""

    @abstractmethod
    def values(self, schedule: int, metric: str, epoch: int | None = None) -> np.ndarray:
        """float64 [A, seeds of the metric, its epochs]; the last axis of length one where one epoch is asked for."""

    def line_values(self, schedule: int, metric: str, line: int) -> np.ndarray:
        """float64 [seeds of the metric, its epochs] of one architecture."""
        return self.values(schedule, metric)[line]

    def close(self) -> None:  # noqa: B027 - most contents hold nothing open
        """Gives back what is held open."""


def lexicographic(choices: np.ndarray) -> np.ndarray:
    """Places that sort lines of choices, the first choice slowest."""
    return np.lexsort(choices.T[::-1]) if choices.shape[1] else np.zeros(len(choices), dtype=np.int64)


def statuses(contents: Contents) -> dict[Cell, str]:
    """Status of every cell that is not absent."""
    lines = [tuple(line) for line in contents.choices.tolist()]
    found: dict[Cell, str] = {}
    for schedule in contents.schedules:
        seeds, status = contents.seeds(schedule), contents.status(schedule)
        for line, column in zip(*(axis.tolist() for axis in status.nonzero()), strict=True):
            found[lines[line], schedule, seeds[column]] = STATUSES[status[line, column]]
    return found


def row_at(contents: Contents, schedule: int, line: int, column: int) -> Row | None:
    """The row of a cell, as it was committed; None where it is absent."""
    status = STATUSES[contents.status(schedule)[line, column]]
    if status == STATUSES[ABSENT]:
        return None
    measured = {name: (axes, contents.line_values(schedule, name, line)) for name, axes in _axes(contents, schedule)}
    return _row(contents, schedule, line, column, status, contents.reasons(schedule), measured)


def rows_of(contents: Contents) -> Iterator[Row]:
    """Every row that is done or failed, by schedule, then architecture, then seed."""
    for schedule in contents.schedules:
        status, reasons = contents.status(schedule), contents.reasons(schedule)
        measured = [(name, axes, contents.values(schedule, name)) for name, axes in _axes(contents, schedule)]
        for line, column in zip(*(axis.tolist() for axis in status.nonzero()), strict=True):
            of_line = {name: (axes, values[line]) for name, axes, values in measured}
            yield _row(contents, schedule, line, column, STATUSES[status[line, column]], reasons, of_line)


def _axes(contents: Contents, schedule: int) -> list[tuple[str, Axes]]:
    return list(contents.metrics(schedule).items())


def _row(
    contents: Contents,
    schedule: int,
    line: int,
    column: int,
    status: str,
    reasons: Reasons,
    measured: Mapping[str, tuple[Axes, np.ndarray]],
) -> Row:
    seed = contents.seeds(schedule)[column]
    curves: dict[str, list[float]] = {}
    finals: dict[str, float] = {}
    done = 0  # epochs that the training did
    for name, (axes, values) in measured.items():
        if seed not in axes.seeds:
            continue
        numbers = values[axes.seeds.index(seed)]
        held = (~np.isnan(numbers)).nonzero()[0]
        if not len(held):
            continue
        if len(axes.epochs) < schedule or name.startswith("test_"):
            finals[name] = float(numbers[held[-1]])
        else:
            curves[name] = numbers.tolist()
            done = max(done, int(held[-1]) + 1)
    return Row(
        tuple(contents.choices[line].tolist()),
        contents.class_hashes[line].decode(),
        seed,
        schedule,
        status,
        reasons.get((line, column), ""),
        {name: numbers[:done] for name, numbers in curves.items()},
        finals,
    )
