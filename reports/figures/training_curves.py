"""Trainings from scratch epoch by epoch: losses and accuracies on training and validation images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.drawing import Look, set_epochs, set_legend
from reports.trained import Trained

PANELS = {
    "train_loss": "training loss [nats]",
    "val_loss": "validation loss [nats]",
    "train_accuracy": "training accuracy [%]",
    "val_accuracy": "validation accuracy [%]",
}
"""Quantities that are drawn, in reading order."""


@dataclass(frozen=True, slots=True)
class TrainingCurve:
    """A training's quantities at epochs 1, 2, ..., and the epoch of the highest validation accuracy."""

    name: str
    values: Mapping[str, np.ndarray]
    best: int


def compute_training_curves(trainings: Sequence[Trained]) -> list[TrainingCurve]:
    """A curve a training; none of one without an epoch."""
    return [
        TrainingCurve(
            training.name, {name: training.history.column(name) for name in PANELS}, training.history.best + 1
        )
        for training in trainings
        if len(training.history)
    ]


def draw_training_curves(curves: Sequence[TrainingCurve], looks: Mapping[str, Look]) -> Figure:
    """Four panels; a mark on the validation accuracy of the best epoch of each training."""
    figure = Figure(figsize=(6.8, 5.0), layout="constrained", facecolor="white")
    for axes, (quantity, label) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
        for curve in curves:
            _draw(axes, curve, quantity, looks[curve.name])
        set_epochs(axes, label)
    set_legend(figure)
    return figure


def _draw(axes: Axes, curve: TrainingCurve, quantity: str, look: Look) -> None:
    values = curve.values[quantity]
    at = np.arange(1, len(values) + 1)
    first = quantity == next(iter(PANELS))
    axes.plot(
        at,
        values,
        color=look.colour,
        linestyle=look.dash,
        linewidth=1.5,
        marker=look.marker if len(at) == 1 else "",
        label=curve.name if first else None,
    )
    if quantity == "val_accuracy":
        axes.plot([curve.best], [values[curve.best - 1]], color=look.colour, marker=look.marker, markersize=6)
