"""Kernel densities over choices without order, as BOHB models good and bad architectures.

n: data; q: choices of an architecture; c_j: options of choice j; lambda_j: bandwidth of choice j.
"""

from __future__ import annotations

import numpy as np

LEAST_WIDTH = 1e-3
"""Bandwidths are no less, so that every option keeps a chance (Falkner et al., ICML 2018, and their code)."""


class Density:
    """A product kernel over choices around each datum (Aitchison and Aitken, Biometrika 1976).

    The kernel of choice j is 1 - lambda_j at the datum's option and lambda_j / (c_j - 1) at each other one. Bandwidths
    follow the normal reference rule, 1.06 sigma_j n^(-1/(4+q)) with sigma_j over the options as numbers, as in the
    library that BOHB uses; at most (c_j - 1) / c_j, where the kernel is flat.

    Args:
        data: integers [n, q].
        options: options of each choice.
    """

    def __init__(self, data: np.ndarray, options: tuple[int, ...]) -> None:
        self.data = data
        self.options = np.array(options)
        n, q = data.shape
        width = 1.06 * data.std(axis=0) * n ** (-1 / (4 + q))
        flat = (self.options - 1) / self.options
        self.width = np.minimum(np.maximum(width, LEAST_WIDTH), flat)

    def of(self, points: np.ndarray) -> np.ndarray:
        """Density at each of the points, integers [m, q]: float64 [m]; it adds up to 1 over all points there are."""
        same = points[:, None, :] == self.data[None, :, :]
        kernel = np.where(same, 1 - self.width, self.width / np.maximum(self.options - 1, 1))
        return np.asarray(kernel.prod(axis=2).mean(axis=1))

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Points drawn as BOHB does: a datum, in which each choice is drawn anew with its bandwidth's chance."""
        points = self.data[rng.integers(len(self.data), size=count)]
        anew = rng.random(points.shape) < self.width
        return np.where(anew, rng.integers(self.options, size=points.shape), points)
