"""Encodings that look their features up in a table: zero-cost scores, the beginnings of learning curves.

An architecture has its own line's features, or where the table has no such line the mean over its class. A fitted
predictor that is saved takes the looked-up numbers along, so that it answers without the table.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture, Space
from nasbench.table import SearchView
from predictors.encoding import Encoding


@dataclass(frozen=True)
class Features:
    """Features of a table's architectures.

    Args:
        names: of the columns.
        values: float64 [architectures, columns]; a line of NaN has none.
    """

    names: tuple[str, ...]
    values: np.ndarray


class TableEncoding(Encoding):
    """Looks features up; subclasses take ``table`` among their parameters and write :meth:`read`.

    ``table`` is the path of a table; empty for the one that a study or a fit is about, see
    :func:`predictors.encoding.bind_table`.
    """

    remembered = False
    guesses = True
    table: str

    @abstractmethod
    def read(self, view: SearchView) -> Features:
        """The features of every architecture of a table, in the table's order; never made of a test metric."""

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """A name for each column."""
        return self._lines(space).names

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Features of architectures, looked up.

        Raises:
            LookupError: neither an architecture nor its class has features in the table.
        """
        lines = self._lines(space)
        found = lines.find(space, architectures)
        missing = np.isnan(found).any(axis=1)
        if missing.any():
            first = space.format(architectures[int(missing.argmax())])
            raise LookupError(
                f"{lines.source} has no features ({type(self).__name__}) for {int(missing.sum()):,} of "
                f"{len(architectures):,} architectures, such as {first}: measure them first, or leave them out"
            )
        return found

    def covers(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """bool [architectures]: which have features, by themselves or by their class."""
        return ~np.isnan(self._lines(space).find(space, architectures)).any(axis=1)

    def spread(self, space: Space) -> np.ndarray:
        """Mean and standard deviation of each feature over the classes that the table has features of."""
        means = self._lines(space).means
        return np.stack([means.mean(axis=0), means.std(axis=0)])

    def state(self) -> dict[str, np.ndarray]:
        """Every line of the table that has features."""
        lines = self._held
        if lines is None:
            return {}
        return {
            "names": np.array(lines.names, dtype=np.str_),
            "space": np.array(lines.space, dtype=np.str_),
            "choices": np.array(list(lines.by_choices), dtype=np.int16),
            "hashes": np.array(lines.hashes, dtype=np.str_),
            "values": lines.values,
        }

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Takes over lines; the table is not needed any more."""
        choices = [tuple(line) for line in state["choices"].tolist()]
        names = tuple(state["names"].tolist())
        self._held = Lines("the saved predictor", str(state["space"]), names, choices, state["hashes"], state["values"])

    _held: Lines | None = None

    def _lines(self, space: Space) -> Lines:
        if self._held is None:
            self._held = self._read_table()
        if self._held.space != space.name:
            raise ValueError(f"{self._held.source} holds {self._held.space}, not {space.name}: name another table")
        return self._held

    def _read_table(self) -> Lines:
        name = type(self).__name__
        if not self.table:
            raise ValueError(f"the encoding {name} looks things up: say in which table, as in (table=FILE.h5)")
        stamp = Path(self.table).stat()
        key = (type(self), repr(sorted(self.get_params().items())), stamp.st_mtime_ns, stamp.st_size)
        if key not in _TABLES:
            with nasbench.open_table(self.table) as table:
                view = table.for_search()
                features = self.read(view)
                held = np.flatnonzero(~np.isnan(features.values).all(axis=1))
                choices = [tuple(line) for line in view.choices[held].tolist()]
                source, hashes = Path(self.table).name, view.class_hashes[held]
                _TABLES[key] = Lines(source, view.space.name, features.names, choices, hashes, features.values[held])
        return _TABLES[key]


_TABLES: dict[tuple[Any, ...], Lines] = {}


class Lines:
    """Lines of a table with their features, found by choices or by class."""

    def __init__(
        self,
        source: str,
        space: str,
        names: tuple[str, ...],
        choices: list[tuple[int, ...]],
        hashes: np.ndarray,
        values: np.ndarray,
    ) -> None:
        self.source, self.space, self.names, self.hashes, self.values = source, space, names, hashes, values
        self.by_choices = {line: place for place, line in enumerate(choices)}
        classes, index = np.unique(hashes, return_inverse=True)
        count = np.bincount(index, minlength=len(classes))
        self.by_class = dict(zip(classes.tolist(), range(len(classes)), strict=True))
        self.means = np.zeros((len(classes), values.shape[1]))
        np.add.at(self.means, index, values)
        self.means /= np.maximum(count, 1)[:, None]

    def find(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Float64 [architectures, columns], NaN where there is neither line nor class."""
        found = np.full((len(architectures), len(self.names)), np.nan)
        for place, architecture in enumerate(architectures):
            line = self.by_choices.get(architecture.choices)
            if line is not None:
                found[place] = self.values[line]
            elif (number := self.by_class.get(space.canonical_hash(architecture))) is not None:
                found[place] = self.means[number]
        return found
