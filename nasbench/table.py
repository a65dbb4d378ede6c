"""Table: a benchmark's numbers, opened from one HDF5 file; and the view of it that searchers and predictors get.

Opening reads what architectures there are; columns are decoded when they are asked for. How a table answers is in
``queries``, how it is stored in ``database``. No torch, no pandas.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from nasbench.database.contents import Contents, rows_of
from nasbench.database.digest import content_digest
from nasbench.database.hidden import is_test, without_test
from nasbench.database.lines import blocks
from nasbench.database.reader import open_contents
from nasbench.database.rows import Row
from nasbench.database.schema import PUBLISHED, STATUSES
from nasbench.queries import Answer, Queries
from nasbench.space import Architecture

__all__ = ["PUBLISHED", "Answer", "SearchView", "Table", "TestMetricError"]


class TestMetricError(ValueError):
    """A view for searchers and predictors was asked for a test metric."""

    __test__ = False  # not a test of ours, whatever pytest thinks of the name


class SearchView(Queries):
    """A table without test metrics: the same queries, and no way from here to a test accuracy."""

    def __init__(self, contents: Contents, path: Path | None = None) -> None:
        super().__init__(without_test(contents))
        self._path = path

    def _check_metric(self, metric: str) -> None:
        if is_test(metric):
            raise TestMetricError(
                f"{metric} is hidden from searchers and predictors: choose by a val_ metric, report from the table"
            )

    def __reduce__(self) -> tuple[Any, ...]:
        if self._path is None:
            raise TypeError("only a view of a table opened from a file can be sent to another process")
        return _open_view, (str(self._path),)


class Table(Queries):
    """A table of trainings; make one with :meth:`open`. Sent to another process, it is opened there again."""

    def __init__(self, contents: Contents, path: Path | None = None) -> None:
        super().__init__(contents)
        self.path = path

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Table:
        """The table in a file as it stands now, with every row committed so far.

        Raises:
            FileNotFoundError: there is no such file.
            ValueError: it is not a table, is damaged, or is of a newer schema.
        """
        return cls(open_contents(path), Path(path).resolve())

    def for_search(self) -> SearchView:
        """The same table without test metrics."""
        return SearchView(self._contents, self.path)

    @cached_property
    def digest(self) -> str:
        """64 hexadecimal digits of what the table says, see :mod:`nasbench.database.digest`."""
        return content_digest(self._contents)

    @property
    def environments(self) -> tuple[dict[str, Any], ...]:
        """Versions and hardware with which rows were made; a build resumed elsewhere has several."""
        return self._contents.environments

    @property
    def contents(self) -> Contents:
        """The arrays themselves, for export and description."""
        return self._contents

    def status(self, architecture: Architecture, schedule: int, seed: int) -> str:
        """ "absent", "done" or "failed": the architecture's own cell."""
        line = self._columns.lines.get(architecture.choices)
        if line is None or schedule not in self.schedules or seed not in self._contents.seeds(schedule):
            return STATUSES[0]
        return STATUSES[self._contents.status(schedule)[line, self._contents.seeds(schedule).index(seed)]]

    def failures(self, schedule: int | None = None) -> list[tuple[Architecture, int, str]]:
        """(architecture, seed, reason) of each failed training of a schedule, the longest by default."""
        schedule = self._columns.schedule(schedule)
        seeds = self._contents.seeds(schedule)
        reasons = sorted(self._contents.reasons(schedule).items())
        return [(self.architectures[line], seeds[column], reason) for (line, column), reason in reasons]

    def proxy_failures(self, name: str) -> list[tuple[Architecture, int, str]]:
        """(architecture, initialisation seed, reason) of each score of a proxy that failed."""
        self._check_proxy(name)
        found = []
        for block in blocks(self._contents.count):
            scores = self._contents.scores(name, block)
            for (line, column), reason in sorted(scores.reasons.items()):
                at = slice(block.start + line, block.start + line + 1)
                (choices,) = self._contents.choices_of(at).tolist()
                found.append((Architecture(self.space.name, tuple(choices)), scores.seeds[column], reason))
        return found

    def rows(self) -> Iterator[Row]:
        """Every row that is done or failed, by schedule, then architecture, then seed."""
        return rows_of(self._contents)

    def close(self) -> None:
        """Closes the file; columns already asked for stay."""
        self._contents.close()

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Any, ...]:
        if self.path is None:
            raise TypeError("only a table opened from a file can be sent to another process")
        return Table.open, (str(self.path),)


def _open_view(path: str) -> SearchView:
    return Table.open(path).for_search()
