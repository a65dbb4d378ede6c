"""How well predictors rank held-out architectures, by the number of classes they were trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import GREY, Look, new_axes, set_labels, set_legend, set_log_axis, words
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
    curves: Sequence[SizeCurve], looks: Mapping[str, Look], label: str, ceiling: float | None = None
) -> Figure:
    """Points with intervals over a logarithmic axis of sizes; ``ceiling`` is what a perfect predictor would reach.

    The ceiling comes from noise: two trainings of the same architectures with different seeds rank them no more
    alike than this.
    """
    figure, axes = new_axes()
    sizes = sorted({size for curve in curves for size in curve.sizes})
    for place, curve in enumerate(curves):
        look = looks[curve.predictor]
        x = np.array(curve.sizes) * 1.02 ** (place - (len(curves) - 1) / 2)  # beside each other, not over
        value, low, high = (
            np.array([getattr(estimate, name) for estimate in curve.estimates]) for name in ("value", "low", "high")
        )
        axes.errorbar(
            x,
            value,
            yerr=np.nan_to_num(np.array([value - low, high - value])),
            color=look.colour,
            linestyle=look.dash,
            linewidth=1.6,
            marker=look.marker,
            markersize=5,
            capsize=2.5,
            elinewidth=1.2,
            label=words(curve.predictor),
        )
    if ceiling is not None:
        axes.axhline(ceiling, color=GREY, linestyle=":", linewidth=1.2, label=f"noise ceiling ({ceiling:.2f})")
    set_log_axis(axes, sizes)
    axes.margins(x=0.06)
    set_labels(axes, "trained architecture classes n", label)
    set_legend(figure)
    return figure
