"""How a table answers: single values, columns, class answers, training seconds. Knows arrays, not files.

:class:`Queries` is what :class:`nasbench.table.Table` and the view for searchers share. A column is decoded when it is
first asked for and kept; a single query is then one look-up in a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

import nasbench
from nasbench.columns import ELAPSED, Columns, Key, fixed
from nasbench.database.contents import Axes, Contents
from nasbench.database.rows import Header
from nasbench.database.schema import METRICS, PUBLISHED
from nasbench.members import Members
from nasbench.proxy_queries import ProxyQueries
from nasbench.registry import unknown
from nasbench.space import Architecture, Space


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


class Queries(ProxyQueries):
    """Answers from contents; arrays over all architectures are in the table's order, that of :attr:`architectures`."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._space_name = contents.header.space
        self._columns = Columns(contents)
        self._known = self._columns.known
        self._members = Members(contents, self._columns)
        super().__init__(contents, self._members)

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
        return fixed(self._contents.choices)

    @cached_property
    def architectures(self) -> list[Architecture]:
        """Every architecture of the table, in lexicographic order of choices."""
        return [Architecture(self._space_name, tuple(line)) for line in self.choices.tolist()]

    @property
    def class_hashes(self) -> np.ndarray:
        """Text [architectures]: the hash of each architecture's canonical form."""
        return self._members.hashes

    @property
    def classes(self) -> np.ndarray:
        """Text [classes]: the distinct class hashes, sorted."""
        return self._members.classes

    @property
    def class_index(self) -> np.ndarray:
        """int64 [architectures]: place of each architecture's class in :attr:`classes`."""
        return self._members.index

    def __len__(self) -> int:
        return len(self._contents.choices)

    def __iter__(self) -> Iterator[Architecture]:
        return iter(self.architectures)

    def __contains__(self, architecture: object) -> bool:
        """Whether the architecture has a line of its own."""
        return (
            isinstance(architecture, Architecture)
            and architecture.space == self._space_name
            and architecture.choices in self._columns.lines
        )

    @property
    def schedules(self) -> tuple[int, ...]:
        """Schedules, each by its number of epochs, in rising order."""
        return self._contents.schedules

    def metrics(self, schedule: int | None = None) -> tuple[str, ...]:
        """Metrics of a schedule (the longest by default), in the schema's order."""
        held = self._contents.metrics(self._columns.schedule(schedule))
        return tuple(name for name in METRICS if name in held)

    def seeds(self, metric: str, schedule: int | None = None) -> tuple[int, ...]:
        """Seeds for which a metric has numbers; -1 is an aggregate over seeds that somebody published."""
        return self._axes(metric, schedule).seeds

    def epochs(self, metric: str, schedule: int | None = None) -> tuple[int, ...]:
        """Epochs, as completed, after which a metric was measured."""
        return self._axes(metric, schedule).epochs

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
        if isinstance(architecture, str):
            architecture = self.space.parse(architecture)
        try:
            if architecture.space == self._space_name:
                return self._known[metric, schedule, epoch, seed][architecture.choices]
        except (KeyError, AttributeError):
            pass  # the column is not yet decoded, the class has to answer, or this is no architecture
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
        self._check_metric(metric)
        column = self._columns.column(key)
        line = self._columns.lines.get(architecture.choices)
        if line is not None and not np.isnan(column[line]):
            self._columns.by_choices(key)
            return self._answer(key, "row", [line], float(column[line]))
        if line is not None and self._columns.failed(key, line):
            raise LookupError(self._missing(architecture, key, [line]))
        members = self._members.lines_of(architecture, self.space)
        held = [member for member in members if not np.isnan(column[member])]
        if not held:
            raise LookupError(self._missing(architecture, key, members))
        value = float(column[held].mean())
        self._columns.by_choices(key)[architecture.choices] = value
        return self._answer(key, "class", held, value)

    def values(
        self, metric: str = "val_accuracy", schedule: int | None = None, epoch: int = -1, seed: int | None = None
    ) -> np.ndarray:
        """float64 [architectures]: each one's own value as in :meth:`query`, NaN where it has none; read-only."""
        self._check_metric(metric)
        return self._columns.column((metric, schedule, epoch, seed))

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
        architecture = self._architecture(architecture)
        try:
            return self._known[ELAPSED, schedule, epoch, seed][architecture.choices]
        except KeyError:
            pass  # as in query
        if "seconds" not in self._contents.metrics(self._columns.schedule(schedule)):
            return float("nan")
        try:
            return self.explain(architecture, ELAPSED, schedule, epoch, seed).value
        except LookupError:
            return float("nan")

    # -- how ----------------------------------------------------------------------------------------------------

    def _check_metric(self, metric: str) -> None:
        """Where a view refuses a metric."""

    def _axes(self, metric: str, schedule: int | None) -> Axes:
        self._check_metric(metric)
        return self._columns.axes((metric, schedule, -1, None))

    def _architecture(self, architecture: Architecture | str) -> Architecture:
        if isinstance(architecture, str):
            return self.space.parse(architecture)
        if not isinstance(architecture, Architecture) or architecture.space != self._space_name:
            raise ValueError(f"expected an architecture of {self._space_name} or its text, got {architecture!r}")
        return architecture

    def _answer(self, key: Key, source: str, lines: list[int], value: float) -> Answer:
        per_seed, seeds = self._columns.per_seed(key)
        held = (~np.isnan(per_seed[lines])).any(axis=0).tolist()
        used = tuple(seed for seed, there in zip(seeds, held, strict=True) if there)
        if PUBLISHED in used and key[3] is None:
            used = (PUBLISHED,)
        members = tuple(Architecture(self._space_name, tuple(self.choices[line].tolist())) for line in lines)
        return Answer(value, source, members, used, self._columns.schedule(key[1]), self._columns.epoch(key))

    def _missing(self, architecture: Architecture, key: Key, lines: list[int]) -> str:
        """The sentence that says why nothing answers."""
        metric, schedule, epoch, seed = key
        after = "" if epoch == -1 else f" after {epoch} epochs"
        of_seed = "" if seed is None else f" with seed {seed}"
        reasons = self._columns.reasons(key, lines)
        why = "neither it nor an architecture of its class has this number"
        return (
            f"{metric} of {self.space.format(architecture)} is not known on the schedule of "
            f"{self._columns.schedule(schedule)} epochs{after}{of_seed}: "
            + (f"its training failed ({'; '.join(reasons)})" if reasons else why)
        )
