"""A predictor of training seconds, fitted beside that of scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from predictors.measured import Measured
from predictors.metrics import spearman
from predictors.models.ridge import Ridge


def fit_clock(
    measured: Measured, encoding: str, train: np.ndarray, test: np.ndarray
) -> tuple[Ridge | None, dict[str, Any] | None]:
    """A ridge of log seconds, fitted to all rows, and its quality on the held-out ones; None without times.

    Args:
        measured: from :func:`predictors.measured.read_measured`.
        encoding: of the architectures.
        train: rows that the quality is learned from.
        test: rows that it is measured on.
    """
    timed = np.isfinite(measured.seconds) & (measured.seconds > 0)
    inside, outside = train[timed[train]], test[timed[test]]
    if len(np.unique(measured.classes[inside])) < 2:
        return None, None
    log_seconds = np.log(measured.seconds, out=np.full(len(measured), np.nan), where=timed)
    clock = Ridge(encoding=encoding, warp="identity")
    clock.fit(measured.of(inside), log_seconds[inside], measured.classes[inside])
    guess = np.exp(clock.predict(measured.of(outside))) if len(outside) else np.empty(0)
    true = measured.seconds[outside]
    rows = np.flatnonzero(timed)
    clock.fit(measured.of(rows), log_seconds[rows], measured.classes[rows])
    quality = {
        "predictor": "ridge of log seconds",
        "rows": len(rows),
        "heldout_spearman": spearman(true, guess),
        "heldout_relative_error": float(np.abs(guess / true - 1).mean()) if len(true) else None,
    }
    return clock, quality
