"""How often one method beats another on the same seed: a matrix of shares, with what the paired test says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import new_axes, set_labels, words
from reports.pairs import Pair


@dataclass(frozen=True, slots=True)
class WinRates:
    """Shares of seeds on which the row's method beats the column's, ties half; NaN on the diagonal.

    ``significant`` is true where the corrected test tells the two apart.
    """

    names: tuple[str, ...]
    rates: np.ndarray
    significant: np.ndarray


def compute_win_rates(names: Sequence[str], pairs: Sequence[Pair], alpha: float) -> WinRates:
    """The matrix of all pairs; NaN for pairs that share no seed."""
    place = {name: i for i, name in enumerate(names)}
    rates = np.full((len(names), len(names)), np.nan)
    significant = np.zeros(rates.shape, dtype=bool)
    for pair in pairs:
        row, column = place[pair.first], place[pair.second]
        total = pair.wins + pair.ties + pair.losses
        if total:
            rates[row, column] = (pair.wins + pair.ties / 2) / total
            rates[column, row] = 1 - rates[row, column]
        significant[row, column] = significant[column, row] = pair.p_holm < alpha
    return WinRates(tuple(names), rates, significant)


def draw_win_rates(matrix: WinRates, title: str = "") -> Figure:
    """The matrix in percent, orange where the row loses and purple where it wins; a star where the test agrees."""
    count = len(matrix.names)
    figure, axes = new_axes(1.8 + 1.0 * count, 1.3 + 0.6 * count)
    axes.grid(False)
    axes.imshow(matrix.rates, cmap="PuOr", vmin=-0.5, vmax=1.5, aspect="auto")
    for row in range(count):
        for column in range(count):
            rate = matrix.rates[row, column]
            if np.isfinite(rate):
                star = "*" if matrix.significant[row, column] else ""
                axes.text(column, row, f"{100 * rate:.0f}{star}", ha="center", va="center", fontsize=10)
    labels = [words(name).replace(" ", "\n") for name in matrix.names]
    axes.set_xticks(range(count), labels, fontsize=8.5)
    axes.set_yticks(range(count), labels, fontsize=8.5)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    set_labels(axes, "row beats column on the same seed [%]", "", title)
    return figure
