"""Noise of single trainings: how far one lies from the mean over many, as a function of the predicted score.

Zela et al., "Surrogate NAS Benchmarks", ICLR 2022, section 3: a benchmark without its noise makes search look easier
than it is. The variance is learned in bins of the predicted score (networks that hardly train differ by much, good
ones by little), the shape of the distribution from all trainings together: tails are as long as they were seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from predictors.repeats import Repeats

GROUPS_A_BIN = 50
MOST_BINS = 20
QUANTILES = 201
"""Points of the quantile function that is kept."""


@dataclass(frozen=True)
class NoiseModel:
    """The distribution of one training's score around the predicted one.

    Args:
        levels: predicted scores in the middle of each bin, rising, float64 [bins].
        variances: of one training there, float64 [bins]; between bins on a straight line, beyond them as in the last.
        quantiles: of the deviation divided by its standard deviation, at evenly spaced probabilities; mean 0 and
            variance 1, rising, float64 [QUANTILES].
        source: "seeds" or "classes", see :class:`predictors.repeats.Repeats`.
        trainings: that it was learned from,
        groups: in so many groups.
    """

    levels: np.ndarray
    variances: np.ndarray
    quantiles: np.ndarray
    source: str
    trainings: int
    groups: int

    def deviation(self, level: np.ndarray | float) -> np.ndarray:
        """Standard deviation of one training at predicted scores, in the metric's unit; shape as given."""
        return np.sqrt(np.interp(level, self.levels, self.variances))

    def standard(self, rng: np.random.Generator, size: int | None = None) -> Any:
        """A draw with mean 0 and variance 1, or an array of them."""
        return np.interp(rng.random(size), _probabilities(len(self.quantiles)), self.quantiles)

    def arrays(self) -> dict[str, np.ndarray]:
        """What a file must keep besides :meth:`description`."""
        return {"levels": self.levels, "variances": self.variances, "quantiles": self.quantiles}

    def description(self) -> dict[str, Any]:
        """Where it was learned."""
        return {"source": self.source, "trainings": self.trainings, "groups": self.groups}

    def summary(self) -> dict[str, Any]:
        """For people: where it was learned, the deviation at each bin, and the length of the tails."""
        return {
            **self.description(),
            "levels": self.levels.tolist(),
            "deviations": np.sqrt(self.variances).tolist(),
            "kurtosis": float((_evenly(self.quantiles) ** 4).mean()),
        }


def fit_noise(repeats: Repeats, predicted: np.ndarray) -> NoiseModel:
    """The noise of repeated trainings.

    Args:
        repeats: see :func:`predictors.repeats.find_repeats`.
        predicted: the score that the surrogate answers for each training's architecture, shape (trainings,).
    """
    level = repeats.mean_of(predicted)
    deviations = repeats.deviations(repeats.values)
    squares = repeats.mean_of(deviations**2)  # of a group: its sample variance, with m - 1
    freedom = repeats.sizes - 1.0
    order = np.argsort(level, kind="stable")
    bins = np.array_split(order, int(np.clip(len(order) // GROUPS_A_BIN, 1, MOST_BINS)))
    middles = np.array([np.average(level[part], weights=freedom[part]) for part in bins])
    levels, place = np.unique(middles.round(9), return_inverse=True)  # bins of one level are one bin
    weights = [freedom[part].sum() for part in bins]
    totals = [squares[part] @ freedom[part] for part in bins]
    variances = np.bincount(place, totals) / np.bincount(place, weights)
    scale = np.sqrt(np.interp(level, levels, variances))[repeats.groups]
    shape = np.divide(deviations, scale, out=np.zeros_like(deviations), where=scale > 0)
    return NoiseModel(levels, variances, _quantiles(shape), repeats.source, len(repeats.values), len(level))


def _quantiles(shape: np.ndarray) -> np.ndarray:
    """Quantiles, moved and stretched so that draws by interpolation have mean 0 and variance 1."""
    quantiles = np.quantile(shape, _probabilities(QUANTILES))
    drawn = _evenly(quantiles)
    spread = drawn.std()
    return (quantiles - drawn.mean()) / (spread if spread > 0 else 1.0)


def _evenly(quantiles: np.ndarray) -> np.ndarray:
    """Draws at very many evenly spaced probabilities."""
    count = 100 * len(quantiles)
    return np.interp((np.arange(count) + 0.5) / count, _probabilities(len(quantiles)), quantiles)


def _probabilities(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) / count
