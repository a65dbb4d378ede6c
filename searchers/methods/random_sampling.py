"""Random sampling: independent draws, the same architecture again if it comes again."""

from __future__ import annotations

from typing import Any

from nasbench.space import Architecture
from searchers.searcher import Searcher


class RandomSampling(Searcher):
    """Uniform draws with replacement; nothing is kept in mind.

    This is random search as most papers run it: each query is one draw, and a draw that came before counts as a query
    and costs nothing on the clock. Its expected best is known in closed form from order statistics. ``random_search``
    differs in one thing, that it asks nothing twice.

    Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", JMLR 2012; the baseline of Li and Talwalkar,
    "Random Search and Reproducibility for Neural Architecture Search", UAI 2019. There is nothing to set.
    """

    def ask(self) -> Architecture:
        """An architecture drawn uniformly, whatever was asked before."""
        return self.space.sample(self.rng)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Nothing is learnt from a score."""

    def memory(self) -> dict[str, Any]:
        """Nothing: its chance is all there is."""
        return {}

    def recall(self, memory: dict[str, Any]) -> None:
        """Nothing is there to take back."""
