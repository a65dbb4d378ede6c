"""NAS-Bench-201: a cell of four nodes and six edges, five operations an edge, 15,625 cells.

Dong and Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020; the topology
space of NATS-Bench is the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from nasbench.graph import Dag, Dataflow, Value
from nasbench.mixed_cells import MIXED, MixedCells
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.space import Architecture, Space

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) of each choice, in the order of the published text form."""

_NONE, _SKIP, _CONV_1X1, _CONV_3X3, _POOL = range(5)
_TEXT = re.compile(r"\|([^|]+)\|\+\|([^|]+)\|([^|]+)\|\+\|([^|]+)\|([^|]+)\|([^|]+)\|")


class NASBench201(Space):
    """The space of NAS-Bench-201; text form ``|nor_conv_3x3~0|+|none~0|skip_connect~1|+|...|``."""

    name = "nas_bench_201"
    options = (5,) * 6
    additive = True
    published = Skeleton(channels=16, cells=5, classes=10, input_shape=(3, 32, 32))

    def format(self, architecture: Architecture) -> str:
        """The text form that NAS-Bench-201 publishes."""
        a, b, c, d, e, f = (
            f"{OPERATIONS[choice]}~{source}" for choice, (source, _) in zip(architecture.choices, EDGES, strict=True)
        )
        return f"|{a}|+|{b}|{c}|+|{d}|{e}|{f}|"

    def parse(self, text: str) -> Architecture:
        """The architecture of a published text form."""
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"cannot read {text!r} as a {self.name} cell: expected {self.format(self.from_index(0))}")
        choices = []
        for part, (source, target) in zip(match.groups(), EDGES, strict=True):
            operation, _, origin = part.partition("~")
            if operation not in OPERATIONS or origin != str(source):
                raise ValueError(
                    f"cannot read {part!r} in {text!r}: expected an operation of {', '.join(OPERATIONS)} "
                    f"followed by ~{source} on the edge from node {source} to node {target}"
                )
            choices.append(OPERATIONS.index(operation))
        return Architecture(self.name, tuple(choices))

    def effort(self, architecture: Architecture) -> tuple[int, ...]:
        """Edges that are not none, then poolings: the member with the fewest has no dead edge."""
        choices = architecture.choices
        return (len(choices) - choices.count(_NONE), choices.count(_POOL))

    def dataflow(self, architecture: Architecture) -> Dataflow:
        """The cell's program: convolutions are weighted, pooling is linear, a node is the sum of its edges."""
        flow = Dataflow()
        values: list[Value] = [flow.input(), (), (), ()]
        for choice, (source, target) in zip(architecture.choices, EDGES, strict=True):
            value = values[source]
            if choice == _NONE:
                continue
            if choice == _POOL:
                value = flow.linear("avg_pool_3x3", value)
            elif choice != _SKIP:
                value = flow.weighted(OPERATIONS[choice], value)
            values[target] = flow.add(values[target], value)
        return flow.set_outputs(values[3])

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        """One graph of eight nodes: the input, the six edges' operations, the output."""
        labels = ("input", *(OPERATIONS[choice] for choice in architecture.choices), "output")
        return (Dag(labels, _LINE_GRAPH),)

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        """The published macro skeleton: a stem, three stages of cells, residual blocks of stride two between them."""

        def edge(write: PlanWriter, name: str, place: int, x: int, channels: int) -> int:
            return _write_operation(write, name, architecture.choices[place], x, channels)

        return _network(skeleton, edge)

    def mixed_cells(self) -> MixedCells:
        """Every operation on every edge; any one may be the strongest, none too, as published."""
        return _MixedCells(self)


class _MixedCells(MixedCells):
    """One kind of cell, no edge is ever absent."""

    kinds = ("cell",)
    edges = EDGES
    operations = OPERATIONS
    none = _NONE
    skip = _SKIP

    def plan(self, skeleton: Skeleton) -> Plan:
        def edge(write: PlanWriter, name: str, place: int, x: int, channels: int) -> int:
            return write.add(name, MIXED, x, kind=0, edge=place, channels=channels, stride=1)

        return _network(skeleton, edge)

    def compose(self, operations: np.ndarray) -> Architecture:
        return self.space.architecture(operations[0].tolist())

    def selection(self, architecture: Architecture) -> np.ndarray:
        return np.array([architecture.choices], dtype=np.int64)


_WriteEdge = Callable[[PlanWriter, str, int, int, int], int]
"""Writes an edge's steps from (plan, name, place of the edge, index of what it reads, channels); gives the last."""


def _network(skeleton: Skeleton, edge: _WriteEdge) -> Plan:
    skeleton.check_plain(NASBench201.name)
    write = PlanWriter(skeleton.input_shape)
    channels = skeleton.channels
    x = write.add("stem", "conv_bn", 0, kernel=3, stride=1, channels=channels)
    for stage in range(3):
        if stage:
            channels *= 2
            x = write.add(f"stage{stage}.reduction", "residual_block", x, stride=2, channels=channels)
        for cell in range(skeleton.cells):
            x = _cell(write, edge, x, f"stage{stage}.cell{cell}", channels)
    x = write.add("last", "bn_relu", x)
    x = write.add("pool", "global_pool", x)
    write.add("classifier", "linear", x, features=skeleton.classes)
    return write.plan()


def _cell(write: PlanWriter, edge: _WriteEdge, x: int, name: str, channels: int) -> int:
    nodes: list[list[int]] = [[], [], [], []]
    values = [x, 0, 0, 0]
    for place, (source, target) in enumerate(EDGES):
        nodes[target].append(edge(write, f"{name}.edge{source}{target}", place, values[source], channels))
        if place + 1 == len(EDGES) or EDGES[place + 1][1] != target:
            values[target] = write.add(f"{name}.node{target}", "sum", nodes[target])
    return values[3]


def _write_operation(write: PlanWriter, name: str, choice: int, x: int, channels: int) -> int:
    if choice == _NONE:
        return write.add(name, "zero", x)
    if choice == _SKIP:
        return write.add(name, "skip", x)
    if choice == _POOL:
        return write.add(name, "avg_pool", x, kernel=3, stride=1)
    active = write.add(f"{name}.relu", "relu", x)
    kernel = 1 if choice == _CONV_1X1 else 3
    return write.add(name, "conv_bn", active, kernel=kernel, stride=1, channels=channels)


def published_text_form(architecture: Architecture) -> str:
    """The unique string of the published code (``to_unique_str`` with zeros considered): 6,466 distinct ones.

    Kept to reproduce that count; :meth:`Space.canonical_hash` is the exact form.
    """
    nodes = ["0"]
    incoming: list[str] = []
    for place, (choice, (source, target)) in enumerate(zip(architecture.choices, EDGES, strict=True)):
        if choice == _NONE or nodes[source] == "#":
            incoming.append("#")
        elif choice == _SKIP:
            incoming.append(nodes[source])
        else:
            incoming.append(f"({nodes[source]})@{OPERATIONS[choice]}")
        if place + 1 == len(EDGES) or EDGES[place + 1][1] != target:
            nodes.append("+".join(sorted(incoming)))
            incoming = []
    return nodes[3]


def _line_graph() -> tuple[tuple[int, int], ...]:
    """Edges between operations: from the input, between operations that meet in a node, to the output."""
    pairs = [(0, 1 + place) for place, (source, _) in enumerate(EDGES) if source == 0]
    pairs += [
        (1 + i, 1 + j) for i, (_, meet) in enumerate(EDGES) for j, (start, _) in enumerate(EDGES) if meet == start
    ]
    pairs += [(1 + place, 7) for place, (_, target) in enumerate(EDGES) if target == 3]
    return tuple(sorted(pairs))


_LINE_GRAPH = _line_graph()
