"""What happened in a one-shot search, epoch by epoch, and how its supernet ranks; one NPZ file, nothing pickled.

Arrays have an entry an epoch (T); K, E, O as in :mod:`nasbench.mixed_cells`, L choices of an architecture:

====================  ============  ===============================================================================
``strengths``         float64 TKEO  strength of each operation after the epoch
``choices``           int64 T,L     the architecture that would be given
``entropy``           float64 T     of the strengths of an edge, in nats, mean over edges
``skips``             int64 T,K     edges of each kind of cell that hold a skip
``train_loss``        float64 T     in nats, of the shared weights under the search's mixtures, mean over steps
``train_accuracy``    float64 T     likewise in percent
``val_loss``          float64 T     in nats, of the epoch's architecture by shared weights on validation images
``val_accuracy``      float64 T     likewise in percent
``seconds``           float64 T     of the epoch's steps
``choosing_seconds``  float64 T     of naming and judging the architecture
====================  ============  ===============================================================================

After the search N architectures drawn uniformly are judged, the same ones for every searcher and seed:
``ranked_choices`` int64 [N, L] and ``ranked_accuracy`` float64 [N], in percent by shared weights. ``true`` [T] and
``ranked_true`` [N] hold what a table reports of the architectures, NaN where none says anything.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.database.files import write_atomically

FORMAT = "nasbench-forge one-shot search"
VERSION = 1
EPOCHWISE = {
    "strengths": np.float64,
    "choices": np.int64,
    "entropy": np.float64,
    "skips": np.int64,
    "train_loss": np.float64,
    "train_accuracy": np.float64,
    "val_loss": np.float64,
    "val_accuracy": np.float64,
    "seconds": np.float64,
    "choosing_seconds": np.float64,
}
"""Array -> its type."""
AFTERWARDS = ("ranked_choices", "ranked_accuracy", "true", "ranked_true")
CLOCKS = ("seconds", "choosing_seconds")
"""Arrays that differ when a search is made again; all others are the same."""


@dataclass
class History:
    """Epochs so far, as lists by name; see the top of the file for each."""

    epochs: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in EPOCHWISE})

    def __len__(self) -> int:
        return len(self.epochs["seconds"])

    def add(self, **values: Any) -> None:
        """Takes in an epoch: a value for each array."""
        assert values.keys() == EPOCHWISE.keys()
        for name, value in values.items():
            self.epochs[name].append(value)

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name."""
        return {name: np.array(self.epochs[name], dtype=kind) for name, kind in EPOCHWISE.items()}

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> History:
        """The history whose :meth:`arrays` these are."""
        return cls({name: list(arrays[name]) for name in EPOCHWISE})


@dataclass(frozen=True)
class SearchRecord:
    """A finished search: arrays by name, see the top of the file, and ``meta``, which is JSON."""

    arrays: dict[str, np.ndarray]
    meta: dict[str, Any]

    def save(self, path: Path) -> None:
        """Writes the record in one step: a kill leaves the file that was there, or none.

        Raises:
            OSError: the file cannot be written.
        """
        write_npz(path, self.arrays, {"format": FORMAT, "version": VERSION, **self.meta})

    @classmethod
    def load(cls, path: Path) -> SearchRecord:
        """The record in a file.

        Raises:
            ValueError: it is not such a record, or damaged, or of a newer version.
            OSError: it cannot be read.
        """
        arrays, meta = read_npz(path)
        if meta.get("format") != FORMAT or meta.get("version") != VERSION:
            raise ValueError(f"{path} is not a record of a one-shot search of version {VERSION}: {meta.get('format')}")
        return cls(arrays, meta)


def entropy(strengths: np.ndarray) -> float:
    """Mean over edges of the entropy of operations, in nats, of strengths [K, E, O] that are normalised for each edge.

    >>> round(entropy(np.array([[[1.0, 1.0], [3.0, 0.0]]])), 6)
    0.346574
    """
    sums = strengths.sum(axis=2, keepdims=True)
    shares = np.divide(strengths, sums, out=np.zeros_like(strengths), where=sums > 0)
    logs = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return float(-(shares * logs).sum(axis=2).mean())


def write_npz(path: Path, arrays: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> None:
    """Puts arrays and JSON into an NPZ file in one step; a kill leaves what was there.

    Raises:
        OSError: the file cannot be written.
    """
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, meta=np.array(json.dumps(meta, allow_nan=False)), **arrays)
    write_atomically(path, buffer.getbuffer())


def read_npz(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays and JSON that :func:`write_npz` wrote.

    Raises:
        ValueError: the file is damaged or something else.
        OSError: it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return arrays, json.loads(str(arrays.pop("meta")))
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read ({error}): remove it, and the same command begins anew") from None
