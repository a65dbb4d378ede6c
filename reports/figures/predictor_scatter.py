"""Predicted against actual scores of held-out architectures: all, and the upper half, where choices are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import COLOURS, GREY, new_axes, set_labels
from reports.result import Fit

MANY = 1500
"""Points from which they are drawn smaller, fainter, and as an image within the figure."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points of a fit in one range.

    Args:
        actual: scores of the table.
        predicted: scores of the predictor, as many.
        low: both axes begin here,
        high: and end here.
        outside: points of this view that lie beyond the range.
        part: which architectures are meant, in words.
    """

    actual: np.ndarray
    predicted: np.ndarray
    low: float
    high: float
    outside: int
    part: str


def compute_scatter(fit: Fit, upper_half: bool = False) -> Scatter:
    """All held-out architectures, or those whose actual score is at least the median of them.

    The range holds every point but the extreme half percent of either coordinate.
    """
    known = np.isfinite(fit.actual) & np.isfinite(fit.predicted)
    actual, predicted = fit.actual[known], fit.predicted[known]
    if not len(actual):
        raise ValueError(f"{fit.folder} has no held-out architecture with both an actual and a predicted score")
    part = "all held-out"
    if upper_half:
        chosen = actual >= np.median(actual)
        actual, predicted, part = actual[chosen], predicted[chosen], "upper half"
    both = np.concatenate([actual, predicted])
    low, high = (float(x) for x in np.quantile(both, [0.005, 0.995] if len(actual) > 200 else [0.0, 1.0]))
    margin = 0.04 * (high - low) or 0.5
    low, high = low - margin, high + margin
    inside = (actual >= low) & (actual <= high) & (predicted >= low) & (predicted <= high)
    return Scatter(actual, predicted, low, high, int((~inside).sum()), part)


def draw_scatter(scatter: Scatter, label: str, text: str, title: str = "") -> Figure:
    """The points with the line on which a perfect predictor's lie; ``text`` stands in the upper left corner."""
    figure, axes = new_axes(4.7, 4.4)
    many = len(scatter.actual) > MANY
    axes.plot(
        [scatter.low, scatter.high], [scatter.low, scatter.high], color=GREY, linewidth=1, linestyle="--", zorder=3
    )
    axes.scatter(
        scatter.actual,
        scatter.predicted,
        s=5 if many else 14,
        alpha=max(0.06, min(0.7, 400 / len(scatter.actual))),
        color=COLOURS[0],
        linewidths=0,
        rasterized=many,
        zorder=2,
    )
    axes.set_xlim(scatter.low, scatter.high)
    axes.set_ylim(scatter.low, scatter.high)
    axes.set_aspect("equal")
    beyond = f"\n{scatter.outside} beyond the axes" if scatter.outside else ""
    axes.text(
        0.03,
        0.97,
        f"{scatter.part}, n = {len(scatter.actual):,}{beyond}\n{text}",
        transform=axes.transAxes,
        va="top",
        fontsize=8.5,
        linespacing=1.35,
        bbox={"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2},
        zorder=4,
    )
    set_labels(axes, f"actual {label}", f"predicted {label}", title)
    return figure
