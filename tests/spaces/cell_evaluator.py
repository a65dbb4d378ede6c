"""A second method for the classes of NAS-Bench-201: computes every cell in double precision, knows no canonical form.

A value is a small picture of ``CHANNELS`` x ``SIZE`` x ``SIZE`` numbers. Pooling and convolutions are matrices on it; a
convolution is ReLU, a matrix and batch norm in evaluation mode with random statistics and affine. What does not reach
the output, or has nothing but zeros to read, is not computed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np

from nasbench.spaces.nas_bench_201 import EDGES, OPERATIONS

CHANNELS, SIZE, PICTURES = 4, 4, 4
NUMBERS = CHANNELS * SIZE * SIZE
NONE, SKIP, CONV_1X1, CONV_3X3, POOL = (
    OPERATIONS.index(name) for name in ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
)
CHUNK = 8192
"""Networks computed at once."""


def convolution_matrix(kernel: np.ndarray) -> np.ndarray:
    """A convolution with zero padding, (out, in, k, k), as a matrix (NUMBERS, NUMBERS) for columns."""
    reach = kernel.shape[-1] // 2
    matrix = np.zeros((CHANNELS, SIZE, SIZE, CHANNELS, SIZE, SIZE))
    for y, x, dy, dx in itertools.product(range(SIZE), range(SIZE), *[range(-reach, reach + 1)] * 2):
        if 0 <= y + dy < SIZE and 0 <= x + dx < SIZE:
            matrix[:, y, x, :, y + dy, x + dx] = kernel[:, :, reach + dy, reach + dx]
    return matrix.reshape(NUMBERS, NUMBERS)


def pooling_matrix() -> np.ndarray:
    """3x3 average pooling that leaves the padding out of the mean, as a matrix."""
    matrix = convolution_matrix(np.eye(CHANNELS)[:, :, None, None] * np.ones((3, 3)))
    return matrix / matrix.sum(axis=1, keepdims=True)


def average(values: np.ndarray) -> np.ndarray:
    """Average pooling of values of shape (networks, PICTURES, NUMBERS)."""
    return values @ pooling_matrix().T


def curved_average(values: np.ndarray) -> np.ndarray:
    """Not linear, and zero at zero: what pooling would be if nobody knew that it is linear."""
    return np.tanh(average(values))


def live_edges(choices: np.ndarray) -> np.ndarray:
    """Edges that have something to read and are read: bool of shape (cells, 6) from choices of that shape."""
    fed = np.zeros((len(choices), 4), dtype=bool)
    read = np.zeros((len(choices), 4), dtype=bool)
    fed[:, 0] = read[:, 3] = True
    for edge, (source, target) in enumerate(EDGES):
        fed[:, target] |= fed[:, source] & (choices[:, edge] != NONE)
    for edge, (source, target) in reversed(list(enumerate(EDGES))):
        read[:, source] |= read[:, target] & (choices[:, edge] != NONE)
    sources, targets = np.array(EDGES).T
    return (choices != NONE) & fed[:, sources] & read[:, targets]


def assignments(kinds: tuple[int, ...]) -> np.ndarray:
    """Each way to hand the first weights of each kind to its convolutions: int (ways, 6), -1 on the other edges.

    Args:
        kinds: what stands on each edge: CONV_1X1, CONV_3X3 or anything else.
    """
    places = [[edge for edge, kind in enumerate(kinds) if kind == wanted] for wanted in (CONV_1X1, CONV_3X3)]
    ways = np.full((math.prod(math.factorial(len(p)) for p in places), len(kinds)), -1)
    orders = itertools.product(*(itertools.permutations(range(len(p))) for p in places))
    for way, order in enumerate(orders):
        for place, slots in zip(places, order, strict=True):
            ways[way, place] = slots
    return ways


def fingerprints(choices: np.ndarray, seed: int, pool: Callable[[np.ndarray], np.ndarray] = average) -> np.ndarray:
    """A number for each cell, equal for cells of equal function up to renaming convolutions, by chance for no others.

    Each way to hand a fixed list of weights to a cell's convolutions gives an output; the number is the least of the
    projections of these outputs on a random direction.

    Args:
        choices: int of shape (cells, 6).
        seed: of weights, pictures and direction.
        pool: what a pooling edge computes.
    """
    choices = np.asarray(choices)
    live = live_edges(choices)
    kinds = np.where(live, choices, NONE)
    known = {kind: assignments(kind) for kind in set(map(tuple, kinds.tolist()))}
    ways = [known[kind] for kind in map(tuple, kinds.tolist())]
    counts = np.array([len(way) for way in ways])
    kinds, slots = np.repeat(kinds, counts, axis=0), np.concatenate(ways)
    projections = [
        _projections(kinds[start : start + CHUNK], slots[start : start + CHUNK], seed, pool)
        for start in range(0, len(kinds), CHUNK)
    ]
    return np.minimum.reduceat(np.concatenate(projections), np.cumsum(counts) - counts)


def partition(numbers: np.ndarray, equal: float, different: float) -> np.ndarray:
    """Class of each number, when any two neighbours are either nearer than ``equal`` or farther than ``different``.

    Raises:
        AssertionError: two are neither.
    """
    order = np.argsort(numbers)
    gaps = np.diff(numbers[order])
    assert not np.any((gaps > equal) & (gaps < different)), np.sort(gaps[(gaps > equal) & (gaps < different)])
    classes = np.empty(len(numbers), dtype=np.int64)
    classes[order] = np.concatenate([[0], np.cumsum(gaps > equal)])
    return classes


def _projections(
    kinds: np.ndarray, slots: np.ndarray, seed: int, pool: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray:
    """The projection of each network's output: float64 (networks,) from kinds and slots of shape (networks, 6)."""
    rng = np.random.default_rng(seed)
    weights = {
        (kind, place): _random_convolution(rng, size)
        for kind, size in ((CONV_1X1, 1), (CONV_3X3, 3))
        for place in range(len(EDGES))
    }
    pictures, direction = rng.normal(size=(2, PICTURES, NUMBERS))
    values = np.zeros((4, len(kinds), PICTURES, NUMBERS))
    values[0] = pictures
    for edge, (source, target) in enumerate(EDGES):
        kind, slot = kinds[:, edge], slots[:, edge]
        skipped, pooled = kind == SKIP, kind == POOL
        values[target, skipped] += values[source, skipped]
        values[target, pooled] += pool(values[source, pooled])
        for (convolution, place), (matrix, shift) in weights.items():
            used = (kind == convolution) & (slot == place)
            values[target, used] += np.maximum(values[source, used], 0) @ matrix.T + shift
    return np.einsum("npx,px->n", values[3], direction)


def _random_convolution(rng: np.random.Generator, kernel: int) -> tuple[np.ndarray, np.ndarray]:
    """Matrix and shift of a convolution followed by batch norm in evaluation mode, both random."""
    matrix = convolution_matrix(rng.normal(size=(CHANNELS, CHANNELS, kernel, kernel)) / kernel)
    mean, beta = rng.normal(scale=0.3, size=(2, CHANNELS))
    scale = rng.uniform(0.5, 1.5, CHANNELS) / np.sqrt(rng.uniform(0.5, 2.0, CHANNELS) + 1e-5)
    return np.repeat(scale, SIZE * SIZE)[:, None] * matrix, np.repeat(beta - scale * mean, SIZE * SIZE)
