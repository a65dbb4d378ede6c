"""Weights of an ensemble's members from what each predicted out of fold, and the ensemble's variance.

Wolpert, "Stacked Generalization", Neural Networks 1992; weights without a negative one as in Breiman, "Stacked
Regressions", Machine Learning 1996. How far the weights may leave equal ones is chosen on the same rows: least-squares
weights of few rows follow chance, equal weights waste what many rows say.

P: predictions out of fold, shape (n, members); t: what they should have been, shape (n,).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import optimize

from predictors.splits import folds

PULLS = (2000.0, 600.0, 200.0, 60.0, 20.0, 6.0, 2.0)
"""Equal weights count as much as so many rows that speak for them; the first that is about as good as the best."""
REPEATS = 5
"""Cross-validations, each with folds of its own, that a pull is chosen by."""


def weights(outside: np.ndarray, t: np.ndarray, pull: float) -> np.ndarray:
    """Weights without a negative one, shape (members,): least squares, pulled towards equal ones.

    The least of |t - P w|² + pull |w - 1 / members|², with w at least 0.

    Args:
        outside: P.
        t: the truth.
        pull: how many rows' worth equal weights are.
    """
    count = outside.shape[1]
    square = outside.T @ outside + pull * np.eye(count)
    root = np.linalg.cholesky(square)  # so that the rows of the least squares are as few as the members
    target = np.linalg.solve(root, outside.T @ t + pull / count)
    return np.asarray(optimize.nnls(root.T, target)[0])


def chosen_pull(outside: np.ndarray, t: np.ndarray, classes: np.ndarray, count: int, seed: int) -> float:
    """The largest of :data:`PULLS` whose squared error is within a standard error of the least one.

    Weights are made from some rows and judged on others, in :data:`REPEATS` cross-validations that never part a class.
    The rule of one standard error is that of Breiman, Friedman, Olshen and Stone, "Classification and Regression
    Trees", 1984.

    Args:
        outside: P.
        t: the truth.
        classes: of the rows, shape (n,).
        count: folds of a cross-validation.
        seed: of the folds.
    """
    errors = np.zeros((len(PULLS), len(t)))
    rng = np.random.default_rng(seed)
    for _ in range(REPEATS):
        for inside, held in folds(classes, count, rng):
            share = len(inside) / len(t)
            for place, pull in enumerate(PULLS):
                found = weights(outside[inside], t[inside], pull * share)
                errors[place, held] += (outside[held] @ found - t[held]) ** 2 / REPEATS
    best = errors[int(errors.mean(axis=1).argmin())]
    worse = errors - best
    allowed = worse.std(axis=1) / math.sqrt(len(t))
    return PULLS[int(np.flatnonzero(worse.mean(axis=1) <= allowed)[0])]


def mixture(means: np.ndarray, variances: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Variance of the weighted mixture of members, shape (n,).

    Args:
        means: members' predictions, shape (n, members).
        variances: of the same shape.
        given: weights, shape (members,), of any sum; equal ones where all are zero.
    """
    total = float(given.sum())
    share = given / total if total > 0 else np.full(len(given), 1 / len(given))
    middle = means @ share
    return np.asarray((variances + (means - middle[:, None]) ** 2) @ share)
