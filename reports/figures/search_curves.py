"""What searchers have found after each query, or second, epoch or FLOP of training: mean or median, with intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import GREY, Look, new_axes, set_labels, set_legend, set_log_axis, words
from reports.result import Comparison
from reports.settings import Settings
from reports.spending import grid, scale, value_after
from reports.statistics import Band

SETTLED = 0.08
"""Share of the budget after which a curve's values decide the range of the y axis: first draws are far below."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A searcher's incumbents: ``x`` in queries, seconds, epochs or multiply-adds, the band over ``runs`` runs."""

    searcher: str
    x: np.ndarray
    band: Band
    runs: int


def compute_search_curves(
    comparison: Comparison, evaluator: str, value: str, settings: Settings, over: str = "queries"
) -> list[Curve]:
    """A curve for each searcher with runs on the evaluator; none where what they spent was not kept.

    Every point of a curve has all its runs: over queries a curve ends with the shortest run; over the others it
    begins when the slowest run has its first result and ends with the longest run, and a run that has ended keeps its
    incumbent.

    Args:
        comparison: the runs.
        evaluator: whose runs.
        value: ``true_test``, ``true_val`` or ``score``, as in :class:`reports.result.Run`.
        settings: statistic and interval.
        over: ``queries``, ``seconds``, ``epochs`` or ``flops``.
    """
    curves = []
    for searcher in comparison.searchers:
        runs = [run for run in comparison.of(evaluator, searcher) if len(run.score)]
        runs = [run for run in runs if np.isfinite(run.spent(over)).all()]
        if not runs:
            continue
        x = grid(runs, over)
        values = np.array([value_after(run, value, over, x) for run in runs])
        if np.isfinite(values).any():
            curves.append(Curve(searcher, x, settings.band(values), len(runs)))
    return curves


def compute_range(panels: Sequence[Sequence[Curve]], best: float | None = None) -> tuple[float, float]:
    """Range of the y axis for panels side by side: what curves show once settled, and the best value where near."""
    lows, highs = [], []
    for panel in panels:
        settled = SETTLED * max(curve.x[-1] for curve in panel)
        for curve in panel:
            start = min(int(np.searchsorted(curve.x, settled)), len(curve.x) - 1)
            band = curve.band
            lows.append(np.nanmin(np.where(np.isfinite(band.low), band.low, band.value)[start:]))
            highs.append(np.nanmax(np.where(np.isfinite(band.high), band.high, band.value)[start:]))
    low, high = float(np.nanmin(lows)), float(np.nanmax(highs))
    if best is not None and best - high <= 0.6 * (high - low):
        high = max(high, best)
    margin = 0.04 * (high - low) or max(0.5, 0.005 * abs(high))
    return low - margin, high + margin


def draw_search_curves(
    curves: Sequence[Curve],
    looks: Mapping[str, Look],
    *,
    y_label: str,
    x_label: str = "queries",
    over: str = "queries",
    y_range: tuple[float, float] | None = None,
    best: float | None = None,
    title: str = "",
) -> Figure:
    """The curves over a logarithmic x axis; ``best`` is a dotted line, the best value of the truth table.

    ``x_label`` over time and FLOPs is completed by the unit, which depends on how much there is.
    """
    figure, axes = new_axes()
    counts = {curve.runs for curve in curves}
    title = ", ".join(filter(None, [title, f"n = {counts.pop()}" if len(counts) == 1 else ""]))
    divisor, unit = scale(over, max(curve.x[-1] for curve in curves))
    for curve in curves:
        look, x = looks[curve.searcher], curve.x / divisor
        axes.fill_between(x, curve.band.low, curve.band.high, step="post", color=look.colour, alpha=0.16, linewidth=0)
        axes.plot(
            x,
            curve.band.value,
            drawstyle="steps-post",
            color=look.colour,
            linestyle=look.dash,
            linewidth=1.8,
            label=words(curve.searcher) + (f" (n = {curve.runs})" if counts else ""),
        )
    low, high = y_range or compute_range([curves], best)
    if best is not None and best <= high:
        axes.axhline(best, color=GREY, linestyle=":", linewidth=1.2, label=f"best in the table ({best:.2f})")
    axes.set_ylim(low, high)
    seen = [curve.x[(curve.band.value >= low) & (curve.band.value <= high)] for curve in curves]
    first = min((x[0] for x in seen if len(x)), default=curves[0].x[0])
    last = max(curve.x[-1] for curve in curves)
    if first > 0:
        set_log_axis(axes)
    if last > first:
        axes.set_xlim(first / divisor, 1.02 * last / divisor)
    set_labels(axes, f"{x_label} [{unit}]" if unit else x_label, y_label, title)
    set_legend(figure)
    return figure
