"""Small things that models do with rows of features: make them standard, look at equal ones once, compare rankings."""

from __future__ import annotations

import math

import numpy as np

from predictors.metrics import kendall


def scales(spread: np.ndarray, guesses: np.ndarray | None = None) -> np.ndarray:
    """What each feature is divided by, shape (features,): its deviation, or the median of all where that is larger.

    So a column that hardly varies, as counts of what is rare, is not blown up until it drowns the others.

    Args:
        spread: mean and deviation over the space, shape (2, features), as in ``Predictor.feature_spread_``.
        guesses: which features were measured, bool [features]: each has a unit of its own and is divided by its own
            deviation, and the median is of the others; none where not given.
    """
    centre, deviation = spread
    known = deviation > 1e-9 * (1 + np.abs(centre))
    own = np.zeros(len(deviation), dtype=bool) if guesses is None else guesses & known
    counted = known & ~own
    least = float(np.median(deviation[counted])) if counted.any() else 1.0
    return np.where(own, deviation, np.maximum(deviation, least))


def scaled(features: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Features divided by their :func:`scales`, shape (n, features)."""
    return features / scales(spread)


def standardised(features: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Features :func:`scaled`, of mean 0 over the space."""
    return scaled(features - spread[0], spread)


def different_rows(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different rows, in order of appearance, and for each row the place of its like among them.

    Models that multiply matrices answer those, so that equal rows get equal numbers wherever they stand.
    """
    seen: dict[bytes, int] = {}
    contiguous = np.ascontiguousarray(features)
    place = np.array([seen.setdefault(row.tobytes(), len(seen)) for row in contiguous], dtype=np.int64)
    first = np.unique(place, return_index=True)[1]
    return features[first], place


def agreement(actual: np.ndarray, guess: np.ndarray) -> float:
    """Kendall's tau-b, and -1 where it has no value, as for guesses that are all equal: what is chosen by it exists."""
    value = kendall(actual, guess)
    return -1.0 if math.isnan(value) else value


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Mean squared difference over features of each row of ``a`` and each of ``b``, shape (rows of a, rows of b)."""
    columns = max(a.shape[1], 1)
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.maximum(squares, 0.0) / columns
