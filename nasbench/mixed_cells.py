"""What weight sharing needs of a search space: cells in which every edge holds every operation, each with a weight.

K is the number of kinds of cells, E of edges in a cell, O of operations. The strength of operations is an array
[K, E, O]; a choice of one operation an edge is an integer array [K, E], :data:`ABSENT` where an edge holds none. A
space offers its mixed cells by :meth:`nasbench.space.Space.mixed_cells`. NumPy only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from nasbench.plan import Plan, Skeleton
from nasbench.space import Architecture, Space

ABSENT = -1
"""In place of an operation: the edge is not there."""

MIXED = "mixed"
"""Operation of a plan's step that stands for all operations of an edge. Its settings: ``kind`` and ``edge``, the place
of its weights; ``channels`` and ``stride``, of what it gives."""


class MixedCells(ABC):
    """The cells of a space with every operation on every edge; all kinds have the same edges and operations.

    Subclasses set the attributes and write :meth:`plan`, :meth:`compose` and :meth:`selection`.

    Args:
        space: the space whose architectures are parts of these cells.
    """

    kinds: tuple[str, ...]
    """Names of the kinds of cells, such as normal and reduction."""
    edges: tuple[tuple[int, int], ...]
    """(source, target) of each edge; nodes are counted from the cell's inputs on."""
    operations: tuple[str, ...]
    """Their published names, of ``nasbench.networks.cell_operations``."""
    none: int
    """Place of the operation that gives zeros."""
    skip: int
    """Place of the operation that gives its input."""
    kept: int | None = None
    """Edges that an architecture keeps for each node, none of which is none; None where it keeps all as they are."""
    normalise_pools: bool = False
    """Whether batch norm follows pooling while weights are shared, though not in an architecture."""
    prepared: tuple[str, ...] = ()
    """Last parts of the names of a cell's steps that prepare its inputs: while weights are shared their batch norms,
    like those of operations, have no scale and shift."""

    def __init__(self, space: Space) -> None:
        self.space = space

    @abstractmethod
    def plan(self, skeleton: Skeleton) -> Plan:
        """The whole network with a step of operation :data:`MIXED` for each edge of each cell."""

    @abstractmethod
    def compose(self, operations: np.ndarray) -> Architecture:
        """The architecture that a choice of operations, integers [K, E], makes."""

    @abstractmethod
    def selection(self, architecture: Architecture) -> np.ndarray:
        """int64 [K, E]: the operation on each edge, the inverse of :meth:`compose`."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """(K, E, O)."""
        return len(self.kinds), len(self.edges), len(self.operations)

    @property
    def incoming(self) -> tuple[tuple[int, ...], ...]:
        """Places of the edges that lead to each node, node by node."""
        targets = sorted({target for _, target in self.edges})
        return tuple(tuple(e for e, (_, target) in enumerate(self.edges) if target == node) for node in targets)

    def discretise(self, strengths: np.ndarray) -> Architecture:
        """The architecture of the strongest operations, see :meth:`strongest`."""
        return self.compose(self.strongest(strengths))

    def strongest(self, strengths: np.ndarray) -> np.ndarray:
        """int64 [K, E]: the strongest operation of each edge, the first of equals.

        Where an architecture keeps a number of edges a node, those whose strongest operation that is not none is
        strongest are kept, with that operation (Liu, Simonyan and Yang, "DARTS", ICLR 2019, section 2.4).

        Args:
            strengths: [K, E, O]; comparable between the edges of a node.

        Raises:
            ValueError: of another shape, or not a number.
        """
        if strengths.shape != self.shape or np.isnan(strengths).any():
            raise ValueError(f"strengths must be numbers of shape {self.shape}, got {strengths.shape}")
        if self.kept is None:
            return strengths.argmax(axis=2).astype(np.int64)
        proper = strengths.astype(np.float64)
        proper[:, :, self.none] = -np.inf
        found = np.full(self.shape[:2], ABSENT, dtype=np.int64)
        for kind in range(len(self.kinds)):
            for edges in self.incoming:
                order = np.argsort(-proper[kind, list(edges)].max(axis=1), kind="stable")[: self.kept]
                for edge in np.array(edges)[order]:
                    found[kind, edge] = proper[kind, edge].argmax()
        return found

    def one_hot(self, architecture: Architecture) -> np.ndarray:
        """float64 [K, E, O]: 1 at the architecture's operations, 0 elsewhere."""
        chosen = self.selection(architecture)
        return (chosen[:, :, None] == np.arange(len(self.operations))).astype(np.float64)

    def skips(self, architecture: Architecture) -> np.ndarray:
        """int64 [K]: edges of each kind that hold a skip."""
        return (self.selection(architecture) == self.skip).sum(axis=1)

    def collapsed(self, architecture: Architecture) -> bool:
        """Whether skips are more than half of the edges that a kind of cell keeps.

        What differentiable search is known to fall into (Zela et al., "Understanding and Robustifying Differentiable
        Architecture Search", ICLR 2020).
        """
        present = (self.selection(architecture) != ABSENT).sum(axis=1)
        return bool((2 * self.skips(architecture) > present).any())
