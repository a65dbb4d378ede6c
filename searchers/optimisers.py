"""Steps along gradients of flat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from searchers.packing import packed, unpacked


class Adam:
    """Adam, which scales each parameter's step by what its gradients were like so far.

    Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1; decay rates and epsilon are the
    paper's.

    Args:
        size: number of parameters.
        learning_rate: longest step of a parameter, roughly.
        decay: share of the old mean of gradients, and of their squares, that a step keeps.
        epsilon: added to the root of the mean square.
    """

    def __init__(
        self, size: int, learning_rate: float, decay: tuple[float, float] = (0.9, 0.999), epsilon: float = 1e-8
    ) -> None:
        self.learning_rate, self.decay, self.epsilon = learning_rate, decay, epsilon
        self._steps = 0
        self._mean = np.zeros(size)
        self._square = np.zeros(size)

    def step(self, gradient: np.ndarray) -> np.ndarray:
        """float64 [parameters]: what to add to climb along a gradient, or to take away to descend."""
        first, second = self.decay
        self._steps += 1
        self._mean += (1 - first) * (gradient - self._mean)
        self._square += (1 - second) * (gradient * gradient - self._square)
        root = np.sqrt(self._square)
        root *= (1 - second**self._steps) ** -0.5
        root += self.epsilon
        np.divide(self._mean, root, out=root)
        root *= self.learning_rate / (1 - first**self._steps)
        return root

    def memory(self) -> dict[str, Any]:
        """The number of steps and both means, as JSON."""
        return {"steps": self._steps, "mean": packed(self._mean), "square": packed(self._square)}

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back what :meth:`memory` gave."""
        self._steps = memory["steps"]
        self._mean = unpacked(memory["mean"])
        self._square = unpacked(memory["square"])
