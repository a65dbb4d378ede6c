"""What the predictors of a study look up: tables of features, and how much of a training they see."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture
from predictors.encoding import load_encoding
from predictors.encoding_text import split_encodings
from predictors.study_names import sees_epochs, tables_of


def feature_tables(encodings: Sequence[str], features: Path) -> dict[str, str]:
    """Digest of each table that encodings look things up in, by path; ``--features`` for the study's table of features.

    Args:
        encodings: as texts, bound to their tables.
        features: the study's table of features.
    """
    found = {}
    for path in dict.fromkeys(path for encoding in encodings for path in tables_of(encoding)):
        with nasbench.open_table(path) as table:
            found["--features" if path == str(features) else path] = table.digest
    return found


def seen_of_training(encoding: str, architectures: Sequence[Architecture]) -> dict[str, Any] | None:
    """How much of a tested architecture's training an encoding sees; None where it sees none.

    The answer is ``{"epochs", "schedule", "seconds"}``; seconds are the recorded training time up to that epoch, mean
    over the architectures that have one, None where none has.

    Args:
        encoding: its text, bound to a table.
        architectures: that are looked up.
    """
    for part in split_encodings(encoding):
        held = load_encoding(part.text()).get_params()
        if not sees_epochs(part) or not held.get("table"):
            continue
        with nasbench.open_table(held["table"]) as table:
            view = table.for_search()
            schedule = held.get("schedule") or view.schedules[0]
            epochs = held["epochs"] or schedule
            timed = view.epochs("seconds", schedule) if "seconds" in view.metrics(schedule) else ()
            last = max((epoch for epoch in timed if epoch <= epochs), default=None)
            times = [] if last is None else [view.seconds(one, schedule, last) for one in architectures]
        known = [time for time in times if np.isfinite(time)]
        return {"epochs": epochs, "schedule": schedule, "seconds": float(np.mean(known)) if known else None}
    return None
