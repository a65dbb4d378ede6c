"""Opening a table to write: made where there is none, refused where it is another's, repaired after a kill."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from nasbench.database import files
from nasbench.database.contents import Contents
from nasbench.database.journal import Entries, journal_path, read_journal
from nasbench.database.memory import MemoryContents
from nasbench.database.merge import MergedContents
from nasbench.database.reader import FileContents, JournalWarning, damage
from nasbench.database.rows import Header
from nasbench.database.tablefile import put_table


def recovered(table: Path, header: Header | None) -> FileContents:
    """The table's file, holding every row ever committed; no journal stands beside it.

    For the holder of the table's lock. A kill in here, at any instant, leaves what the next call repairs.

    Args:
        table: its path.
        header: what it must agree with, and is made of where there is none.

    Raises:
        FileNotFoundError: there is no table and nothing to make one of.
        ValueError: table or journal are another's, damaged, or none.
        OSError: the disk is full or the folder cannot be written.
    """
    with files.told(f"cannot open {table} for writing"):
        files.remove(files.beside_path(table))  # what a kill in a fold left
    entries = read_journal(table)
    if not table.exists():
        _create(table, header or entries.header, entries)
    elif not os.access(table, os.W_OK):
        raise PermissionError(f"{table} is read-only: change its permissions, or write another file")
    base = FileContents(table)
    try:
        if header is not None and (differences := base.header.differences(header)):
            raise ValueError(
                f"{table} was made otherwise: {'; '.join(differences)}; "
                "go on with the values of the file, or write another one"
            )
        _check_journal(table, entries, base.header)
        if entries.damaged:
            warnings.warn(damage(table, entries), JournalWarning, stacklevel=4)
        if entries:
            base = fold(table, base, entries.contents(base.header))
        remove_journal(table)
    except BaseException:  # Ctrl-C too: nobody else holds the file to close it
        base.close()
        raise
    return base


def fold(table: Path, base: FileContents, news: Contents) -> FileContents:
    """The table's file with news laid over it, written and opened; the old one is closed.

    Raises:
        OSError: the disk is full or broken; the old file stands, and stays open.
    """
    put_table(table, MergedContents(base, news))
    base.close()
    return FileContents(table)


def remove_journal(table: Path) -> None:
    """Removes a journal whose rows are all in the table."""
    with files.told(f"cannot remove {journal_path(table)}, whose rows are all in {table.name}"):
        files.remove(journal_path(table))


def _create(table: Path, header: Header | None, entries: Entries) -> None:
    if header is None:
        raise FileNotFoundError(f"there is no table {table}, and no header to create one with")
    _check_journal(table, entries, header)
    put_table(table, MemoryContents.from_rows(header, []))


def _check_journal(table: Path, entries: Entries, header: Header) -> None:
    """Refuses rows of another table."""
    if entries and not entries.belongs_to(header):
        differ = header.differences(entries.header) if entries.header else ["its recipe or data"]
        raise ValueError(
            f"{journal_path(table)} holds rows of another table than {table} (of the table "
            f"{'; '.join(differ)} as in the journal): move the journal to the table it belongs to, or remove it"
        )
