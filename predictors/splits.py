"""Splits that are disjoint by canonical class, so that no held-out architecture computes what a trained one does.

One is not, :func:`draw_rows`, for comparison with published figures.

A class is a number (or any label) for each row. Rows come back as ascending arrays of places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nasbench.space import Architecture, Space


def class_numbers(space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
    """A number for each architecture, equal for two of one canonical class: int64 array, 0 for the first class met."""
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(space.canonical_hash(a), len(seen)) for a in architectures], dtype=np.int64)


def holdout(classes: np.ndarray, fraction: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on and rows to test on: ``fraction`` of the classes are for testing, with all their rows.

    Raises:
        ValueError: the fraction is not between 0 and 1, or leaves fewer than two classes on a side.
    """
    if not 0 < fraction < 1:
        raise ValueError(f"the test fraction must be more than 0 and less than 1, got {fraction}")
    names = np.unique(classes)
    count = round(fraction * len(names))
    if count < 2 or len(names) - count < 2:
        raise ValueError(
            f"{len(names)} classes of architectures cannot be split with a test fraction of {fraction}: training and "
            "testing need at least two classes each; build more architectures or choose another fraction"
        )
    tested = np.isin(classes, rng.permutation(names)[:count])
    return np.flatnonzero(~tested), np.flatnonzero(tested)


def draw(classes: np.ndarray, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on, one drawn member of each of ``count`` drawn classes, and all rows of all other classes.

    Draws of one generator state are nested: with a larger count the same rows are trained on, and more.

    Raises:
        ValueError: no class is left to test on.
    """
    names = np.unique(classes)
    if not 1 <= count < len(names):
        raise ValueError(f"cannot draw {count} of {len(names)} classes and leave one: choose 1 to {len(names) - 1}")
    member_order = rng.permutation(len(classes))  # the first member of a class in this order is the one drawn
    chosen = rng.permutation(names)[:count]
    first = dict(zip(classes[member_order[::-1]].tolist(), member_order[::-1].tolist(), strict=True))
    trained = np.sort([first[name] for name in chosen.tolist()])
    return trained, np.flatnonzero(~np.isin(classes, chosen))


def draw_rows(count: int, drawn: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows to train on, ``drawn`` of ``count`` at random, and all other rows, those of trained classes among them.

    Not disjoint by class, and so what is scored on the others leaks. Draws of one generator state are nested.

    Raises:
        ValueError: no row is left to test on.
    """
    if not 1 <= drawn < count:
        raise ValueError(f"cannot draw {drawn} of {count} rows and leave one: choose 1 to {count - 1}")
    order = rng.permutation(count)
    return np.sort(order[:drawn]), np.sort(order[drawn:])


def folds(classes: np.ndarray, count: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """``count`` pairs of rows to train on and to validate on; each row is validated on once, with all its class.

    With fewer classes than ``count`` there are as many folds as classes.

    Raises:
        ValueError: there are fewer than two classes.
    """
    names = np.unique(classes)
    count = min(count, len(names))
    if count < 2:
        raise ValueError(f"cross-validation needs architectures of at least two classes, got {len(names)}")
    fold_of = np.empty(len(names), dtype=np.int64)
    fold_of[rng.permutation(len(names))] = np.arange(len(names)) % count
    fold = fold_of[np.searchsorted(names, classes)]
    for number in range(count):
        yield np.flatnonzero(fold != number), np.flatnonzero(fold == number)
