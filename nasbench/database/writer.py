"""The one writer of a table: rows are committed to a journal, and the journal is folded into a new file now and then.

A kill at any instant loses no committed row: the journal is synced before a commit returns, the file is replaced whole,
the journal is removed after that, and whoever opens next folds what a kill left.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from nasbench.database.checks import check_class, checked_costs, class_hasher
from nasbench.database.contents import Contents, row_at
from nasbench.database.journal import Costs, Journal, encode_cost, encode_row, encode_scores
from nasbench.database.ledger import training_ledger
from nasbench.database.lock import FileLock
from nasbench.database.memory import MemoryContents
from nasbench.database.merge import MergedContents
from nasbench.database.reader import FileContents, JournalWarning
from nasbench.database.recovery import fold, recovered, remove_journal
from nasbench.database.rows import Cell, Choices, Header, Row
from nasbench.database.schema import ABSENT, STATUSES, cost_unit
from nasbench.database.scorebook import ScoreBook, as_entries
from nasbench.database.scores import ScoreEntries, ScoreRow
from nasbench.database.tablefile import put_table

LEAST_FOLDED = 256
"""Rows that gather in the journal before a commit folds by itself; more in a table of more rows."""
MOST_FOLDED = 8_192
"""Never more than these: what waits in the journal is in memory too."""


def write_table(path: str | os.PathLike[str], contents: Contents) -> None:
    """Writes whole contents as a new table, or in place of an old one and its journal.

    Raises:
        TableLockedError: another writer holds the table.
        OSError: the disk is full or the folder cannot be written; the message says which.
    """
    table = Path(path).resolve()
    lock = FileLock(table)
    try:
        put_table(table, contents)
        remove_journal(table)
    finally:
        lock.release()


class TableWriter:
    """Creates a table or opens it to go on; also a context manager, which closes it.

    Args:
        path: the HDF5 file; its journal and lock stand beside it.
        header: of a new table; for an existing one it must agree in space, recipe and data card, and its versions and
            hardware are stored with the rows to come. None opens an existing table as it is.

    Raises:
        FileNotFoundError: there is no table and no header to create one.
        TableLockedError: another writer holds it; the message names its process.
        ValueError: the header differs, the message says in which fields; or the file is damaged or no table.
        OSError: the disk is full or the folder cannot be written; the message says which.
    """

    def __init__(self, path: str | os.PathLike[str], header: Header | None = None) -> None:
        self.path = Path(path).resolve()
        self._process = os.getpid()
        self._lock = FileLock(self.path)
        try:
            self._base = recovered(self.path, header)
        except BaseException:  # Ctrl-C too: a writer that was never made must not keep others out
            self._lock.release()
            raise
        self.header = self._base.header
        self._ledger = training_ledger(self._base)
        self._book = ScoreBook(self.path, self._base)
        self._class_hash = class_hasher(self.header.space)
        maker = header or Header(self.header.space)
        self._maker = Header(**{**vars(self.header), "versions": maker.versions, "hardware": maker.hardware})
        self._journal = Journal(self.path, self._maker)
        self._patience = LEAST_FOLDED
        self._fresh_entries()

    # -- what is there ------------------------------------------------------------------------------------------

    def status(self, choices: Choices, schedule: int, seed: int) -> str:
        """ "done", "failed" or "absent"."""
        return STATUSES[self._ledger.status(tuple(choices), schedule, seed)]

    def has(self, choices: Choices, schedule: int, seed: int) -> bool:
        """Whether a row is committed, done or failed."""
        return self._ledger.status(tuple(choices), schedule, seed) != ABSENT

    def __len__(self) -> int:
        """Number of committed rows."""
        return len(self._ledger)

    def row(self, choices: Choices, schedule: int, seed: int) -> Row | None:
        """The committed row of a cell; None where there is none."""
        cell = (tuple(choices), schedule, seed)
        if cell in self._rows:
            return self._rows[cell]
        if not self.has(*cell):
            return None
        line = int(self._base.lines.find(np.array([cell[0]]))[0])
        return row_at(self._base, schedule, line, self._base.seeds(schedule).index(seed))

    @property
    def schedules(self) -> tuple[int, ...]:
        """Schedules of which there is a row, in rising order."""
        return tuple(sorted(int(schedule) for schedule in self._ledger.names))

    def score_status(self, choices: Choices, proxy: str, seed: int) -> str:
        """Whether a zero-cost score is "done", "failed" or "absent"."""
        return self._book.status(tuple(choices), proxy, seed)

    def score_statuses(self, choices: np.ndarray, proxy: str, seed: int) -> np.ndarray:
        """The same of many, int [n, choices], at once: uint8 [n], the numbers of ``schema.STATUSES``."""
        return self._book.statuses(choices, proxy, seed)

    @property
    def pending(self) -> int:
        """Rows, of trainings and of scores, that are committed to the journal and not yet folded into the file."""
        return len(self._rows) + len(self._book.fresh.rows)

    # -- writing ------------------------------------------------------------------------------------------------

    def commit(self, row: Row) -> None:
        """Returns when the row is on the disk, where no kill can take it.

        Raises:
            ValueError: a done row of this cell is there, or a failed one and this one failed as well; or the row is not
                of the table's space.
            OSError: the disk is full or broken; the row is not committed, every earlier one is safe.
        """
        self._check_process()
        check_class(row, self._class_hash(row.choices), self.header.space)
        before = self.status(*row.cell)
        if before == "done" or before == row.status:
            raise ValueError(
                f"the row of {row.choices}, schedule {row.schedule}, seed {row.seed} is already {before}; "
                "ask `has` before training"
            )
        self._journal.append(encode_row(self.header.token, row))
        self._rows[row.cell] = row
        self._ledger.note(row.schedule, row.seed, {row.choices: STATUSES.index(row.status)})
        self._fold_if_many()

    def commit_scores(
        self, rows: Iterable[ScoreRow], better: Mapping[str, str], settings: Mapping[str, Any], again: bool = False
    ) -> None:
        """Returns when zero-cost scores are on the disk, all of them or none, where no kill can take them.

        Args:
            rows: of any number of architectures.
            better: proxy -> "higher" or "lower", of every proxy in the rows.
            settings: what all scores of a table share, as JSON values.
            again: whether a score that failed may fail once more; its new reason replaces the old one.

        Raises:
            ValueError: the table's scores have other settings, the message says which differ; or a score is there
                already; or a row is not of the table's space.
            OSError: the disk is full or broken; the scores are not committed, everything earlier is safe.
        """
        self._check_process()
        entries = as_entries(list(rows), better, settings)
        for row in entries.rows:
            check_class(row, self._class_hash(row.choices), self.header.space)
        self._book.check(entries, again)
        self._journal.append(encode_scores(self.header.token, entries))
        self._book.take(entries)
        self._fold_if_many()

    def _fold_if_many(self) -> None:
        waiting = max(self.pending, len(self._cost_hashes) if len(self._cost_hashes) >= MOST_FOLDED else 0)
        if waiting >= max(self._patience, min((len(self) + len(self._book)) // 4, MOST_FOLDED)):
            try:
                self.fold()
            except OSError as error:  # what was committed is safe in the journal, so the commit is good
                self._patience *= 2
                warnings.warn(f"{error}; rows wait in the journal meanwhile", JournalWarning, stacklevel=3)

    def set_costs(self, name: str, values: Mapping[Choices, float], unit: str | None = None) -> None:
        """Commits a cost of many architectures, such as "flops"; those not yet in the table are added without rows.

        Args:
            name: a word of small letters, digits and underscores.
            values: {choices: cost}.
            unit: the cost's unit; by default the one that ``schema.cost_unit`` knows for the name.

        Raises:
            ValueError: the name is not of that form.
            OSError: the disk is full or broken.
        """
        self._check_process()
        mine, unit = checked_costs(name, values), unit or cost_unit(name)
        hashes = {choices: self._class_hash(choices) for choices in mine}
        self._journal.append(encode_cost(self.header.token, name, unit, mine, hashes))
        self._costs[name] = (unit, {**self._costs.get(name, (unit, {}))[1], **mine})
        self._cost_hashes |= hashes
        self._fold_if_many()

    def fold(self) -> None:
        """Moves what the journal holds into the file; readers find the old file or the new one.

        Raises:
            OSError: the disk is full or broken; file and journal are as before, and nothing is lost.
        """
        self._check_process()
        if self._rows or self._costs or self._book.fresh.rows:
            news = MemoryContents.from_rows(
                self._maker, self._rows.values(), self._costs, self._cost_hashes, self._book.fresh
            )
            self._rebase(fold(self.path, self._base, news))
            self._journal.drop()
            self._fresh_entries()

    def add(self, contents: MemoryContents) -> int:
        """Adds whole contents, such as an import, and folds; returns how many of their architectures were left out.

        Args:
            contents: of the same recipe; or costs and scores alone, of any origin: of these, architectures that the
                table does not have are left out.

        Raises:
            ValueError: they have another recipe, or other numbers for rows that are done here.
            OSError: the disk is full or broken; nothing is changed.
        """
        self.fold()
        if contents.header.space != self.header.space:
            raise ValueError(f"{self.path} holds {self.header.space}, not {contents.header.space}")
        if contents.schedules and (differences := self.header.differences(contents.header)):
            raise ValueError(
                f"rows made otherwise cannot be added to {self.path}, of which {'; '.join(differences)}: "
                "write them to a table of their own (costs alone can be added)"
            )
        count = len(contents.choices)
        if not contents.schedules:
            contents = contents.without_rows(self._base.lines)
        if contents.proxies:
            self._book.check_settings(ScoreEntries(contents.proxy_settings, contents.proxies))
        if clashes := MergedContents(self._base, contents).conflicts():
            raise ValueError(f"{self.path} has other numbers already for {', '.join(clashes)}: nothing was added")
        self._rebase(fold(self.path, self._base, contents))
        return count - len(contents.choices)

    def _rebase(self, base: FileContents) -> None:
        """Looks at the file that was just written."""
        self._base = base
        self._ledger.clear(base)
        self._book.rebase(base)

    def _fresh_entries(self) -> None:
        self._rows: dict[Cell, Row] = {}
        self._costs, self._cost_hashes = Costs(), dict[Choices, str]()
        self._book.fresh = ScoreEntries()

    def _check_process(self) -> None:
        """Refuses to write where another may be writing."""
        if os.getpid() != self._process:
            raise ValueError(
                f"only process {self._process}, which opened {self.path}, may write to it: send rows there"
            )
        if self._closed:
            raise ValueError(f"the writer of {self.path} is closed: open a new one")
        self._lock.check()

    # -- end ----------------------------------------------------------------------------------------------------

    _closed = False

    def close(self) -> None:
        """Folds and lets the next writer in; where the fold fails the rows stay safe in the journal.

        Raises:
            OSError: the disk is full or broken.
        """
        if self._closed or os.getpid() != self._process:
            return
        try:
            self.fold()
        finally:
            self._closed = True
            self._base.close()
            self._journal.close()
            self._lock.release()

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
