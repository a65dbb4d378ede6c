"""Parametric learning curves, fitted to many beginnings at once, and what they say of later epochs.

Families as in Domhan, Springenberg and Hutter, "Speeding Up Automatic Hyperparameter Optimization of Deep Neural
Networks by Extrapolation of Learning Curves", IJCAI 2015. Each is written c - A g(x; shape): g falls, c is where the
curve ends, A what is still to come. For every shape of a grid c and A follow by least squares (separable least squares:
Golub and Pereyra, SIAM Journal on Numerical Analysis 1973), with A = 0 where the curve would go the wrong way. Shapes
of all families are then averaged, each with the likelihood of what it leaves unexplained times a prior: so a family
that fits badly hardly speaks. Networks of one training recipe have curves of similar shape, so the prior is learned
from the curves of the training rows, by expectation maximisation (Dempster, Laird and Rubin, 1977), and the noise with
it. Domhan et al. sample the posterior of each curve by itself; here it is summed.

x: epochs (e,); Y: values (n, e); g: shapes (k, e); sigma: standard deviation of a value around its curve.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

LEAST = 3
"""Epochs that must be seen; of fewer, the last value stands for the curve."""
STEPS = 50
"""Of expectation maximisation."""
EVEN = 1.0
"""The prior is that of so many curves more that are spread evenly over families, and over each one's shapes."""

Shapes = Callable[[np.ndarray], np.ndarray]
"""Of epochs divided by the last one seen, float64 [e]: float64 [k, e]."""


def _grid(bend: Callable[..., np.ndarray], *choices: tuple[float, ...]) -> Shapes:
    return lambda u: np.stack([bend(u, *shape) for shape in product(*choices)])


_POWERS = tuple(np.geomspace(0.25, 4.0, 9).tolist())
_RATES = tuple(np.geomspace(0.5, 16.0, 11).tolist())

FAMILIES: dict[str, Shapes] = {
    "pow3": _grid(lambda u, power: u**-power, tuple(np.geomspace(0.25, 4.0, 17).tolist())),
    "pow4": _grid(lambda u, power, shift: (u + shift) ** -power, _POWERS, (0.1, 0.5, 2.0)),
    "exp3": _grid(lambda u, rate: np.exp(-rate * u), tuple(np.geomspace(0.5, 16.0, 21).tolist())),
    "exp4": _grid(lambda u, rate, power: np.exp(-rate * u**power), _RATES, (0.5, 0.75, 1.5)),
    "log_power": _grid(lambda u, half, power: 1 / (1 + (u / half) ** power), (0.05, 0.2, 0.6), (0.5, 1.0, 2.0)),
    "log_log_linear": _grid(lambda u, start: -np.log(1 + start * u), (0.3, 3.0, 30.0)),
}
"""Families by name. Exp4 is Weibull's and Janoschek's curve as well, log_power with its c that of Morgan, Mercer and
Flodin: they differ in how they are written. The last grows for ever."""


@dataclass(frozen=True)
class Habits:
    """What curves of one training recipe have in common, learned by :func:`fit_habits`.

    Args:
        prior: of every shape of every family, in their order, float64 [k]; adds up to 1.
        sigma: standard deviation of a value around its curve.
    """

    prior: np.ndarray
    sigma: float


def fit_habits(values: np.ndarray, epochs: np.ndarray, rising: bool) -> Habits:
    """Prior and sigma under which curves are likely; curves that never move do not count.

    Args:
        values: float64 [n, e], e at least :data:`LEAST`.
        epochs: of the values, rising.
        rising: whether values rise as a network learns.
    """
    even = _even(epochs)
    away = values - values.mean(axis=1, keepdims=True)
    moving = np.abs(away).max(axis=1) > 1e-9 * (1 + np.abs(values).max(axis=1))
    if not moving.any():
        return Habits(even, 1.0)
    _, _, left = _fitted(values[moving], epochs, float(epochs[-1]), rising)
    spread = float(np.sqrt((away[moving] ** 2).mean()))
    habits = Habits(even, spread / 3)
    for _ in range(STEPS):
        weights = _weights(left, habits)
        variance = float((weights * left).sum(axis=1).mean()) / (len(epochs) - 2)
        prior = (weights.sum(axis=0) + EVEN * even) / (len(weights) + EVEN)
        habits = Habits(prior, max(np.sqrt(variance), 1e-3 * spread))
    return habits


def extrapolate(
    values: np.ndarray,
    epochs: np.ndarray,
    horizon: float,
    habits: Habits,
    rising: bool,
    limits: tuple[float, float],
) -> np.ndarray:
    """Value of each curve at a later epoch, float64 [n]: the mean over shapes, weighted by their posterior.

    Args:
        values: float64 [n, e], e at least :data:`LEAST`.
        epochs: of the values, rising.
        horizon: the later epoch.
        habits: of curves of this recipe.
        rising: whether values rise as a network learns.
        limits: what values can be at all.
    """
    middle, step, left = _fitted(values, epochs, horizon, rising)
    return (_weights(left, habits) * np.clip(middle + step, *limits)).sum(axis=1)


def _weights(left: np.ndarray, habits: Habits) -> np.ndarray:
    """Posterior of each shape for each curve, float64 [n, k]."""
    logs = np.log(habits.prior) - left / (2 * habits.sigma**2)
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def _even(epochs: np.ndarray) -> np.ndarray:
    """Every family as likely as any other, and so are the shapes of each."""
    counts = [len(shapes(epochs / epochs[-1])) for shapes in FAMILIES.values()]
    return np.concatenate([np.full(count, 1 / count / len(counts)) for count in counts])


def _fitted(
    values: np.ndarray, epochs: np.ndarray, horizon: float, rising: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean of each curve [n, 1]; for each shape the step from there to the horizon, and squares left, [n, k]."""
    u = np.append(epochs, horizon) / epochs[-1]
    g = np.concatenate([shapes(u) for shapes in FAMILIES.values()])
    g -= g[:, :-1].mean(axis=1, keepdims=True)
    g /= np.sqrt((g[:, :-1] ** 2).sum(axis=1, keepdims=True))  # over the epochs seen: mean 0, length 1
    middle = values.mean(axis=1, keepdims=True)
    away = values - middle
    slope = np.einsum("ne,ke->nk", away, g[:, :-1])
    slope = np.minimum(slope, 0.0) if rising else np.maximum(slope, 0.0)
    left = np.maximum((away**2).sum(axis=1, keepdims=True) - slope**2, 0.0)
    return middle, slope * g[:, -1], left
