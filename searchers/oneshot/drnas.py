"""DrNAS: mixtures are drawn from Dirichlet distributions whose concentrations are learned."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from searchers.weight_sharing.gradient import GradientSearcher
from searchers.weight_sharing.shared import Mixture, Problem


class DrNas(GradientSearcher):
    """Each step mixes the operations of an edge by a draw from a Dirichlet distribution, through which gradients pass.

    Chen, Wang, Cheng, Tang and Hsieh, "DrNAS: Dirichlet Neural Architecture Search", ICLR 2021. Concentrations are
    elu(alpha) + 1, so that weight decay pulls them to 1, where all mixtures are equally likely. The draw is that of
    gamma variables over their sum, whose implicit gradients torch knows. All channels are searched at once; the paper's
    stages of growing channels are left out.

    Args:
        problem: what is searched.
        seed: of everything.
        learning_rate: Adam's, of the architecture weights.
        weight_decay: L2 penalty on them.
    """

    def __init__(self, problem: Problem, seed: int, *, learning_rate: float = 6e-4, weight_decay: float = 1e-3) -> None:
        super().__init__(problem, seed, learning_rate, weight_decay)

    def relaxed(self) -> Mixture:
        """A draw for each edge."""
        draws = torch._standard_gamma(self._concentrations(), generator=self.generator())
        return Mixture(draws / draws.sum(-1, keepdim=True))

    def strengths(self) -> np.ndarray:
        """Mean of each distribution."""
        concentrations = self._concentrations().detach().double()
        return (concentrations / concentrations.sum(-1, keepdim=True)).numpy()

    def _concentrations(self) -> torch.Tensor:
        return functional.elu(self.alphas) + 1
