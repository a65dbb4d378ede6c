"""Kendall correlation of a surrogate in each check of its quality: where it ranks well, and where it does not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from reports.drawing import COLOURS, GREY, new_axes, set_labels, words
from reports.result import Fit
from reports.statistics import Estimate

TITLES = {
    "left_out_group": "left out",
    "top_within": "top tenth of the split",
    "top_beyond": "top tenth, never trained",
}


@dataclass(frozen=True, slots=True)
class Rank:
    """A check by name, and the surrogate's Kendall correlation in it."""

    name: str
    kendall: Estimate


def compute_quality(fit: Fit) -> list[Rank]:
    """One for each check that the fit noted, in its order; those whose correlation is not defined are left out."""
    ranks = [Rank(check_words(check), noted(check["scores"]["kendall"], check["n_test"])) for check in checks(fit)]
    return [rank for rank in ranks if not math.isnan(rank.kendall.value)]


def checks(fit: Fit) -> list[dict[str, Any]]:
    """The checks that a fit noted; none where only its held-out score was asked for."""
    quality = fit.info.get("quality")
    return list(quality["checks"]) if isinstance(quality, dict) else []


def check_words(check: dict[str, Any]) -> str:
    """A check as people read it, with the label of a group.

    >>> check_words({"check": "left_out_group", "label": "local_search"})
    'left out: local search'
    """
    label = f": {words(check['label'])}" if check["label"] else ""
    return f"{TITLES.get(check['check'], words(check['check']))}{label}"


def noted(score: dict[str, float | None], n: int) -> Estimate:
    """A value and its interval as a result file holds them, null where not defined."""
    value, low, high = (math.nan if score[key] is None else float(score[key] or 0) for key in ("value", "low", "high"))
    return Estimate(value, low, high, n)


def draw_quality(ranks: Sequence[Rank]) -> Figure:
    """A point with its interval for each check, from top to bottom."""
    figure, axes = new_axes(5.4, 1.2 + 0.36 * len(ranks))
    for place, rank in enumerate(ranks):
        estimate = rank.kendall
        if not math.isnan(estimate.half_width):
            axes.plot([estimate.low, estimate.high], [place, place], color=COLOURS[0], linewidth=2.0)
        axes.plot([estimate.value], [place], color=COLOURS[0], marker="o", markersize=6, linestyle="none")
    if min((rank.kendall.low for rank in ranks), default=0.0) < 0:
        axes.axvline(0.0, color=GREY, linestyle=":", linewidth=1.2)
    axes.set_yticks(range(len(ranks)), [f"{rank.name} (n = {rank.kendall.n:,})" for rank in ranks])
    axes.set_ylim(len(ranks) - 0.5, -0.5)
    set_labels(axes, "Kendall τ on classes never seen", "")
    return figure
