"""Covariance of a Gaussian process over encoded architectures, its derivatives, and its marginal likelihood.

A kernel is a sum of parts; each part is s * shape(distances, rates) on columns of its own. D: distances (n, m) between
two sets of rows; s: signal variance; w: rates; theta: logarithms of all parts' s and w, then of the noise variance.

Rasmussen and Williams, "Gaussian Processes for Machine Learning", MIT Press 2006.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg
from scipy.spatial.distance import cdist

from predictors.rows import scales

KERNELS = ("hamming", "linear", "matern", "weisfeiler_lehman")
MOST_POSITIONS = 32
"""With more positions than this the Hamming kernel gives all of them one weight."""


@dataclass(frozen=True)
class Part:
    """One term of a kernel.

    Args:
        name: one of :data:`KERNELS`.
        groups: for each rate the columns that it weighs; for "linear", which has no rate, its columns.
        mean: of each column, as the Matern kernel makes columns standard.
        scale: what each column is divided by.
    """

    name: str
    groups: tuple[np.ndarray, ...]
    mean: np.ndarray
    scale: np.ndarray

    @property
    def rates(self) -> int:
        """How many rates the part has."""
        return 0 if self.name == "linear" else len(self.groups)

    def distances(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """One distance for each rate, between all rows: float64 [rates, n, m]; for "linear" the one mean product.

        hamming: for columns of one choice whether the choices differ, otherwise the share of columns that differ.
        matern: root of the mean squared difference of standardised columns. weisfeiler_lehman: one less the cosine.
        """
        if self.name == "hamming":
            whole = len(self.groups) > 1
            return np.stack([_differing(a[:, columns], b[:, columns], whole) for columns in self.groups])
        columns = self.groups[0]
        if self.name in ("linear", "matern"):
            left, right = ((x[:, columns] - self.mean[columns]) / self.scale[columns] for x in (a, b))
            if self.name == "linear":
                return np.asarray(np.einsum("nf,mf->nm", left, right) / len(columns))[None]
            return np.asarray(cdist(left, right) / math.sqrt(len(columns)))[None]
        left, right = (_unit(x[:, columns]) for x in (a, b))
        return np.asarray(cdist(left, right, "sqeuclidean") / 2)[None]

    def covariance(self, distances: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """k of shape (n, m); theta: logarithms of s and the rates.

        hamming and weisfeiler_lehman: s exp(-sum of w D); linear: s D; matern: smoothness 5/2 with w one over the
        length, equation 4.17 of Rasmussen and Williams.
        """
        signal, rates = math.exp(theta[0]), np.exp(theta[1:])
        if self.name == "linear":
            return np.asarray(signal * distances[0])
        if self.name == "matern":
            r = math.sqrt(5) * rates[0] * distances[0]
            return np.asarray(signal * (1 + r + r * r / 3) * np.exp(-r))
        return np.asarray(signal * np.exp(-np.tensordot(rates, distances, 1)))

    def derivatives(self, distances: np.ndarray, theta: np.ndarray, covariance: np.ndarray) -> list[np.ndarray]:
        """Of :meth:`covariance` in each entry of theta, each of shape (n, m)."""
        rates = np.exp(theta[1:])
        if self.name == "linear":
            return [covariance]
        if self.name == "matern":
            r = math.sqrt(5) * rates[0] * distances[0]
            return [covariance, -math.exp(theta[0]) * r * r * (1 + r) / 3 * np.exp(-r)]
        return [covariance, *(-rate * away * covariance for rate, away in zip(rates, distances, strict=True))]

    def variance(self, rows: np.ndarray, theta: np.ndarray) -> np.ndarray:
        """k of each row with itself, shape (n,)."""
        if self.name != "linear":
            return np.full(len(rows), math.exp(theta[0]))
        columns = self.groups[0]
        standard = (rows[:, columns] - self.mean[columns]) / self.scale[columns]
        return np.asarray(math.exp(theta[0]) * (standard**2).mean(axis=1))

    @property
    def likely(self) -> np.ndarray:
        """Where the prior of theta has its middle: signal 1, and rows that differ in everything nearly independent."""
        if self.name == "linear":
            return np.zeros(1)
        rate = {"hamming": 2.0, "matern": 0.5, "weisfeiler_lehman": 2.0}[self.name]
        return np.log([1.0, *[rate / len(self.groups)] * len(self.groups)])


def make_parts(
    text: str, names: Sequence[str], spread: np.ndarray, guesses: np.ndarray | None = None
) -> tuple[Part, ...]:
    """The parts of a kernel written as names joined by a plus.

    Where an encoding has as many parts as the kernel, each kernel looks at its own, otherwise each at all columns. What
    guesses the score by itself enters linearly as well.

    Args:
        text: such as "hamming+matern".
        names: of the columns; those of encodings put side by side begin with the encoding's text and a colon.
        spread: mean and standard deviation of each column, of shape (2, features).
        guesses: which columns are guesses of the score, bool [features]; none where not given.

    Raises:
        ValueError: there is no such kernel.
    """
    kernels = [part.strip() for part in text.split("+")]
    foreign = [part for part in kernels if part not in KERNELS]
    if foreign:
        raise ValueError(f"expected kernels among {', '.join(KERNELS)}, joined by +, got {foreign[0]!r}")
    owners = np.array([name.partition(":")[0] for name in names])
    encodings = list(dict.fromkeys(owners.tolist()))
    apart = len(kernels) > 1 and len(encodings) == len(kernels)
    mean, scale = spread[0], scales(spread, guesses)
    parts = [
        Part(kernel, _groups(kernel, names, np.flatnonzero(owners == encodings[place]) if apart else None), mean, scale)
        for place, kernel in enumerate(kernels)
    ]
    if guesses is not None and guesses.any():
        parts.append(Part("linear", (np.flatnonzero(guesses),), mean, scale))
    return tuple(parts)


def _groups(kernel: str, names: Sequence[str], columns: np.ndarray | None) -> tuple[np.ndarray, ...]:
    columns = np.arange(len(names)) if columns is None else columns
    if kernel != "hamming" or not all("=" in names[column] for column in columns.tolist()):
        return (columns,)
    choices: dict[str, list[int]] = {}
    for column in columns.tolist():
        choices.setdefault(names[column].rpartition("=")[0], []).append(column)
    return tuple(np.array(group) for group in choices.values()) if len(choices) <= MOST_POSITIONS else (columns,)


def _differing(a: np.ndarray, b: np.ndarray, whole: bool) -> np.ndarray:
    share: np.ndarray = np.asarray(cdist(a, b, "hamming"))
    return (share > 0).astype(np.float64) if whole else share


def _unit(x: np.ndarray) -> np.ndarray:
    length = np.sqrt((x**2).sum(axis=1, keepdims=True))
    return np.asarray(x / np.where(length > 0, length, 1.0))


def likely(parts: Sequence[Part]) -> np.ndarray:
    """Middle of the prior of theta: each part's own with signals that add up to 1, then a noise variance of 0.1."""
    values = [part.likely for part in parts]
    for value in values:
        value[0] = -math.log(len(parts))
    return np.concatenate([*values, [math.log(0.1)]])


def total_covariance(parts: Sequence[Part], distances: Sequence[np.ndarray], theta: np.ndarray) -> np.ndarray:
    """Sum of the parts' covariances without noise, of shape (n, m)."""
    return np.sum(
        [part.covariance(away, own) for part, away, own in zip(parts, distances, _split(parts, theta), strict=True)],
        axis=0,
    )


def total_variance(parts: Sequence[Part], rows: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """Sum of the parts' variances of each row without noise, shape (n,)."""
    return np.sum([part.variance(rows, own) for part, own in zip(parts, _split(parts, theta), strict=True)], axis=0)


def marginal_likelihood(
    parts: Sequence[Part], distances: Sequence[np.ndarray], t: np.ndarray, theta: np.ndarray
) -> tuple[float, np.ndarray]:
    """Logarithm of the density of t (n,) under the process, and its gradient in theta.

    Equations 2.30 and 5.9 of Rasmussen and Williams.

    Raises:
        numpy.linalg.LinAlgError: the covariance is not positive definite in floating point.
    """
    owns = _split(parts, theta)
    covariances = [part.covariance(away, own) for part, away, own in zip(parts, distances, owns, strict=True)]
    noise = math.exp(theta[-1])
    factor = noisy_factor(np.sum(covariances, axis=0), noise)
    inverse = linalg.cho_solve((factor, True), np.eye(len(t)), check_finite=False)
    alpha = inverse @ t
    value = -0.5 * t @ alpha - np.log(np.diag(factor)).sum() - 0.5 * len(t) * math.log(2 * math.pi)
    pull = np.outer(alpha, alpha) - inverse
    gradient = [
        0.5 * np.vdot(pull, derivative)
        for part, away, own, covariance in zip(parts, distances, owns, covariances, strict=True)
        for derivative in part.derivatives(away, own, covariance)
    ]
    return float(value), np.array([*gradient, 0.5 * noise * np.trace(pull)])


def noisy_factor(covariance: np.ndarray, noise: float) -> np.ndarray:
    """Lower Cholesky factor of the covariance with the noise variance on its diagonal, of shape (n, n).

    Raises:
        numpy.linalg.LinAlgError: it is not positive definite in floating point.
    """
    noisy = covariance + noise * np.eye(len(covariance))
    return np.asarray(linalg.cholesky(noisy, lower=True, check_finite=False))


def out_of_fold(factor: np.ndarray, t: np.ndarray, splits: Sequence[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Posterior mean (n,) of each row given the rows outside its fold; equation 5.12 with blocks for single rows."""
    inverse = linalg.cho_solve((factor, True), np.eye(len(t)), check_finite=False)
    alpha, outside = inverse @ t, np.empty(len(t))
    for _, held in splits:
        outside[held] = t[held] - linalg.solve(inverse[np.ix_(held, held)], alpha[held], assume_a="pos")
    return outside


def _split(parts: Sequence[Part], theta: np.ndarray) -> list[np.ndarray]:
    ends = np.cumsum([1 + part.rates for part in parts])
    return [np.asarray(own) for own in np.split(theta[:-1], ends[:-1])]
