"""Cells of many architectures as arrays, for encodings that look at graphs: labels, edges, what is alive.

Labels name operations. Those in :data:`DEAD` carry nothing, so that a node with one is no node; a node is alive when a
path of nodes that carry something leads from the input through it to the output.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from nasbench.graph import Dag
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space

DEAD = frozenset({"none", "zero", "zeroize"})
"""Labels of operations that carry nothing, as the field writes them."""
SURVEYED = 4096
"""Architectures looked at, drawn with a fixed seed, where a space is too large to look at all."""

CLASSES = 1000
"""Classes that stand for all of a space."""


@dataclass(frozen=True)
class Survey:
    """What the cells of a space are made of.

    Args:
        labels: for each of an architecture's graphs, the labels that carry something, sorted.
        nodes: for each of its graphs, the largest number of nodes, input and output included.
        architectures: all of the space, or the :data:`SURVEYED` that stand for it.
    """

    labels: tuple[tuple[str, ...], ...]
    nodes: tuple[int, ...]
    architectures: tuple[Architecture, ...]


@dataclass(frozen=True)
class GraphBatch:
    """One graph of each of many architectures, padded to equal size; node 0 is the input, the last the output.

    Args:
        labels: int16 of shape (architectures, nodes), the place of a node's label in the survey; -1 for the input, the
            output, dead operations and padding.
        edges: bool of shape (architectures, nodes, nodes); [:, source, target], source < target.
        alive: bool of shape (architectures, nodes).
    """

    labels: np.ndarray
    edges: np.ndarray
    alive: np.ndarray


_SURVEYS: WeakKeyDictionary[Space, Survey] = WeakKeyDictionary()


def survey(space: Space) -> Survey:
    """The survey of a space, made once."""
    if space not in _SURVEYS:
        if space.count() <= LARGEST_ENUMERATED:
            architectures = tuple(space)
        else:
            rng = np.random.default_rng(0)
            architectures = tuple(space.sample(rng) for _ in range(SURVEYED))
        labels: list[set[str]] = [set() for _ in space.graphs(architectures[0])]
        nodes = [0] * len(labels)
        for architecture in architectures:
            for place, graph in enumerate(space.graphs(architecture)):
                labels[place].update(graph.labels[1:-1])
                nodes[place] = max(nodes[place], len(graph.labels))
        _SURVEYS[space] = Survey(tuple(tuple(sorted(part - DEAD)) for part in labels), tuple(nodes), architectures)
    return _SURVEYS[space]


_CLASSES: WeakKeyDictionary[Space, tuple[Architecture, ...]] = WeakKeyDictionary()


def surveyed_classes(space: Space) -> tuple[Architecture, ...]:
    """One architecture of each of at most :data:`CLASSES` classes: drawn from all, or from a very large space's survey.

    The same for every process; made once.
    """
    if space not in _CLASSES:
        if space.count() <= LARGEST_ENUMERATED:
            firsts = [members[0] for members in space.classes.values()]
        else:
            found: dict[str, Architecture] = {}
            for architecture in survey(space).architectures:
                found.setdefault(space.canonical_hash(architecture), architecture)
            firsts = list(found.values())
        drawn = np.random.default_rng(0).permutation(len(firsts))[:CLASSES]
        _CLASSES[space] = tuple(firsts[place] for place in np.sort(drawn).tolist())
    return _CLASSES[space]


def graph_batches(space: Space, architectures: Sequence[Architecture]) -> list[GraphBatch]:
    """A batch for each of an architecture's graphs (a space of normal and reduction cells has two).

    Raises:
        ValueError: a label that the survey of a very large space did not meet.
    """
    known = survey(space)
    rows = [space.graphs(architecture) for architecture in architectures]
    return [
        _batch([graphs[place] for graphs in rows], {label: i for i, label in enumerate(labels)}, nodes)
        for place, (labels, nodes) in enumerate(zip(known.labels, known.nodes, strict=True))
    ]


def _batch(graphs: list[Dag], places: dict[str, int], nodes: int) -> GraphBatch:
    nodes = max([nodes, *(len(graph.labels) for graph in graphs)])
    labels = np.full((len(graphs), nodes), -1, dtype=np.int16)
    edges = np.zeros((len(graphs), nodes, nodes), dtype=bool)
    places = places | dict.fromkeys(DEAD, -1)
    shapes: dict[tuple[int, tuple[tuple[int, int], ...]], list[int]] = {}
    for row, graph in enumerate(graphs):
        shapes.setdefault((len(graph.labels), graph.edges), []).append(row)
    try:
        for (size, pairs), members in shapes.items():
            if size > 2:
                labels[members, 1 : size - 1] = [[places[x] for x in graphs[row].labels[1:-1]] for row in members]
            for source, target in pairs:
                edges[members, source, nodes - 1 if target == size - 1 else target] = True
    except KeyError as error:
        raise ValueError(
            f"operation {error} is not among those met in {SURVEYED} architectures of the space "
            f"({', '.join(sorted(places))}), so no feature stands for it"
        ) from None
    return GraphBatch(labels, edges, _alive(labels, edges))


def _alive(labels: np.ndarray, edges: np.ndarray) -> np.ndarray:
    nodes = labels.shape[1]
    carries = labels >= 0
    carries[:, 0] = carries[:, -1] = True
    forward, backward = np.zeros_like(carries), np.zeros_like(carries)
    forward[:, 0] = backward[:, -1] = True
    for node in range(1, nodes):
        forward[:, node] = carries[:, node] & (forward[:, :node] & edges[:, :node, node]).any(axis=1)
    for node in range(nodes - 2, -1, -1):
        backward[:, node] = carries[:, node] & (backward[:, node + 1 :] & edges[:, node, node + 1 :]).any(axis=1)
    return forward & backward
