"""Columns of a table: one number an architecture for each (metric, schedule, epoch, seed), decoded once and kept."""

from __future__ import annotations

import itertools
from functools import cached_property

import numpy as np

from nasbench.database.contents import Axes, Contents
from nasbench.database.rows import Choices
from nasbench.database.schema import DONE, FAILED, METRICS, PUBLISHED
from nasbench.registry import unknown

Key = tuple[str, int | None, int, int | None]
"""(metric, schedule, epoch, seed) as a query gives them: None for the longest schedule and for all seeds."""
ELAPSED = "elapsed"
"""Stands in a key for the sum of "seconds" up to the epoch."""
KEPT = 64
"""Columns that are kept at a time."""


class Columns:
    """Columns of contents; the meaning of a key is checked here, with errors that say what there is.

    Failed trainings have no numbers here, whatever epochs they did; but the seconds that they took count.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._columns: dict[Key, np.ndarray] = {}
        self._per_seed: dict[Key, tuple[np.ndarray, tuple[int, ...]]] = {}
        self.known: dict[Key, dict[Choices, float]] = {}
        """Dictionaries of the columns of which single values were asked, see :meth:`by_choices`."""

    def column(self, key: Key) -> np.ndarray:
        """float64 [architectures], NaN where there is no done row; cannot be changed.

        Raises:
            LookupError: the table has no such metric, schedule, epoch or seed; the message says which it has.
        """
        if key not in self._columns:
            if len(self._columns) >= KEPT:
                for kept in (self._columns, self._per_seed, self.known):
                    kept.clear()
            per_seed, seeds = self.per_seed(key)
            column = fixed(per_seed[:, 0] if key[3] is not None else over_seeds(per_seed, seeds))
            self._columns[key] = column
        return self._columns[key]

    def by_choices(self, key: Key) -> dict[Choices, float]:
        """The column as a dictionary of the architectures that have a number; kept in :attr:`known`."""
        column = self.column(key)
        if key not in self.known:
            held = (~np.isnan(column)).tolist()
            entries = zip(self.lines, column.tolist(), strict=True)
            self.known[key] = dict(itertools.compress(entries, held))
        return self.known[key]

    def per_seed(self, key: Key) -> tuple[np.ndarray, tuple[int, ...]]:
        """float64 [architectures, seeds] and the seeds: all of the metric, or the one of the key."""
        if key not in self._per_seed:
            self._per_seed[key] = self._decode(key)
        return self._per_seed[key]

    def _decode(self, key: Key) -> tuple[np.ndarray, tuple[int, ...]]:
        metric, _, _, seed = key
        schedule, axes = self.schedule(key[1]), self.axes(key)
        epoch = self.epoch(key)
        if seed is not None and seed not in axes.seeds:
            raise LookupError(f"{metric} has no seed {seed}; it has: {', '.join(map(str, axes.seeds))}")
        seeds = axes.seeds if seed is None else (seed,)
        columns = [axes.seeds.index(one) for one in seeds]
        everyone = self._contents.seeds(schedule)
        status = self._contents.status(schedule)[:, [everyone.index(one) for one in seeds]]
        if metric == ELAPSED:
            spent = self._contents.values(schedule, "seconds")[:, columns, : axes.epochs.index(epoch) + 1]
            failed = np.where(np.isnan(spent), 0.0, spent).sum(axis=2)
            return np.where(status == FAILED, failed, spent.sum(axis=2)), seeds
        values = self._contents.values(schedule, metric, epoch)[:, columns, 0]
        return np.where(status == DONE, values, np.nan), seeds

    def failed(self, key: Key, line: int) -> bool:
        """Whether an architecture has a failed training among the seeds of a key, and no done one."""
        schedule = self.schedule(key[1])
        cells = self._contents.status(schedule)[line].tolist()
        asked = [
            status for status, seed in zip(cells, self._contents.seeds(schedule), strict=True) if key[3] in (None, seed)
        ]
        return FAILED in asked and DONE not in asked

    def reasons(self, key: Key, lines: list[int]) -> list[str]:
        """Why trainings of these architectures failed, among the seeds of a key."""
        schedule = self.schedule(key[1])
        seeds = self._contents.seeds(schedule)
        found = self._contents.reasons(schedule).items()
        return sorted({text for (line, column), text in found if line in lines and key[3] in (None, seeds[column])})

    @cached_property
    def lines(self) -> dict[Choices, int]:
        """Line of each architecture by its choices."""
        choices = self._contents.choices.tolist()
        return dict(zip(map(tuple, choices), range(len(choices)), strict=True))

    # -- keys ---------------------------------------------------------------------------------------------------

    def schedule(self, schedule: int | None) -> int:
        """The schedule that is meant: the longest for None."""
        held = self._contents.schedules
        if schedule is None and held:
            return held[-1]
        if schedule is None or schedule not in held:
            known = ", ".join(map(str, held)) or "none yet"
            raise LookupError(f"the table has no schedule of {schedule or 'any'} epochs; it has: {known}")
        return schedule

    def axes(self, key: Key) -> Axes:
        """Seeds and epochs of a key's metric."""
        schedule, name = self.schedule(key[1]), "seconds" if key[0] == ELAPSED else key[0]
        held = self._contents.metrics(schedule)
        if name not in held:
            others = [e for e in self._contents.schedules if name in self._contents.metrics(e)]
            if others:
                known = " or ".join(map(str, others))
                raise LookupError(f"schedule {schedule} of the table has no {name}; ask for schedule {known}")
            raise unknown("metric of this table", name, [known for known in METRICS if known in held])
        return held[name]

    def epoch(self, key: Key) -> int:
        """The epoch that is meant: the last for -1."""
        epochs = self.axes(key).epochs
        if key[2] == -1:
            return epochs[-1]
        if key[2] not in epochs:
            shown = ", ".join(map(str, epochs)) if len(epochs) < 4 else f"{epochs[0]} to {epochs[-1]}"
            raise LookupError(f"{key[0]} was not measured after {key[2]} epochs, only after {shown}; -1 is the last")
        return key[2]


def over_seeds(per_seed: np.ndarray, seeds: tuple[int, ...]) -> np.ndarray:
    """float64 [architectures]: the published aggregate where there is one, else the mean over the seeds present."""
    own = [place for place, seed in enumerate(seeds) if seed != PUBLISHED]
    held = ~np.isnan(per_seed[:, own])
    count = held.sum(axis=1)
    total = np.where(held, per_seed[:, own], 0.0).sum(axis=1)
    mean = np.divide(total, count, out=np.full(len(per_seed), np.nan), where=count > 0)
    if PUBLISHED not in seeds:
        return mean
    published = per_seed[:, seeds.index(PUBLISHED)]
    return np.where(np.isnan(published), mean, published)


def fixed(array: np.ndarray) -> np.ndarray:
    """The array, made unchangeable: it is shared by all who ask."""
    array.flags.writeable = False
    return array
