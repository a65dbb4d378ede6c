"""GDAS: one operation an edge is drawn and computed, and gradients pass through the draw."""

from __future__ import annotations

import numpy as np
import torch

from searchers.weight_sharing.gradient import GradientSearcher
from searchers.weight_sharing.shared import Mixture, Problem


class Gdas(GradientSearcher):
    """Gumbel softmax with a hard choice: forward only the drawn operation, backward as if the choice were soft.

    Dong and Yang, "Searching for a Robust Neural Architecture in Four GPU Hours", CVPR 2019: the temperature falls from
    10 to 0.1 in even steps. Operations that were not drawn are not computed, so that no gradient comes from them; the
    published code adds their weights, which are zero, and with them a gradient that says nothing of the operations.
    Published on NAS-Bench-201 for orientation: 93.5 percent on CIFAR-10 (Dong and Yang, ICLR 2020).

    Args:
        problem: what is searched.
        seed: of everything.
        learning_rate: Adam's, of the architecture weights.
        weight_decay: L2 penalty on them.
        hottest: temperature at the beginning.
        coldest: temperature at the end.

    Raises:
        ValueError: a temperature is not more than 0.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        *,
        learning_rate: float = 3e-4,
        weight_decay: float = 1e-3,
        hottest: float = 10.0,
        coldest: float = 0.1,
    ) -> None:
        if not (hottest > 0 and coldest > 0):
            raise ValueError(f"temperatures must be more than 0, got {hottest} and {coldest}")
        super().__init__(problem, seed, learning_rate, weight_decay)
        self.hottest, self.coldest = hottest, coldest

    def relaxed(self) -> Mixture:
        """A draw: exactly 1 at one operation of each edge and 0 elsewhere."""
        temperature = self.hottest + (self.coldest - self.hottest) * self.shared.progress
        noise = torch.from_numpy(self.rng.gumbel(size=self.cells.shape).astype(np.float32))
        soft = ((self.alphas.log_softmax(-1) + noise) / temperature).softmax(-1)
        hard = torch.zeros_like(soft).scatter_(-1, soft.argmax(-1, keepdim=True), 1.0)
        return Mixture(hard + (soft - soft.detach()))
