"""What happened in a run: what was asked, what it scored, what that cost; one NPZ file a run, nothing pickled.

Arrays have an entry a query, in order:

=================  =========  =================================================================================
``choices``        int8 Q,L   the architecture asked
``score``          float64    its score by the evaluator, in the measure's own direction; NaN where it failed
``seconds``        float64    simulated training seconds spent so far; NaN without a clock
``flops``          float64    multiply-adds of training spent so far, an estimate; NaN where nobody knows them
``search_seconds`` float64    the searcher's own seconds so far
``true_val``       float64    value of the selecting measure, by the truth table, of the incumbent: the
                              architecture with the best score so far among those after the most epochs, the
                              first of equals; NaN without an incumbent or an answer
``true_test``      float64    likewise of the reported measure
``unique``         int64      different canonical classes asked so far
``epochs``         int64      epochs of the schedule after which it scored so; for whole trainings all of them
``epochs_paid``    int64      epochs of training spent so far, those of a class once
=================  =========  =================================================================================

and ``meta`` is JSON in UTF-8, one byte an entry; earlier traces hold it as an array of text. Traces of version 1 had no
epochs: all their trainings were whole; of version 2 no FLOPs.

A score after fewer epochs never beats one after more: the incumbent is the best of those that were trained longest, so
that it can be replaced by an architecture with a smaller number. ``true_val`` and ``true_test`` are of whole trainings
always. The meta of a run also holds the searcher's state after the last query, so that a run can be
carried on, to a larger budget too.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.database.files import replace, write_atomically
from searchers.clock import Budget
from searchers.measure import Measure

FORMAT = "nasbench-forge trace"
VERSION = 3
COUNTS = ("unique", "epochs", "epochs_paid")
NUMBERS = ("score", "seconds", "flops", "search_seconds", "true_val", "true_test")
REPRODUCED = ("choices", "score", "seconds", "flops", "true_val", "true_test", *COUNTS)
"""Arrays that are the same each time a run is made; the searcher's own seconds are not."""


class DamagedTraceError(ValueError):
    """A file should be a trace and cannot be read as one."""


class TraceWarning(UserWarning):
    """A trace was damaged, and its run is made again."""


@dataclass(frozen=True)
class Trace:
    """A run, as arrays with an entry a query; see the top of the file for each.

    ``meta`` is JSON: format, version, space, searcher, parameters, evaluator, kind, select, report, seed, noise (seed
    of the evaluator's noise, None without), queries, clock, failures (queries without a score), unpriced (classes
    without known seconds), flops_clock, unpriced_flops, stopped (why the run ended, None while it goes on), state.
    """

    choices: np.ndarray
    score: np.ndarray
    seconds: np.ndarray
    flops: np.ndarray
    search_seconds: np.ndarray
    true_val: np.ndarray
    true_test: np.ndarray
    unique: np.ndarray
    epochs: np.ndarray
    epochs_paid: np.ndarray
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in (*NUMBERS, *COUNTS):
            if getattr(self, name).shape != (len(self.choices),):
                raise ValueError(
                    f"a trace of {len(self.choices)} queries needs as many entries of {name}, "
                    f"got shape {getattr(self, name).shape}"
                )

    def __len__(self) -> int:
        return len(self.choices)

    def ended(self, budget: Budget) -> bool:
        """Whether the run has ended, and this budget would not carry it on."""
        if self.meta.get("stopped") is None or not len(self):
            return False
        stalled = self.meta["stopped"] == "stalled" and budget.queries is None
        return stalled or self._used_up(budget, len(self)) is not None

    def exceeds(self, budget: Budget) -> bool:
        """Whether the run went on after this budget was used up."""
        return len(self) > 1 and self._used_up(budget, len(self) - 1) is not None

    def _used_up(self, budget: Budget, queries: int) -> str | None:
        seconds, epochs, flops = (float(self.spent(unit)[queries - 1]) for unit in ("seconds", "epochs", "flops"))
        return budget.used_up(queries, seconds, int(epochs), flops)

    def spent(self, unit: str) -> np.ndarray:
        """How much of a unit of budgets, such as ``queries`` or ``epochs``, was used up after each query: float64."""
        if unit == "queries":
            return np.arange(1.0, len(self) + 1)
        spent: np.ndarray = self.epochs_paid if unit == "epochs" else getattr(self, unit)
        return spent.astype(np.float64)

    def incumbents(self, sign: float = 1.0) -> np.ndarray:
        """Index of the incumbent after each query, see :func:`incumbents`."""
        return incumbents(self.score, sign, self.epochs)

    def save(self, path: Path, durable: bool = True) -> None:
        """Writes the trace in one step: a kill leaves the file that was there, or none.

        Args:
            path: the file.
            durable: whether to wait until it is on the disk; otherwise it is safe from a kill, and from a power cut
                after the system's next sync only, which is enough for runs that are made again in no time.

        Raises:
            OSError: the file cannot be written.
        """
        arrays = {name: getattr(self, name) for name in ("choices", *COUNTS, *NUMBERS)}
        buffer = io.BytesIO()
        meta = np.frombuffer(json.dumps(self.meta, allow_nan=False).encode(), dtype=np.uint8)
        np.savez(buffer, meta=meta, **arrays)
        path.parent.mkdir(parents=True, exist_ok=True)
        if durable:
            write_atomically(path, buffer.getbuffer())
        else:
            beside = path.with_name(f"{path.name}.new")
            beside.write_bytes(buffer.getbuffer())
            replace(beside, path)

    @classmethod
    def load(cls, path: Path) -> Trace:
        """The trace in a file.

        Raises:
            FileNotFoundError: there is no such file.
            DamagedTraceError: it is not a trace, or is damaged.
            ValueError: it was written by a newer version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            meta = _parsed(arrays.pop("meta"))
        except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError) as error:
            raise _damaged(path, error) from None
        if meta.get("format") != FORMAT or meta.get("version", VERSION + 1) > VERSION:
            raise ValueError(
                f"{path} is a {meta.get('format')!r} of version {meta.get('version')}, expected {FORMAT!r} of at most "
                f"{VERSION}: install the nasbench-forge that wrote it, or a newer one"
            )
        try:
            return cls(**_completed(arrays, meta), meta=meta)
        except (KeyError, TypeError, ValueError) as error:
            raise _damaged(path, error) from None


def _damaged(path: Path, error: Exception) -> DamagedTraceError:
    return DamagedTraceError(f"{path} is not a trace of a run, or is damaged ({error})")


def _parsed(meta: np.ndarray) -> dict[str, Any]:
    """Meta as bytes, or as text in earlier traces."""
    found = json.loads(meta.tobytes() if meta.dtype == np.uint8 else str(meta))
    if not isinstance(found, dict):
        raise TypeError("its meta is no JSON object")
    return found


def _completed(arrays: dict[str, np.ndarray], meta: dict[str, Any]) -> dict[str, np.ndarray]:
    """The arrays of any version: those of the first asked for whole trainings alone, and paid each class whole."""
    if meta.get("version") in (1, 2):
        arrays = {**arrays, "flops": np.full_like(arrays["score"], np.nan)}
    if meta.get("version") != 1:
        return arrays
    whole = Measure.parse(meta.get("select", "val_accuracy")).schedule or 1
    return {**arrays, "epochs": np.full_like(arrays["unique"], whole), "epochs_paid": arrays["unique"] * whole}


def incumbents(score: np.ndarray, sign: float = 1.0, epochs: np.ndarray | None = None) -> np.ndarray:
    """Index of the incumbent after each query: int64 array, -1 before the first score.

    It is the best score so far among those after the most epochs so far, the first of equals.

    Args:
        score: scores of the queries in order, NaN for failures.
        sign: 1 where larger is better, -1 where smaller is.
        epochs: after which each query scored; None where all were trained alike.
    """
    order = np.where(np.isnan(score), -np.inf, sign * score)
    if epochs is not None and (epochs != epochs[:1]).any():
        scored = np.isfinite(order)
        pairs = np.stack([epochs[scored], order[scored]], axis=1)
        order[scored] = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1)  # rows in lexicographic order
    best = np.maximum.accumulate(order) if len(order) else order
    is_new = np.empty(len(order), dtype=bool)
    is_new[:1] = np.isfinite(order[:1])
    is_new[1:] = best[1:] > best[:-1]
    return np.maximum.accumulate(np.where(is_new, np.arange(len(order)), -1)) if len(order) else np.empty(0, np.int64)
