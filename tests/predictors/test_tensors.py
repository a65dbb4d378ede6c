"""Adjacency and graph tensors: written out by hand, and unfolded into the graphs that they were made of."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench.space import Space
from predictors.encoding import load_encoding
from predictors.graphs import DEAD, survey
from predictors.tensors import FIRST, INPUT, NOTHING, OUTPUT, tensor_names, unfold
from tests.predictors.examples import Chain, TwoCells, nas_bench_201

DANGLING = "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|none~2|"
CLEAN = "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"


def ones(encoding: str, space: Space, choices: tuple[int, ...]) -> set[str]:
    """Names of the columns that hold a one; there is nothing else but zeros."""
    made = load_encoding(encoding)
    values = made.encode(space, [space.architecture(choices)])[0]
    assert set(values.tolist()) <= {0.0, 1.0}
    return {name for name, value in zip(made.feature_names(space), values, strict=True) if value}


def test_adjacency_of_a_cell_by_hand() -> None:
    """conv > skip in the first cell; the second is gru with a bypass."""
    edges = {"0:edge(0,1)", "0:edge(1,2)", "0:edge(2,3)", "1:edge(0,1)", "1:edge(0,2)", "1:edge(1,2)"}
    nodes = {"0:node(1)=conv", "0:node(2)=skip_connect", "1:node(1)=gru"}
    for encoding in ("adjacency", "graph_tensors"):
        assert ones(encoding, TwoCells(), (0, 1, 1, 2)) == edges | nodes


def test_what_is_dead_is_in_the_adjacency_alone() -> None:
    """conv > none: nothing reaches the output of the first cell; the second has its bypass and a dead node."""
    written = {"0:edge(0,1)", "0:edge(1,2)", "0:edge(2,3)", "1:edge(0,1)", "1:edge(0,2)", "1:edge(1,2)"}
    assert ones("adjacency", TwoCells(), (0, 2, 1, 3)) == written | {"0:node(1)=conv"}
    assert ones("graph_tensors", TwoCells(), (0, 2, 1, 3)) == {"1:edge(0,2)"}
    space = nas_bench_201()
    pair = [space.parse(DANGLING), space.parse(CLEAN)]
    assert np.array_equal(*load_encoding("graph_tensors").encode(space, pair))
    assert not np.array_equal(*load_encoding("adjacency").encode(space, pair))


def test_canonical_graphs_are_those_of_the_class() -> None:
    space = nas_bench_201()
    group = sorted(space.classes.values(), key=len)[-2]
    assert len(np.unique(load_encoding("graph_tensors(canonical=True)").encode(space, group), axis=0)) == 1
    assert len(np.unique(load_encoding("graph_tensors").encode(space, group), axis=0)) > 1


@pytest.mark.parametrize("make", [nas_bench_201, TwoCells, Chain], ids=["nas_bench_201", "two_cells", "long_chain"])
@pytest.mark.parametrize("names", ["adjacency", "one_hot+adjacency"])
def test_unfolding_gives_the_graphs_back(make, names: str) -> None:
    space: Space = make()
    rng = np.random.default_rng(0)
    some = [space.sample(rng) for _ in range(30)]
    encoding = load_encoding(names)
    tensors, told = unfold(encoding.encode(space, some), encoding.feature_names(space))
    assert tensors is not None and told.sum() == len(tensor_names(space))
    nodes = max(survey(space).nodes)
    assert tensors.operations.shape == (30, len(survey(space).nodes), nodes)
    for row, architecture in enumerate(some):
        for place, graph in enumerate(space.graphs(architecture)):
            size = len(graph.labels)
            where = [*range(size - 1), nodes - 1]
            number = {label: FIRST + i for i, label in enumerate(tensors.labels)} | dict.fromkeys(DEAD, NOTHING)
            inner = [number[label] for label in graph.labels[1:-1]]
            found = tensors.operations[row, place]
            assert found[where].tolist() == [INPUT, *inner, OUTPUT]
            assert np.array_equal(tensors.adjacency[row, place][np.ix_(where, where)], graph.adjacency)
            assert tensors.adjacency[row, place].sum() == len(graph.edges)
            assert np.array_equal(tensors.mask[row, place], found != NOTHING)


def test_other_features_tell_of_no_graph() -> None:
    space = nas_bench_201()
    encoding = load_encoding("one_hot+paths+graph_features")
    tensors, told = unfold(encoding.encode(space, [space.from_index(3)]), encoding.feature_names(space))
    assert tensors is None and not told.any()
