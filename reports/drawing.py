"""What all figures share: colours that a colour-blind reader tells apart, axes, and figures as files or inline SVG.

Figures are made without pyplot, so nothing here is remembered between two of them.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from reports.statistics import Estimate

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8C6D00", "#56B4E9", "#444444")
"""Okabe and Ito's palette, its yellows darkened to stand on white; black is left to text."""
DASHES: tuple[str | tuple[float, tuple[float, ...]], ...] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (5, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
GREY = "#666666"
"""Of references: identity lines, ceilings, best values."""

LEGEND_WIDTH = 56
"""Characters in a line of a legend's label."""
LEGEND_POINTS = 8.5
"""Size of a legend's text."""
HANDLE, PAD, SPACING = 2.6, 0.8, 1.4
"""Length of a legend's handles, space between them and text, and between columns, in sizes of the text."""
FORMATS: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
"""Formats of figure files, each with the dates that are left out so that equal figures are equal bytes."""

_METADATA = re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL)
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_NAMESPACE = re.compile(r"\s+xmlns(:\w+)?=\"[^\"]*\"")
_IDENTITY = re.compile(r"(\bid=\"|url\(#|href=\"#)")


@dataclass(frozen=True, slots=True)
class Look:
    """How one method is drawn, in every figure of a section."""

    colour: str
    dash: str | tuple[float, tuple[float, ...]]
    marker: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A figure with the stem of its files and the caption that says what is seen, of how many, with what interval."""

    name: str
    caption: str
    figure: Figure


def looks(names: Iterable[str]) -> dict[str, Look]:
    """A colour, dash and marker for each name, by its place; dashes and markers also tell them apart in print."""
    return {
        name: Look(COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)], MARKERS[i % len(MARKERS)])
        for i, name in enumerate(names)
    }


def words(name: str) -> str:
    """A name of the registry as people read it.

    >>> words("regularized_evolution")
    'regularized evolution'
    >>> words("stacked[program+prediction(source=tables/cheap.h5)]")
    'stacked [program + prediction(source=cheap.h5)]'
    """
    name = re.sub(r"[^=\"(,\[]*/", "", name)  # of a path the last part
    for sign, wide in (("_", " "), ("[", " ["), ("+", " + ")):
        name = name.replace(sign, wide)
    return name


def new_axes(width: float = 5.0, height: float = 3.6) -> tuple[Figure, Axes]:
    """A figure of this size in inches, and its axes: no box on top and right, a faint grid behind."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    set_plain(axes)
    return figure, axes


def set_plain(axes: Axes, size: float = 9) -> None:
    """Takes the box away on top and right and lays a faint grid behind; ``size`` of the numbers, in points."""
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.grid(True, color="#E4E4E4", linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=size)


def set_epochs(axes: Axes, label: str) -> None:
    """Dresses a small panel over epochs: whole numbers below, what is drawn above."""
    set_plain(axes, size=8.5)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.ticklabel_format(axis="y", useOffset=False)
    axes.set_xlabel("epoch", fontsize=9)
    axes.set_title(label, fontsize=9, loc="left")


def set_labels(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Writes what the axes show, units included, in two lines where one is too short; a title, where there is one."""
    axes.set_xlabel(textwrap.fill(x, 48), fontsize=10)
    axes.set_ylabel(textwrap.fill(y, 38), fontsize=10)
    if title:
        axes.set_title(title, fontsize=10, loc="left")


def draw_estimates(
    axes: Axes, x: np.ndarray, estimates: Sequence[Estimate], look: Look, label: str | None = None
) -> None:
    """Draws points with their intervals, joined by a line.

    Args:
        axes: to draw on.
        x: places of the points, those of one method a little beside those of another.
        estimates: their values and intervals.
        look: of the method.
        label: for the legend.
    """
    value, low, high = (np.array([getattr(e, name) for e in estimates]) for name in ("value", "low", "high"))
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
        label=label,
    )


def set_legend(figure: Figure) -> None:
    """Writes the legend below the axes, where it covers no curve, in one row if there is room for it."""
    handles, labels = [], []
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.append(handle)
            labels.append(textwrap.fill(label, LEGEND_WIDTH, break_long_words=False, subsequent_indent="  "))
    columns = _columns([_entry_width(label) for label in labels], figure.get_figwidth())
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=columns,
        fontsize=LEGEND_POINTS,
        frameon=False,
        handlelength=HANDLE,
        handletextpad=PAD,
        columnspacing=SPACING,
    )


def _entry_width(label: str) -> float:
    """Of an entry of the legend, with its handle and the space beside it, in inches."""
    text = max(TextPath((0, 0), line, size=LEGEND_POINTS).get_extents().width for line in label.splitlines() or [""])
    return float(text + LEGEND_POINTS * (HANDLE + PAD + SPACING)) / 72


def _columns(widths: Sequence[float], room: float) -> int:
    """The most columns that fit side by side when entries are dealt to them as legends do; at least 1."""
    for columns in range(len(widths), 1, -1):
        if sum(max(column) for column in np.array_split(widths, columns)) <= room:
            return columns
    return 1


def set_log_axis(axes: Axes, at: Iterable[float] | None = None) -> None:
    """A logarithmic x axis whose labels are plain numbers: those in ``at``, or 1, 2, 5, 10, ..."""
    axes.set_xscale("log")
    if at is None:
        axes.xaxis.set_major_locator(LogLocator(base=10, subs=(1.0, 2.0, 5.0)))
    else:
        axes.set_xticks(list(at))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_minor_locator(NullLocator())


def time_unit(seconds: float) -> tuple[float, str]:
    """Seconds in, and name of, the unit in which a time of this length is best read.

    >>> time_unit(40_000)
    (3600.0, 'hours')
    """
    for length, name in ((2 * 86400.0, "days"), (2 * 3600.0, "hours"), (120.0, "minutes")):
        if seconds >= length:
            return {"days": 86400.0, "hours": 3600.0, "minutes": 60.0}[name], name
    return 1.0, "seconds"


def inline_svg(svg: bytes, name: str, description: str) -> str:
    """An SVG file as an element of an HTML page: nothing from elsewhere; identities begin with ``name``."""
    text = _PROLOGUE.sub("", svg.decode())
    text = _IDENTITY.sub(rf"\g<1>{name}-", _METADATA.sub("", text))
    head, _, rest = text.partition(">")
    head = re.sub(r'\s(width|height)="[^"]*"', "", _NAMESPACE.sub("", head))
    return f'{head} role="img" aria-label="{description}">{rest}'.strip()


def figure_bytes(figure: Figure, name: str, suffix: str) -> bytes:
    """The figure as a file of a format: svg, pdf or png; the same figure and name give the same bytes.

    Raises:
        ValueError: the format is none of those.
    """
    if suffix not in FORMATS:
        raise ValueError(f"expected a figure format of {', '.join(FORMATS)}, got {suffix!r}")
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "path", "pdf.fonttype": 42}):
        figure.savefig(buffer, format=suffix, dpi=200, metadata=dict(FORMATS[suffix]))
    return buffer.getvalue()
