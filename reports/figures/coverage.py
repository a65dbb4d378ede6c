"""Do intervals hold what they promise? Coverage against the nominal one, before and after calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import GREY, Look, draw_estimates, set_legend, set_plain, words
from reports.result import Study
from reports.settings import Settings
from reports.statistics import Estimate

LEVELS = (50, 80, 90, 95)
PANELS = {
    "coverage": "as predicted",
    "conformal_coverage": "calibrated",
    "conformal_by_class": "calibrated, every class once",
}
"""Columns of a study and the titles of their panels."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Coverage in percent of one kind of interval at the largest n: an estimate for each predictor and level."""

    title: str
    size: int
    estimates: dict[str, tuple[Estimate, ...]]


def compute_coverage(study: Study, settings: Settings) -> list[Panel]:
    """A panel for each kind of interval that was judged, with the predictors that were."""
    panels = []
    for column, title in PANELS.items():
        names = [f"{column}_{level}" for level in LEVELS]
        if not all(np.isfinite(study.scores.get(name, np.nan)).any() for name in names):
            continue
        size = max(study.size[np.isfinite(study.scores[names[0]])].tolist())
        estimates = {
            predictor: tuple(
                settings.estimate(100 * value for value in study.by_seed(predictor, size, name).values())
                for name in names
            )
            for predictor in study.predictors
        }
        panels.append(Panel(title, size, {name: of for name, of in estimates.items() if any(e.n for e in of)}))
    return panels


def draw_coverage(panels: Sequence[Panel], looks: Mapping[str, Look]) -> Figure:
    """A panel each, side by side, with the same axes; where promise and share agree runs a dotted line."""
    figure = Figure(figsize=(2.1 + 2.0 * len(panels), 3.4), layout="constrained", facecolor="white")
    grid = figure.subplots(1, len(panels), sharex=True, sharey=True, squeeze=False)[0]
    for axes, panel in zip(grid, panels, strict=True):
        set_plain(axes)
        axes.plot([40, 100], [40, 100], color=GREY, linestyle=":", linewidth=1.2)
        for place, (predictor, estimates) in enumerate(panel.estimates.items()):
            x = np.array(LEVELS) + 0.5 * (place - (len(panel.estimates) - 1) / 2)  # beside each other, not over
            draw_estimates(axes, x, estimates, looks[predictor], words(predictor) if axes is grid[0] else None)
        axes.set_title(panel.title, fontsize=9.5, loc="left")
        axes.set_xticks(LEVELS)
    grid[0].set_ylabel("tested rows within [%]", fontsize=10)
    grid[len(panels) // 2].set_xlabel("nominal coverage [%]", fontsize=10)
    set_legend(figure)
    return figure
