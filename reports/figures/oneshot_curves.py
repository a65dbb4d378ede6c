"""A one-shot search epoch by epoch: what its architecture is worth, how decided it is, how many skips it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.drawing import GREY, Look, set_legend, words
from reports.oneshot import OneShot
from reports.settings import Settings
from reports.statistics import Band

QUANTITIES = ("true", "val_accuracy", "entropy", "skips")
"""What is drawn: what a table reports of the epoch's architecture, its accuracy by shared weights, entropy of the
strengths, and its edges that hold a skip, in all kinds of cells together."""

NARROWEST = 0.05
"""Least range of a y axis, as a share of its upper end."""


@dataclass(frozen=True, slots=True)
class EpochCurve:
    """A searcher's band of a quantity over ``runs`` searches, at epochs 1, 2, ..."""

    searcher: str
    band: Band
    runs: int


def compute_epoch_curves(
    searches: Mapping[str, Sequence[OneShot]], quantity: str, settings: Settings
) -> list[EpochCurve]:
    """A curve for each searcher; none of those for which nobody knows the quantity.

    Args:
        searches: by searcher.
        quantity: one of :data:`QUANTITIES`.
        settings: statistic and interval.
    """
    curves = []
    for searcher, of_seed in searches.items():
        values = [search.arrays[quantity].astype(np.float64) for search in of_seed]
        values = [array.sum(axis=1) if array.ndim == 2 else array for array in values]
        longest = max(map(len, values))
        table = np.array([np.pad(array, (0, longest - len(array)), constant_values=np.nan) for array in values])
        if np.isfinite(table).any():
            curves.append(EpochCurve(searcher, settings.band(table), len(of_seed)))
    return curves


def draw_epoch_curves(
    panels: Sequence[tuple[str, Sequence[EpochCurve], Mapping[str, float]]], looks: Mapping[str, Look]
) -> Figure:
    """Panels two in a row, each of (label of the y axis, curves, values of dotted lines by name)."""
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.6 * columns + 0.2, 2.5 * rows + 0.5), layout="constrained", facecolor="white")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    told: set[str] = set()
    for axes, (label, curves, lines) in zip(grid.flat, panels, strict=False):
        for curve in curves:
            _draw_curve(axes, curve, looks[curve.searcher], curve.searcher not in told)
            told.add(curve.searcher)
        for name, value in lines.items():
            axes.axhline(value, color=GREY, linestyle=":", linewidth=1.2)
            axes.annotate(
                name,
                (1.0, value),
                xycoords=("axes fraction", "data"),
                xytext=(-2, 2),
                textcoords="offset points",
                ha="right",
                va="bottom",
                fontsize=7.5,
                color=GREY,
            )
        _dress(axes, label)
    set_legend(figure)
    return figure


def _draw_curve(axes: Axes, curve: EpochCurve, look: Look, labelled: bool) -> None:
    x = np.arange(1, len(curve.band.value) + 1)
    axes.fill_between(x, curve.band.low, curve.band.high, color=look.colour, alpha=0.16, linewidth=0)
    axes.plot(
        x,
        curve.band.value,
        color=look.colour,
        linestyle=look.dash,
        linewidth=1.7,
        marker=look.marker if len(x) == 1 else "",
        label=f"{words(curve.searcher)} (n = {curve.runs})" if labelled else None,
    )


def _dress(axes: Axes, label: str) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(True, color="#E4E4E4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.margins(y=0.12)
    low, high = axes.get_ylim()
    if high - low < NARROWEST * abs(high):  # noise is not to look like news
        low, high = high - NARROWEST * abs(high), high
        axes.set_ylim(low, high)
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.tick_params(labelsize=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("epoch", fontsize=9)
    axes.set_title(label, fontsize=9, loc="left")
