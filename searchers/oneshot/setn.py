"""SETN: shared weights are trained on uniform paths, and an evaluator learns which candidates are worth judging."""

from __future__ import annotations

import numpy as np

from nasbench.space import Architecture
from searchers.weight_sharing.gradient import GradientSearcher
from searchers.weight_sharing.searcher import Judge
from searchers.weight_sharing.shared import Mixture, Problem


class Setn(GradientSearcher):
    """Each step trains a path drawn uniformly, so that all are trained alike; architecture weights learn beside it.

    Dong and Yang, "One-Shot Neural Architecture Search via Self-Evaluated Template Network", ICCV 2019: the strengths
    are those of the softmax mixture on validation batches, candidates are drawn by them, and the best by shared weights
    is chosen. Uniform paths alone are those of Guo et al., "Single Path One-Shot", ECCV 2020.

    Args:
        problem: what is searched.
        seed: of everything.
        learning_rate: Adam's, of the architecture weights.
        weight_decay: L2 penalty on them.
        candidates: architectures that are judged, at least 1; one is that of the strongest operations.

    Raises:
        ValueError: there are no candidates.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        *,
        learning_rate: float = 3e-4,
        weight_decay: float = 1e-3,
        candidates: int = 100,
    ) -> None:
        if candidates < 1:
            raise ValueError(f"candidates must be at least 1, got {candidates}")
        super().__init__(problem, seed, learning_rate, weight_decay)
        self.candidates = candidates

    def relaxed(self) -> Mixture:
        """Softmax over the operations of each edge."""
        return Mixture(self.alphas.softmax(-1))

    def mixture(self) -> Mixture:
        """An architecture drawn uniformly."""
        return self.uniform_path()

    def choose(self, judge: Judge) -> Architecture:
        """The best of the candidates; noise of Gumbel on logarithms draws each operation by its strength."""
        logs = np.log(self.strengths())
        drawn = [self.cells.discretise(logs + self.rng.gumbel(size=logs.shape)) for _ in range(self.candidates - 1)]
        return self.best_of([self.cells.discretise(logs), *drawn], judge)
