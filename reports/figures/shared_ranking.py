"""Do shared weights rank as trainings do? Accuracy by shared weights against what a table reports, cell by cell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import GREY, Look, set_plain, words
from reports.oneshot import OneShot
from reports.settings import Settings
from reports.statistics import Estimate

SHOWN_FROM = 0.1
"""Quantile of what the table reports at which the x axis begins: the worst architectures are far off."""
SHADES = (1.0, 0.55, 0.3)
"""Opacity of the first seeds; later ones are as faint as the last."""


@dataclass(frozen=True, slots=True)
class SharedRanking:
    """Of one searcher: (true, by shared weights) of each seed, float64 [N] each, and Kendall's τ over seeds."""

    searcher: str
    seeds: dict[int, tuple[np.ndarray, np.ndarray]]
    kendall: Estimate

    @property
    def architectures(self) -> int:
        """N, of the seed with the most."""
        return max(len(true) for true, _ in self.seeds.values())


def compute_shared_rankings(searches: Mapping[str, Sequence[OneShot]], settings: Settings) -> list[SharedRanking]:
    """One for each searcher of which a table knows at least two ranked architectures."""
    found = []
    for searcher, of_seed in searches.items():
        known = [search for search in of_seed if len(search.ranked[0]) > 1]
        if known:
            pairs = {search.seed: search.ranked for search in known}
            found.append(SharedRanking(searcher, pairs, settings.estimate(search.kendall for search in known)))
    return found


def draw_shared_rankings(rankings: Sequence[SharedRanking], looks: Mapping[str, Look], x_label: str) -> Figure:
    """A panel a searcher, x axes alike; seeds fade; how many architectures are left of the panel stands in it."""
    columns = 2 if len(rankings) == 4 else min(3, len(rankings))
    rows = math.ceil(len(rankings) / columns)
    figure = Figure(figsize=(2.5 * columns + 0.5, 2.5 * rows + 0.35), layout="constrained", facecolor="white")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True)
    every = np.concatenate([true for ranking in rankings for true, _ in ranking.seeds.values()])
    low, high = float(np.quantile(every, SHOWN_FROM)), float(every.max())
    low = float(every.min()) if high - every.min() < 2 * (high - low) else low
    margin = 0.05 * (high - low) or 0.5
    for axes in grid.flat[len(rankings) :]:
        axes.set_visible(False)
    for axes, ranking in zip(grid.flat, rankings, strict=False):
        look, left = looks[ranking.searcher], 0
        for place, (true, accuracy) in enumerate(ranking.seeds.values()):
            shown = true >= low - margin
            left += int((~shown).sum())
            shade = SHADES[min(place, len(SHADES) - 1)]
            axes.scatter(true[shown], accuracy[shown], s=11, color=look.colour, alpha=shade, linewidths=0)
        set_plain(axes, size=8.5)
        axes.set_xlim(low - margin, high + margin)
        axes.margins(y=0.1)
        axes.tick_params(labelbottom=True)
        axes.set_title(_title(ranking), fontsize=9, loc="left")
        if left:
            axes.annotate(f"← {left} more", (0.02, 0.98), xycoords="axes fraction", va="top", fontsize=7.5, color=GREY)
    figure.supxlabel(x_label, fontsize=9.5)
    figure.supylabel("accuracy by shared weights [%]", fontsize=9.5)
    return figure


def _title(ranking: SharedRanking) -> str:
    estimate = ranking.kendall
    spread = "" if math.isnan(estimate.half_width) else f" ± {estimate.half_width:.2f}"
    value = (
        "not defined"
        if math.isnan(estimate.value)
        else f"{round(estimate.value, 2) + 0.0:.2f}{spread}".replace("-", "−")
    )
    return f"{words(ranking.searcher)}\nKendall τ {value}, n = {ranking.architectures}"
