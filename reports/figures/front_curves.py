"""Score against cost: hypervolumes over queries, and the best score that a budget affords, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import Look, new_axes, set_labels, set_legend, set_log_axis, words
from reports.figures.search_curves import Curve, compute_range
from reports.fronts import POINTS, score_within, volume_after
from reports.result import Comparison, RunFront
from reports.settings import Settings


def compute_volume_curves(comparison: Comparison, evaluator: str, settings: Settings) -> list[Curve]:
    """Hypervolume after each query, a curve for each searcher whose fronts are known."""
    curves = []
    for searcher, fronts in fronts_by_searcher(comparison, evaluator).items():
        x = np.arange(1, min(front.queries[-1] for front in fronts) + 1)
        values = np.array([volume_after(front, x) for front in fronts])
        curves.append(Curve(searcher, x, settings.band(values), len(fronts)))
    return curves


def compute_affordable_curves(comparison: Comparison, evaluator: str, cost: str, settings: Settings) -> list[Curve]:
    """Best score within a budget of a cost, a curve for each searcher, from where all its runs afford something."""
    found = fronts_by_searcher(comparison, evaluator)
    kept = {
        searcher: [front for front in fronts if np.isfinite(front.costs[cost]).any()]
        for searcher, fronts in found.items()
    }
    ends = [float(np.nanmax(front.costs[cost])) for fronts in kept.values() for front in fronts]
    starts = [float(np.nanmin(front.costs[cost])) for fronts in kept.values() for front in fronts]
    budgets = np.linspace(min(starts, default=0.0), max(ends, default=0.0), POINTS)
    curves = []
    for searcher, fronts in kept.items():
        if fronts:
            values = np.array([score_within(front, cost, budgets, comparison.select.sign) for front in fronts])
            all_afford = np.isfinite(values).all(axis=0)
            if all_afford.any():
                band = settings.band(values[:, all_afford])
                curves.append(Curve(searcher, budgets[all_afford], band, len(fronts)))
    return curves


def fronts_by_searcher(comparison: Comparison, evaluator: str) -> dict[str, list[RunFront]]:
    """Fronts of the runs on an evaluator, by searcher in the comparison's order."""
    found = {
        searcher: [f for f in comparison.fronts if (f.evaluator, f.searcher) == (evaluator, searcher)]
        for searcher in comparison.searchers
    }
    return {searcher: fronts for searcher, fronts in found.items() if fronts}


def draw_front_curves(
    curves: Sequence[Curve], looks: Mapping[str, Look], *, x_label: str, y_label: str, log: bool, title: str = ""
) -> Figure:
    """The curves, as steps; over queries the x axis is logarithmic and the y axis begins where curves have settled."""
    figure, axes = new_axes()
    for curve in curves:
        look, band = looks[curve.searcher], curve.band
        axes.fill_between(curve.x, band.low, band.high, step="post", color=look.colour, alpha=0.16, linewidth=0)
        axes.plot(
            curve.x,
            band.value,
            drawstyle="steps-post",
            color=look.colour,
            linestyle=look.dash,
            linewidth=1.8,
            label=f"{words(curve.searcher)} (n = {curve.runs})",
        )
    low, high = compute_range([curves])
    axes.set_ylim(low, high)
    if log:
        set_log_axis(axes)
        first = min(float(curve.x[curve.band.high >= low].min(initial=curve.x[-1])) for curve in curves)
        axes.set_xlim(first, 1.02 * max(float(curve.x[-1]) for curve in curves))
    set_labels(axes, x_label, y_label, title)
    set_legend(figure)
    return figure
