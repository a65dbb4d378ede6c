"""Labels of a table's rows, such as the searcher that found each, from a CSV file of (architecture, label)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from predictors.measured import Measured

MOST = 100
"""Labels; more are a mistake, since each costs a fit."""
LEAST_CLASSES = 2
"""Classes of a group that can be ranked when it is left out."""


def read_groups(path: Path, measured: Measured) -> dict[str, np.ndarray]:
    """Label -> places of its rows in what was measured, rising; labels in the file's order.

    An architecture may have several labels, in a line each; architectures without one are in no group, and lines of
    architectures that were not measured are passed over. Groups may be too small to be measured: :func:`too_small`.

    Raises:
        OSError: the file cannot be read.
        ValueError: it has not the two columns, a text that is no architecture, too many labels, or none with at
            least two measured classes.
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
    if len(too_small(groups, measured)) == len(groups):
        raise ValueError(
            f"no label of {path} has {LEAST_CLASSES} classes measured in {measured.table}, which a group needs to be "
            "ranked when it is left out: label more architectures of that table"
        )
    return groups


def too_small(groups: Mapping[str, np.ndarray], measured: Measured) -> list[dict[str, Any]]:
    """Groups of fewer than two classes, on which nothing can be ranked: ``label``, ``n`` rows, ``classes`` of each."""
    sizes = {label: len(np.unique(measured.classes[rows])) for label, rows in groups.items()}
    return [
        {"label": label, "n": len(groups[label]), "classes": count}
        for label, count in sizes.items()
        if count < LEAST_CLASSES
    ]


def too_small_text(small: Sequence[Mapping[str, Any]]) -> str:
    """A sentence on groups that were too small to be measured.

    >>> too_small_text([{"label": "bohb", "n": 3, "classes": 1}])
    'Not measured, as a group needs 2 classes to be ranked: bohb (n = 3, classes = 1).'
    """
    listed = ", ".join(f"{each['label']} (n = {each['n']:,}, classes = {each['classes']})" for each in small)
    return f"Not measured, as a group needs {LEAST_CLASSES} classes to be ranked: {listed}."
