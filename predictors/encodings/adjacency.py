"""The adjacency encoding: a column for each edge between two nodes of a cell, and the operation of each node one-hot.

White, Neiswanger, Nolen and Savani, "A Study on Neural Architecture Search Encodings", NeurIPS 2020, section 3. Cells
are told as they are written, dead ends too; smaller ones are padded to the largest of the space.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.graphs import graph_batches, survey
from predictors.tensors import tensor_columns, tensor_names


class Adjacency(Encoding):
    """A one for each edge that is there and for the operation of each node; operations that carry nothing have none."""

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``graph:node(n)=operation`` for nodes between input and output, ``graph:edge(source,target)``."""
        return tensor_names(space)

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of zeros and ones."""
        parts = zip(graph_batches(space, architectures), survey(space).labels, strict=True)
        return np.hstack([tensor_columns(batch, len(labels), alive=False) for batch, labels in parts])
