"""Graph features: what a cell's graph looks like through each set of allowed operations.

Kadlecová, Lukasik, Pilát, Vidnerová, Safari, Neri and Hutter, "Surprisingly Strong Performance Prediction with Neural
Graph Features", ICML 2024: operation counts, shortest and longest paths, degrees. Two more are counted here for each
set: the paths, and the most allowed operations on one path that may hold others too. Only what is alive counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.graphs import GraphBatch, graph_batches, survey

MEASURES = ("shortest", "longest", "paths", "most", "input_degree", "output_degree", "inner_degree")
"""What is measured for each set of allowed operations, in the order of the columns."""
ALL_SETS = 6
"""With more operations than this only small sets and their complements are looked at."""
_FAR = 10_000


class GraphFeatures(Encoding):
    """Counts of operations, then :data:`MEASURES` for each set of allowed operations.

    shortest and longest are numbers of operations on a path of allowed ones alone; without such a path they are one
    more than any path can have, and -1. Degrees count allowed neighbours; inner_degree is the mean number of allowed
    successors over allowed nodes.

    Args:
        canonical: look at the representative of an architecture's class instead of the architecture as written, so
            that all that compute the same have the same features; in a space too large to enumerate each architecture
            is its own.
    """

    def __init__(self, canonical: bool = False) -> None:
        self.canonical = canonical

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``graph:count(operation)`` and ``graph:measure(operation,...)``."""
        names: list[str] = []
        for place, labels in enumerate(survey(space).labels):
            names += [f"{place}:count({label})" for label in labels]
            for allowed in allowed_sets(len(labels)):
                inside = ",".join(labels[i] for i in allowed)
                names += [f"{place}:{measure}({inside})" for measure in MEASURES]
        return tuple(names)

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of counts, lengths and mean degrees."""
        known = survey(space)
        if self.canonical:
            architectures = [space.canonical(architecture) for architecture in architectures]
        columns: list[np.ndarray] = []
        for batch, labels, nodes in zip(graph_batches(space, architectures), known.labels, known.nodes, strict=True):
            for label in range(len(labels)):
                columns.append(((batch.labels == label) & batch.alive).sum(axis=1))
            for allowed in allowed_sets(len(labels)):
                columns += _measures(batch, allowed, nodes - 1)
        return np.stack(columns, axis=1).astype(np.float64) if columns else np.zeros((len(architectures), 0))


def allowed_sets(labels: int) -> list[tuple[int, ...]]:
    """Sets of labels to look through, small ones first: all, or of many labels those of one or two and complements."""
    everything = tuple(range(labels))
    if labels <= ALL_SETS:
        return [group for size in range(1, labels + 1) for group in combinations(everything, size)]
    small = [group for size in (1, 2) for group in combinations(everything, size)]
    return [*small, *(tuple(i for i in everything if i not in group) for group in reversed(small)), everything]


def _measures(batch: GraphBatch, allowed: tuple[int, ...], far: int) -> list[np.ndarray]:
    """The columns of :data:`MEASURES`; lengths are found by following nodes in order, all architectures at once."""
    count, nodes = batch.labels.shape
    inside = np.isin(batch.labels, allowed) & batch.alive
    passes = inside.copy()
    passes[:, 0] = passes[:, -1] = True
    shortest = np.full((count, nodes), _FAR, dtype=np.int32)
    longest, most = -shortest, -shortest
    paths = np.zeros((count, nodes), dtype=np.int64)
    shortest[:, 0] = longest[:, 0] = most[:, 0] = 0
    paths[:, 0] = 1
    for node in range(1, nodes):
        step = int(node < nodes - 1)
        enters = batch.edges[:, :node, node] & passes[:, node : node + 1]
        shortest[:, node] = np.where(enters, shortest[:, :node], _FAR).min(axis=1) + step
        longest[:, node] = np.where(enters, longest[:, :node], -_FAR).max(axis=1) + step
        paths[:, node] = (enters * paths[:, :node]).sum(axis=1)
        alive = batch.edges[:, :node, node] & batch.alive[:, node : node + 1] & batch.alive[:, :node]
        most[:, node] = np.where(alive, most[:, :node], -_FAR).max(axis=1) + inside[:, node]
    degrees = (batch.edges & inside[:, :, None] & inside[:, None, :]).sum(axis=(1, 2))
    return [
        np.minimum(shortest[:, -1], far),
        np.maximum(longest[:, -1], -1),
        paths[:, -1],
        np.maximum(most[:, -1], -1),
        (batch.edges[:, 0, :] & inside).sum(axis=1),
        (batch.edges[:, :, -1] & inside).sum(axis=1),
        degrees / np.maximum(inside.sum(axis=1), 1),
    ]
