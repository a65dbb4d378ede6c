"""DARTS, second order: architecture weights learn through a step of the shared weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from searchers.weight_sharing.gradient import GradientSearcher
from searchers.weight_sharing.halves import Batch
from searchers.weight_sharing.hypergradient import PUBLISHED_EPSILON, hypergradient
from searchers.weight_sharing.shared import Mixture, Problem


class DartsSecondOrder(GradientSearcher):
    """As DARTS of first order, with the validation loss taken after a step of the shared weights on a training batch.

    Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, equations 6 to 8; the step has the
    momentum and the weight decay of the optimiser, as in the published code. See
    ``searchers/weight_sharing/hypergradient.py`` for what the finite difference is worth on a network of ReLUs.

    Args:
        problem: what is searched.
        seed: of everything.
        learning_rate: Adam's, of the architecture weights.
        weight_decay: L2 penalty on them.
        exact: the product with the Hessian by differentiating twice, in place of the finite difference.
        epsilon: length of the step of the finite difference, as a vector.

    Raises:
        ValueError: epsilon is not more than 0.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        *,
        learning_rate: float = 3e-4,
        weight_decay: float = 1e-3,
        exact: bool = False,
        epsilon: float = PUBLISHED_EPSILON,
    ) -> None:
        if not epsilon > 0:
            raise ValueError(f"epsilon must be more than 0, got {epsilon}")
        super().__init__(problem, seed, learning_rate, weight_decay)
        self.exact, self.epsilon = exact, epsilon

    def relaxed(self) -> Mixture:
        """Softmax over the operations of each edge."""
        return Mixture(self.alphas.softmax(-1))

    def gradients(self, train: Batch, validation: Batch) -> Sequence[torch.Tensor]:
        """Through the step that the shared weights would take."""
        return hypergradient(
            lambda: self.shared.loss(train, self.relaxed()),
            lambda: self.shared.loss(validation, self.relaxed()),
            self.shared.weights,
            [self.alphas],
            self.shared.learning_rate,
            self._pull(),
            None if self.exact else self.epsilon,
        )

    def _pull(self) -> list[torch.Tensor]:
        """Weight decay and momentum of each shared weight."""
        recipe, states = self.shared.recipe, self.shared.optimizer.state
        pull = [recipe.weight_decay * weight.detach() for weight in self.shared.weights]
        if recipe.momentum:
            for each, weight in zip(pull, self.shared.weights, strict=True):
                each.add_(states[weight]["momentum_buffer"], alpha=recipe.momentum)
        return pull
