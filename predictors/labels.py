"""Labels of a table's rows, such as the searcher that found each, from a CSV file of (architecture, label)."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from predictors.measured import Measured

MOST = 100
"""Labels; more are a mistake, since each costs a fit."""


def read_groups(path: Path, measured: Measured) -> dict[str, np.ndarray]:
    """Label -> places of its rows in what was measured, rising; labels in the file's order.

    An architecture may have several labels, in a line each; architectures without one are in no group, and lines of
    architectures that were not measured are passed over.

    Raises:
        OSError: the file cannot be read.
        ValueError: it has not the two columns, a text that is no architecture, too many labels, or one with fewer than
            two measured classes.
    """
    place = {architecture: row for row, architecture in enumerate(measured.architectures)}
    found: dict[str, set[int]] = {}
    with open(path, encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if not {"architecture", "label"} <= set(lines.fieldnames or ()):
            raise ValueError(
                f"{path} should have columns architecture,label; it has: {', '.join(lines.fieldnames or ())}"
            )
        for line in lines:
            rows = found.setdefault(str(line["label"]), set())
            row = place.get(measured.space.parse(str(line["architecture"])))
            rows |= set() if row is None else {row}
    if not 1 <= len(found) <= MOST:
        raise ValueError(f"{path} has {len(found)} labels, expected 1 to {MOST}: each group is left out once")
    groups = {label: np.array(sorted(rows), dtype=np.int64) for label, rows in found.items()}
    for label, members in groups.items():
        if len(np.unique(measured.classes[members])) < 2:
            raise ValueError(
                f"the group {label!r} of {path} has fewer than two classes measured in {measured.table}: leave it out"
            )
    return groups
