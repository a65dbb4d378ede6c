"""What noise leaves to a predictor: the rank correlation that even one that knows every true score would reach.

Two kinds. *Two trainings*: one training of each architecture against another. *Perfect*: the true score, the mean over
endlessly many trainings, against what the table measured once (or as often as it did). Both hold for a population:
architectures that differ by little rank worse than ones that differ by much, and which rows have a second training is
not left to chance. What was counted (pairs that the table holds) stands beside what was simulated from a model of the
noise: the two agree where both exist, and only the second exists for every row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from predictors.deconvolution import TrueScores, find_true_scores
from predictors.measured import Measured
from predictors.metrics import kendall, spearman
from predictors.noise import NoiseModel, fit_noise
from predictors.repeats import Repeats, find_repeats

DRAWS = 20
"""Of true scores, or of a second training."""
MOST_GROUPS = 8_000
"""Classes that true scores are worked out of; more are drawn from."""
POPULATIONS = {
    "rows": "every row counts once",
    "classes": "every class counts once, by one drawn member",
    "rows_of_several": "rows of classes of which several members were measured",
    "classes_of_several": "classes of which several members were measured, each once",
}
"""Populations that a ceiling can hold for."""
Pairs = tuple[np.ndarray, np.ndarray]


def find_ceilings(measured: Measured, seed: int = 0) -> dict[str, Any] | None:
    """The ceilings of a table; None where it has too few repeated trainings to know its noise.

    ``perfect`` and ``two_trainings`` are simulated, by population; ``counted`` are pairs of trainings that the table
    holds. Each is ``{"kendall": {"value", "std"}, "spearman": ..., "n", "mean"}``: mean and spread over draws, values
    that are paired, and their mean score.

    Args:
        measured: from :func:`predictors.measured.read_measured`.
        seed: of the draws.
    """
    repeats = find_repeats(measured)
    if repeats is None:
        return None
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    noise = fit_noise(repeats, class_means(measured)[repeats.rows])
    some = _some_classes(measured, rng)
    counts = np.maximum(np.isfinite(some.per_seed).sum(axis=1), 1)
    groups = np.unique(some.classes, return_inverse=True)[1]
    truth = find_true_scores(some.y, groups, noise.deviation, counts)
    return {
        "source": repeats.source,
        "trainings": len(repeats.values),
        "groups": len(repeats.classes),
        "noise": noise.summary(),
        "populations": dict(POPULATIONS),
        "perfect": _simulated(some, groups, rng, lambda: _perfect(some, groups, truth, rng)),
        "two_trainings": _simulated(some, groups, rng, lambda: _two_trainings(groups, counts, truth, noise, rng)),
        "counted": _counted(repeats, rng),
    }


def class_means(measured: Measured) -> np.ndarray:
    """The mean over each row's class, float64 [n]."""
    groups = np.unique(measured.classes, return_inverse=True)[1]
    return (np.bincount(groups, measured.y) / np.bincount(groups))[groups]


def _some_classes(measured: Measured, rng: np.random.Generator) -> Measured:
    names = np.unique(measured.classes)
    if len(names) <= MOST_GROUPS:
        return measured
    return measured.only(np.isin(measured.classes, rng.permutation(names)[:MOST_GROUPS]))


def _perfect(measured: Measured, groups: np.ndarray, truth: TrueScores, rng: np.random.Generator) -> Pairs:
    """True scores, as likely as they are given all that was measured, and what was measured."""
    return truth.draw(rng)[groups], measured.y


def _two_trainings(
    groups: np.ndarray, counts: np.ndarray, truth: TrueScores, noise: NoiseModel, rng: np.random.Generator
) -> Pairs:
    """Two values of every row, each the mean of as many trainings as the row's own, the noise drawn as it was seen."""
    true = truth.draw(rng)[groups]
    deviation = noise.deviation(true) / np.sqrt(counts)
    return true + deviation * noise.standard(rng, len(true)), true + deviation * noise.standard(rng, len(true))


def _simulated(
    measured: Measured, groups: np.ndarray, rng: np.random.Generator, pairs: Callable[[], Pairs]
) -> dict[str, Any]:
    """Ceilings by population from draws of pairs."""
    several = np.bincount(groups)[groups] > 1
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in POPULATIONS}
    about: dict[str, tuple[int, float]] = {}
    for _ in range(DRAWS):
        first, second = pairs()
        for name, rows in _populations(groups, several, rng):
            if len(rows) < 2:
                continue
            found[name].append((kendall(first[rows], second[rows]), spearman(first[rows], second[rows])))
            about[name] = len(rows), float(measured.y[rows].mean())
    return {name: _described(values, *about[name]) for name, values in found.items() if values}


def _populations(groups: np.ndarray, several: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray]]:
    """Rows of each population; where classes count once, one drawn member of each."""
    order = rng.permutation(len(groups))
    one = np.sort(order[np.unique(groups[order], return_index=True)[1]])
    yield "rows", np.arange(len(groups))
    yield "classes", one
    yield "rows_of_several", np.flatnonzero(several)
    yield "classes_of_several", one[several[one]]


def _counted(repeats: Repeats, rng: np.random.Generator) -> dict[str, Any]:
    """One training against another that the table holds; every training counts once, or every group does."""
    found: dict[str, list[tuple[float, float]]] = {"trainings": [], "groups": []}
    about: dict[str, tuple[int, float]] = {}
    for _ in range(DRAWS):
        for name, (first, second) in {"trainings": _partners(repeats, rng), "groups": _couples(repeats, rng)}.items():
            found[name].append((kendall(first, second), spearman(first, second)))
            about[name] = len(first), float(first.mean())
    return {name: _described(values, *about[name]) for name, values in found.items()}


def _partners(repeats: Repeats, rng: np.random.Generator) -> Pairs:
    """Every training, and another of its group: the next in a drawn order, the first after the last."""
    order = _shuffled(repeats, rng)
    starts = np.cumsum(repeats.sizes) - repeats.sizes
    place = np.arange(len(order)) - np.repeat(starts, repeats.sizes)
    sizes = np.repeat(repeats.sizes, repeats.sizes)
    following = np.repeat(starts, repeats.sizes) + (place + 1) % sizes
    return repeats.values[order], repeats.values[order[following]]


def _couples(repeats: Repeats, rng: np.random.Generator) -> Pairs:
    """Two drawn trainings of each group."""
    order = _shuffled(repeats, rng)
    starts = np.cumsum(repeats.sizes) - repeats.sizes
    return repeats.values[order[starts]], repeats.values[order[starts + 1]]


def _shuffled(repeats: Repeats, rng: np.random.Generator) -> np.ndarray:
    """Places of the trainings, group after group, in a drawn order within each."""
    return np.lexsort((rng.random(len(repeats.groups)), repeats.groups))


def _described(values: list[tuple[float, float]], n: int, mean: float) -> dict[str, Any]:
    found: dict[str, Any] = {"n": n, "mean": mean}
    for name, column in zip(("kendall", "spearman"), np.array(values).T, strict=True):
        found[name] = {"value": float(np.mean(column)), "std": float(np.std(column))}
    return found
