"""Canonical forms against a second way that tries every naming of weights; paths and pruning against brute force."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench.graph import ZERO, Dag, Dataflow
from tests.spaces.programs import Program, changes, meaning, programs, rewritten, written

# -- canonical form ---------------------------------------------------------------------------------------------


@given(programs(most_lines=8), st.integers(0, 2**32 - 1))
def test_order_of_writing_does_not_matter(program, seed):
    other = rewritten(program, np.random.default_rng(seed))
    assert written(other).canonical_form == written(program).canonical_form


@settings(max_examples=60)
@given(programs(), st.integers(0, 2**32 - 1))
def test_forms_are_equal_exactly_when_some_naming_of_the_weights_makes_outputs_equal(program, seed):
    """A program against those that differ from it in one place."""
    rng = np.random.default_rng(seed)
    every = list(changes(program))
    for place in rng.permutation(len(every))[:25]:
        assert_one_or_two(program, rewritten(every[place], rng))


@given(programs(most_lines=3), programs(most_lines=3))
def test_forms_of_any_two_small_programs(first, second):
    assert_one_or_two(first, second)


def assert_one_or_two(first: Program, second: Program) -> None:
    ours, theirs = meaning(first), meaning(second)
    one = (
        len(first.outputs) == len(second.outputs)
        and len(ours) == len(theirs)
        and np.allclose(ours, theirs, 1e-9, 1e-12)
    )
    assert (written(first).canonical_form == written(second).canonical_form) == one


def test_every_small_weighted_graph():
    """All graphs of four weighted nodes and an output: as many forms as brute force finds graphs up to renaming."""
    pairs = list(itertools.combinations(range(5), 2))
    forms: dict[str, set] = {}
    for bits in itertools.product((0, 1), repeat=len(pairs)):
        edges = {pair for pair, bit in zip(pairs, bits, strict=True) if bit}
        flow = Dataflow()
        values = [flow.input()]
        for node in range(1, 5):
            values.append(flow.weighted("w", flow.add(*(values[s] for s, t in edges if t == node))))
        form = flow.set_outputs(values[4]).canonical_form
        forms.setdefault(form, set()).add(smallest_naming(edges))
    assert all(len(graphs) == 1 for graphs in forms.values())
    assert len(set().union(*forms.values())) == len(forms)


def smallest_naming(edges: set[tuple[int, int]]) -> tuple | None:
    """The least edge list over all namings of the inner nodes that are on a path from 0 to 4; None for no path."""
    fed, read = {0}, {4}
    for _ in range(5):
        fed |= {t for s, t in edges if s in fed}
        read |= {s for s, t in edges if t in read}
    if 4 not in fed:
        return None
    inner = sorted(fed & read - {0, 4})
    live = [(s, t) for s, t in edges if {s, t} <= {0, 4, *inner}]
    names = (
        dict(zip(inner, order, strict=True)) | {0: 0, 4: 4}
        for order in itertools.permutations(range(1, 1 + len(inner)))
    )
    return min(tuple(sorted((name[s], name[t]) for s, t in live)) for name in names)


def cycles(*sizes: int, seed: int = 0) -> str:
    """Form of a program whose nodes look alike: cycles of weighted nodes, a weighted node where two of them meet."""
    rng = np.random.default_rng(seed)
    flow = Dataflow()
    x = flow.input()
    nodes = [flow.weighted("w", x) for _ in range(sum(sizes))]
    rng.shuffle(nodes)
    pairs = []
    for size in sizes:
        ring = [nodes.pop() for _ in range(size)]
        pairs += zip(ring, ring[1:] + ring[:1], strict=True)
    rng.shuffle(pairs)
    return flow.set_outputs(flow.add(*(flow.weighted("v", flow.add(*pair)) for pair in pairs))).canonical_form


@pytest.mark.parametrize("seed", range(10))
def test_nodes_that_look_alike_are_told_apart_by_trying(seed):
    """Every node is met twice, in a triangle as in a heptagon: colours alone see no difference."""
    forms = [cycles(*sizes, seed=seed) for sizes in ((7,), (3, 4), (2, 5), (6,), (3, 3), (3, 3, 4), (5, 5), (10,))]
    assert len(set(forms)) == len(forms)
    again = [cycles(*sizes) for sizes in ((7,), (4, 3), (5, 2), (6,), (3, 3), (3, 4, 3), (5, 5), (10,))]
    assert forms == again


def test_many_twins_take_no_time():
    """Twelve chains side by side: 479,001,600 ways to name them, of which the canonical form tries few."""
    flow = Dataflow()
    x = flow.input()
    chains = [flow.weighted("w", flow.add(x, flow.weighted("w", x))) for _ in range(12)]
    flow.set_outputs(flow.add(*chains))
    texts = 0

    def counted(*arguments):
        nonlocal texts
        texts += 1
        return Dataflow._text(flow, *arguments)

    flow._text = counted
    assert flow.canonical_form
    assert texts < 100


def test_rules_of_values():
    flow = Dataflow()
    x, y = flow.input("x"), flow.input("y")
    pool = "avg_pool"
    assert flow.add() == flow.add(ZERO, ZERO) == flow.linear(pool, ZERO) == ZERO
    assert flow.weighted("w", ZERO) == flow.function("f", ZERO, ZERO) == ZERO
    assert flow.add(x, ZERO) == x
    assert flow.add(x, y) == flow.add(y, x)
    assert flow.add(x, x) != x
    assert flow.linear(pool, flow.add(x, y, x)) == flow.add(*(flow.linear(pool, v) for v in (x, y, x)))
    assert flow.linear("other", flow.linear(pool, x)) != flow.linear(pool, flow.linear("other", x))
    assert flow.function("f", x, y) == flow.function("f", x, y) != flow.function("f", y, x)
    assert flow.weighted("w", x) != flow.weighted("w", x)
    assert flow.weighted("w", x, ZERO) != ZERO


def test_hash_depends_on_the_salt_and_is_32_digits():
    flow = Dataflow()
    flow.set_outputs(flow.input())
    assert len({flow.canonical_hash(), flow.canonical_hash("a"), flow.canonical_hash("b")}) == 3
    assert all(len(flow.canonical_hash(salt)) == 32 for salt in "abc")


# -- graphs with operations on nodes ----------------------------------------------------------------------------


@st.composite
def dags(draw) -> Dag:
    """A graph of two to seven nodes."""
    nodes = draw(st.integers(2, 7))
    pairs = list(itertools.combinations(range(nodes), 2))
    edges = draw(st.lists(st.sampled_from(pairs), unique=True))
    return Dag(tuple(draw(st.lists(st.sampled_from("abc"), min_size=nodes, max_size=nodes))), tuple(edges))


def brute_paths(dag: Dag) -> list[tuple[int, ...]]:
    """Every set of inner nodes that, in order, is a path from the first node to the last."""
    last = len(dag.labels) - 1
    inner = itertools.chain.from_iterable(itertools.combinations(range(1, last), n) for n in range(last))
    return [nodes for nodes in inner if all(e in dag.edges for e in itertools.pairwise((0, *nodes, last)))]


@given(dags())
def test_paths(dag):
    assert sorted(dag.paths()) == sorted(tuple(dag.labels[n] for n in nodes) for nodes in brute_paths(dag))


@given(dags())
def test_pruned_keeps_what_is_on_a_path(dag):
    last = len(dag.labels) - 1
    keep = sorted({0, last}.union(*brute_paths(dag)))
    pruned = dag.pruned()
    assert pruned.labels == tuple(dag.labels[n] for n in keep)
    assert {(keep[s], keep[t]) for s, t in pruned.edges} == {e for e in dag.edges if set(e) <= set(keep)}
    assert sorted(pruned.paths()) == sorted(dag.paths())


@given(dags())
def test_adjacency_and_successors(dag):
    assert set(zip(*map(tuple, np.nonzero(dag.adjacency)), strict=True)) == set(dag.edges)
    for node in range(len(dag.labels)):
        assert sorted(dag.successors(node)) == np.flatnonzero(dag.adjacency[node]).tolist()


@pytest.mark.parametrize("edge", [(1, 0), (0, 0), (0, 2), (-1, 1)])
def test_edges_that_do_not_go_forward_are_refused(edge):
    with pytest.raises(ValueError, match="earlier node to a later one"):
        Dag(("a", "b"), (edge,))
