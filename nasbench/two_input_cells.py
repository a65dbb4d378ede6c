"""The network of normal and reduction cells that read the two cells before them, as NASNet and DARTS stack them.

Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, section 3.2 and appendix. Each cell
brings both inputs to its number of channels and adds up what edges give in each node; its output is the concatenation
of the nodes. Cells at one third and two thirds of the network halve the size and double the channels. What an edge
holds is the caller's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nasbench.plan import Plan, PlanWriter, Skeleton

STEM_MULTIPLIER = 3
"""Channels of the CIFAR stem over those of the first cell."""
NORMAL, REDUCTION = 0, 1
"""The kinds of cells."""


@dataclass(frozen=True, slots=True)
class EdgePlace:
    """Where an edge is written.

    Args:
        name: of the step that gives the edge's value.
        kind: :data:`NORMAL` or :data:`REDUCTION`.
        source: node that the edge reads; 0 and 1 are the cell's inputs.
        target: node that the edge leads to, from 2 on.
        x: index of the step that gives the source's value.
        channels: of the cell's nodes.
        stride: 2 on edges of a reduction cell that read an input, else 1.
    """

    name: str
    kind: int
    source: int
    target: int
    x: int
    channels: int
    stride: int


WriteEdge = Callable[[PlanWriter, EdgePlace], int]
"""Writes what an edge holds; gives the index of the last step."""


def stack_cells(
    skeleton: Skeleton, edges: tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]], write_edge: WriteEdge
) -> Plan:
    """The whole network: stem, cells, classifier, and the auxiliary classifier where the skeleton asks for one.

    Args:
        skeleton: its cells are those of the whole network; cells // 3 and 2 * cells // 3 are reductions.
        edges: for each kind of cell the (source, target) of its edges, targets in order from 2 on.
        write_edge: writes an edge's steps.
    """
    write = PlanWriter(skeleton.input_shape)
    before, last, halved = _stem(write, skeleton)
    reductions = (skeleton.cells // 3, 2 * skeleton.cells // 3)
    channels, watched = skeleton.channels, 0
    for place in range(skeleton.cells):
        kind = REDUCTION if place in reductions else NORMAL
        channels *= 2 if kind == REDUCTION else 1
        name = f"cell{place}"
        inputs = _preprocess(write, name, before, last, channels, halved)
        before, last = last, _cell(write, name, kind, inputs, edges[kind], channels, write_edge)
        halved = kind == REDUCTION
        if place == reductions[1]:
            watched = last
    pooled = write.add("pool", "global_pool", last)
    auxiliary = None
    if skeleton.auxiliary:
        settings = {"features": skeleton.classes, "last_norm": int(skeleton.stem == "cifar")}
        auxiliary = write.add("auxiliary", "auxiliary_head", watched, **settings)
    write.add("classifier", "linear", pooled, features=skeleton.classes)
    return write.plan(auxiliary)


def _stem(write: PlanWriter, skeleton: Skeleton) -> tuple[int, int, bool]:
    """The first cell's two inputs, and whether the second has half the size of the first."""
    channels = skeleton.channels
    if skeleton.stem == "cifar":
        x = write.add("stem", "conv_bn", 0, kernel=3, stride=1, channels=STEM_MULTIPLIER * channels)
        return x, x, False
    x = write.add("stem0", "conv_bn", 0, kernel=3, stride=2, channels=max(1, channels // 2))
    x = write.add("stem0.relu", "relu", x)
    first = write.add("stem1", "conv_bn", x, kernel=3, stride=2, channels=channels)
    x = write.add("stem1.relu", "relu", first)
    return first, write.add("stem2", "conv_bn", x, kernel=3, stride=2, channels=channels), True


def _preprocess(write: PlanWriter, name: str, before: int, last: int, channels: int, halved: bool) -> tuple[int, int]:
    """Both inputs with the cell's channels; the older one is halved where the newer has half its size."""
    x = write.add(f"{name}.input0.relu", "relu", before)
    if halved:
        first = write.add(f"{name}.input0", "factorized_reduce", x, channels=channels, stride=2)
    else:
        first = write.add(f"{name}.input0", "conv_bn", x, kernel=1, stride=1, channels=channels)
    x = write.add(f"{name}.input1.relu", "relu", last)
    return first, write.add(f"{name}.input1", "conv_bn", x, kernel=1, stride=1, channels=channels)


def _cell(
    write: PlanWriter,
    name: str,
    kind: int,
    inputs: tuple[int, int],
    edges: Sequence[tuple[int, int]],
    channels: int,
    write_edge: WriteEdge,
) -> int:
    values = list(inputs)
    for target in sorted({target for _, target in edges}):
        incoming = []
        for source in [source for source, reached in edges if reached == target]:
            stride = 2 if kind == REDUCTION and source < 2 else 1
            edge = f"{name}.edge{source}{target}"
            place = EdgePlace(edge, kind, source, target, values[source], channels, stride)
            incoming.append(write_edge(write, place))
        values.append(write.add(f"{name}.node{target}", "sum", incoming))
    return write.add(f"{name}.output", "concat", values[2:])
