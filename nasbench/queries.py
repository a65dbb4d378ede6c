"""How a table answers: single values, columns, class answers, training seconds. Knows arrays, not files.

:class:`Queries` is what :class:`nasbench.table.Table` and the view for searchers share. Columns are decoded when they are
first asked for and kept; a single query is then one look-up in a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import nasbench
from nasbench.database.contents import Axes, Contents
from nasbench.database.rows import Choices, Header
from nasbench.database.schema import DONE, FAILED, METRICS, PUBLISHED
from nasbench.registry import unknown
from nasbench.space import Architecture, Space

_Key = tuple[str, int | None, int, int | None]
"""(metric, schedule, epoch, seed) as a query gives them."""
_ELAPSED = "elapsed"
"""Stands for the sum of "seconds" up to an epoch where a metric's name stands otherwise."""
_KEPT = 64
"""Columns that are kept decoded at a time."""


@dataclass(frozen=True)
class Answer:
    """A table's answer: the value, and whose it is.

    Args:
        value: in the metric's unit.
        source: "row", the architecture's own, or "class", the mean over rows of architectures that compute the same.
        members: the architectures whose rows answered.
        seeds: the seeds over which the value is a mean; (-1,) for a published aggregate.
        schedule: epochs of the schedule.
        epoch: epochs completed.
    """

    value: float
    source: str
    members: tuple[Architecture, ...]
    seeds: tuple[int, ...]
    schedule: int
    epoch: int


class Queries:
    """Answers from contents; arrays over all architectures are in the table's order, that of :attr:`architectures`."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._space_name = contents.header.space
        self._columns: dict[_Key, np.ndarray] = {}
        self._known: dict[_Key, dict[Choices, float]] = {}
        self._class_of: dict[Choices, str] = {}

    # -- what there is ------------------------------------------------------------------------------------------

    @property
    def header(self) -> Header:
        """How the table was made."""
        return self._contents.header

    @cached_property
    def space(self) -> Space:
        """The search space."""
        return nasbench.load_space(self._space_name)

    @cached_property
    def choices(self) -> np.ndarray:
        """int16 [architectures, choices]."""
        return _fixed(self._contents.choices)

    @cached_property
    def architectures(self) -> list[Architecture]:
        """Every architecture of the table, in lexicographic order of choices."""
        return [Architecture(self._space_name, tuple(line)) for line in self.choices.tolist()]

    @cached_property
    def class_hashes(self) -> np.ndarray:
        """Text [architectures]: the hash of each architecture's canonical form."""
        return _fixed(self._contents.class_hashes.astype("U32"))

    @cached_property
    def classes(self) -> np.ndarray:
        """Text [classes]: the distinct class hashes, sorted."""
        return self._classes[0]

    @cached_property
    def class_index(self) -> np.ndarray:
        """int64 [architectures]: place of each architecture's class in :attr:`classes`."""
        return self._classes[1]

    @cached_property
    def _classes(self) -> tuple[np.ndarray, np.ndarray]:
        hashes, index = np.unique(self._contents.class_hashes, return_inverse=True)
        return _fixed(hashes.astype("U32")), _fixed(index.astype(np.int64))

    def __len__(self) -> int:
        return len(self._contents.choices)

    def __iter__(self) -> Iterator[Architecture]:
        return iter(self.architectures)

    def __contains__(self, architecture: object) -> bool:
        """Whether the architecture has a line of its own."""
        return (
            isinstance(architecture, Architecture)
            and architecture.space == self._space_name
            and architecture.choices in self._lines
        )

    @property
    def schedules(self) -> tuple[int, ...]:
        """Schedules, each by its number of epochs, in rising order."""
        return self._contents.schedules

    def metrics(self, schedule: int | None = None) -> tuple[str, ...]:
        """Metrics of a schedule (the longest by default), in the schema's order."""
        held = self._contents.metrics(self._schedule(schedule))
        return tuple(name for name in METRICS if name in held)

    def seeds(self, metric: str, schedule: int | None = None) -> tuple[int, ...]:
        """Seeds for which a metric has numbers; -1 is an aggregate over seeds that somebody published."""
        return self._axes(metric, self._schedule(schedule)).seeds

    def epochs(self, metric: str, schedule: int | None = None) -> tuple[int, ...]:
        """Epochs, as completed, after which a metric was measured."""
        return self._axes(metric, self._schedule(schedule)).epochs

    @property
    def costs(self) -> dict[str, str]:
        """Names of the costs, such as "flops", and their units."""
        return dict(self._contents.costs)

    def cost(self, name: str) -> np.ndarray:
        """float64 [architectures], NaN where not known.

        Raises:
            UnknownNameError: the table has no such cost.
        """
        if name not in self._contents.costs:
            raise unknown("cost of this table", name, sorted(self._contents.costs))
        return self._contents.cost(name)

    # -- answers ------------------------------------------------------------------------------------------------

    def query(
        self,
        architecture: Architecture | str,
        metric: str = "val_accuracy",
        schedule: int | None = None,
        epoch: int = -1,
        seed: int | None = None,
    ) -> float:
        """The value of a metric: the architecture's own, or where it has no row the mean over its class.

        Args:
            architecture: a value, or its text.
            metric: see :meth:`metrics`.
            schedule: epochs of the schedule, the table's longest by default.
            epoch: epochs completed; -1 is the last of the schedule.
            seed: one seed; by default the published aggregate where there is one, else the mean over the seeds present.

        Raises:
            LookupError: nothing answers, or the training failed; the message says which and why.
            ValueError: the text is not an architecture of the table's space.
        """
        try:
            if architecture.space == self._space_name:  # type: ignore[union-attr]
                return self._known[metric, schedule, epoch, seed][architecture.choices]  # type: ignore[union-attr]
        except (AttributeError, KeyError):
            pass
        return self.explain(architecture, metric, schedule, epoch, seed).value

    def explain(
        self,
        architecture: Architecture | str,
        metric: str = "val_accuracy",
        schedule: int | None = None,
        epoch: int = -1,
        seed: int | None = None,
    ) -> Answer:
        """What :meth:`query` answers, and who answered: its own row or its class, and over which seeds."""
        key = (metric, schedule, epoch, seed)
        architecture = self._architecture(architecture)
        column = self._column(key)
        line = self._lines.get(architecture.choices)
        if line is not None and not np.isnan(column[line]):
            return self._answer(key, "row", [line], float(column[line]))
        if line is not None and self._failed(key)[line]:
            raise LookupError(f"{self._told(architecture, key)} is not known: {self._reason(key, [line])}")
        members = self._members(architecture)
        held = [member for member in members if not np.isnan(column[member])]
        if not held:
            raise LookupError(f"{self._told(architecture, key)} is not known: {self._reason(key, members)}")
        value = float(column[held].mean())
        self._known[key][architecture.choices] = value
        return self._answer(key, "class", held, value)

    def values(
        self, metric: str = "val_accuracy", schedule: int | None = None, epoch: int = -1, seed: int | None = None
    ) -> np.ndarray:
        """float64 [architectures]: each one's own value as in :meth:`query`, NaN where it has none; not to be changed."""
        return self._column((metric, schedule, epoch, seed))

    def class_means(
        self, metric: str = "val_accuracy", schedule: int | None = None, epoch: int = -1, seed: int | None = None
    ) -> np.ndarray:
        """float64 [classes]: mean over the rows of each class of :attr:`classes`, NaN where none has a value."""
        column, count = self.values(metric, schedule, epoch, seed), len(self.classes)
        held = ~np.isnan(column)
        total = np.bincount(self.class_index[held], column[held], minlength=count)
        rows = np.bincount(self.class_index[held], minlength=count)
        return np.divide(total, rows, out=np.full(count, np.nan), where=rows > 0)

    def best(
        self, metric: str = "val_accuracy", schedule: int | None = None, epoch: int = -1, seed: int | None = None
    ) -> tuple[Architecture, float]:
        """The architecture of the best value (highest accuracy, lowest loss; the first of equals), and the value.

        Raises:
            LookupError: no architecture has a value.
        """
        column = self.values(metric, schedule, epoch, seed)
        if np.isnan(column).all():
            raise LookupError(f"no architecture of the table has a value of {metric}")
        line = int(np.nanargmax(column) if METRICS[metric].higher_is_better else np.nanargmin(column))
        return self.architectures[line], float(column[line])

    def seconds(
        self, architecture: Architecture | str, schedule: int | None = None, epoch: int = -1, seed: int | None = None
    ) -> float:
        """Training seconds from the start to an epoch, as recorded; NaN where none were.

        Answered by the class where the architecture has no row, as in :meth:`query`. A failed training counts with the
        seconds that it took.
        """
        try:
            if architecture.space == self._space_name:  # type: ignore[union-attr]
                return self._known[_ELAPSED, schedule, epoch, seed][architecture.choices]  # type: ignore[union-attr]
        except (AttributeError, KeyError):
            pass
        if "seconds" not in self._contents.metrics(self._schedule(schedule)):
            return float("nan")
        try:
            return self.explain(architecture, _ELAPSED, schedule, epoch, seed).value
        except LookupError:
            return float("nan")

    # -- how ----------------------------------------------------------------------------------------------------

    @cached_property
    def _lines(self) -> dict[Choices, int]:
        """Line of each architecture by its choices."""
        return {choices: line for line, choices in enumerate(map(tuple, self.choices.tolist()))}

    def _architecture(self, architecture: Architecture | str) -> Architecture:
        if isinstance(architecture, str):
            return self.space.parse(architecture)
        if not isinstance(architecture, Architecture) or architecture.space != self._space_name:
            raise ValueError(f"expected an architecture of {self._space_name} or its text, got {architecture!r}")
        return architecture

    def _members(self, architecture: Architecture) -> list[int]:
        """Lines of the architecture's class."""
        choices = architecture.choices
        if choices not in self._class_of:
            line = self._lines.get(choices)
            self._class_of[choices] = (
                self.space.canonical_hash(architecture) if line is None else str(self.class_hashes[line])
            )
        place = int(np.searchsorted(self.classes, self._class_of[choices]))
        if place == len(self.classes) or self.classes[place] != self._class_of[choices]:
            return []
        return self._class_lines[place].tolist()

    @cached_property
    def _class_lines(self) -> list[np.ndarray]:
        order = np.argsort(self.class_index, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.class_index, minlength=len(self.classes)))[:-1])

    def _schedule(self, schedule: int | None) -> int:
        held = self.schedules
        if schedule is None and held:
            return held[-1]
        if schedule not in held:
            known = ", ".join(map(str, held)) or "none yet"
            raise LookupError(f"the table has no schedule of {schedule} epochs; it has: {known}")
        return schedule

    def _axes(self, metric: str, schedule: int) -> Axes:
        self._check_metric(metric)
        held = self._contents.metrics(schedule)
        name = "seconds" if metric == _ELAPSED else metric
        if name not in held:
            others = [e for e in self.schedules if name in self._contents.metrics(e)]
            if others:
                raise LookupError(
                    f"schedule {schedule} has no {name}; ask for schedule {' or '.join(map(str, others))}"
                )
            raise unknown("metric of this table", name, [known for known in METRICS if known in held])
        return held[name]

    def _check_metric(self, metric: str) -> None:
        """Where a view refuses a metric."""

    def _epoch(self, key: _Key, axes: Axes) -> int:
        metric, _, epoch, _ = key
        if epoch == -1:
            return axes.epochs[-1]
        if epoch not in axes.epochs:
            shown = (
                f"{axes.epochs[0]} to {axes.epochs[-1]}" if len(axes.epochs) > 3 else ", ".join(map(str, axes.epochs))
            )
            raise LookupError(f"{metric} was not measured after {epoch} epochs, only after {shown}; -1 is the last")
        return epoch

    def _column(self, key: _Key) -> np.ndarray:
        """float64 [architectures] of a key, decoded once; beside it the dictionary that single queries use."""
        if key not in self._columns:
            per_seed, seeds = self._per_seed(key)
            column = _fixed(per_seed[:, 0] if key[3] is not None else _over_seeds(per_seed, seeds))
            if len(self._columns) >= _KEPT:
                self._columns.clear()
                self._known.clear()
            held = (~np.isnan(column)).nonzero()[0].tolist()
            lines = list(self._lines)
            self._known[key] = dict(zip([lines[i] for i in held], column[held].tolist(), strict=True))
            self._columns[key] = column
        return self._columns[key]

    def _per_seed(self, key: _Key) -> tuple[np.ndarray, tuple[int, ...]]:
        """float64 [architectures, seeds] of a key and the seeds; NaN where there is no done row."""
        metric, schedule, _, seed = key
        schedule = self._schedule(schedule)
        axes = self._axes(metric, schedule)
        epoch = self._epoch(key, axes)
        if seed is not None and seed not in axes.seeds:
            raise LookupError(f"{metric} has no seed {seed}; it has: {', '.join(map(str, axes.seeds))}")
        all_seeds = self._contents.seeds(schedule)
        status = self._contents.status(schedule)[:, [all_seeds.index(s) for s in axes.seeds]]
        if metric == _ELAPSED:
            spent = self._contents.values(schedule, "seconds")[:, :, : axes.epochs.index(epoch) + 1]
            values = np.where(status == FAILED, np.nansum(spent, axis=2), spent.sum(axis=2))
        else:
            values = np.where(status == DONE, self._contents.values(schedule, metric, epoch)[:, :, 0], np.nan)
        if seed is None:
            return values, axes.seeds
        place = axes.seeds.index(seed)
        return values[:, place : place + 1], (seed,)

    def _failed(self, key: _Key) -> np.ndarray:
        """bool [architectures]: no seed asked for is done, and one failed."""
        schedule, seeds = self._schedule(key[1]), self._contents.seeds(self._schedule(key[1]))
        status = self._contents.status(schedule)
        if key[3] is not None:
            status = status[:, [seeds.index(key[3])]] if key[3] in seeds else status[:, :0]
        return (status == FAILED).any(axis=1) & ~(status == DONE).any(axis=1)

    def _answer(self, key: _Key, source: str, lines: list[int], value: float) -> Answer:
        per_seed, seeds = self._per_seed(key)
        held = ~np.isnan(per_seed[lines]).all(axis=0)
        used = tuple(seed for seed, there in zip(seeds, held.tolist(), strict=True) if there)
        if PUBLISHED in used and key[3] is None:
            used = (PUBLISHED,)
        schedule = self._schedule(key[1])
        epoch = self._epoch(key, self._axes(key[0], schedule))
        return Answer(value, source, tuple(self.architectures[line] for line in lines), used, schedule, epoch)

    def _told(self, architecture: Architecture, key: _Key) -> str:
        metric, schedule, epoch, seed = key
        after = "" if epoch == -1 else f" after {epoch} epochs"
        of_seed = "" if seed is None else f", seed {seed}"
        name = self.space.format(architecture)
        return f"{metric} of {name} (schedule {self._schedule(schedule)}{after}{of_seed})"

    def _reason(self, key: _Key, lines: list[int]) -> str:
        schedule = self._schedule(key[1])
        reasons = {
            text
            for (line, column), text in self._contents.reasons(schedule).items()
            if line in lines and key[3] in (None, self._contents.seeds(schedule)[column])
        }
        if reasons:
            return f"its training failed ({'; '.join(sorted(reasons))})"
        return "neither it nor an architecture of its class has a row with this number"


def _over_seeds(per_seed: np.ndarray, seeds: tuple[int, ...]) -> np.ndarray:
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


def _fixed(array: np.ndarray) -> np.ndarray:
    """The array, made unchangeable: it is shared by all who ask."""
    array.flags.writeable = False
    return array
