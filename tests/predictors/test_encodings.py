"""Encodings against hand-written values and against cells walked through path by path."""

from __future__ import annotations

import time
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from nasbench.graph import Dag
from nasbench.registry import UnknownNameError
from nasbench.space import Space
from predictors.encoding import load_encoding
from predictors.encodings import paths as paths_module
from predictors.encodings.graph_features import GraphFeatures, allowed_sets
from predictors.encodings.one_hot import OneHot
from predictors.encodings.paths import Paths
from predictors.graphs import DEAD, survey
from tests.predictors.examples import Chain, TwoCells, nas_bench_201

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
"""Two live paths: avg_pool, and conv 3x3, skip, conv 1x1."""


def encoded(encoding, space: Space, architecture) -> dict[str, float]:
    values = encoding.encode(space, [architecture])[0]
    return dict(zip(encoding.feature_names(space), values.tolist(), strict=True))


def live_paths(graph: Dag) -> list[tuple[int, ...]]:
    """Inner nodes of every path on which nothing is dead."""
    found, stack = [], [(0,)]
    while stack:
        path = stack.pop()
        for target in graph.successors(path[-1]):
            if target == len(graph.labels) - 1:
                found.append(path[1:])
            elif graph.labels[target] not in DEAD:
                stack.append((*path, target))
    return found


def slow_graph_features(graph: Dag, labels: tuple[str, ...], nodes: int) -> list[float]:
    """The features by their definitions, in the order of the columns."""
    paths = live_paths(graph)
    alive = {node for path in paths for node in path}
    last = len(graph.labels) - 1
    edges = [(s, t) for s, t in graph.edges if {s, t} <= alive | {0, last}]
    counts = Counter(graph.labels[node] for node in alive)
    features: list[float] = [counts[label] for label in labels]
    for size in range(1, len(labels) + 1):
        for allowed in combinations(labels, size):
            inside = {node for node in alive if graph.labels[node] in allowed}
            pure = [len(path) for path in paths if set(path) <= inside]
            within = [(s, t) for s, t in edges if s in inside and t in inside]
            features += [
                min(pure, default=nodes - 1),
                max(pure, default=-1),
                len(pure),
                max((len(set(path) & inside) for path in paths), default=-1),
                sum(s == 0 and t in inside for s, t in edges),
                sum(s in inside and t == last for s, t in edges),
                len(within) / len(inside) if inside else 0.0,
            ]
    return features


def test_one_hot_of_a_cell() -> None:
    space = nas_bench_201()
    hot = {name for name, value in encoded(OneHot(), space, space.parse(CELL)).items() if value}
    assert hot == {"0=3", "1=0", "2=1", "3=4", "4=0", "5=2"}
    assert OneHot().encode(TwoCells(), [TwoCells().architecture((2, 0, 1, 3))]).tolist() == [
        [0, 0, 1] + [1, 0, 0] + [0, 1] + [0, 0, 0, 1]
    ]


def test_paths_of_a_cell() -> None:
    space = nas_bench_201()
    values = encoded(Paths(), space, space.parse(CELL))
    present = {name for name, value in values.items() if value}
    assert present == {"0:avg_pool_3x3", "0:nor_conv_3x3>skip_connect>nor_conv_1x1"}
    assert len(values) == 4 + 4**2 + 4**3
    dead = encoded(Paths(), space, space.from_index(0))
    assert not any(dead.values())


def test_graph_features_of_a_cell() -> None:
    space = nas_bench_201()
    values = encoded(GraphFeatures(), space, space.parse(CELL))
    everything = "avg_pool_3x3,nor_conv_1x1,nor_conv_3x3,skip_connect"
    golden = {
        "count(skip_connect)": 1,
        "shortest(avg_pool_3x3)": 1,
        "shortest(nor_conv_3x3)": 7,
        "longest(nor_conv_3x3)": -1,
        f"shortest({everything})": 1,
        f"longest({everything})": 3,
        f"paths({everything})": 2,
        "most(nor_conv_1x1,nor_conv_3x3)": 2,
        f"input_degree({everything})": 2,
        "output_degree(nor_conv_1x1)": 1,
        "inner_degree(nor_conv_1x1,nor_conv_3x3,skip_connect)": 2 / 3,
    }
    assert {name: values[f"0:{name}"] for name in golden} == pytest.approx(golden)
    assert len(values) == 4 + 15 * 7


@pytest.mark.parametrize("make", [nas_bench_201, TwoCells], ids=["nas_bench_201", "two_cells"])
def test_graph_features_are_their_definitions(make) -> None:
    space = make()
    rng = np.random.default_rng(0)
    some = [space.from_index(0), *(space.sample(rng) for _ in range(150))]
    found = GraphFeatures().encode(space, some)
    known = survey(space)
    for architecture, row in zip(some, found, strict=True):
        slow = [
            value
            for graph, labels, nodes in zip(space.graphs(architecture), known.labels, known.nodes, strict=True)
            for value in slow_graph_features(graph, labels, nodes)
        ]
        assert row.tolist() == pytest.approx(slow)


@pytest.mark.parametrize("make", [nas_bench_201, TwoCells, Chain], ids=["nas_bench_201", "two_cells", "long_chain"])
def test_paths_are_those_walked(make) -> None:
    space = make()
    rng = np.random.default_rng(1)
    for architecture in [space.sample(rng) for _ in range(60)]:
        walked = {
            f"{place}:{'>'.join(graph.labels[node] for node in path)}"
            for place, graph in enumerate(space.graphs(architecture))
            for path in live_paths(graph)
        }
        assert {name for name, value in encoded(Paths(), space, architecture).items() if value} == walked


def test_paths_are_truncated_to_the_most_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths_module, "COLUMNS", 6)
    space = nas_bench_201()
    monkeypatch.setattr(paths_module, "_VOCABULARIES", {})
    names = Paths().feature_names(space)
    assert len(names) == 6
    assert set(names) >= {f"0:{label}" for label in survey(space).labels[0]}  # one edge is live more often than two
    assert Paths().compute(space, [space.parse(CELL)]).sum() == 1


def test_truncated_paths_are_columns_of_all_paths() -> None:
    space = nas_bench_201()
    some = [space.sample(np.random.default_rng(seed)) for seed in range(40)]
    whole = Paths().encode(space, some)
    names = Paths().feature_names(space)
    owners = Paths().encode(space, list(space)).sum(axis=0)
    assert set(Paths(most=4).feature_names(space)) == {names[place] for place in np.argsort(-owners)[:4]}
    for cut, kept in ((Paths(most=4), 4), (Paths(longest=1), 4), (Paths(longest=2), 20), (Paths(16, 2), 16)):
        places = [names.index(name) for name in cut.feature_names(space)]
        assert len(places) == kept and places == sorted(places)
        assert np.array_equal(cut.encode(space, some), whole[:, places])
    assert Paths(longest=0).feature_names(TwoCells()) == ("1:",)  # the bypass of the second cell


@pytest.mark.parametrize("text", ["paths(most=0)", "paths(longest=-1)"])
def test_nonsense_truncation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        load_encoding(text).feature_names(nas_bench_201())


def test_dead_edges_leave_no_trace_in_graphs() -> None:
    space = nas_bench_201()
    dangling = space.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|none~2|")
    clean = space.parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    for encoding in (Paths(), GraphFeatures()):
        assert np.array_equal(*encoding.encode(space, [dangling, clean]))


def test_many_operations_are_looked_at_in_few_sets() -> None:
    assert len(allowed_sets(6)) == 2**6 - 1
    many = allowed_sets(9)
    assert len(many) == 2 * (9 + 36) + 1
    assert len(set(many)) == len(many)
    assert many[0] == (0,) and many[-1] == tuple(range(9))


def test_side_by_side_is_its_parts() -> None:
    space = nas_bench_201()
    some = [space.sample(np.random.default_rng(seed)) for seed in range(5)]
    both = load_encoding("paths+one_hot")
    assert np.array_equal(
        both.encode(space, some), np.hstack([Paths().encode(space, some), OneHot().encode(space, some)])
    )
    assert both.feature_names(space)[-1] == "one_hot:5=4"
    with pytest.raises(UnknownNameError, match="did you mean 'one_hot'"):
        load_encoding("paths+onehot")
    with pytest.raises(ValueError, match="once"):
        load_encoding("paths+paths")


def test_unseen_operations_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    space = Chain()
    survey(space)
    monkeypatch.setattr(Chain, "words", ("conv", "pool", "skip_connect", "novel"))
    with pytest.raises(ValueError, match="'novel' is not among those met"):
        GraphFeatures().compute(space, [space.from_index(4**30 - 1)])


@pytest.mark.parametrize("names", ["one_hot", "paths", "graph_features", "one_hot+graph_features"])
def test_the_whole_space_takes_less_than_two_seconds(names: str) -> None:
    space = type(nas_bench_201())()  # a new one: nothing is remembered of it
    everything = list(space)
    began = time.process_time()
    load_encoding(names).encode(space, everything)
    first = time.process_time() - began
    load_encoding(names).encode(space, everything)
    again = time.process_time() - began - first
    assert first < 2.0
    assert again < 0.3
