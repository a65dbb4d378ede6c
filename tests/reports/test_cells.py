"""Pictures of cells: every edge once, nothing that overlaps, a colour an operation, and the command."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import nasbench.__main__ as cli
from nasbench import load_space
from nasbench.graph import Dag, Dataflow
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.space import Architecture, Space
from reports.drawing import figure_bytes
from reports.figures.cells import Box, Cell, compute_cells, draw_cells, operation_colours

CELL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|nor_conv_1x1~1|avg_pool_3x3~2|"
SECOND = (
    "Genotype(normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1), "
    "('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)], normal_concat=[2, 3, 4, 5], "
    "reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1), ('max_pool_3x3', 0), "
    "('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)], reduce_concat=[2, 3, 4, 5])"
)
"""DARTS_V2, as published."""


class Row(Space):
    """A space without mixed cells: two layers in a row."""

    name = "row"
    options = (2, 2)

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        return PlanWriter(skeleton.input_shape).plan()

    def dataflow(self, architecture: Architecture) -> Dataflow:
        return Dataflow()

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        names = [("skip", "conv_3x3")[choice] for choice in architecture.choices]
        return (Dag(("input", *names, "output"), ((0, 1), (1, 2), (2, 3))),)


def edges(cell: Cell) -> Counter[tuple[str, str, str | None]]:
    """How often each (source, target, operation) is drawn, by the texts of nodes; operations on the way are left."""
    found: Counter[tuple[str, str, str | None]] = Counter()
    onward = {route.source: route.target for route in cell.routes if cell.boxes[route.source].operation}
    for route in cell.routes:
        if cell.boxes[route.source].operation is None:
            end = onward.get(route.target, route.target)
            found[cell.boxes[route.source].text, cell.boxes[end].text, route.operation] += 1
    return found


def test_a_cell_of_nas_bench_201() -> None:
    space = load_space("nas_bench_201")
    (cell,) = compute_cells(space, space.parse(CELL))
    assert edges(cell) == {
        ("0", "1", "nor_conv_3x3"): 1,
        ("0", "2", "nor_conv_3x3"): 1,
        ("1", "2", "none"): 1,
        ("0", "3", "skip_connect"): 1,
        ("1", "3", "nor_conv_1x1"): 1,
        ("2", "3", "avg_pool_3x3"): 1,
    }
    assert [box.text for box in cell.boxes if box.operation is None] == ["0", "1", "2", "3"]
    (without,) = compute_cells(space, space.parse(CELL), with_none=False)
    assert edges(cell) - edges(without) == {("1", "2", "none"): 1}


def test_cells_of_darts() -> None:
    space = load_space("darts")
    normal, reduction = compute_cells(space, space.parse(SECOND))
    first, last = "$c_{k-2}$", "$c_{k-1}$"
    assert (normal.title, reduction.title) == ("normal cell", "reduce cell")
    expected: list[tuple[str, str, str | None]] = [
        *((source, node, "sep_conv_3x3") for source in (first, last) for node in "01"),
        (last, "2", "sep_conv_3x3"),
        (first, "2", "skip_connect"),
        (first, "3", "skip_connect"),
        ("0", "3", "dil_conv_3x3"),
        *((node, "$c_{k}$", None) for node in "0123"),
    ]
    assert edges(normal) == Counter(expected)
    assert sum(edges(reduction).values()) == 12


@pytest.mark.parametrize("name", ["nas_bench_201", "darts"])
def test_nothing_overlaps(name: str) -> None:
    space = load_space(name)
    for seed in range(3):
        for cell in compute_cells(space, space.sample(np.random.default_rng(seed))):
            for a, b in itertools.combinations(cell.boxes, 2):
                aside = abs(a.x - b.x) - (a.width + b.width) / 2
                above = abs(a.y - b.y) - (a.height + b.height) / 2
                assert max(aside, above) > 0.05, f"{a} and {b}"
            for route, box in itertools.product(cell.routes, cell.boxes):
                assert not through(route.points, box), f"{route} runs through {box}"


def through(points: np.ndarray, box: Box) -> bool:
    """Whether a route's level pieces, or what lies between, touch the inside of a box."""
    for (x, y), (end, height) in itertools.pairwise(points):
        grid = np.linspace(0, 1, 50)
        inside = (np.abs(x + grid * (end - x) - box.x) < box.width / 2 - 1e-6) & (
            np.abs(y + grid * (height - y) - box.y) < box.height / 2 - 1e-6
        )
        if inside.any():
            return True
    return False


def test_operations_on_nodes_where_no_mixed_cells_are() -> None:
    space = Row()
    (cell,) = compute_cells(space, space.architecture((1, 0)))
    assert [(box.text, box.operation) for box in cell.boxes] == [
        ("input", None),
        ("conv 3x3", "conv_3x3"),
        ("skip", "skip"),
        ("output", None),
    ]
    assert [(route.source, route.target, route.operation) for route in cell.routes] == [
        (0, 1, None),
        (1, 2, None),
        (2, 3, None),
    ]
    colours = operation_colours(space, (cell,))
    assert list(colours) == ["conv_3x3", "skip"]
    assert figure_bytes(draw_cells((cell,), colours), "row", "png").startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["nas_bench_201", "darts"])
def test_each_operation_has_a_colour_of_its_own(name: str) -> None:
    space = load_space(name)
    colours = operation_colours(space)
    assert set(colours) == set(space.mixed_cells().operations)
    assert len(set(colours.values())) == len(colours)


def test_a_drawing_has_a_line_an_edge_and_a_legend_of_what_is_there() -> None:
    space = load_space("nas_bench_201")
    cells = compute_cells(space, space.parse(CELL))
    colours = operation_colours(space)
    figure = draw_cells(cells, colours, "a cell")
    drawn = Counter(patch.get_edgecolor() for patch in figure.axes[0].patches if type(patch).__name__ == "PathPatch")
    assert sum(drawn.values()) == len(cells[0].routes) == 2 * 5 + 1
    assert len(drawn) == 5
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "skip connect",
        "nor conv 1x1",
        "nor conv 3x3",
        "avg pool 3x3",
        "none",
    ]
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert texts.count("nor conv\n3x3") == 2 and "a cell" in texts


# -- the command ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("PDF", b"%PDF"), ("png", b"\x89PNG")])
def test_the_command_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str, start: bytes) -> None:
    out = tmp_path / f"cell.{suffix}"
    words = ["draw", "--space", "darts", "--architecture", SECOND, "--out", str(out)]
    assert cli.main(words) == 0
    data = out.read_bytes()
    assert data.startswith(start)
    assert "Genotype(" in capsys.readouterr().out
    if suffix == "svg":
        assert ElementTree.fromstring(data).tag.endswith("svg")
        assert cli.main(words) == 0
        assert out.read_bytes() == data


@pytest.mark.parametrize(
    ("architecture", "out", "sentence"),
    [
        (CELL, "cell.gif", "expected a file that ends in .svg, .pdf, .png, got"),
        (CELL, "cell", "expected a file that ends in"),
        ("nothing", "cell.svg", "cannot read 'nothing' as a nas_bench_201 cell"),
        (CELL, "absent/cell.svg", "cannot write"),
    ],
)
def test_mistakes_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], architecture: str, out: str, sentence: str
) -> None:
    assert cli.main(["draw", "--architecture", architecture, "--out", str(tmp_path / out)]) == 2
    err = capsys.readouterr().err
    assert sentence in err and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
