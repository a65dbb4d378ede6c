"""True scores behind noisy ones: their distribution, and what each group's may be given what was measured of it.

The distribution of true scores is the nonparametric maximum-likelihood estimate on a grid, by expectation maximisation
stopped early (Laird, "Nonparametric Maximum Likelihood Estimation of a Mixing Distribution", JASA 1978; Koenker and
Mizera, "Convex Optimization, Shape Constraints, Compound Decisions, and Empirical Bayes Rules", JASA 2014). Means over
few trainings scatter more than true scores do, and their shrunken means less; draws from what each may be do neither.

g: groups; k: points of the grid; m: trainings of a group; s: the noise's standard deviation at a point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

POINTS = 300
"""Of the grid, half at quantiles of the groups' means, half at even distances."""
ROUNDS = 100
"""Of expectation maximisation; more would heap the distribution on few points."""


@dataclass(frozen=True)
class TrueScores:
    """What the true score of each group may be.

    Args:
        grid: scores, rising, float64 [k].
        weights: how likely each is of a group of which nothing is known, float64 [k].
        chances: how likely each is given what was measured, float64 [g, k], rows that sum to 1.
    """

    grid: np.ndarray
    weights: np.ndarray
    chances: np.ndarray

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """A true score of each group, as likely as it is, float64 [g]: drawn evenly around points of the grid."""
        borders = np.concatenate([self.grid[:1], (self.grid[1:] + self.grid[:-1]) / 2, self.grid[-1:]])
        point = (self._rising < rng.random(len(self.chances))[:, None] * self._rising[:, -1:]).sum(axis=1)
        return borders[point] + rng.random(len(point)) * (borders[point + 1] - borders[point])

    @cached_property
    def _rising(self) -> np.ndarray:
        return np.cumsum(self.chances, axis=1)

    def mean(self) -> np.ndarray:
        """The shrunken mean of each group, float64 [g]."""
        return self.chances @ self.grid


def find_true_scores(
    values: np.ndarray, groups: np.ndarray, deviation: Callable[[np.ndarray], np.ndarray], counts: np.ndarray
) -> TrueScores:
    """The true scores behind measured ones, whose noise is taken as normal.

    Args:
        values: measured scores, shape (n,).
        groups: the group of each, 0 for the first; those of one group share one true score.
        deviation: the noise's standard deviation of one training at scores, shape as given.
        counts: trainings that each value is the mean of, shape (n,).
    """
    held = np.bincount(groups, counts)
    means = np.bincount(groups, counts * values) / held
    grid = np.unique(
        np.concatenate([np.quantile(means, np.linspace(0, 1, POINTS)), np.linspace(means.min(), means.max(), POINTS)])
    )
    noise = np.maximum(deviation(grid), 1e-9 + 1e-3 * np.ptp(values) / POINTS)
    within = np.bincount(groups, counts * (values - means[groups]) ** 2)
    logs = np.bincount(groups)[:, None] * -np.log(noise)
    logs -= (within[:, None] + held[:, None] * (means[:, None] - grid) ** 2) / (2 * noise**2)
    likelihood = np.exp(logs - logs.max(axis=1, keepdims=True))
    weights = np.full(len(grid), 1 / len(grid))
    for _ in range(ROUNDS):
        weights = weights * ((1 / (likelihood @ weights)) @ likelihood) / len(likelihood)
    chances = likelihood * weights
    return TrueScores(grid, weights, chances / chances.sum(axis=1, keepdims=True))
