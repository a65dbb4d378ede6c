"""Steps along gradients of flat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


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
        """Both means and the number of steps, as JSON."""
        return {"steps": self._steps, "mean": self._mean.tolist(), "square": self._square.tolist()}

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back what :meth:`memory` gave."""
        self._steps = memory["steps"]
        self._mean = np.array(memory["mean"], dtype=np.float64)
        self._square = np.array(memory["square"], dtype=np.float64)
