"""DARTS: a normal and a reduction cell, each of four nodes that add up two of the nodes and inputs before them.

Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019. Seven operations an edge; ``none`` is in
the supernet alone. They count (prod over k = 1..4 of k (k + 1) / 2 * 7^2)^2, about 10^18 pairs of cells. A genotype
also says in which order the two edges of a node are written. That carries no meaning but is kept, so that a text is
given back as it was published: every pair of cells has 2^8 texts, all of one class and one graph.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from nasbench.darts_cells import KINDS, NODES, OPERATIONS, SKIP, cell_graph, least_cell, write_cell, write_operation
from nasbench.genotype import Edge, Genotype, read_genotype
from nasbench.graph import Dag, Dataflow
from nasbench.mixed_cells import ABSENT, MIXED, MixedCells
from nasbench.plan import Plan, PlanWriter, Skeleton
from nasbench.rewriting import Cell
from nasbench.space import Architecture, Space
from nasbench.two_input_cells import EdgePlace, stack_cells

CELL_PAIRS = math.prod(math.comb(node, 2) * len(OPERATIONS) ** 2 for node in NODES) ** 2
"""Pairs of cells, whatever the order of a node's edges: 180^2 * 7^16, about 1.08e18."""


class DARTS(Space):
    """The space of DARTS; text form ``Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=[2, 3, 4, 5], ...)``.

    For each cell and node there are four choices: operation and source of the first edge, operation and source of the
    second. Sources of second edges are counted from the nearest predecessor back. The two sources of a node differ.
    """

    name = "darts"
    options = tuple(count for _ in KINDS for node in NODES for count in (len(OPERATIONS), node) * 2)
    staged = False
    published = Skeleton(channels=36, cells=20, classes=10, input_shape=(3, 32, 32))

    def count(self) -> int:
        """Architectures as they are written: :data:`CELL_PAIRS` times 2^8 orders of edges."""
        return CELL_PAIRS * 2 ** (len(KINDS) * len(NODES))

    def is_valid(self, choices: Sequence[int]) -> bool:
        """Whether the two edges of every node read different nodes."""
        return all(first[1] != second[1] for cell in _cells(choices) for first, second in cell)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """An architecture drawn uniformly, no draw in vain."""
        draws = iter(rng.random(len(self.options)).tolist())
        choices: list[int] = []
        for node in NODES * len(KINDS):
            first_operation, first, second_operation, second = (next(draws) for _ in range(4))
            source = int(first * node)
            other = int(second * (node - 1))
            other += other >= source
            operations = (int(first_operation * len(OPERATIONS)), int(second_operation * len(OPERATIONS)))
            choices += [operations[0], source, operations[1], node - 1 - other]
        return Architecture(self.name, tuple(choices))

    def cells(self, architecture: Architecture) -> tuple[Cell, Cell]:
        """The normal and the reduction cell: for each node its two edges as (place in :data:`OPERATIONS`, source)."""
        normal, reduction = _cells(architecture.choices)
        return normal, reduction

    def of_cells(self, cells: Sequence[Cell]) -> Architecture:
        """The architecture of a normal and a reduction cell; the inverse of :meth:`cells`.

        Raises:
            ValueError: the cells are not of this space.
        """
        choices: list[int] = []
        for cell in cells:
            for node, (first, second) in zip(NODES, cell, strict=True):
                choices += [first[0], first[1], second[0], node - 1 - second[1]]
        return self.architecture(choices)

    # -- text -----------------------------------------------------------------------------------------------------

    def format(self, architecture: Architecture) -> str:
        """The genotype's text as DARTS publishes it, edges in the order in which they are."""
        normal, reduction = (
            tuple((OPERATIONS[operation], source) for pair in cell for operation, source in pair)
            for cell in self.cells(architecture)
        )
        return str(Genotype(normal, NODES, reduction, NODES))

    def parse(self, text: str) -> Architecture:
        """The architecture of a genotype's text."""
        genotype = read_genotype(text)
        cells = []
        for edges, concat in (
            (genotype.normal, genotype.normal_concat),
            (genotype.reduce, genotype.reduce_concat),
        ):
            if concat != NODES:
                raise ValueError(f"{text!r} is no cell of {self.name}: expected the concatenation of nodes 2 to 5")
            cells.append(_read_cell(text, edges))
        return self.of_cells(cells)

    # -- what is computed -----------------------------------------------------------------------------------------

    def dataflow(self, architecture: Architecture) -> Dataflow:
        """Both cells' programs, each with two inputs of its own; the output is what a convolution makes of the nodes.

        A 1x1 convolution of a concatenation is a sum of convolutions with weights of their own, one for each part. So
        cells are one class when they differ in the order of nodes or edges alone, or in where pooling is written.
        """
        flow = Dataflow()
        outputs = []
        for kind, cell in enumerate(self.cells(architecture)):
            values = write_cell(flow, kind, cell)
            outputs.append(flow.add(*(flow.weighted(f"{KINDS[kind]}.output", value) for value in values[2:])))
        return flow.set_outputs(*outputs)

    def canonical(self, architecture: Architecture) -> Architecture:
        """The member of the class that pools least, and the first of those: the same for all members."""
        return self.of_cells([least_cell(kind, cell) for kind, cell in enumerate(self.cells(architecture))])

    def graphs(self, architecture: Architecture) -> tuple[Dag, ...]:
        """Two graphs of eleven nodes: the cell before last, the last cell, the eight edges' operations, the output.

        The two edges of a node stand side by side in the order of their sources, so that their order does not show.
        """
        return tuple(cell_graph(cell) for cell in self.cells(architecture))

    def plan(self, architecture: Architecture, skeleton: Skeleton) -> Plan:
        """The published network: a stem, cells with reductions at one and two thirds, classifiers."""
        cells = self.cells(architecture)
        chosen = [
            {(source, node): operation for node, pair in zip(NODES, cell, strict=True) for operation, source in pair}
            for cell in cells
        ]

        def write_edge(write: PlanWriter, place: EdgePlace) -> int:
            operation = chosen[place.kind][place.source, place.target]
            x = write_operation(write, place.name, operation, place.x, place.channels, place.stride)
            if operation == SKIP and place.stride == 1:
                return x
            return write.add(f"{place.name}.drop", "drop_path", x)

        return stack_cells(skeleton, (tuple(chosen[0]), tuple(chosen[1])), write_edge)

    def mixed_cells(self) -> MixedCells:
        """Every operation and none on every edge from earlier nodes; an architecture keeps the two strongest a node."""
        return _MixedCells(self)


class _MixedCells(MixedCells):
    """Normal and reduction cell of fourteen edges each."""

    kinds = KINDS
    edges = tuple((source, node) for node in NODES for source in range(node))
    operations = ("none", *OPERATIONS)
    none = 0
    skip = 1 + SKIP
    kept = 2
    normalise_pools = True
    prepared = ("input0", "input1")

    def plan(self, skeleton: Skeleton) -> Plan:
        def write_edge(write: PlanWriter, place: EdgePlace) -> int:
            edge = self.edges.index((place.source, place.target))
            settings = {"channels": place.channels, "stride": place.stride}
            return write.add(place.name, MIXED, place.x, kind=place.kind, edge=edge, **settings)

        return stack_cells(skeleton, (self.edges, self.edges), write_edge)

    def compose(self, operations: np.ndarray) -> Architecture:
        cells = []
        for chosen in operations.tolist():
            pairs = []
            for edges in self.incoming:
                kept = [(chosen[e] - 1, self.edges[e][0]) for e in edges if chosen[e] not in (ABSENT, self.none)]
                if len(kept) != 2:
                    raise ValueError(
                        f"a node of a {DARTS.name} cell keeps two edges that are not none, got {len(kept)}"
                    )
                pairs.append((kept[0], kept[1]))
            cells.append(tuple(pairs))
        return DARTS().of_cells(cells)

    def selection(self, architecture: Architecture) -> np.ndarray:
        found = np.full((len(KINDS), len(self.edges)), ABSENT, dtype=np.int64)
        for kind, cell in enumerate(_cells(architecture.choices)):
            for node, pair in zip(NODES, cell, strict=True):
                for operation, source in pair:
                    found[kind, self.edges.index((source, node))] = 1 + operation
        return found


def _cells(choices: Sequence[int]) -> tuple[Cell, ...]:
    found: list[Cell] = []
    for start in range(0, len(choices), 4 * len(NODES)):
        cell = []
        for place, node in enumerate(NODES):
            first, source, second, back = choices[start + 4 * place : start + 4 * place + 4]
            cell.append(((first, source), (second, node - 1 - back)))
        found.append(tuple(cell))
    return tuple(found)


def _read_cell(text: str, edges: Sequence[Edge]) -> Cell:
    if len(edges) != 2 * len(NODES):
        raise ValueError(f"{text!r} is no cell of {DARTS.name}: expected eight edges, two a node, got {len(edges)}")
    cell = []
    for place, node in enumerate(NODES):
        pair = edges[2 * place : 2 * place + 2]
        for operation, source in pair:
            if operation not in OPERATIONS or not 0 <= source < node:
                raise ValueError(
                    f"cannot read {(operation, source)!r} in {text!r}: expected one of {', '.join(OPERATIONS)} "
                    f"and a node from 0 to {node - 1}, as the edge leads to node {node}"
                )
        if pair[0][1] == pair[1][1]:
            raise ValueError(f"{text!r} is no cell of {DARTS.name}: expected two different nodes before node {node}")
        (first, source), (second, other) = ((OPERATIONS.index(operation), source) for operation, source in pair)
        cell.append(((first, source), (second, other)))
    return tuple(cell)
