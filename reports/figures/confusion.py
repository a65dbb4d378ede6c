"""Which class a trained network takes for which: a heat map a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.trained import SPLITS, Trained

WRITTEN = 12
"""Most classes for which counts are written into the fields."""
NAMED = 25
"""Most classes that are named beside the axes."""


@dataclass(frozen=True, slots=True)
class Confusion:
    """Of one split: ``counts`` int64 [classes, classes], true classes down; ``shares`` of them in each row, 0 to 1."""

    split: str
    counts: np.ndarray
    shares: np.ndarray
    accuracy: float


def compute_confusions(training: Trained) -> list[Confusion]:
    """Validation and test; none before the training's end. A class without images has shares of zero."""
    found = []
    for split in SPLITS if training.confusion else ():
        counts = training.confusion[split]
        totals = counts.sum(axis=1, keepdims=True)
        shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
        found.append(Confusion(split, counts, shares, 100.0 * float(counts.trace()) / max(1, int(counts.sum()))))
    return found


def worst_pair(confusion: Confusion) -> tuple[int, int] | None:
    """True and taken class of the largest share off the diagonal; None where nothing is mistaken."""
    off = confusion.shares * (1 - np.eye(len(confusion.shares)))
    if off.max() == 0:
        return None
    true, taken = np.unravel_index(int(off.argmax()), off.shape)
    return int(true), int(taken)


def draw_confusions(confusions: Sequence[Confusion], classes: Sequence[str], title: str = "") -> Figure:
    """The splits side by side."""
    side = 3.3 if len(classes) <= WRITTEN else 3.9
    figure = Figure(figsize=(side * len(confusions) + 1.0, side + 0.6), layout="constrained", facecolor="white")
    grid = figure.subplots(1, len(confusions), squeeze=False)[0]
    image = None
    for place, (axes, confusion) in enumerate(zip(grid, confusions, strict=True)):
        image = axes.imshow(confusion.shares, cmap="Blues", vmin=0, vmax=1, interpolation="nearest")
        _dress(axes, confusion, classes, first=place == 0)
    assert image is not None
    bar = figure.colorbar(image, ax=grid.tolist(), aspect=30, pad=0.02)
    bar.ax.tick_params(labelsize=7.5)
    bar.set_label("share of the true class", fontsize=8.5)
    if title:
        figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return figure


def _dress(axes: Axes, confusion: Confusion, classes: Sequence[str], first: bool) -> None:
    if len(classes) <= WRITTEN:
        for row, column in np.argwhere(confusion.counts).tolist():
            colour = "white" if confusion.shares[row, column] > 0.55 else "#222222"
            text = f"{confusion.counts[row, column]:,}"
            axes.text(column, row, text, ha="center", va="center", fontsize=6.2, color=colour)
    named = classes if len(classes) <= NAMED else ()
    upright = max(map(len, named), default=0) <= 2
    axes.set_xticks(range(len(named)), named, rotation=0 if upright else 90, fontsize=7)
    axes.set_yticks(range(len(named)), named if first else [""] * len(named), fontsize=7)
    axes.tick_params(length=2)
    axes.set_xlabel("taken for", fontsize=9)
    if first:
        axes.set_ylabel("true class", fontsize=9)
    axes.set_title(f"{confusion.split}, {confusion.accuracy:.2f} % right", fontsize=9, loc="left")
