"""Graphs as rows of numbers and back: operations one-hot and a column for each edge, which a network unfolds again.

Columns are named ``graph:node(n)=operation`` and ``graph:edge(source,target)``; an encoding put side by side with
others has its text before that. Node 0 is the input, the last the output; padding lies between.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nasbench.space import Space
from predictors.graphs import GraphBatch, survey

NOTHING, INPUT, OUTPUT, FIRST = 0, 1, 2, 3
"""Numbers of operations in :class:`GraphTensors`: of padding and what is dead, input, output, the first label."""
_COLUMN = re.compile(r"((?:.*?:)?)(\d+):(?:edge\((\d+),(\d+)\)|node\((\d+)\)=(.*))", re.DOTALL)


@dataclass(frozen=True)
class GraphTensors:
    """Graphs of architectures, g for each, padded to the same number of nodes.

    Args:
        operations: int64 of shape (n, g, nodes); :data:`FIRST` and up are places in ``labels``.
        adjacency: bool of shape (n, g, nodes, nodes); [..., source, target], source < target.
        mask: bool of shape (n, g, nodes), which nodes are there; inputs and outputs always.
        labels: of operations, shared by all graphs.
    """

    operations: np.ndarray
    adjacency: np.ndarray
    mask: np.ndarray
    labels: tuple[str, ...]


def tensor_names(space: Space) -> tuple[str, ...]:
    """Names of the columns for all graphs of a space: of each graph the operations of inner nodes, then edges."""
    known = survey(space)
    names: list[str] = []
    for place, (labels, nodes) in enumerate(zip(known.labels, known.nodes, strict=True)):
        names += [f"{place}:node({node})={label}" for node in range(1, nodes - 1) for label in labels]
        names += [f"{place}:edge({s},{t})" for s in range(nodes) for t in range(s + 1, nodes)]
    return tuple(names)


def tensor_columns(batch: GraphBatch, labels: int, alive: bool) -> np.ndarray:
    """Columns of one graph of many architectures, zeros and ones, in the order of :func:`tensor_names`.

    Args:
        batch: the graph of each architecture.
        labels: how many labels its survey knows.
        alive: whether only what is on a way from input to output is told.
    """
    count, nodes = batch.labels.shape
    numbers, edges = batch.labels, batch.edges
    if alive:
        numbers = np.where(batch.alive, numbers, -1)
        edges = edges & batch.alive[:, :, None] & batch.alive[:, None, :]
    hot = numbers[:, 1:-1, None] == np.arange(labels)
    sources, targets = np.triu_indices(nodes, 1)
    return np.hstack([hot.reshape(count, -1), edges[:, sources, targets]]).astype(np.float64)


def unfold(features: np.ndarray, names: Sequence[str]) -> tuple[GraphTensors | None, np.ndarray]:
    """The graphs that columns tell of, None where they tell of none; and which columns do, bool [features].

    Args:
        features: of shape (n, features).
        names: of the columns.
    """
    found = [(column, match) for column, name in enumerate(names) if (match := _COLUMN.fullmatch(name))]
    told = np.zeros(len(names), dtype=bool)
    told[[column for column, _ in found]] = True
    if not any(match[3] for _, match in found):
        return None, np.zeros(len(names), dtype=bool)
    graphs = {key: place for place, key in enumerate(dict.fromkeys((match[1], match[2]) for _, match in found))}
    labels = tuple(sorted({match[6] for _, match in found if match[6] is not None}))
    sizes = [0] * len(graphs)
    for _, match in found:
        place = graphs[match[1], match[2]]
        sizes[place] = max(sizes[place], 1 + int(match[4] or 0))
    nodes = max(sizes)
    operations = np.full((len(features), len(graphs), nodes), NOTHING, dtype=np.int64)
    operations[:, :, 0], operations[:, :, -1] = INPUT, OUTPUT
    adjacency = np.zeros((*operations.shape, nodes), dtype=bool)
    for column, match in found:
        graph, set_ = graphs[match[1], match[2]], features[:, column] > 0.5
        if match[6] is not None:
            operations[set_, graph, int(match[5])] = FIRST + labels.index(match[6])
        else:
            source, target = int(match[3]), int(match[4])
            adjacency[set_, graph, source, nodes - 1 if target == sizes[graph] - 1 else target] = True
    return GraphTensors(operations, adjacency, operations != NOTHING, labels), told
