"""How well predictors rank held-out architectures, by the number of classes they were trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.drawing import GREY, Look, draw_estimates, new_axes, set_labels, set_legend, set_log_axis, words
from reports.result import Study
from reports.settings import Settings
from reports.statistics import Estimate


@dataclass(frozen=True, slots=True)
class SizeCurve:
    """A predictor's score at each training size, over as many seeds as each estimate says."""

    predictor: str
    sizes: tuple[int, ...]
    estimates: tuple[Estimate, ...]


def compute_correlation_by_size(study: Study, score: str, settings: Settings) -> list[SizeCurve]:
    """A curve for each predictor that was measured at all; sizes without a finite score are left out."""
    curves = []
    for predictor in study.predictors:
        points = []
        for size in sorted(set(study.size[study.predictor == predictor].tolist())):
            estimate = settings.estimate(study.by_seed(predictor, size, score).values())
            if estimate.n:
                points.append((size, estimate))
        if points:
            curves.append(SizeCurve(predictor, tuple(n for n, _ in points), tuple(e for _, e in points)))
    return curves


def draw_correlation_by_size(
    curves: Sequence[SizeCurve],
    looks: Mapping[str, Look],
    label: str,
    ceiling: float | None = None,
    second: float | None = None,
    unit: str = "classes",
) -> Figure:
    """Points with intervals over a logarithmic axis of sizes.

    Args:
        curves: of predictors.
        looks: of each predictor.
        label: of the score.
        ceiling: what a predictor that knows every true score would reach; noise keeps it below 1.
        second: what a second training of each architecture would reach; a band runs from it to the ceiling.
        unit: what sizes count, ``classes`` or ``rows``.
    """
    names = [words(curve.predictor) for curve in curves]
    columns = max(1, 78 // max(len(name) + 8 for name in names))  # as the legend stands, whose lines need room
    figure, axes = new_axes(height=3.6 + 0.2 * -(-len(names) // columns))
    sizes = sorted({size for curve in curves for size in curve.sizes})
    for place, curve in enumerate(curves):
        x = np.array(curve.sizes) * 1.02 ** (place - (len(curves) - 1) / 2)  # beside each other, not over
        draw_estimates(axes, x, curve.estimates, looks[curve.predictor], words(curve.predictor))
    if ceiling is not None:
        _draw_ceiling(axes, ceiling, second)
    set_log_axis(axes, sizes)
    axes.margins(x=0.06)
    noun = "architecture classes" if unit == "classes" else "architectures"
    set_labels(axes, f"trained {noun} n", label)
    set_legend(figure)
    return figure


def _draw_ceiling(axes: Axes, ceiling: float, second: float | None) -> None:
    """A dotted line with its name above, and below it the band."""
    axes.axhline(ceiling, color=GREY, linestyle=":", linewidth=1.2)
    place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "color": GREY, "fontsize": 8.5}
    axes.text(0.01, ceiling, f"noise ceiling: a perfect predictor ({ceiling:.3f})", va="bottom", **place)
    axes.margins(y=0.08)
    if second is not None and second < ceiling:
        axes.axhspan(second, ceiling, color=GREY, alpha=0.12, linewidth=0)
        axes.text(0.01, second, f"a second training ({second:.3f})", va="top", **place)
