"""Acquisitions: what each architecture is worth asking, from what a model believes of its score. Formulas alone.

Larger scores are better, and so are larger values of every function here. Beliefs are normal: mean and deviation, each
of shape (n,); a deviation of 0 is certainty. z: how many deviations the mean is above the best score told so far;
phi and Phi: density and distribution of the standard normal.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)
HALF_LOG_HALF_PI = 0.5 * math.log(math.pi / 2)
NEAR = -1.0
"""Below this z the two terms of the improvement nearly cancel, and the form with the scaled complement takes over."""
FAR = -500.0
"""Below this z that form loses digits, and three terms of its series are exact to floating point."""
KAPPA = 2.0
"""Deviations that :func:`worth` adds for the upper confidence bound where it is not told another number."""
ACQUISITIONS = (
    "expected_improvement",
    "independent_thompson_sampling",
    "log_expected_improvement",
    "upper_confidence_bound",
)
"""Those that need a mean and a deviation of each architecture, and so go with any model."""


def worth(
    name: str, mean: np.ndarray, deviation: np.ndarray, best: float, rng: np.random.Generator, kappa: float = KAPPA
) -> np.ndarray:
    """The acquisition of this name, one of :data:`ACQUISITIONS`, for each architecture, shape (n,)."""
    if name == "independent_thompson_sampling":
        return independent_thompson_sampling(mean, deviation, rng)
    if name == "upper_confidence_bound":
        return upper_confidence_bound(mean, deviation, kappa)
    improvement = expected_improvement if name == "expected_improvement" else log_expected_improvement
    return improvement(mean, deviation, best)


def expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """Expected amount by which scores exceed the best, shape (n,), in the score's unit.

    Mockus 1975; Jones, Schonlau and Welch, "Efficient Global Optimization of Expensive Black-Box Functions", Journal of
    Global Optimization 1998, equation 15. It is 0 in floating point where z is below about -38.
    """
    certain = np.maximum(mean - best, 0.0)
    z = _standard(mean, deviation, best)
    density = np.exp(-0.5 * z * z - HALF_LOG_TWO_PI)
    return np.where(deviation > 0, deviation * np.maximum(density + z * special.ndtr(z), 0.0), certain)


def log_expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """Logarithm of the expected improvement, shape (n,), finite and with a slope however far z is below 0.

    Where the deviation is 0 it is the logarithm of the certain improvement, minus infinity if there is none.

    Ament, Daulton, Eriksson, Balandat and Bakshy, "Unexpected Improvements to Expected Improvement for Bayesian
    Optimization", NeurIPS 2023, equation 9.
    """
    z = _standard(mean, deviation, best)
    with np.errstate(divide="ignore"):
        certain = np.log(np.maximum(mean - best, 0.0))
        return np.where(deviation > 0, np.log(np.where(deviation > 0, deviation, 1.0)) + _log_improvement(z), certain)


def upper_confidence_bound(mean: np.ndarray, deviation: np.ndarray, kappa: float) -> np.ndarray:
    """Mean plus ``kappa`` deviations, shape (n,).

    Srinivas, Krause, Kakade and Seeger, "Gaussian Process Optimization in the Bandit Setting", ICML 2010, equation 6.
    """
    return np.asarray(mean + kappa * deviation)


def thompson_sampling(mean: np.ndarray, covariance: np.ndarray, rng: np.random.Generator, draws: int = 1) -> np.ndarray:
    """Scores drawn from the joint belief, shape (draws, n): each row is one possible truth about all architectures.

    A batch asks the best architecture of each row. Thompson, Biometrika 1933; in batches Kandasamy, Krishnamurthy,
    Schneider and Poczos, "Parallelised Bayesian Optimisation via Thompson Sampling", AISTATS 2018.

    Args:
        mean: shape (n,).
        covariance: shape (n, n), positive semidefinite up to rounding.
        rng: source of chance.
        draws: rows.
    """
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return np.asarray(mean + rng.standard_normal((draws, len(mean))) @ root.T)


def independent_thompson_sampling(mean: np.ndarray, deviation: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A score drawn for each architecture by itself, shape (n,); the best of them are a batch.

    White, Neiswanger and Savani, "BANANAS", AAAI 2021, section 4: beliefs of neighbours are taken for independent.
    """
    return np.asarray(mean + deviation * rng.standard_normal(len(mean)))


def _standard(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    return np.asarray((mean - best) / np.where(deviation > 0, deviation, 1.0))


def _log_improvement(z: np.ndarray) -> np.ndarray:
    """log(phi(z) + z Phi(z)), by one of three forms that agree where they meet.

    Below :data:`NEAR` it is log phi(z) + log(1 - exp(u)) with u = log(sqrt(pi / 2) erfcx(-z / sqrt 2) |z|) < 0; below
    :data:`FAR`, log phi(z) - 2 log|z| + log(1 - 3 / z^2 + 15 / z^4).
    """
    above, below = np.maximum(z, NEAR), np.clip(-z, -NEAR, -FAR)
    plain = np.log(np.exp(-0.5 * above * above - HALF_LOG_TWO_PI) + above * special.ndtr(above))
    u = np.log(special.erfcx(below / math.sqrt(2)) * below) + HALF_LOG_HALF_PI
    scaled = np.where(u > -math.log(2), np.log(-np.expm1(u)), np.log1p(-np.exp(u)))
    square = np.maximum(z * z, FAR * FAR)
    series = np.log1p((15 / square - 3) / square) - np.log(square)
    return np.where(z > NEAR, plain, np.where(z > FAR, scaled, series) - 0.5 * z * z - HALF_LOG_TWO_PI)
