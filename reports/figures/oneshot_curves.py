"""A one-shot search epoch by epoch: what its architecture is worth, how decided it is, how many skips it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.drawing import GREY, Look, set_epochs, set_legend, words
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


@dataclass(frozen=True, slots=True)
class EpochPanel:
    """Curves of one quantity: its name with the unit, values of dotted lines by their names, whether it is counted."""

    label: str
    curves: Sequence[EpochCurve]
    lines: Mapping[str, float]
    counted: bool = False


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


def draw_epoch_curves(panels: Sequence[EpochPanel], looks: Mapping[str, Look]) -> Figure:
    """The panels, four of them two in a row."""
    columns = 2 if len(panels) > 3 else len(panels)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.1 * columns + 0.6, 2.4 * rows + 0.5), layout="constrained", facecolor="white")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat[len(panels) :]:
        axes.set_visible(False)
    told: set[str] = set()
    for axes, panel in zip(grid.flat, panels, strict=False):
        for curve in panel.curves:
            _draw_curve(axes, curve, looks[curve.searcher], curve.searcher not in told)
            told.add(curve.searcher)
        set_epochs(axes, panel.label)
        axes.yaxis.set_major_locator(MaxNLocator(6, integer=panel.counted))
        axes.set_ylim(*_range(panel))
        for name, value in panel.lines.items():
            axes.axhline(value, color=GREY, linestyle=":", linewidth=1.2)
            outside = (1.01, value)
            axes.annotate(name, outside, xycoords=("axes fraction", "data"), va="center", fontsize=7.5, color=GREY)
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


def _range(panel: EpochPanel) -> tuple[float, float]:
    """Ends of the y axis: all that is drawn and a margin, and never so narrow that noise looks like news."""
    drawn = [values for curve in panel.curves for values in (curve.band.value, curve.band.low, curve.band.high)]
    seen = np.concatenate([*drawn, np.array(list(panel.lines.values()))])
    low, high = float(np.nanmin(seen)), float(np.nanmax(seen))
    low = min(low, high - NARROWEST * abs(high)) if high else low - 0.5
    margin = 0.08 * (high - low) or 0.5
    return low - margin, high + margin
