"""What DARTS' cells are made of: operations, what they compute, the plan's steps that they are, a cell's graph.

A cell of four nodes, each the sum of two edges, is a :data:`nasbench.rewriting.Cell` of places in :data:`OPERATIONS`.
"""

from __future__ import annotations

from nasbench.graph import Dag, Dataflow, Value
from nasbench.plan import PlanWriter
from nasbench.rewriting import Cell, Meaning, apply, ways_to_write
from nasbench.two_input_cells import NORMAL

OPERATIONS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
KINDS = ("normal", "reduce")
NODES = (2, 3, 4, 5)
"""The intermediate nodes; a node has as many predecessors as its number says, 0 and 1 are the cell's inputs."""
SKIP = OPERATIONS.index("skip_connect")


def write_operation(write: PlanWriter, name: str, operation: int, x: int, channels: int, stride: int) -> int:
    """Index of the last of the steps that one of :data:`OPERATIONS` is."""
    label = OPERATIONS[operation]
    if label.endswith("pool_3x3"):
        return write.add(name, label.removesuffix("_3x3"), x, kernel=3, stride=stride)
    if operation == SKIP and stride == 1:
        return write.add(name, "skip", x)
    x = write.add(f"{name}.relu", "relu", x)
    if operation == SKIP:
        return write.add(name, "factorized_reduce", x, channels=channels, stride=stride)
    return write.add(name, label[:8], x, kernel=int(label[-1]), stride=stride)


def meanings(kind: int, source: int) -> list[tuple[int, Meaning]]:
    """What each operation on an edge does; a skip of stride two is a factorized reduction, which has weights."""
    found = []
    for place, name in enumerate(OPERATIONS):
        what = {"max_pool_3x3": "function", "avg_pool_3x3": "linear"}.get(name, "weighted")
        if place == SKIP and (kind == NORMAL or source > 1):
            what = "nothing"
        found.append((place, (what, f"{KINDS[kind]}.{name}")))
    return found


def write_cell(flow: Dataflow, kind: int, cell: Cell) -> list[Value]:
    """Values of the two inputs and the four nodes of a cell that is written into a program."""
    values = [flow.input(f"{KINDS[kind]}.before_last"), flow.input(f"{KINDS[kind]}.last")]
    for pair in cell:
        edges = [apply(flow, dict(meanings(kind, source))[operation], values[source]) for operation, source in pair]
        values.append(flow.add(*edges))
    return values


def least_cell(kind: int, cell: Cell) -> Cell:
    """The cell of a class that computes the fewest different poolings, the first of equals."""
    flow = Dataflow()
    values = write_cell(flow, kind, cell)
    members = ways_to_write(flow, tuple(values[:2]), tuple(values[2:]), lambda source: meanings(kind, source))
    return min(members, key=lambda member: (_poolings(kind, member), member))


def _poolings(kind: int, cell: Cell) -> int:
    """Number of different poolings that a cell computes."""
    values = write_cell(Dataflow(), kind, cell)
    return len({(o, values[s]) for pair in cell for o, s in pair if OPERATIONS[o].endswith("pool_3x3")})


def cell_graph(cell: Cell) -> Dag:
    """Operations as nodes: 0 and 1 are the inputs, the operations of node n are 2n - 2 and 2n - 1."""
    labels, edges = ["input", "last_cell"], [(0, 1)]
    for pair in cell:
        for operation, source in sorted(pair, key=lambda edge: edge[1]):
            place = len(labels)
            labels.append(OPERATIONS[operation])
            read = (source,) if source < 2 else (2 * source - 2, 2 * source - 1)
            edges += [(reader, place) for reader in read]
    edges += [(place, len(labels)) for place in range(2, len(labels))]
    return Dag((*labels, "output"), tuple(sorted(edges)))
