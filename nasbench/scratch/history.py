"""Epochs of one training as arrays: what ``curves.csv`` holds and a checkpoint carries along. No torch."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nasbench.database.files import write_atomically

COLUMNS = {
    "learning_rate": "of the epoch's first step",
    "drop_path": "share of paths dropped",
    "train_loss": "nats, with the auxiliary classifier's weighted loss",
    "train_accuracy": "percent",
    "val_loss": "nats",
    "val_accuracy": "percent",
    "seconds": "training and validation",
}
"""Quantities of an epoch and their units."""


@dataclass
class History:
    """Epochs so far, each a value for each of :data:`COLUMNS`."""

    rows: list[tuple[float, ...]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.rows)

    def add(self, **values: float) -> None:
        """Takes in an epoch."""
        assert values.keys() == COLUMNS.keys()
        self.rows.append(tuple(float(values[name]) for name in COLUMNS))

    def column(self, name: str) -> np.ndarray:
        """float64 [epochs] of one quantity."""
        return self.array()[:, list(COLUMNS).index(name)]

    def array(self) -> np.ndarray:
        """float64 [epochs, quantities]."""
        return np.array(self.rows, dtype=np.float64).reshape(len(self.rows), len(COLUMNS))

    @property
    def best(self) -> int:
        """Place of the epoch of the highest validation accuracy, the first of equals; -1 before the first epoch."""
        return int(self.column("val_accuracy").argmax()) if self.rows else -1

    @classmethod
    def of(cls, array: np.ndarray) -> History:
        """The history whose :meth:`array` this is."""
        return cls([tuple(map(float, row)) for row in array])

    @classmethod
    def read(cls, path: Path) -> History:
        """The history in a file that :meth:`write` wrote.

        Raises:
            ValueError: the file is something else, or damaged.
            OSError: it cannot be read.
        """
        header, *lines = list(csv.reader(path.read_text(encoding="utf-8").splitlines())) or [[]]
        if header != ["epoch", *COLUMNS]:
            raise ValueError(f"{path} should have the columns epoch, {', '.join(COLUMNS)}; it has {', '.join(header)}")
        try:
            array = np.array([[float(value) for value in line[1:]] for line in lines], dtype=np.float64)
            return cls.of(array.reshape(len(lines), len(COLUMNS)))
        except ValueError as error:
            raise ValueError(f"{path} is damaged ({error}): make it again") from None

    def write(self, path: Path) -> None:
        """Writes a CSV file with a line an epoch, counted from one; numbers are exact.

        Raises:
            OSError: the file cannot be written.
        """
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(("epoch", *COLUMNS))
        lines.writerows((epoch, *map(repr, row)) for epoch, row in enumerate(self.rows, 1))
        write_atomically(path, text.getvalue().encode())
