"""DARTS, first order: softmax of architecture weights, learned as if the shared weights did not depend on them."""

from __future__ import annotations

from searchers.weight_sharing.gradient import GradientSearcher
from searchers.weight_sharing.shared import Mixture, Problem


class DartsFirstOrder(GradientSearcher):
    """Every edge is the softmax-weighted sum of its operations; one gradient for weights, one for the architecture.

    Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, with xi = 0. Published on
    NAS-Bench-201 for orientation: it falls to skips (Dong and Yang, ICLR 2020: 54.30 percent on CIFAR-10).

    Args:
        problem: what is searched.
        seed: of everything.
        learning_rate: Adam's, of the architecture weights.
        weight_decay: L2 penalty on them.
    """

    def __init__(self, problem: Problem, seed: int, *, learning_rate: float = 3e-4, weight_decay: float = 1e-3) -> None:
        super().__init__(problem, seed, learning_rate, weight_decay)

    def relaxed(self) -> Mixture:
        """Softmax over the operations of each edge."""
        return Mixture(self.alphas.softmax(-1))
