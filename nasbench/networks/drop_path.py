"""Drop path: in training the outputs of an edge are left out for some images, the others made larger in return.

Larsson, Maire and Shakhnarovich, "FractalNet: Ultra-Deep Neural Networks without Residuals", ICLR 2017, in the form of
NASNet and DARTS: one coin an image and edge. The probability is set from outside as a training goes on, and so is the
generator that the coins come from, so that whoever keeps its state can go on exactly.
"""

from __future__ import annotations

import torch
from torch import nn


class DropPath(nn.Module):
    """Zeros for a share of the images and the others divided by the share that stays; the input itself in evaluation.

    Set by :meth:`nasbench.networks.build.Network.set_drop_path`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.probability = 0.0
        self.generator: torch.Generator | None = None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The input, some images of it dropped while training."""
        if not self.training or self.probability == 0.0:
            return x
        keep = 1.0 - self.probability
        coins = torch.empty(len(x), 1, 1, 1, dtype=x.dtype, device=x.device)
        return x * coins.bernoulli_(keep, generator=self.generator).div_(keep)

    def set(self, probability: float, generator: torch.Generator) -> None:
        """Drops each image with this probability from now on.

        Args:
            probability: from 0 to below 1.
            generator: on the device of the images; its state moves on with each training batch.

        Raises:
            ValueError: a probability out of range.
        """
        if not 0.0 <= probability < 1.0:
            raise ValueError(f"the probability of dropping a path must be 0 to below 1, got {probability}")
        self.probability, self.generator = float(probability), generator
