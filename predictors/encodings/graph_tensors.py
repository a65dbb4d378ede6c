"""Graphs for networks: what is alive of each cell, in columns that :mod:`predictors.tensors` unfolds again.

The columns are those of the adjacency encoding, without nodes and edges that are on no way from input to output.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.graphs import graph_batches, survey
from predictors.tensors import tensor_columns, tensor_names


class GraphTensors(Encoding):
    """A one for the operation of each node that is alive and for each edge between two of them.

    Args:
        canonical: look at the representative of an architecture's class instead of the architecture as written; in a
            space too large to enumerate each architecture is its own.
    """

    def __init__(self, canonical: bool = False) -> None:
        self.canonical = canonical

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``graph:node(n)=operation`` for nodes between input and output, ``graph:edge(source,target)``."""
        return tensor_names(space)

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of zeros and ones; :func:`predictors.tensors.unfold` gives the graphs back."""
        if self.canonical:
            architectures = [space.canonical(architecture) for architecture in architectures]
        parts = zip(graph_batches(space, architectures), survey(space).labels, strict=True)
        return np.hstack([tensor_columns(batch, len(labels), alive=True) for batch, labels in parts])
