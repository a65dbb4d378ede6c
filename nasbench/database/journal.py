"""Rows on their way into the file: a text file beside it, one checksummed line a row, synced before a commit returns.

A line is eight hexadecimal digits of the CRC-32 of the rest, a space, and JSON. Every line holds the token of the table
that it belongs to, the first also its header. Numbers are exact; those that JSON lacks are the strings "nan", "inf" and
"-inf".
"""

from __future__ import annotations

import json
import math
import os
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from nasbench.database import files
from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Choices, Header, Row
from nasbench.database.scores import ScoreEntries, ScoreRow

Costs = dict[str, tuple[str, dict[Choices, float]]]
"""Name -> (unit, {choices: value})."""


def journal_path(table: Path) -> Path:
    """Where a table's journal stands."""
    return table.with_name(table.name + ".journal")


@dataclass
class Entries:
    """What a journal holds: whose it is, its rows, costs and scores in order, and how many lines are damaged."""

    header: Header | None = None
    token: str = ""
    rows: list[Row] = field(default_factory=list)
    costs: Costs = field(default_factory=dict)
    hashes: dict[Choices, str] = field(default_factory=dict)
    """Class hashes of architectures with costs."""
    scores: ScoreEntries = field(default_factory=ScoreEntries)
    damaged: int = 0

    def __bool__(self) -> bool:
        return bool(self.rows or self.costs or self.scores.rows)

    def belongs_to(self, header: Header) -> bool:
        """Whether the entries may stand in the table of this header."""
        return self.token == header.token

    def contents(self, header: Header) -> MemoryContents:
        """The entries as contents of the table of this header; where the journal's own is lost its maker is unknown."""
        maker = self.header or replace(header, versions={}, hardware={})
        return MemoryContents.from_rows(maker, self.rows, self.costs, self.hashes, self.scores)


def read_journal(table: Path) -> Entries:
    """Entries of a table's journal; none where there is no journal.

    A torn end is what a kill leaves of a row that was never committed, and is passed over. Damaged lines before a good
    one were committed and are counted.
    """
    try:
        data = journal_path(table).read_bytes()
    except FileNotFoundError:
        return Entries()
    except OSError as error:
        raise files.described(error, f"cannot read {journal_path(table)}") from error
    return decode(data)


def decode(data: bytes) -> Entries:
    """Entries of a journal's bytes, whatever happened to them."""
    entries, suspects = Entries(), 0
    for line in data.split(b"\n"):
        record = _record(line)
        if record is None:
            suspects += bool(line)
            continue
        entries.damaged += suspects
        suspects = 0
        _take(record, entries)
    return entries


def _record(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None where the line is not whole."""
    if len(line) < 10 or line[8:9] != b" " or b"%08x" % zlib.crc32(line[9:]) != line[:8]:
        return None
    record = json.loads(line[9:])
    return record if isinstance(record, dict) else None


def _take(record: dict[str, Any], entries: Entries) -> None:
    kind = record.pop("kind", None)
    entries.token = record.pop("table")
    if kind == "header":
        entries.header = Header(**record)
    elif kind == "row":
        record["curves"] = {name: [float(v) for v in values] for name, values in record["curves"].items()}
        entries.rows.append(Row(**record))
    elif kind == "cost":
        unit, values = entries.costs.setdefault(record["name"], (record["unit"], {}))
        for choices, value, class_hash in record["values"]:
            values[tuple(choices)] = float(value)
            entries.hashes[tuple(choices)] = class_hash
        entries.costs[record["name"]] = (record["unit"] or unit, values)
    elif kind == "scores":
        entries.scores.settings = record["settings"]
        entries.scores.better |= record["better"]
        entries.scores.rows += [ScoreRow(**row) for row in record["rows"]]


def encode(token: str, kind: str, record: Mapping[str, Any]) -> bytes:
    """The line of a record of the table with this token."""
    text = json.dumps({"kind": kind, "table": token, **record}, separators=(",", ":"), allow_nan=False).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def encode_row(token: str, row: Row) -> bytes:
    """The line of a row."""
    record = {**vars(row), "curves": {name: [_exact(v) for v in values] for name, values in row.curves.items()}}
    return encode(token, "row", record)


def encode_cost(
    token: str, name: str, unit: str, values: Mapping[Choices, float], hashes: Mapping[Choices, str]
) -> bytes:
    """The line of a cost of many architectures."""
    listed = [[list(choices), value, hashes[choices]] for choices, value in values.items()]
    return encode(token, "cost", {"name": name, "unit": unit, "values": listed})


def encode_scores(token: str, entries: ScoreEntries) -> bytes:
    """The line of scores of any number of architectures."""
    return encode(token, "scores", {**vars(entries), "rows": [vars(row) for row in entries.rows]})


def _exact(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


class Journal:
    """The journal of a table, open for appending; it begins anew, so what was there must have been folded before."""

    def __init__(self, table: Path, header: Header) -> None:
        self.path = journal_path(table)
        self._header = header
        self._descriptor: int | None = None
        self._size = 0  # bytes that are committed
        self._broken = False

    def append(self, line: bytes) -> None:
        """Returns when the line is on the disk; when it raises, the journal is as before.

        Raises:
            OSError: the disk is full or broken; the message says which.
        """
        if self._broken:
            raise OSError(f"{self.path} could not be repaired after an error: close the table and open it again")
        try:
            if self._descriptor is None:
                self._begin()
            assert self._descriptor is not None
            files.write_all(self._descriptor, line)
            files.sync(self._descriptor)
            self._size += len(line)
        except BaseException as error:
            self._take_back()
            if not isinstance(error, OSError):
                raise
            safe = "every row committed before is safe"
            raise files.described(error, f"cannot commit a row to {self.path} ({safe})") from error

    def _begin(self) -> None:
        self._descriptor = files.create(self.path, os.O_TRUNC | os.O_APPEND)
        line = encode(self._header.token, "header", asdict(self._header))
        files.write_all(self._descriptor, line)
        files.sync(self._descriptor)
        files.sync_folder(self.path.parent)
        self._size = len(line)

    def _take_back(self) -> None:
        """Cuts off what a failed append may have written."""
        if self._descriptor is None:
            return
        try:
            files.truncate(self._descriptor, self._size)
            if not self._size:
                self.close()
        except OSError:
            self._broken = True  # a line appended to half a line would be lost with it

    def close(self) -> None:
        """Closes the file and leaves it."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def drop(self) -> None:
        """Removes the journal: what it held is in the table."""
        self.close()
        self._size = 0
        self._broken = False
        with files.told(f"cannot remove {self.path}, whose rows are all in {self.path.stem}"):
            files.remove(self.path)
            files.sync_folder(self.path.parent)
