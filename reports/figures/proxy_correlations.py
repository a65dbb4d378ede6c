"""How well zero-cost proxies rank, as they are and after size is taken out: a pair of bars for each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import COLOURS, GREY, new_axes, set_labels, set_legend, words
from reports.result import Told

INK = "#222222"
"""Of intervals, which lie on bars."""
HEIGHT = 0.36
"""Of a bar, where a proxy has a height of 1."""


@dataclass(frozen=True, slots=True)
class ProxyBars:
    """Spearman's rho of each proxy, the best first; NaN where it is not defined or not known.

    Args:
        proxies: names.
        raw: as it is, float64 [proxies].
        less_size: after parameters and FLOPs are taken out, float64 [proxies].
        published: what others published, by source, float64 [proxies].
        raw_ends: ends of the 95 % intervals of ``raw``, float64 [2, proxies].
        less_size_ends: those of ``less_size``.
    """

    proxies: tuple[str, ...]
    raw: np.ndarray
    less_size: np.ndarray
    published: dict[str, np.ndarray]
    raw_ends: np.ndarray
    less_size_ends: np.ndarray


def compute_proxy_bars(result: Told, over: str) -> ProxyBars:
    """The bars over ``rows`` or over ``classes``; published values are of rows, and stand beside these alone."""
    cards: Sequence[dict[str, Any]] = sorted(
        result.info["cards"], key=lambda card: -_number(card[over]["spearman"], -math.inf)
    )
    sources = [str(source["name"]) for source in result.info["published"]] if over == "rows" else []
    return ProxyBars(
        proxies=tuple(str(card["proxy"]) for card in cards),
        raw=np.array([_number(card[over]["spearman"]) for card in cards]),
        less_size=np.array([_number(card[over]["partial"]) for card in cards]),
        published={name: np.array([_number(card["published"].get(name)) for card in cards]) for name in sources},
        raw_ends=_ends(cards, over, "spearman"),
        less_size_ends=_ends(cards, over, "partial"),
    )


def draw_proxy_bars(bars: ProxyBars, title: str = "") -> Figure:
    """Lying bars from zero with their intervals, the best proxy on top; a mark where something was published."""
    count = len(bars.proxies)
    figure, axes = new_axes(5.6, 1.4 + 0.36 * count)
    rows = np.arange(count)
    both = (
        (bars.raw, bars.raw_ends, -1, COLOURS[0], "as it is"),
        (bars.less_size, bars.less_size_ends, 1, COLOURS[5], "less parameters and FLOPs"),
    )
    for values, ends, side, colour, label in both:
        places = rows + side * HEIGHT / 2
        axes.barh(places, np.nan_to_num(values), HEIGHT, color=colour, label=label)
        axes.hlines(places, *np.nan_to_num(ends), color=INK, linewidth=1.1)
    for (name, values), marker in zip(bars.published.items(), ("D", "^", "s", "v"), strict=False):
        axes.plot(
            values, rows - HEIGHT / 2, marker, color=COLOURS[1], markersize=5, markeredgecolor="white", label=name
        )
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_yticks(rows, [words(name) for name in bars.proxies], fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    set_labels(axes, "Spearman ρ", "", title)
    set_legend(figure)
    return figure


def _ends(cards: Sequence[dict[str, Any]], over: str, name: str) -> np.ndarray:
    """Both ends of each card's interval, float64 [2, cards]; NaN in results that are older than intervals."""
    return np.array([[_number(card[over].get(f"{name}_{end}")) for card in cards] for end in ("low", "high")])


def _number(value: float | None, absent: float = math.nan) -> float:
    return absent if value is None else float(value)
