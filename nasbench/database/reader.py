"""The HDF5 file for reading: checked when opened, decoded when asked."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from nasbench.database.contents import Axes, Contents
from nasbench.database.journal import Entries, journal_path, read_journal
from nasbench.database.lines import ALL
from nasbench.database.merge import MergedContents
from nasbench.database.rows import Header
from nasbench.database.schema import check_file, label
from nasbench.database.scores import Reasons, Scores

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_DAMAGE = (KeyError, OSError, RuntimeError, UnicodeDecodeError, json.JSONDecodeError)
"""What h5py and JSON raise on bytes that are not what they were."""


class JournalWarning(UserWarning):
    """A journal beside a table is damaged or not its own."""


def open_contents(path: str | os.PathLike[str]) -> Contents:
    """Contents of a table: the file as of its last fold, with the rows committed since laid over it.

    Safe at any time beside a writer: the journal is read first and the file after, so that every row committed before
    the call is in one of them.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a table, is damaged, or is of a newer schema.
    """
    table = Path(path).resolve()
    entries = read_journal(table)
    base = FileContents(table)
    if not entries:
        return base
    if not entries.belongs_to(base.header):
        told = f"{journal_path(table)} belongs to another table than {table} and is left out"
        warnings.warn(told, JournalWarning, stacklevel=2)
        return base
    if entries.damaged:
        warnings.warn(damage(table, entries), JournalWarning, stacklevel=2)
    return MergedContents(base, entries.contents(base.header))


def damage(table: Path, entries: Entries) -> str:
    """The warning that lines of a journal are damaged."""
    return (
        f"{entries.damaged} lines of {journal_path(table)} are damaged; what they held is left out, and a build that "
        "goes on trains it again"
    )


class FileContents(Contents):
    """Contents of the HDF5 file alone, held open until :meth:`close`.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a table, is damaged, or is of a newer schema.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seeds: dict[int, tuple[int, ...]] = {}
        self._axes: dict[int, dict[str, Axes]] = {}
        self._failures: tuple[str, np.ndarray] | None = None
        self._file = _opened(path)
        try:
            with self._readable("its header"):
                check_file(self._file, str(path))
                self._read_head()
        except BaseException:  # Ctrl-C too: an object that was never made cannot close its file
            self._file.close()
            raise

    @contextmanager
    def _readable(self, what: str) -> Iterator[None]:
        """Turns what HDF5 says of damage into a sentence."""
        try:
            yield
        except _DAMAGE as error:
            told = f"{self.path} is damaged: {what} cannot be read ({error}); restore it from a copy or write it again"
            raise ValueError(told) from error

    def _read_head(self) -> None:
        environments = json.loads(self._text("environments"))
        self.environments: tuple[dict[str, Any], ...] = tuple(environments)
        first = environments[0] if environments else {"versions": {}, "hardware": {}}
        self.header = Header(
            space=label(self._file, "space"),
            recipe=json.loads(self._text("recipe")),
            data_card=json.loads(self._text("data_card")),
            versions=first["versions"],
            hardware=first["hardware"],
            origin=self._text("origin"),
        )
        self.schema_version = int(self._file.attrs["schema_version"])
        self.count = len(self._file["architectures/choices"])
        self.schedules = tuple(sorted(int(name) for name in self._file["schedules"]))
        self.costs = {name: label(data, "unit") for name, data in self._file["costs"].items()}
        self.proxies: dict[str, str] = {}
        self.proxy_settings: dict[str, Any] = {}
        if self.schema_version > 1:
            self.proxies = {name: label(group["values"], "better") for name, group in self._file["proxies"].items()}
            self.proxy_settings = json.loads(self._text("proxy_settings"))

    def _text(self, name: str) -> str:
        return self._read(f"header/{name}")[0].decode()

    def _read(self, name: str, part: Any = ()) -> np.ndarray:
        """An array of the file.

        Raises:
            ValueError: its checksum is wrong, or the file was closed.
        """
        if not self._file:
            raise ValueError(f"{self.path} was closed before its {name} was asked for: open it again")
        with self._readable(name):
            return self._file[name][part]

    def choices_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.choices_of`."""
        return self._read("architectures/choices", lines)

    def hashes_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.hashes_of`."""
        return self._read("architectures/class_hash", lines)

    def cost(self, name: str, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.cost`."""
        return self._read(f"costs/{name}", lines)

    def scores(self, proxy: str, lines: slice = ALL) -> Scores:
        """See :meth:`Contents.scores`."""
        place = f"proxies/{proxy}"
        seeds = tuple(self._read(f"{place}/seeds").tolist())
        values, seconds = (self._read(f"{place}/{name}", lines) for name in ("values", "seconds"))
        return Scores(seeds, values, seconds, self._reasons(place, lines))

    def seeds(self, schedule: int) -> tuple[int, ...]:
        """See :meth:`Contents.seeds`."""
        if schedule not in self._seeds:
            self._seeds[schedule] = tuple(self._read(f"schedules/{schedule}/seeds").tolist())
        return self._seeds[schedule]

    def status(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.status`."""
        return self._read(f"schedules/{schedule}/status", lines)

    def environment(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.environment`."""
        return self._read(f"schedules/{schedule}/environment", lines)

    def reasons(self, schedule: int, lines: slice = ALL) -> Reasons:
        """See :meth:`Contents.reasons`."""
        return self._reasons(f"schedules/{schedule}", lines)

    def _reasons(self, place: str, lines: slice) -> Reasons:
        if self._failures is None or self._failures[0] != place:
            self._failures = place, self._read(f"{place}/failures")  # kept for the next block
        cells = self._failures[1]
        start, stop, _ = lines.indices(self.count)
        first, last = np.searchsorted(cells[:, 0], (start, stop)).tolist()
        if first >= last:
            return {}
        texts = self._read(f"{place}/reasons", slice(first, last)).tolist()
        listed = zip(cells[first:last].tolist(), texts, strict=True)
        return {(line - start, column): text.decode() for (line, column), text in listed}

    def metrics(self, schedule: int) -> dict[str, Axes]:
        """See :meth:`Contents.metrics`."""
        if schedule not in self._axes:
            with self._readable(f"schedules/{schedule}/metrics"):
                self._axes[schedule] = {
                    name: Axes(tuple(data.attrs["seeds"].tolist()), tuple(data.attrs["epochs"].tolist()))
                    for name, data in self._file[f"schedules/{schedule}/metrics"].items()
                }
        return self._axes[schedule]

    def values(self, schedule: int, metric: str, epoch: int | None = None, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.values`."""
        name = f"schedules/{schedule}/metrics/{metric}"
        if epoch is None:
            return self._read(name, lines)
        place = self.metrics(schedule)[metric].epochs.index(epoch)
        return self._read(name, np.s_[lines, :, place : place + 1])

    def line_values(self, schedule: int, metric: str, line: int) -> np.ndarray:
        """See :meth:`Contents.line_values`."""
        return self._read(f"schedules/{schedule}/metrics/{metric}", line)

    def close(self) -> None:
        """See :meth:`Contents.close`."""
        self._file.close()


def _opened(path: Path) -> h5py.File:
    """The open file; an error in one sentence where it is not HDF5, or not whole."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder; a table is a file that `nasbench build` or `nasbench import` wrote")
    if not path.exists():
        hint = ""
        if journal_path(path).exists():
            hint = f"; its journal {journal_path(path).name} is there: run the build again to restore its rows"
        raise FileNotFoundError(f"there is no table {path}{hint}")
    with open(path, "rb") as file:
        begins = file.read(len(_SIGNATURE))
    if begins != _SIGNATURE:
        raise ValueError(f"{path} is not an HDF5 file; a table is one that `nasbench build` or `nasbench import` wrote")
    try:
        return h5py.File(path, "r", locking=False)
    except OSError as error:
        raise ValueError(f"{path} is damaged ({error}); restore it from a copy or write it again") from error
