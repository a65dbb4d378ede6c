"""Strengths of operations over the epochs of a one-shot search: a heat map an edge, laid out as a triangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from reports.drawing import words
from reports.figures.cells import node_text
from reports.oneshot import OneShot

CHOSEN = "#D55E00"
"""Colour of the mark beside the operation that the final architecture has."""


@dataclass(frozen=True, slots=True)
class EdgeStrengths:
    """Of one edge: ``shares`` float64 [O, T], in 0 to 1, and the operation that the final architecture has there.

    ``chosen`` is negative where it has none of the edge; ``source`` and ``target`` are nodes, their texts as drawn.
    """

    source: int
    target: int
    source_text: str
    target_text: str
    shares: np.ndarray
    chosen: int


def compute_strengths(search: OneShot, kind: int) -> list[EdgeStrengths]:
    """Every edge of a kind of cell; none where all operations are as strong at all times, as of a random search.

    The share of an operation is its strength over the sum of its edge's strengths; an edge without any has zeros.
    """
    strengths = search.arrays["strengths"][:, kind]  # T, E, O
    sums = strengths.sum(axis=2, keepdims=True)
    shares = np.divide(strengths, sums, out=np.zeros_like(strengths), where=sums > 0)
    if np.ptp(shares) < 1e-9:
        return []
    chosen = search.cells.selection(search.pick)[kind]
    return [
        EdgeStrengths(
            source,
            target,
            node_text(search.cells, source),
            node_text(search.cells, target),
            shares[:, edge].T,
            int(chosen[edge]),
        )
        for edge, (source, target) in enumerate(search.cells.edges)
    ]


def draw_strengths(panels: Sequence[EdgeStrengths], operations: Sequence[str], title: str = "") -> Figure:
    """A panel an edge, those into one node side by side; a mark on the right of what the final architecture has."""
    targets = sorted({panel.target for panel in panels})
    sources = sorted({panel.source for panel in panels})
    width = max(1.15, 3.9 / len(sources))
    height = 0.3 + 0.135 * len(operations)
    figure = Figure(
        figsize=(1.9 + width * len(sources), 0.6 + height * len(targets)), layout="constrained", facecolor="white"
    )
    grid = figure.subplots(len(targets), len(sources), squeeze=False, sharex=True, sharey=True)
    low, high = min(panel.shares.min() for panel in panels), max(panel.shares.max() for panel in panels)
    image = None
    for axes in grid.flat:
        axes.set_visible(False)
    for panel in panels:
        axes = grid[targets.index(panel.target), sources.index(panel.source)]
        axes.set_visible(True)
        epochs = panel.shares.shape[1]
        image = axes.imshow(
            panel.shares,
            aspect="auto",
            cmap="viridis",
            vmin=low,
            vmax=high,
            interpolation="nearest",
            extent=(0.5, epochs + 0.5, len(operations) - 0.5, -0.5),
        )
        axes.set_title(f"{panel.source_text} → {panel.target_text}", fontsize=8.5, pad=3)
        axes.set_yticks(range(len(operations)), [words(name) for name in operations])
        axes.tick_params(labelsize=7.5, length=2)
        axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        last = panel.target == max(other.target for other in panels if other.source == panel.source)
        axes.tick_params(labelbottom=last, labelleft=panel.source == sources[0])
        if panel.chosen >= 0:
            beside = axes.get_yaxis_transform()
            axes.plot(1.04, panel.chosen, marker="<", color=CHOSEN, markersize=5, clip_on=False, transform=beside)
    assert image is not None
    bar = figure.colorbar(image, ax=grid, aspect=30, pad=0.03)
    bar.ax.tick_params(labelsize=7.5)
    bar.set_label("share of the edge's strength", fontsize=8.5)
    figure.supxlabel("epoch", fontsize=9)
    if title:
        figure.suptitle(title, fontsize=10, x=0.01, ha="left")
    return figure
