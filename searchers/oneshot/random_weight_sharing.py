"""Random search with weight sharing: shared weights are trained on random paths, then random cells are judged."""

from __future__ import annotations

import numpy as np

from nasbench.space import Architecture
from searchers.weight_sharing.searcher import Judge, OneShotSearcher
from searchers.weight_sharing.shared import Mixture, Problem


class RandomWeightSharing(OneShotSearcher):
    """Each step trains an architecture drawn uniformly; the best of some random ones by shared weights is chosen.

    Li and Talwalkar, "Random Search and Reproducibility for Neural Architecture Search", UAI 2019.

    Args:
        problem: what is searched.
        seed: of everything.
        candidates: architectures that are judged, at least 1.

    Raises:
        ValueError: there are no candidates.
    """

    def __init__(self, problem: Problem, seed: int, *, candidates: int = 100) -> None:
        if candidates < 1:
            raise ValueError(f"candidates must be at least 1, got {candidates}")
        super().__init__(problem, seed)
        self.candidates = candidates

    def mixture(self) -> Mixture:
        """An architecture drawn uniformly."""
        return self.uniform_path()

    def strengths(self) -> np.ndarray:
        """All alike: nothing is learned but the shared weights."""
        return np.full(self.cells.shape, 1 / self.cells.shape[2])

    def choose(self, judge: Judge) -> Architecture:
        """The best of the candidates."""
        return self.best_of([self.space.sample(self.rng) for _ in range(self.candidates)], judge)
