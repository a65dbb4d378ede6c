"""What searchers have in common that learn the strengths of operations by gradients of the validation loss."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
import torch

from searchers.weight_sharing.halves import Batch
from searchers.weight_sharing.searcher import OneShotSearcher
from searchers.weight_sharing.shared import Mixture, Problem


class GradientSearcher(OneShotSearcher):
    """Architecture weights ("alphas") that Adam moves down the validation loss, one step for each of shared weights.

    Subclasses write :meth:`relaxed`. Liu, Simonyan and Yang, "DARTS", ICLR 2019: alphas drawn normal with deviation
    0.001, Adam with decay rates 0.5 and 0.999.

    Args:
        problem: what is searched.
        seed: of everything.
        learning_rate: of Adam.
        weight_decay: L2 penalty on the alphas.
        warmup: share of the search in which the alphas stay as they are.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self, problem: Problem, seed: int, learning_rate: float, weight_decay: float, warmup: float = 0.0
    ) -> None:
        if not learning_rate > 0 or not weight_decay >= 0 or not 0 <= warmup <= 1:
            raise ValueError(
                f"learning_rate must be more than 0, weight_decay at least 0, warmup from 0 to 1, "
                f"got {learning_rate}, {weight_decay} and {warmup}"
            )
        super().__init__(problem, seed)
        self.learning_rate, self.weight_decay, self.warmup = learning_rate, weight_decay, warmup
        self.alphas = self.drawn(self.cells.shape)
        """float32 [K, E, O], on the CPU."""
        self._optimizer: torch.optim.Adam | None = None

    @abstractmethod
    def relaxed(self) -> Mixture:
        """A mixture through which gradients pass to the alphas; drawn anew each time where chance is in it."""

    def mixture(self) -> Mixture:
        """The relaxed one."""
        return self.relaxed()

    def strengths(self) -> np.ndarray:
        """Softmax of the alphas."""
        return self.alphas.detach().double().softmax(-1).numpy()

    def learned(self) -> dict[str, torch.Tensor]:
        """What Adam moves, by name."""
        return {"alphas": self.alphas}

    def learn(self, train: Batch, validation: Batch) -> None:
        """One step of Adam, after the warm-up."""
        if self.shared.progress < self.warmup:
            return
        learned = list(self.learned().values())
        for tensor, gradient in zip(learned, self.gradients(train, validation), strict=True):
            tensor.grad = gradient
        self.adam.step()
        self.adam.zero_grad(set_to_none=True)

    def gradients(self, train: Batch, validation: Batch) -> Sequence[torch.Tensor]:
        """Gradients of :meth:`learned`: those of the validation loss at the shared weights as they are."""
        loss = self.shared.loss(validation, self.relaxed())
        return torch.autograd.grad(loss, list(self.learned().values()), materialize_grads=True)

    def drawn(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Architecture weights to begin with: normal with deviation 0.001, float32."""
        return torch.from_numpy(self.rng.normal(0.0, 1e-3, shape).astype(np.float32)).requires_grad_()

    @property
    def adam(self) -> torch.optim.Adam:
        """What moves them."""
        if self._optimizer is None:
            self._optimizer = torch.optim.Adam(
                list(self.learned().values()),
                lr=self.learning_rate,
                betas=(0.5, 0.999),
                weight_decay=self.weight_decay,
            )
        return self._optimizer

    def tensors(self) -> dict[str, torch.Tensor]:
        """The alphas, and what else is learned."""
        return self.learned()

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """Adam."""
        return {"adam": self.adam}
