"""What ``result.json`` of a study says: its settings, and the mean and spread of every score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from predictors.study_file import SCORES, StudyRow
from predictors.study_request import StudyRequest

VERSION = 2
"""Of the files of a study: those of another are refused."""
SETTINGS = ("space", "table_digest", "metric", "schedule", "split", "rows", "tested", "coverage")
"""Fields that must stay the same for a study to be gone on with."""


def check_same(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Checks that rows described by ``new`` can stand beside those described by ``old``.

    Raises:
        ValueError: a setting differs, or something there is left out; the message says which.
    """
    if old.get("version") != new["version"]:
        raise ValueError(f"{folder} holds a study that an earlier version made: choose another --out")
    differs = [field for field in SETTINGS if old.get(field) != new.get(field)]
    for field in ("parameters", "feature_tables"):
        differs += [
            f"{field.replace('_', ' ')} of {name}"
            for name, held in old.get(field, {}).items()
            if name in new[field] and held != new[field][name]
        ]
    if differs:
        raise ValueError(f"{folder} holds a study that differs in {', '.join(differs)}: choose another --out")
    left_out = [str(name) for key in ("predictors", "train_sizes") for name in old.get(key, []) if name not in new[key]]
    if old.get("seeds", 0) > new["seeds"]:
        left_out.append(f"{old['seeds']} seeds")
    if left_out:
        raise ValueError(
            f"{folder} holds rows that this command leaves out ({', '.join(left_out)}): choose another --out, or ask "
            "for at least what is there"
        )


def summarise(rows: Iterable[StudyRow], request: StudyRequest) -> list[dict[str, Any]]:
    """For each predictor and n: seeds, and mean, standard deviation and standard error over them of each score."""
    rows = list(rows)
    summary: list[dict[str, Any]] = []
    for name in request.names:
        for size in request.sizes:
            mine = [row for row in rows if (row.predictor, row.n) == (name, size)]
            numbers = [row.values() for row in mine]
            entry: dict[str, Any] = {"predictor": name, "n": size, "seeds": len(mine)}
            for score in SCORES:
                values = np.array([held[score] for held in numbers], dtype=np.float64)
                values = values[~np.isnan(values)]
                spread = float(values.std(ddof=1)) if len(values) > 1 else None
                error = None if spread is None else spread / len(values) ** 0.5
                mean = float(values.mean()) if len(values) else None
                entry[score] = {"mean": mean, "std": spread, "standard_error": error}
            summary.append(entry)
    return summary
