"""Average rank of each searcher on the way through the budget, among those of its evaluator; 1 is the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import Look, new_axes, set_labels, set_legend, set_log_axis, words
from reports.result import Comparison
from reports.settings import Settings
from reports.spending import grid, scale, value_after
from reports.statistics import Band, rank_rows


@dataclass(frozen=True, slots=True)
class RankCurves:
    """Mean ranks over the seeds that every searcher has: a band for each searcher, at ``x`` of the budget's unit."""

    x: np.ndarray
    bands: dict[str, Band]
    seeds: tuple[int, ...]


def compute_rank_curves(comparison: Comparison, evaluator: str, settings: Settings) -> RankCurves | None:
    """Ranks by what incumbents are worth, on the seeds that all searchers have, from where all have results.

    None for fewer than two searchers or seeds.
    A seed on which an incumbent has no value at some point is left out there for all.
    """
    over = comparison.over
    runs = {s: {run.seed: run for run in comparison.of(evaluator, s)} for s in comparison.searchers}
    runs = {searcher: of_seed for searcher, of_seed in runs.items() if of_seed}
    if len(runs) < 2:
        return None
    seeds = sorted(set.intersection(*(set(of_seed) for of_seed in runs.values())))
    every = [run for of_seed in runs.values() for run in of_seed.values()]
    if len(seeds) < 2 or not all(np.isfinite(run.spent(over)).all() and len(run.score) for run in every):
        return None
    x = grid(every, over)
    values = np.array(
        [[value_after(of_seed[seed], comparison.worth, over, x) for of_seed in runs.values()] for seed in seeds]
    )  # seeds, methods, points
    complete = np.isfinite(values).all(axis=1, keepdims=True)
    rows = np.where(complete, values, 0.0).transpose(0, 2, 1).reshape(-1, len(runs))
    ranks = rank_rows(rows, comparison.worth_measure.sign > 0).reshape(len(seeds), len(x), len(runs))
    ranks = np.where(complete.transpose(0, 2, 1), ranks, np.nan)
    # ranks are averaged whatever the statistic: the median of a few whole ranks says little
    settings = Settings("mean", settings.level, settings.resamples, settings.alpha, settings.seed)
    bands = {searcher: settings.band(ranks[:, :, place]) for place, searcher in enumerate(runs)}
    return RankCurves(x, bands, tuple(seeds))


def draw_rank_curves(
    curves: RankCurves, looks: Mapping[str, Look], title: str = "", *, x_label: str = "queries", over: str = "queries"
) -> Figure:
    """The mean ranks over a logarithmic axis of what was spent, the best on top."""
    figure, axes = new_axes()
    divisor, unit = scale(over, curves.x[-1])
    x = curves.x / divisor
    names: Sequence[str] = list(curves.bands)
    for name in names:
        band, look = curves.bands[name], looks[name]
        axes.fill_between(x, band.low, band.high, step="post", color=look.colour, alpha=0.16, linewidth=0)
        axes.plot(
            x,
            band.value,
            drawstyle="steps-post",
            color=look.colour,
            linestyle=look.dash,
            linewidth=1.8,
            label=words(name),
        )
    axes.set_ylim(len(names) + 0.05, 0.95)
    if len(names) <= 10:
        axes.set_yticks(range(1, len(names) + 1))
    set_log_axis(axes)
    axes.set_xlim(x[0], max(x[-1], 1.5 * x[0]))
    set_labels(
        axes, f"{x_label} [{unit}]" if unit else x_label, f"mean rank of {len(names)} (n = {len(curves.seeds)})", title
    )
    set_legend(figure)
    return figure
