"""Many small multilayer perceptrons trained side by side: NumPy only, every member in the same matrix products.

Rectified linear units between layers, one number out. Trained by Adam (Kingma and Ba, ICLR 2015) with decoupled weight
decay (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019) and a rate that falls to zero as half
a cosine. Members differ in their beginning, and may in rows, targets and decay.

theta: all weights and biases of each member, float array (members, parameters); sizes: units of each layer from the
features to the one that answers; f: features; b: rows of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

MEAN_DECAY, SQUARE_DECAY, SMALL = 0.9, 0.999, 1e-8
"""Adam's beta 1, beta 2 and epsilon."""


@dataclass(frozen=True)
class Schedule:
    """How perceptrons are trained.

    Args:
        steps: of Adam.
        rate: of learning at the first step.
        batch: rows of a step, drawn with replacement.
        absolute: whether the loss is the absolute error, or half the squared one.
    """

    steps: int
    rate: float
    batch: int = 32
    absolute: bool = False


def begin(members: int, sizes: Sequence[int], rng: np.random.Generator) -> np.ndarray:
    """Untrained members, float32 (members, parameters): normal weights of variance 2 / units before, no biases.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", ICCV 2015. The last layer begins at zero, and so do answers.
    """
    parts = []
    for before, after in pairwise(sizes):
        weights = rng.standard_normal((members, before * after)) * np.sqrt(2 / max(before, 1))
        parts += [weights, np.zeros((members, after))]
    parts[-2][:] = 0.0
    return np.concatenate(parts, axis=1).astype(np.float32)


def layers(theta: np.ndarray, sizes: Sequence[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Views of the weights (members, before, after) and biases (members, 1, after) of each layer."""
    found, place, members = [], 0, len(theta)
    for before, after in pairwise(sizes):
        middle, end = place + before * after, place + (before + 1) * after
        weights = theta[:, place:middle].reshape(members, before, after)
        found.append((weights, theta[:, middle:end].reshape(members, 1, after)))
        place = end
    return found


def answers(theta: np.ndarray, sizes: Sequence[int], x: np.ndarray) -> np.ndarray:
    """What each member says of each row: (members, n), of rows x of shape (n, f) or (members, n, f)."""
    return _forward(layers(theta, sizes), x)[-1][..., 0]


def gradient(theta: np.ndarray, sizes: Sequence[int], x: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Slope of a loss along theta, same shape.

    Args:
        theta: of the members.
        sizes: of the layers.
        x: rows of each member, (members, b, f).
        slope: of the loss along each answer, (members, b), as :func:`loss_slope` gives it.
    """
    parts = layers(theta, sizes)
    return _backward(parts, _forward(parts, x), slope)


def loss_slope(said: np.ndarray, actual: np.ndarray, weights: np.ndarray, absolute: bool) -> np.ndarray:
    """Slope of the weighted mean loss of each member along its answers, all of shape (members, b)."""
    away = said - actual
    return (np.sign(away) if absolute else away) * weights / away.shape[1]


def train(
    theta: np.ndarray,
    sizes: Sequence[int],
    x: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    rows: Sequence[np.ndarray],
    decay: np.ndarray,
    schedule: Schedule,
    rng: np.random.Generator,
) -> np.ndarray:
    """Trained members, same shape as ``theta``, which stays as it is.

    Args:
        theta: of the members at the beginning.
        sizes: of the layers.
        x: features, (n, f).
        targets: for each member, (members, n).
        weights: of each row's loss, (n,).
        rows: places that each member may see.
        decay: share of the weights lost in a step of rate 1, (members,).
        schedule: of the training.
        rng: draws the batches.
    """
    theta, x, targets, weights = (part.astype(theta.dtype) for part in (theta, x, targets, weights))
    mean, square = np.zeros_like(theta), np.zeros_like(theta)
    counts = np.array([len(part) for part in rows])
    seen = np.zeros((len(rows), counts.max()), dtype=np.int64)
    for member, part in enumerate(rows):
        seen[member, : len(part)] = part
    each = np.arange(len(rows))[:, None]
    for step in range(schedule.steps):
        drawn = seen[each, (rng.random((len(rows), schedule.batch)) * counts[:, None]).astype(np.int64)]
        passed = _forward(layers(theta, sizes), x[drawn])
        slope = loss_slope(passed[-1][..., 0], targets[each, drawn], weights[drawn], schedule.absolute)
        down = _backward(layers(theta, sizes), passed, slope)
        mean += (1 - MEAN_DECAY) * (down - mean)
        square += (1 - SQUARE_DECAY) * (down * down - square)
        rate = schedule.rate * 0.5 * (1 + np.cos(np.pi * step / schedule.steps))
        stretch = np.sqrt(1 - SQUARE_DECAY ** (step + 1)) / (1 - MEAN_DECAY ** (step + 1))
        theta *= (1 - rate * decay[:, None]).astype(theta.dtype)
        theta -= theta.dtype.type(rate * stretch) * mean / (np.sqrt(square) + theta.dtype.type(SMALL))
    return theta


def _forward(parts: list[tuple[np.ndarray, np.ndarray]], x: np.ndarray) -> list[np.ndarray]:
    """The rows, then what each layer makes of them."""
    passed = [x]
    for place, (weights, biases) in enumerate(parts):
        made = passed[-1] @ weights
        made += biases
        passed.append(made if place == len(parts) - 1 else np.maximum(made, 0, out=made))
    return passed


def _backward(parts: list[tuple[np.ndarray, np.ndarray]], passed: list[np.ndarray], slope: np.ndarray) -> np.ndarray:
    members = len(slope)
    back, found = slope[..., None], []
    for place in range(len(parts) - 1, -1, -1):
        found += [back.sum(axis=1), (passed[place].swapaxes(1, 2) @ back).reshape(members, -1)]
        if place:
            back = (back @ parts[place][0].swapaxes(1, 2)) * (passed[place] > 0)
    return np.concatenate(found[::-1], axis=1)
