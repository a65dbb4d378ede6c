"""The adjacency encoding: a column for each edge between two nodes of a cell, and the operation of each node.

White, Neiswanger, Nolen and Savani, "A Study on Encodings for Neural Architecture Search", NeurIPS 2020, section 3.
Cells are told as they are written, dead ends too; smaller ones are padded to the largest of the space.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.graphs import GraphBatch, graph_batches, survey
from predictors.tensors import tensor_columns, tensor_names


class Adjacency(Encoding):
    """A one for each edge that is there, and the operation of each node; one that carries nothing is all zeros.

    Args:
        categorical: tell an operation by one number, from 1 in the order of names, instead of a zero or one for each.
            A network unfolds the form of zeros and ones alone.
    """

    def __init__(self, categorical: bool = False) -> None:
        self.categorical = categorical

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``graph:node(n)=operation`` for nodes between input and output, ``graph:edge(source,target)``.

        In the categorical form ``graph:operation(n)`` and ``graph:pair(source,target)``.
        """
        if not self.categorical:
            return tensor_names(space)
        names: list[str] = []
        for place, nodes in enumerate(survey(space).nodes):
            names += [f"{place}:operation({node})" for node in range(1, nodes - 1)]
            names += [f"{place}:pair({source},{target})" for source, target in combinations(range(nodes), 2)]
        return tuple(names)

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of zeros and ones, or with numbers of operations."""
        parts = zip(graph_batches(space, architectures), survey(space).labels, strict=True)
        if self.categorical:
            return np.hstack([_categorical(batch) for batch, _ in parts])
        return np.hstack([tensor_columns(batch, len(labels), alive=False) for batch, labels in parts])


def _categorical(batch: GraphBatch) -> np.ndarray:
    sources, targets = np.triu_indices(batch.labels.shape[1], 1)
    return np.hstack([batch.labels[:, 1:-1] + 1, batch.edges[:, sources, targets]]).astype(np.float64)
