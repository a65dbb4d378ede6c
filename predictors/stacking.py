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
"""Equal weights count as much as so many classes that speak for them; the first that is about as good as the best."""
REPEATS = 5
"""Cross-validations, each with folds of its own, that a pull is chosen by."""


def weights(outside: np.ndarray, t: np.ndarray, counts: np.ndarray, pull: float) -> np.ndarray:
    """Weights without a negative one, shape (members,): least squares, pulled towards equal ones.

    The least of the sum of (t - P w)² / counts, plus pull |w - 1 / members|², with w at least 0.

    Args:
        outside: P.
        t: the truth.
        counts: how many rows are of each row's class, shape (n,), so that a class counts once however many it has.
        pull: how many classes' worth equal weights are.
    """
    members = outside.shape[1]
    shared = outside / counts[:, None]
    square = shared.T @ outside + pull * np.eye(members)
    root = np.linalg.cholesky(square)  # so that the rows of the least squares are as few as the members
    target = np.linalg.solve(root, shared.T @ t + pull / members)
    return np.asarray(optimize.nnls(root.T, target)[0])


def chosen_pull(outside: np.ndarray, t: np.ndarray, classes: np.ndarray, count: int, seed: int) -> float:
    """The largest of :data:`PULLS` whose squared error is within a standard error of the least one.

    Weights are made from some rows and judged on others, in :data:`REPEATS` cross-validations that never part a class;
    each class counts once. The rule of one standard error is that of Breiman, Friedman, Olshen and Stone,
    "Classification and Regression Trees", 1984.

    Args:
        outside: P.
        t: the truth.
        classes: of the rows, shape (n,).
        count: folds of a cross-validation.
        seed: of the folds.
    """
    counts = class_sizes(classes)
    errors = np.zeros((len(PULLS), len(t)))
    rng = np.random.default_rng(seed)
    for _ in range(REPEATS):
        for inside, held in folds(classes, count, rng):
            share = float((1 / counts[inside]).sum() / (1 / counts).sum())
            for place, pull in enumerate(PULLS):
                found = weights(outside[inside], t[inside], counts[inside], pull * share)
                errors[place, held] += (outside[held] @ found - t[held]) ** 2 / REPEATS
    one = np.unique(classes, return_inverse=True)[1]
    by_class = np.stack([np.bincount(one, row / counts) for row in errors])
    worse = by_class - by_class[int(by_class.mean(axis=1).argmin())]
    allowed = worse.std(axis=1) / math.sqrt(by_class.shape[1])
    return PULLS[int(np.flatnonzero(worse.mean(axis=1) <= allowed)[0])]


def class_sizes(classes: np.ndarray) -> np.ndarray:
    """How many rows are of each row's class, int64 of the same shape."""
    place, counts = np.unique(classes, return_inverse=True, return_counts=True)[1:]
    return np.asarray(counts[place])


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
