"""The adjacency encoding: cells read back from their columns, in both forms."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.encoding import load_encoding
from predictors.graphs import DEAD, survey
from predictors.tensors import unfold
from tests.predictors.examples import Chain, TwoCells, nas_bench_201

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"


def told(text: str, space, architecture) -> dict[str, float]:
    encoding = load_encoding(text)
    values = encoding.encode(space, [architecture])[0].tolist()
    return {name: value for name, value in zip(encoding.feature_names(space), values, strict=True) if value}


def test_a_cell_by_hand_in_both_forms() -> None:
    space = nas_bench_201()
    edges = ((0, 1), (0, 2), (0, 4), (1, 3), (1, 5), (2, 6), (3, 6), (4, 7), (5, 7), (6, 7))
    operations = {1: "nor_conv_3x3", 3: "skip_connect", 4: "avg_pool_3x3", 6: "nor_conv_1x1"}
    written = {node for edge in space.graphs(space.parse(CELL))[0].edges for node in edge}
    assert written == set(range(8)) and set(space.graphs(space.parse(CELL))[0].edges) == set(edges)
    hot = {f"0:node({node})={label}": 1.0 for node, label in operations.items()}
    assert told("adjacency", space, space.parse(CELL)) == hot | {f"0:edge({s},{t})": 1.0 for s, t in edges}
    number = {"avg_pool_3x3": 1.0, "nor_conv_1x1": 2.0, "nor_conv_3x3": 3.0, "skip_connect": 4.0}
    numbers = {f"0:operation({node})": number[label] for node, label in operations.items()}
    pairs = {f"0:pair({s},{t})": 1.0 for s, t in edges}
    assert told("adjacency(categorical=True)", space, space.parse(CELL)) == numbers | pairs


@pytest.mark.parametrize("make", [nas_bench_201, TwoCells, Chain], ids=["nas_bench_201", "two_cells", "long_chain"])
def test_the_categorical_form_is_the_graph_as_written(make) -> None:
    space = make()
    rng = np.random.default_rng(0)
    for architecture in [space.sample(rng) for _ in range(40)]:
        expected = {}
        known = survey(space)
        for place, graph in enumerate(space.graphs(architecture)):
            last = len(graph.labels) - 1
            end = known.nodes[place] - 1
            inner = enumerate(graph.labels[1:-1], 1)
            numbers = {node: 1 + known.labels[place].index(label) for node, label in inner if label not in DEAD}
            expected |= {f"{place}:operation({node})": number for node, number in numbers.items()}
            expected |= {f"{place}:pair({s},{end if t == last else t})": 1 for s, t in graph.edges}
        assert told("adjacency(categorical=True)", space, architecture) == expected


def test_networks_unfold_zeros_and_ones_alone() -> None:
    space = nas_bench_201()
    for text, unfolds in (("adjacency", True), ("adjacency(categorical=True)", False)):
        encoding = load_encoding(text)
        graphs, told = unfold(encoding.encode(space, [space.parse(CELL)]), encoding.feature_names(space))
        assert (graphs is not None) == unfolds
        assert told.all() == told.any() == unfolds
