"""The space of DARTS: its size, what its texts may say, which cells compute the same."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from nasbench import load_space
from nasbench.darts_cells import NODES, OPERATIONS
from nasbench.spaces.darts import CELL_PAIRS

SPACE = load_space("darts")
MAX, AVG, SKIP, SEP, _, DIL, _ = range(len(OPERATIONS))
TEXT = SPACE.format(SPACE.from_index(0))
SOURCES = list(itertools.product(*(itertools.combinations(range(node), 2) for node in NODES)))
"""The two sources of each node, whatever the order: 1 * 3 * 6 * 10 ways."""


def cell_of(sources, operation: int = SEP):
    return tuple(((operation, first), (operation, second)) for first, second in sources)


def renamed(cell, order):
    """The cell with intermediate nodes in another order, or None where an edge would lead back."""
    place = {0: 0, 1: 1, **{2 + old: 2 + new for new, old in enumerate(order)}}
    moved = {place[node]: [(o, place[s]) for o, s in pair] for node, pair in zip(NODES, cell, strict=True)}
    if any(source >= node for node, pair in moved.items() for _, source in pair):
        return None
    return tuple(tuple(moved[node]) for node in NODES)


def hash_of(normal, reduction) -> str:
    return SPACE.canonical_hash(SPACE.of_cells((normal, reduction)))


PLAIN = cell_of(SOURCES[0])

# -- size -----------------------------------------------------------------------------------------------------------


def test_size_is_the_published_one() -> None:
    assert len(SOURCES) == math.prod(k * (k + 1) // 2 for k in (1, 2, 3, 4)) == 180
    assert (len(SOURCES) * 7**8) ** 2 == CELL_PAIRS
    assert 1.0e18 < CELL_PAIRS < 1.1e18


def test_every_valid_choice_of_sources_is_counted() -> None:
    """One cell's sources, all ways tried: ordered pairs of different nodes."""
    sources = itertools.product(*(range(node) for node in NODES for _ in range(2)))
    valid = sum(all(a != n - 1 - b for a, b, n in zip(s[::2], s[1::2], NODES, strict=True)) for s in sources)
    assert SPACE.count() == (valid * 7**8) ** 2 == CELL_PAIRS * 2**8


def test_first_place_is_an_architecture() -> None:
    assert SPACE.from_index(0) in SPACE


def test_sources_of_a_node_are_drawn_uniformly() -> None:
    rng = np.random.default_rng(0)
    counts = dict.fromkeys(itertools.permutations(range(5), 2), 0)
    for _ in range(4000):
        first, second = SPACE.cells(SPACE.sample(rng))[1][3]
        counts[first[1], second[1]] += 1
    assert len(counts) == 20
    assert max(counts.values()) < 1.4 * 200 and min(counts.values()) > 0.6 * 200


# -- moves and text -------------------------------------------------------------------------------------------------


def test_a_mutation_changes_one_end_of_one_edge() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        first = SPACE.sample(rng)
        second = SPACE.mutate(first, rng)
        edges = [[edge for cell in SPACE.cells(a) for pair in cell for edge in pair] for a in (first, second)]
        changed = [(a, b) for a, b in zip(*edges, strict=True) if a != b]
        assert len(changed) == 1
        assert sum(a != b for a, b in zip(*changed[0], strict=True)) == 1


def test_order_of_edges_is_kept_in_text() -> None:
    turned = TEXT.replace("('max_pool_3x3', 0), ('max_pool_3x3', 1)", "('max_pool_3x3', 1), ('max_pool_3x3', 0)", 1)
    assert turned != TEXT
    assert SPACE.format(SPACE.parse(turned)) == turned


def test_cells_and_architecture_are_inverse() -> None:
    rng = np.random.default_rng(2)
    for architecture in (SPACE.sample(rng) for _ in range(50)):
        assert SPACE.of_cells(SPACE.cells(architecture)) == architecture


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("('max_pool_3x3', 0), ('max_pool_3x3', 1)", "('max_pool_3x3', 1), ('max_pool_3x3', 1)", "two different nodes"),
        ("('max_pool_3x3', 0)", "('none', 0)", "expected one of max_pool_3x3"),
        ("('max_pool_3x3', 0)", "('max_pool_3x3', 2)", "a node from 0 to 1"),
        ("('max_pool_3x3', 0)", "('max_pool_3x3', -1)", "a node from 0 to 1"),
        ("[2, 3, 4, 5]", "[3, 4, 5]", "concatenation of nodes 2 to 5"),
        ("('max_pool_3x3', 0), ", "", "expected eight edges"),
    ],
)
def test_genotypes_of_other_spaces_are_refused(old: str, new: str, reason: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match=reason) as raised:
        SPACE.parse(TEXT.replace(old, new, 1))
    assert "\n" not in str(raised.value)


# -- classes --------------------------------------------------------------------------------------------------------


def test_order_of_edges_and_nodes_makes_no_class() -> None:
    rng = np.random.default_rng(3)
    renamings = 0
    for _ in range(60):
        normal, reduction = SPACE.cells(SPACE.sample(rng))
        found = hash_of(normal, reduction)
        assert hash_of(tuple(pair[::-1] for pair in normal), reduction) == found
        for order in itertools.permutations(range(4)):
            other = renamed(reduction, order)
            if other is not None:
                renamings += order != (0, 1, 2, 3)
                assert hash_of(normal, other) == found
    assert renamings > 100


@pytest.mark.parametrize("kind", [0, 1])
def test_classes_of_convolutions_are_cells_up_to_renaming(kind: int) -> None:
    """All ways to connect separable convolutions, compared by trying every order of nodes."""
    classes: dict[str, set] = {}
    for sources in SOURCES:
        cells = [PLAIN, PLAIN]
        cells[kind] = cell_of(sources)
        orders = (renamed(cells[kind], order) for order in itertools.permutations(range(4)))
        least = min(tuple(tuple(sorted(pair)) for pair in cell) for cell in orders if cell is not None)
        classes.setdefault(hash_of(*cells), set()).add(least)
    assert all(len(found) == 1 for found in classes.values())
    assert len(set.union(*classes.values())) == len(classes) > 50


def test_sums_and_average_pools_are_one_however_written() -> None:
    """Skips are nothing in normal cells; in reduction cells those that read an input have weights."""
    start = (((SKIP, 0), (SKIP, 1)), ((SKIP, 1), (AVG, 0)))
    added = [
        (*start, ((SKIP, 2), (AVG, 0)), ((SEP, 0), (SEP, 1))),
        (*start, ((SKIP, 0), (SKIP, 3)), ((SEP, 0), (SEP, 1))),
    ]
    assert hash_of(added[0], PLAIN) == hash_of(added[1], PLAIN)
    assert hash_of(PLAIN, added[0]) != hash_of(PLAIN, added[1])
    start = (((SKIP, 0), (SKIP, 1)), ((AVG, 0), (AVG, 1)))
    pooled = [
        (*start, ((AVG, 2), (SEP, 0)), ((DIL, 0), (SEP, 1))),
        (*start, ((SKIP, 3), (SEP, 0)), ((DIL, 0), (SEP, 1))),
    ]
    assert hash_of(pooled[0], PLAIN) == hash_of(pooled[1], PLAIN)
    start = (((SKIP, 0), (SKIP, 1)), ((MAX, 0), (MAX, 1)))
    largest = [(*start, ((MAX, 2), (SEP, 0)), PLAIN[3]), (*start, ((SKIP, 3), (SEP, 0)), PLAIN[3])]
    assert hash_of(largest[0], PLAIN) != hash_of(largest[1], PLAIN)


def test_every_member_of_a_class_has_one_representative() -> None:
    """Members made by renaming nodes and turning edges; and by writing sums and pools in other places."""
    rng = np.random.default_rng(8)
    for _ in range(10):
        cells = SPACE.cells(SPACE.sample(rng))
        wanted = SPACE.canonical(SPACE.of_cells(cells))
        assert SPACE.canonical(wanted) == wanted
        assert SPACE.canonical_hash(wanted) == hash_of(*cells)
        for order in rng.permuted([range(4)] * 8, axis=1).tolist():
            others = [renamed(cell, order) or cell for cell in cells]
            turned = [tuple(pair[::-1] for pair in cell) for cell in others]
            assert SPACE.canonical(SPACE.of_cells(turned)) == wanted


def test_representatives_are_the_classes_where_pools_and_skips_abound() -> None:
    """Few operations, so that many cells are one: equal representatives exactly where hashes are equal."""
    rng = np.random.default_rng(9)
    hashes: dict[str, set] = {}
    for _ in range(110):
        cell = tuple(
            tuple((int(rng.choice([SKIP, SKIP, AVG, MAX, SEP])), int(s)) for s in rng.choice(node, 2, replace=False))
            for node in NODES[:2]
        )
        architecture = SPACE.of_cells(((*cell, ((SKIP, 2), (AVG, 0)), ((AVG, 2), (SKIP, 3))), PLAIN))
        hashes.setdefault(SPACE.canonical_hash(architecture), set()).add(SPACE.canonical(architecture))
    assert all(len(found) == 1 for found in hashes.values())
    assert len(set.union(*hashes.values())) == len(hashes) < 100


def test_the_representative_pools_least() -> None:
    start = (((SKIP, 0), (SKIP, 1)), ((AVG, 0), (AVG, 1)))
    twice = (*start[:1], ((AVG, 0), (AVG, 1)), ((SKIP, 3), (SEP, 0)), ((DIL, 0), (SEP, 1)))
    once = (*start[:1], ((AVG, 0), (AVG, 1)), ((AVG, 2), (SEP, 0)), ((DIL, 0), (SEP, 1)))
    one, other = (SPACE.canonical(SPACE.of_cells((cell, PLAIN))) for cell in (twice, once))
    assert one == other
    pools = [operation for pair in SPACE.cells(one)[0] for operation, _ in pair if operation == AVG]
    assert len(pools) == 2


def test_inputs_and_cells_are_told_apart() -> None:
    """Swapping the cell before last with the last one, or normal with reduction cell, is another architecture."""
    cell = (((SEP, 0), (DIL, 1)), *PLAIN[1:])
    swapped = tuple(tuple((o, 1 - s if s < 2 else s) for o, s in pair) for pair in cell)
    assert len({hash_of(cell, PLAIN), hash_of(swapped, PLAIN), hash_of(PLAIN, cell), hash_of(PLAIN, PLAIN)}) == 4


def test_graphs_do_not_see_the_order_of_edges() -> None:
    rng = np.random.default_rng(4)
    for architecture in (SPACE.sample(rng) for _ in range(20)):
        turned = SPACE.of_cells([tuple(pair[::-1] for pair in cell) for cell in SPACE.cells(architecture)])
        assert turned != architecture
        assert SPACE.graphs(turned) == SPACE.graphs(architecture)
        for graph in SPACE.graphs(architecture):
            assert len(graph.labels) == 11
            assert graph.pruned() == graph


def test_graph_of_a_cell_by_hand() -> None:
    cell = (((DIL, 1), (SEP, 0)), ((SKIP, 2), (MAX, 0)), ((SEP, 0), (SEP, 1)), ((AVG, 3), (SEP, 4)))
    graph = SPACE.graphs(SPACE.of_cells((cell, PLAIN)))[0]
    names = ["sep", "dil", "max", "skip", "sep", "sep", "avg", "sep"]
    assert [label.split("_")[0] for label in graph.labels[2:-1]] == names
    inside = [edge for edge in graph.edges if edge[1] < 10]
    assert inside == [(0, 1), (0, 2), (0, 4), (0, 6), (1, 3), (1, 7), (2, 5), (3, 5), (4, 8), (5, 8), (6, 9), (7, 9)]
    assert [source for source, target in graph.edges if target == 10] == list(range(2, 10))


def test_cells_are_counted_in_all_and_elsewhere_a_stage() -> None:
    assert load_space("darts").cells_text(20) == "20 cells in all"
    assert load_space("nas_bench_201").cells_text(5) == "5 cells a stage"
