"""Cells as graphs, as the field draws them: nodes from left to right, operations on the edges between them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path

from nasbench.graph import Dag
from nasbench.mixed_cells import ABSENT, MixedCells
from nasbench.space import Architecture, Space
from reports.drawing import COLOURS, GREY, words
from reports.layout import lay_out, longest_paths

PALETTE = (*COLOURS[:6], "#882255", "#332288", "#117733", "#AA4466", "#999933", "#661100")
"""Of operations: those of all figures but grey, which is kept for none, and more of Tol's muted ones."""
LETTER, LINE = 0.078, 0.155
"""Inches that a letter is wide, at most on average, and a line of text high."""
MARGIN = 0.15
ENDS = ("input", "output")
"""Labels of nodes that are no operations, in graphs with operations on nodes."""


@dataclass(frozen=True, slots=True)
class Box:
    """A node, or an operation: its text, its middle and size in inches; ``operation`` is None of a node."""

    text: str
    operation: str | None
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """A line between two boxes, by their places; of no operation where it only joins. Points as in a layout."""

    source: int
    target: int
    operation: str | None
    points: np.ndarray


@dataclass(frozen=True, slots=True)
class Cell:
    """A laid out cell; ``title`` is empty where there is one kind alone. Sizes in inches."""

    title: str
    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Graph:
    """What is laid out: (text, operation) of boxes, and (source, target, operation, columns between) of links."""

    title: str
    boxes: list[tuple[str, str | None]]
    links: list[tuple[int, int, str | None, int]]


def compute_cells(space: Space, architecture: Architecture, with_none: bool = True) -> tuple[Cell, ...]:
    """The cells of an architecture, laid out.

    Args:
        space: its space. Operations are on edges where the space tells its mixed cells, on nodes where it does not.
        architecture: what is drawn.
        with_none: whether edges that hold none are drawn; they have no box.
    """
    cells = mixed_cells(space)
    if cells is None:
        dags = space.graphs(architecture)
        titles = [f"cell {place + 1}" if len(dags) > 1 else "" for place in range(len(dags))]
        return tuple(_laid_out(_of_dag(dag, title)) for dag, title in zip(dags, titles, strict=True))
    chosen = cells.selection(architecture)
    graphs = [_of_edges(cells, kind, chosen[kind]) for kind in range(len(cells.kinds))]
    return tuple(_laid_out(graph, None if with_none else cells.operations[cells.none]) for graph in graphs)


def mixed_cells(space: Space) -> MixedCells | None:
    """The mixed cells of a space; None where it offers none."""
    return None if type(space).mixed_cells is Space.mixed_cells else space.mixed_cells()


def operation_colours(space: Space, cells: Sequence[Cell] = ()) -> dict[str, str]:
    """A colour for each operation: the same for all architectures of a space that tells its operations.

    Args:
        space: whose operations.
        cells: where operations are looked for if the space does not tell them.
    """
    known = mixed_cells(space)
    if known is None:
        names = list(dict.fromkeys(box.operation for cell in cells for box in cell.boxes if box.operation))
        none = None
    else:
        names, none = list(known.operations), known.operations[known.none]
    coloured = [name for name in names if name != none]
    colours = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(coloured)}
    return colours if none is None else {**colours, none: GREY}


def _of_edges(cells: MixedCells, kind: int, chosen: np.ndarray) -> _Graph:
    """A cell of nodes whose edges hold operations, each operation a box on the way."""
    count = 1 + max(target for _, target in cells.edges)
    inputs = count - len(cells.incoming)
    boxes: list[tuple[str, str | None]] = [(node_text(cells, node), None) for node in range(count)]
    links: list[tuple[int, int, str | None, int]] = []
    for (source, target), operation in zip(cells.edges, chosen.tolist(), strict=True):
        if operation == ABSENT:
            continue
        name = cells.operations[operation]
        if operation == cells.none:
            links.append((source, target, name, 2))
        else:
            links += [(source, len(boxes), name, 1), (len(boxes), target, name, 1)]
            boxes.append((_operation_text(name), name))
    if inputs > 1:  # the output is the concatenation of what is computed
        links += [(node, len(boxes), None, 1) for node in range(inputs, count)]
        boxes.append(("$c_{k}$", None))
    return _Graph(f"{cells.kinds[kind]} cell" if len(cells.kinds) > 1 else "", boxes, links)


def node_text(cells: MixedCells, node: int) -> str:
    """A node as papers write it: numbers, and of cells with several inputs the cells that these come from."""
    inputs = 1 + max(target for _, target in cells.edges) - len(cells.incoming)
    if inputs > 1:
        return f"$c_{{k-{inputs - node}}}$" if node < inputs else str(node - inputs)
    return str(node)


def _of_dag(dag: Dag, title: str) -> _Graph:
    """A cell with operations on its nodes."""
    boxes = [(_operation_text(label), None if label in ENDS else label) for label in dag.labels]
    return _Graph(title, boxes, [(source, target, None, 1) for source, target in dag.edges])


def _operation_text(name: str) -> str:
    """An operation's name in short lines."""
    return textwrap.fill(words(name), 9, break_long_words=False)


def _laid_out(graph: _Graph, hidden: str | None = None) -> Cell:
    """The graph with places; links of the hidden operation have a say in the columns alone."""
    columns = _columns(graph)
    graph.links[:] = [link for link in graph.links if hidden is None or link[2] != hidden]
    links = [(source, target) for source, target, _, _ in graph.links]
    sizes = np.array([_size(graph, links, place) for place in range(len(graph.boxes))])
    layout = lay_out(sizes, columns, links)
    boxes = tuple(
        Box(text, operation, *centre, *size)
        for (text, operation), centre, size in zip(graph.boxes, layout.centres.tolist(), sizes.tolist(), strict=True)
    )
    routes = tuple(
        Route(source, target, operation, points)
        for (source, target, operation, _), points in zip(graph.links, layout.routes, strict=True)
    )
    return Cell(graph.title, boxes, routes, layout.width, layout.height)


def _columns(graph: _Graph) -> np.ndarray:
    """Columns by longest paths; operations on edges stand midway between their nodes."""
    links = [(source, target) for source, target, _, _ in graph.links]
    columns = longest_paths(len(graph.boxes), links, [length for *_, length in graph.links])
    for place, (_, operation) in enumerate(graph.boxes):
        sources = [columns[source] for source, target in links if target == place]
        targets = [columns[target] for source, target in links if source == place]
        if operation is not None and len(sources) == len(targets) == 1:
            columns[place] = (sources[0] + targets[0]) // 2
    return columns


def _size(graph: _Graph, links: Sequence[tuple[int, int]], place: int) -> tuple[float, float]:
    """Width and height of a box: that of its text, higher where many links end."""
    text, operation = graph.boxes[place]
    lines = text.splitlines()
    longest = 4 if "$" in text else max(map(len, lines))
    ports = max(sum(link[side] == place for link in links) for side in (0, 1))
    height = max(LINE * len(lines) + (0.08 if operation else 0.14), 0.16 * (ports - 1) + 0.2)
    return max(LETTER * longest + 0.12, 0.3), height


def draw_cells(cells: Sequence[Cell], colours: Mapping[str, str], title: str = "") -> Figure:
    """The cells below each other at their size, a legend of their operations below them."""
    routes = [route.operation for cell in cells for route in cell.routes]
    there = {*routes, *(box.operation for cell in cells for box in cell.boxes)}
    shown = [name for name in colours if name in there]
    width = max([cell.width + 2 * MARGIN for cell in cells] + [3.4])
    fitting = max(1, int((width - 0.2) // (0.55 + LETTER * max([len(words(n)) for n in shown] + [1]))))
    rows = -(-len(shown) // fitting)
    heads = [0.28 if cell.title else 0.0 for cell in cells]
    body = sum(cell.height + 2 * MARGIN + head for cell, head in zip(cells, heads, strict=True))
    legend, top = 0.1 + 0.21 * rows if rows else 0.0, 0.3 if title else 0.0
    figure = Figure(figsize=(width, body + legend + top), facecolor="white")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, body + legend + top))
    axes.axis("off")
    y = body + legend
    if title:
        axes.text(MARGIN, y + 0.14, title, fontsize=10, va="center")
    for cell, head in zip(cells, heads, strict=True):
        if head:
            axes.text(MARGIN, y - head / 2 - 0.04, cell.title, fontsize=10, va="center", weight="bold")
        y -= cell.height + 2 * MARGIN + head
        _draw_cell(axes, cell, colours, (width - cell.width) / 2, y + MARGIN)
    if shown:
        _draw_legend(figure, shown, colours, -(-len(shown) // rows))
    return figure


def _draw_legend(figure: Figure, names: Sequence[str], colours: Mapping[str, str], columns: int) -> None:
    handles = [Line2D([], [], color=colours[n], linewidth=2.4, linestyle=_dash(n, colours)) for n in names]
    figure.legend(
        handles,
        [words(name) for name in names],
        loc="lower center",
        ncols=columns,
        fontsize=8.5,
        frameon=False,
        handlelength=1.6,
        columnspacing=1.2,
        borderaxespad=0.15,
        borderpad=0.2,
    )


def _dash(operation: str | None, colours: Mapping[str, str]) -> Literal[":", "-"]:
    """Dotted for none, which alone is grey."""
    return ":" if operation is not None and colours[operation] == GREY else "-"


def _draw_cell(axes: Axes, cell: Cell, colours: Mapping[str, str], x: float, y: float) -> None:
    for route in cell.routes:
        colour = colours[route.operation] if route.operation else GREY
        points = route.points + (x, y)
        into_node = cell.boxes[route.target].operation is None or route.operation is None
        if into_node:
            points[-1, 0] -= 0.07
            tip = points[-1]
            arrow = tip + np.array([[0.08, 0.0], [-0.02, 0.04], [-0.02, -0.04]])
            axes.add_patch(Polygon(arrow, closed=True, facecolor=colour, edgecolor="none"))
        wide = 1.1 if route.operation is None or _dash(route.operation, colours) == ":" else 1.8
        line = PathPatch(_bent(points), facecolor="none", edgecolor=colour, linewidth=wide)
        line.set_linestyle(_dash(route.operation, colours))
        axes.add_patch(line)
    for box in cell.boxes:
        edge = colours[box.operation] if box.operation else "#222222"
        corner = (x + box.x - box.width / 2 + 0.04, y + box.y - box.height / 2 + 0.04)
        axes.add_patch(
            FancyBboxPatch(
                corner,
                box.width - 0.08,
                box.height - 0.08,
                boxstyle="round,pad=0.04",
                facecolor="white" if box.operation else "#EEEEEE",
                edgecolor=edge,
                linewidth=1.4,
                zorder=3,
            )
        )
        size = 8.5 if box.operation else 10
        axes.text(x + box.x, y + box.y, box.text, fontsize=size, ha="center", va="center", zorder=4, linespacing=1.05)


def _bent(points: np.ndarray) -> Path:
    """Level pieces joined by curves that are level at both ends."""
    vertices, codes = [points[0]], [Path.MOVETO]
    for place in range(1, len(points)):
        if place % 2:
            vertices.append(points[place])
            codes.append(Path.LINETO)
        else:
            (x, y), (end, height) = points[place - 1], points[place]
            middle = (x + end) / 2
            vertices += [np.array([middle, y]), np.array([middle, height]), np.array([end, height])]
            codes += [Path.CURVE4] * 3
    return Path(np.array(vertices), codes)
