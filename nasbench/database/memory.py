"""Contents held in memory: rows on their way into a file, and what importers read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nasbench.database.contents import Axes, Contents, lexicographic
from nasbench.database.lines import ALL, Lines
from nasbench.database.rows import Cell, Choices, Header, Row
from nasbench.database.schema import DONE, STATUSES
from nasbench.database.scores import Reasons, ScoreEntries, Scores, part_of


@dataclass
class ScheduleArrays:
    """One schedule of :class:`MemoryContents`: the arrays of the same names."""

    seeds: tuple[int, ...]
    status: np.ndarray
    environment: np.ndarray
    reasons: Reasons = field(default_factory=dict)
    axes: dict[str, Axes] = field(default_factory=dict)
    values: dict[str, np.ndarray] = field(default_factory=dict)


class MemoryContents(Contents):
    """Contents held in memory.

    Args:
        header: the table's.
        choices: int [A, choices], each line once, in any order; sorted here, and the other arrays with it.
        class_hashes: hexadecimal text of each line.
        schedules: epochs -> arrays in the order of ``choices``.
        costs: name -> (unit, float64 [A]).
        environments: as in :class:`Contents`; the header's alone by default.
        scores: proxy -> arrays in the order of ``choices``.
        proxies: proxy -> direction.
        proxy_settings: what all scores share.
    """

    def __init__(
        self,
        header: Header,
        choices: np.ndarray,
        class_hashes: Sequence[str],
        schedules: Mapping[int, ScheduleArrays] | None = None,
        costs: Mapping[str, tuple[str, np.ndarray]] | None = None,
        environments: Sequence[dict[str, Any]] | None = None,
        scores: Mapping[str, Scores] | None = None,
        proxies: Mapping[str, str] | None = None,
        proxy_settings: Mapping[str, Any] | None = None,
    ) -> None:
        self.header = header
        self.environments = tuple([header.environment] if environments is None else environments)
        order = lexicographic(choices)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        self.count = len(choices)
        self._choices = choices[order].astype(np.int16)
        self._class_hashes = np.array(class_hashes, dtype="S32")[order]
        self._schedules = {e: _ordered(arrays, order, place) for e, arrays in sorted((schedules or {}).items())}
        self._costs = {name: array[order] for name, (_, array) in (costs or {}).items()}
        self.schedules = tuple(self._schedules)
        self.costs = {name: unit for name, (unit, _) in (costs or {}).items()}
        self._scores = {name: one.of(order) for name, one in (scores or {}).items()}
        self.proxies, self.proxy_settings = dict(proxies or {}), dict(proxy_settings or {})

    @classmethod
    def from_rows(
        cls,
        header: Header,
        rows: Iterable[Row],
        costs: Mapping[str, tuple[str, Mapping[Choices, float]]] | None = None,
        class_hashes: Mapping[Choices, str] | None = None,
        scores: ScoreEntries | None = None,
    ) -> MemoryContents:
        """Contents of rows, costs and scores; of two rows of a cell the last counts, unless only the first is done.

        Args:
            header: whose environment made the rows.
            rows: any number.
            costs: name -> (unit, {choices: value}).
            class_hashes: of the architectures that have a cost and no row.
            scores: what proxies said.
        """
        cells: dict[Cell, Row] = {}
        for row in rows:
            before = cells.get(row.cell)
            if before is None or before.status != STATUSES[DONE]:
                cells[row.cell] = row
        scores = scores or ScoreEntries()
        hashes = {row.choices: row.class_hash for row in cells.values()}
        hashes |= {row.choices: row.class_hash for row in scores.rows}
        for name, (_, by_choices) in (costs or {}).items():
            for choices in by_choices:
                if choices not in hashes:
                    if class_hashes is None or choices not in class_hashes:
                        raise LookupError(f"cost {name!r} is of {choices}, which has no row and no class hash")
                    hashes[choices] = class_hashes[choices]
        line = {choices: place for place, choices in enumerate(hashes)}
        width = len(next(iter(hashes), ()))
        schedules: dict[int, list[Row]] = {}
        for row in cells.values():
            schedules.setdefault(row.schedule, []).append(row)
        return cls(
            header,
            np.array(list(hashes), dtype=np.int16).reshape(len(hashes), width),
            list(hashes.values()),
            {epochs: _arrays_of(group, line) for epochs, group in schedules.items()},
            {
                name: (unit, np.array([by_choices.get(choices, np.nan) for choices in hashes], dtype=np.float64))
                for name, (unit, by_choices) in (costs or {}).items()
            },
            scores=scores.arrays(line),
            proxies=scores.better,
            proxy_settings=scores.settings,
        )

    def without_rows(self, known: Lines) -> MemoryContents:
        """Costs and scores alone, of the architectures among the known ones alone."""
        kept = (known.find(self.choices) >= 0).nonzero()[0]
        return MemoryContents(
            self.header,
            self.choices[kept],
            self.class_hashes[kept].astype("U32").tolist(),
            costs={name: (unit, self._costs[name][kept]) for name, unit in self.costs.items()},
            scores={name: one.of(kept) for name, one in self._scores.items()},
            proxies=self.proxies,
            proxy_settings=self.proxy_settings,
        )

    def choices_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.choices_of`."""
        return self._choices[lines]

    def hashes_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.hashes_of`."""
        return self._class_hashes[lines]

    def cost(self, name: str, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.cost`."""
        return self._costs[name][lines]

    def scores(self, proxy: str, lines: slice = ALL) -> Scores:
        """See :meth:`Contents.scores`."""
        return self._scores[proxy].part(lines)

    def seeds(self, schedule: int) -> tuple[int, ...]:
        """See :meth:`Contents.seeds`."""
        return self._schedules[schedule].seeds

    def status(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.status`."""
        return self._schedules[schedule].status[lines]

    def environment(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.environment`."""
        return self._schedules[schedule].environment[lines]

    def reasons(self, schedule: int, lines: slice = ALL) -> Reasons:
        """See :meth:`Contents.reasons`."""
        return part_of(self._schedules[schedule].reasons, lines)

    def metrics(self, schedule: int) -> dict[str, Axes]:
        """See :meth:`Contents.metrics`."""
        return self._schedules[schedule].axes

    def values(self, schedule: int, metric: str, epoch: int | None = None, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.values`."""
        arrays = self._schedules[schedule]
        values = arrays.values[metric][lines]
        if epoch is None:
            return values
        place = arrays.axes[metric].epochs.index(epoch)
        return values[:, :, place : place + 1]


def _ordered(arrays: ScheduleArrays, order: np.ndarray, place: np.ndarray) -> ScheduleArrays:
    """The arrays with their lines in an order; the same, not copied, where they have it."""
    if (order[1:] > order[:-1]).all():
        return arrays
    return ScheduleArrays(
        arrays.seeds,
        arrays.status[order],
        arrays.environment[order],
        {(int(place[line]), column): reason for (line, column), reason in arrays.reasons.items()},
        arrays.axes,
        {name: values[order] for name, values in arrays.values.items()},
    )


def _arrays_of(rows: list[Row], line: Mapping[Choices, int]) -> ScheduleArrays:
    """Arrays of one schedule's rows; ``line`` is the line of each architecture."""
    schedule = rows[0].schedule
    seeds = tuple(sorted({row.seed for row in rows}))
    column = {seed: place for place, seed in enumerate(seeds)}
    arrays = ScheduleArrays(
        seeds, np.zeros((len(line), len(seeds)), np.uint8), np.zeros((len(line), len(seeds)), np.uint16)
    )
    curves = sorted({name for row in rows for name in row.curves})
    finals = sorted({name for row in rows for name in row.finals} - set(curves))
    for name in (*curves, *finals):
        epochs = tuple(range(1, schedule + 1)) if name in curves else (schedule,)
        arrays.axes[name] = Axes(seeds, epochs)
        arrays.values[name] = np.full((len(line), len(seeds), len(epochs)), np.nan)
    for row in rows:
        at = line[row.choices], column[row.seed]
        arrays.status[at] = STATUSES.index(row.status)
        if row.reason:
            arrays.reasons[at] = row.reason
        for name, values in row.curves.items():
            arrays.values[name][at][: len(values)] = values
        for name, value in row.finals.items():
            arrays.values[name][at][-1] = value
    return arrays
