"""Samples of a space's classes, walked as often as wanted: what they take in memory does not grow with their number.

In a space that can be enumerated a sample is the beginning of a seeded permutation of its classes, made again at each
walk. In a larger one architectures are drawn one after the other, and those of a class already drawn are passed over;
what was drawn is kept in a temporary file of SQLite, of which a few megabytes are in memory.
"""

from __future__ import annotations

import sqlite3
import weakref
from array import array
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from nasbench.space import LARGEST_ENUMERATED, Architecture, Space

FRUITLESS = 10_000
"""After so many draws that bring no new class a sample is given up."""
_CACHE = 4096
"""Kibibytes of the temporary file that are held in memory."""
_CODE = "H"
"""How a choice is kept in the temporary file: in two bytes, as in tables."""


class Walkable(Protocol):
    """Architectures whose number is known and that can be walked again: a list of them, or a sample."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Architecture]: ...


def class_sample(space: Space, count: int | None, seed: int) -> Walkable:
    """Representatives of the first ``count`` classes of a seeded permutation; all classes where ``count`` is None.

    A larger count begins with the same classes. In a space too large to enumerate architectures are drawn one after the
    other and those of a class already drawn are passed over.

    Raises:
        ValueError: there are fewer classes, as far as can be seen, or all are asked for in a space that cannot be
            enumerated.
        OSError: there is no room for the temporary file of a sample of a large space.
    """
    if space.count() <= LARGEST_ENUMERATED or count is None:
        return PermutedClasses(space, count, seed)
    return DrawnClasses(space, count, seed)


class PermutedClasses:
    """The first ``count`` classes of a seeded permutation of all; see :func:`class_sample`."""

    def __init__(self, space: Space, count: int | None, seed: int) -> None:
        classes = len(space.classes)
        if count is not None and not 1 <= count <= classes:
            raise ValueError(f"{space.name} has {classes:,} classes to sample from, {count:,} were asked for")
        self._space, self._seed = space, seed
        self._count = classes if count is None else count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Architecture]:
        groups = list(self._space.classes.values())
        order = _generator(self._seed).permutation(len(groups))
        for place in order[: self._count]:
            yield groups[place][0]


class DrawnClasses:
    """``count`` seeded draws of different classes, kept in a temporary file; see :func:`class_sample`."""

    def __init__(self, space: Space, count: int, seed: int) -> None:
        self._space, self._count = space, count
        self._file = sqlite3.connect("", isolation_level=None)  # no name: a temporary file, gone when it is closed
        weakref.finalize(self, self._file.close)
        try:
            self._draw(_generator(seed))
        except sqlite3.Error as error:
            raise OSError(
                f"cannot keep a sample of {count:,} classes in a temporary file ({error}): make room for it, or set "
                "SQLITE_TMPDIR to a folder that has room"
            ) from error

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Architecture]:
        for (kept,) in self._file.execute("select choices from drawn order by place"):
            yield Architecture(self._space.name, tuple(array(_CODE, kept)))

    def _draw(self, rng: np.random.Generator) -> None:
        run = self._file.execute
        for setting in ("journal_mode = off", "synchronous = off", "temp_store = file", f"cache_size = -{_CACHE}"):
            run(f"pragma {setting}")
        run("create table drawn (place integer primary key, class_hash blob unique, choices blob)")
        run("begin")
        found = fruitless = 0
        while found < self._count:
            if fruitless == FRUITLESS:
                raise ValueError(
                    f"{fruitless:,} draws in a row gave no class of {self._space.name} beyond the {found:,} found; "
                    f"{self._count:,} were asked for"
                )
            architecture = self._space.sample(rng)
            kept = bytes.fromhex(self._space.canonical_hash(architecture)), array(_CODE, architecture.choices).tobytes()
            new = run("insert or ignore into drawn (class_hash, choices) values (?, ?)", kept).rowcount
            found, fruitless = found + new, 0 if new else fruitless + 1
        run("commit")


def _generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(seed))
