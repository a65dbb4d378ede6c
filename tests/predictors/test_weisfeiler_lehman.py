"""Weisfeiler-Lehman features: against trees written out node by node, and the kernel that they make."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from nasbench.graph import Dag
from nasbench.space import Space
from predictors.encoding import load_encoding
from predictors.encodings import weisfeiler_lehman as module
from predictors.graphs import DEAD
from tests.predictors.examples import Chain, TwoCells, class_members, nas_bench_201, worth

CELL = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|"
"""Two live paths: avg_pool, and conv 3x3, skip, conv 1x1."""


def counted(space: Space, encoding: str, architecture) -> dict[str, float]:
    made = load_encoding(encoding)
    values = made.encode(space, [architecture])[0]
    return {name: value for name, value in zip(made.feature_names(space), values.tolist(), strict=True) if value}


def alive(graph: Dag) -> set[int]:
    """Nodes on a way from input to output on which nothing is dead; those two always."""
    found, last = set(), len(graph.labels) - 1
    stack = [(0,)]
    while stack:
        way = stack.pop()
        for target in graph.successors(way[-1]):
            if target == last:
                found |= set(way)
            elif graph.labels[target] not in DEAD:
                stack.append((*way, target))
    return found | {0, last}


def tree(graph: Dag, there: set[int], node: int, depth: int) -> str:
    """The tree of what flows into a node, followed by hand."""
    label = {0: "input", len(graph.labels) - 1: "output"}.get(node, graph.labels[node])
    sources = [s for s, t in graph.edges if t == node and s in there] if depth else []
    inside = ",".join(sorted(tree(graph, there, source, depth - 1) for source in sources))
    return f"{label}({inside})" if inside else label


def test_a_cell_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COLUMNS", 10_000)
    space = type(nas_bench_201())()
    conv, skip = "nor_conv_3x3(input)", "skip_connect(nor_conv_3x3(input))"
    assert counted(space, "weisfeiler_lehman(depth=2)", space.parse(CELL)) == {
        "0:0:input": 1, "0:0:output": 1, "0:0:avg_pool_3x3": 1, "0:0:nor_conv_3x3": 1, "0:0:skip_connect": 1,
        "0:0:nor_conv_1x1": 1, "0:1:input": 1, "0:1:avg_pool_3x3(input)": 1, f"0:1:{conv}": 1,
        "0:1:skip_connect(nor_conv_3x3)": 1, "0:1:nor_conv_1x1(skip_connect)": 1,
        "0:1:output(avg_pool_3x3,nor_conv_1x1)": 1, "0:2:input": 1, "0:2:avg_pool_3x3(input)": 1, f"0:2:{conv}": 1,
        f"0:2:{skip}": 1, "0:2:nor_conv_1x1(skip_connect(nor_conv_3x3))": 1,
        "0:2:output(avg_pool_3x3(input),nor_conv_1x1(skip_connect))": 1,
    }  # fmt: skip


@pytest.mark.parametrize("make", [nas_bench_201, TwoCells, Chain], ids=["nas_bench_201", "two_cells", "long_chain"])
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_counts_are_those_of_trees_followed_by_hand(make, depth: int) -> None:
    space: Space = make()
    rng = np.random.default_rng(0)
    names = set(load_encoding(f"weisfeiler_lehman(depth={depth})").feature_names(space))
    for architecture in [space.sample(rng) for _ in range(40)]:
        expected: Counter[str] = Counter()
        for place, graph in enumerate(space.graphs(architecture)):
            there = alive(graph)
            for name in (f"{place}:{d}:{tree(graph, there, n, d)}" for d in range(depth + 1) for n in there):
                expected[name if name in names else f"{place}:other"] += 1
        assert counted(space, f"weisfeiler_lehman(depth={depth})", architecture) == expected


def test_what_the_survey_did_not_meet_is_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A survey of one cell of convolutions: of another cell only what it shares has a column."""
    space = type(nas_bench_201())()
    known = module.survey(space)
    one = type(known)(known.labels, known.nodes, (space.architecture((3,) * 6),))
    monkeypatch.setattr(module, "survey", lambda _: one)
    found = counted(space, "weisfeiler_lehman(depth=1)", space.architecture((3, 3, 3, 2, 3, 3)))
    shared = {"0:0:input": 1, "0:0:output": 1, "0:0:nor_conv_3x3": 5, "0:1:input": 1, "0:1:nor_conv_3x3(input)": 2}
    shared |= {"0:1:nor_conv_3x3(nor_conv_3x3)": 2, "0:1:nor_conv_3x3(nor_conv_3x3,nor_conv_3x3)": 1}
    assert found == shared | {"0:other": 3}  # the 1x1 convolution, it above the input, and the output above it


def test_rare_trees_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COLUMNS", 3)
    space = type(nas_bench_201())()
    names = load_encoding("weisfeiler_lehman(depth=1)").feature_names(space)
    assert len(names) == 3 + 3 + 1 and names[-1] == "0:other"
    assert {"0:0:input", "0:0:output", "0:1:input"} <= set(names)
    assert sum(counted(space, "weisfeiler_lehman(depth=1)", space.parse(CELL)).values()) == 12


def test_canonical_counts_are_those_of_the_class() -> None:
    space = nas_bench_201()
    group = sorted(space.classes.values(), key=len)[-2]
    assert len(np.unique(load_encoding("weisfeiler_lehman(canonical=True)").encode(space, group), axis=0)) == 1
    assert len(np.unique(load_encoding("weisfeiler_lehman").encode(space, group), axis=0)) > 1


def test_a_process_with_this_kernel_learns() -> None:
    from predictors.metrics import kendall
    from predictors.models.gaussian_process import GaussianProcess

    some = class_members(120)
    process = GaussianProcess("weisfeiler_lehman", "weisfeiler_lehman", restarts=1).fit(some[:80], worth(some[:80]))
    assert kendall(worth(some[80:]), process.predict(some[80:])) > 0.6


def test_a_depth_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="depth of trees must be at least 0, got -1"):
        load_encoding("weisfeiler_lehman(depth=-1)").feature_names(TwoCells())
