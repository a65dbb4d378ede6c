"""Rank correlation with and without what a cheap table taught, by the number of target rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import GREY, draw_estimates, looks, new_axes, set_labels, set_legend, set_log_axis
from reports.result import Told
from reports.settings import Settings
from reports.statistics import Estimate

NAMES = {"alone": "target rows alone", "carried": "target rows and source"}


@dataclass(frozen=True, slots=True)
class TransferCurves:
    """Estimates of Kendall's tau at each n: without the source, with it; and of the source alone, over all n."""

    sizes: tuple[int, ...]
    alone: tuple[Estimate, ...]
    carried: tuple[Estimate, ...]
    source: float


def compute_transfer_curves(result: Told, settings: Settings) -> TransferCurves:
    """The curves of a complete transfer."""
    entries: Sequence[dict[str, dict[str, list[float]]]] = result.info["sizes"]
    alone, carried = (
        tuple(settings.estimate(entry[key]["by_seed"]) for entry in entries) for key in ("alone", "carried")
    )
    source = float(np.mean([value for entry in entries for value in entry["source"]["by_seed"]]))
    return TransferCurves(tuple(int(entry["n"]) for entry in result.info["sizes"]), alone, carried, source)


def draw_transfer_curves(curves: TransferCurves) -> Figure:
    """Points with intervals over a logarithmic axis of target rows, the source alone as a dotted line."""
    figure, axes = new_axes()
    styles = looks(NAMES)
    for place, (name, label) in enumerate(NAMES.items()):
        x = np.array(curves.sizes) * 1.02 ** (place - 0.5)  # beside each other, not over
        draw_estimates(axes, x, getattr(curves, name), styles[name], label)
    axes.axhline(curves.source, color=GREY, linestyle=":", linewidth=1.2, label=f"source alone ({curves.source:.2f})")
    set_log_axis(axes, list(curves.sizes))
    axes.margins(x=0.06)
    set_labels(axes, "target rows n", "Kendall τ")
    set_legend(figure)
    return figure
