"""PC-DARTS: operations see a part of the channels, and edges have weights of their own."""

from __future__ import annotations

import numpy as np
import torch

from searchers.weight_sharing.gradient import GradientSearcher
from searchers.weight_sharing.shared import Mixture, Problem


class PcDarts(GradientSearcher):
    """DARTS of first order on partial channels, with edges normalised against each other at the node they lead to.

    Xu et al., "PC-DARTS: Partial Channel Connections for Memory-Efficient Architecture Search", ICLR 2020: a quarter of
    the channels, the others pass by; the strength of an operation is that of the edge times its own; in the first 15 of
    50 epochs the architecture stays as it is.

    Args:
        problem: what is searched; its channels are a multiple of ``part``.
        seed: of everything.
        learning_rate: Adam's, of the architecture weights.
        weight_decay: L2 penalty on them.
        part: a share of 1 / ``part`` of the channels goes through the operations.
        warmup: share of the search in which the architecture stays as it is.

    Raises:
        ValueError: the channels cannot be parted so.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        *,
        learning_rate: float = 6e-4,
        weight_decay: float = 1e-3,
        part: int = 4,
        warmup: float = 0.3,
    ) -> None:
        if part < 1:
            raise ValueError(f"part must be at least 1, got {part}")
        self.part = part
        super().__init__(problem, seed, learning_rate, weight_decay, warmup)
        self.betas = self.drawn(self.cells.shape[:2])
        """float32 [K, E]: weights of edges."""

    def relaxed(self) -> Mixture:
        """Softmax over the operations of each edge, and over the edges of each node."""
        return Mixture(self.alphas.softmax(-1), self._edges())

    def strengths(self) -> np.ndarray:
        """Of the edge times of the operation; of an edge between nodes with others they do not sum to one."""
        return super().strengths() * self._edges().detach().double().numpy()[:, :, None]

    def learned(self) -> dict[str, torch.Tensor]:
        """Weights of operations and of edges."""
        return {**super().learned(), "betas": self.betas}

    def _edges(self) -> torch.Tensor:
        """[K, E]: softmax over the edges that lead to the same node, which stand beside each other."""
        return torch.cat([self.betas[:, list(edges)].softmax(-1) for edges in self.cells.incoming], dim=-1)
