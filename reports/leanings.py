"""What accuracies lean on: how they go with the number of edges that hold each operation.

The true ranking of a space and that of shared weights can differ in this, which says why they disagree: operations
without weights are as good after one step as after a thousand, and are favoured while others are not trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from predictors.metrics import kendall
from reports.drawing import words
from reports.oneshot import OneShot
from reports.settings import Settings
from reports.table import Cell, Column, Table, Value


def lean(search: OneShot, accuracies: np.ndarray) -> list[float]:
    """Kendall correlation of accuracies with the edges that hold each operation, in the order of the cells'.

    Args:
        search: whose ranked architectures they are of.
        accuracies: [N], NaN for architectures that are left out.

    Returns:
        -1 to 1, NaN for an operation that all architectures hold alike.
    """
    known = np.isfinite(accuracies)
    every = [search.space.architecture(choices) for choices in search.arrays["ranked_choices"][known].tolist()]
    if not every:
        return [float("nan")] * len(search.cells.operations)
    edges = np.array([search.cells.one_hot(architecture).sum(axis=(0, 1)) for architecture in every])
    return [kendall(edges[:, place], accuracies[known]) for place in range(edges.shape[1])]


def leanings(searches: Mapping[str, Sequence[OneShot]], name: str, settings: Settings) -> list[Table]:
    """A row a searcher and one of the table that knows the truth, a column an operation; none before the end."""
    ended = {label: [s for s in of if len(s.arrays["ranked_accuracy"])] for label, of in searches.items()}
    every = [search for of_seed in ended.values() for search in of_seed]
    if not every:
        return []
    shared = {
        label: np.array([lean(search, search.arrays["ranked_accuracy"]) for search in of_seed])
        for label, of_seed in ended.items()
        if of_seed
    }
    held = np.flatnonzero(np.isfinite(np.concatenate(list(shared.values()))).any(axis=0))
    rows: list[tuple[Cell | Value, ...]] = [
        (words(label), len(each), *(settings.estimate(each[:, place].tolist()) for place in held))
        for label, each in shared.items()
    ]
    told = next((search for search in every if np.isfinite(search.arrays["ranked_true"]).any()), None)
    if told is not None:
        sign = 1.0 if told.measure is None else told.measure.sign
        truth = lean(told, sign * told.arrays["ranked_true"])
        rows.append(("the table", None, *(truth[place] for place in held)))
    operations = [every[0].cells.operations[place] for place in held]
    columns = (
        Column("searcher", "ranked by", form="text"),
        Column("n", "n"),
        *(Column(operation, operation.replace("_", " "), 2) for operation in operations),
    )
    notes = (
        "Kendall τ of the random architectures' accuracy by shared weights, and of what a table that is asked says of "
        "them, with the number of edges that hold an operation. Where signs differ, shared weights lean on what truth "
        "does not.",
    )
    return [Table(f"{name}-leanings", "What accuracies lean on", columns, tuple(rows), notes)]
