"""Where knowledge is carried over from: a fitted predictor on the disk, or a table that one is fitted to."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import nasbench
from predictors.measured import Measured, read_measured
from predictors.predictor import DESCRIPTION, Predictor, load_fitted
from predictors.splits import draw
from predictors.surrogate_file import DESCRIPTION as SURROGATE

PREDICTOR = "stacked"
"""What is fitted to a table."""


def load_source(path: Path, metric: str = "val_accuracy", schedule: int = 0, rows: int = 0, seed: int = 0) -> Predictor:
    """The fitted predictor that a source is, or that is fitted to it; the same one as long as its files are the same.

    Args:
        path: folder of ``nasbench fit`` or of a saved predictor; or a table.
        metric: of a table, what is learned.
        schedule: of a table, in epochs; 0 for its longest.
        rows: of a table, how many of its classes are learned from, one member each; 0 for everything in it.
        seed: of the draw of these.

    Raises:
        OSError: it cannot be read.
        LookupError: the table has no such metric or schedule.
        ValueError: it is neither, or has not so many classes.
    """
    stamp = path.stat()
    key: tuple[object, ...] = (path.resolve(), stamp.st_mtime_ns, stamp.st_size, metric, schedule, rows, seed)
    if path.is_dir():
        path = _single(path) if (path / "predictor" / DESCRIPTION).is_file() else path
        key = (path.resolve(), (path / DESCRIPTION).read_bytes())  # which names every file's content
    if key not in _KNOWN:
        if path.is_dir():
            _KNOWN[key] = load_fitted(path)
        else:
            measured = source_rows(path, metric, schedule, rows, seed)
            predictor: Predictor = nasbench.load_predictor(PREDICTOR)
            _KNOWN[key] = predictor.fit(measured.architectures, measured.y, measured.classes)
    return _KNOWN[key]


def _single(fit: Path) -> Path:
    """Folder of the one predictor of a fit."""
    members = json.loads((fit / SURROGATE).read_bytes()).get("members", 1) if (fit / SURROGATE).is_file() else 1
    if members != 1:
        raise ValueError(f"{fit} holds an ensemble of {members}, expected one predictor: fit it with --members 1")
    return fit / "predictor"


_KNOWN: dict[tuple[object, ...], Predictor] = {}


def source_rows(path: Path, metric: str, schedule: int, rows: int, seed: int) -> Measured:
    """What is learned from a table: see :func:`load_source`."""
    measured = read_measured(path, metric, schedule or None)
    if not rows:
        return measured
    chosen = np.zeros(len(measured), dtype=bool)
    chosen[draw(measured.classes, rows, np.random.default_rng(np.random.SeedSequence(seed)))[0]] = True
    return measured.only(chosen)
