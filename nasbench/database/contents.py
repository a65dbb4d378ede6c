"""What a table holds, as arrays: the interface of the file, of rows in memory, and of the two laid over each other."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from nasbench.database.lines import ALL, Lines, blocks
from nasbench.database.rows import Header, Row
from nasbench.database.schema import ABSENT, STATUSES, VERSION
from nasbench.database.scores import Reasons, Scores


@dataclass(frozen=True)
class Axes:
    """Names of a metric's last two axes: the seeds and the epochs (completed) for which it holds numbers."""

    seeds: tuple[int, ...]
    epochs: tuple[int, ...]


class Contents(ABC):
    """The arrays of a table. A = architectures, S = seeds of a schedule; nothing is read before it is asked for.

    Each array can be had in part: ``lines``, a slice without a step, says of which architectures, and A is then how
    many these are.
    """

    schema_version: int = VERSION
    """Of the file that they were read from."""
    header: Header
    environments: tuple[dict[str, Any], ...]
    """Versions and hardware that rows were made with."""
    count: int
    """Number of architectures."""
    schedules: tuple[int, ...]
    costs: dict[str, str]
    """Names of the costs, and their units."""
    proxies: dict[str, str]
    """Names of the zero-cost proxies that have scores, and which scores are better: "higher" or "lower"."""
    proxy_settings: dict[str, Any]
    """What all scores share; empty where there is none."""

    @abstractmethod
    def choices_of(self, lines: slice) -> np.ndarray:
        """int16 [A, choices], in lexicographic order."""

    @abstractmethod
    def hashes_of(self, lines: slice) -> np.ndarray:
        """Class hashes, bytes (S32) [A]."""

    @cached_property
    def choices(self) -> np.ndarray:
        """int16 [A, choices] of all architectures, in lexicographic order; read once and kept."""
        return self.choices_of(ALL)

    @cached_property
    def class_hashes(self) -> np.ndarray:
        """bytes (S32) [A] of all architectures; read once and kept."""
        return self.hashes_of(ALL)

    @cached_property
    def lines(self) -> Lines:
        """Where architectures stand; made once and kept, in a few bytes an architecture."""
        return Lines(self.choices_of, self.count)

    @abstractmethod
    def cost(self, name: str, lines: slice = ALL) -> np.ndarray:
        """float64 [A], NaN where not known."""

    @abstractmethod
    def scores(self, proxy: str, lines: slice = ALL) -> Scores:
        """What a proxy said of each architecture; the seeds are those of all."""

    @abstractmethod
    def seeds(self, schedule: int) -> tuple[int, ...]:
        """Seeds of a schedule in rising order, with which its S axes are indexed."""

    @abstractmethod
    def status(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """uint8 [A, S], the numbers of ``schema.STATUSES``."""

    @abstractmethod
    def environment(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """uint16 [A, S], places in :attr:`environments`."""

    @abstractmethod
    def reasons(self, schedule: int, lines: slice = ALL) -> Reasons:
        """Why cells failed; lines are counted from the first that was asked for."""

    @abstractmethod
    def metrics(self, schedule: int) -> dict[str, Axes]:
        """Metrics of a schedule, and for which seeds and epochs each has numbers."""

    @abstractmethod
    def values(self, schedule: int, metric: str, epoch: int | None = None, lines: slice = ALL) -> np.ndarray:
        """float64 [A, seeds of the metric, its epochs]; the last axis of length one where one epoch is asked for."""

    def line_values(self, schedule: int, metric: str, line: int) -> np.ndarray:
        """float64 [seeds of the metric, its epochs] of one architecture."""
        return self.values(schedule, metric, lines=slice(line, line + 1))[0]

    def close(self) -> None:  # noqa: B027 - most contents hold nothing open
        """Gives back what is held open."""


def lexicographic(choices: np.ndarray) -> np.ndarray:
    """Places that sort lines of choices, the first choice slowest."""
    return np.lexsort(choices.T[::-1]) if choices.shape[1] else np.zeros(len(choices), dtype=np.int64)


def row_at(contents: Contents, schedule: int, line: int, column: int) -> Row | None:
    """The row of a cell, as it was committed; None where it is absent."""
    at = slice(line, line + 1)
    status = int(contents.status(schedule, at)[0, column])
    if status == ABSENT:
        return None
    reason = contents.reasons(schedule, at).get((0, column), "")
    measured = {name: (axes, contents.line_values(schedule, name, line)) for name, axes in _axes(contents, schedule)}
    choices, class_hash = contents.choices_of(at)[0], contents.hashes_of(at)[0]
    return _row(choices, class_hash, contents.seeds(schedule)[column], schedule, status, reason, measured)


def rows_of(contents: Contents) -> Iterator[Row]:
    """Every row that is done or failed, by schedule, then architecture, then seed."""
    for schedule in contents.schedules:
        seeds, axes = contents.seeds(schedule), _axes(contents, schedule)
        for block in blocks(contents.count):
            choices, hashes = contents.choices_of(block), contents.hashes_of(block)
            status, reasons = contents.status(schedule, block), contents.reasons(schedule, block)
            measured = [(name, one, contents.values(schedule, name, lines=block)) for name, one in axes]
            for line, column in zip(*(axis.tolist() for axis in status.nonzero()), strict=True):
                reason, said = reasons.get((line, column), ""), int(status[line, column])
                of_line = {name: (one, values[line]) for name, one, values in measured}
                yield _row(choices[line], hashes[line], seeds[column], schedule, said, reason, of_line)


def _axes(contents: Contents, schedule: int) -> list[tuple[str, Axes]]:
    return list(contents.metrics(schedule).items())


def _row(
    choices: np.ndarray,
    class_hash: bytes,
    seed: int,
    schedule: int,
    status: int,
    reason: str,
    measured: Mapping[str, tuple[Axes, np.ndarray]],
) -> Row:
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
    curves = {name: numbers[:done] for name, numbers in curves.items()}
    return Row(tuple(choices.tolist()), class_hash.decode(), seed, schedule, STATUSES[status], reason, curves, finals)
