"""A surrogate against a single training: which of the two is nearer to what many trainings say.

Zela et al., "Surrogate NAS Benchmarks", ICLR 2022: a look-up of one noisy training is an estimate too, and a model that
averages over similar architectures can be the better one. Both are compared with the mean of the *other* trainings of
the same function, which neither has seen. That mean has noise of its own, the same for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from predictors.heldout import interval, resamples
from predictors.intervals import percentiles, resampled
from predictors.metrics import kendall, mae, rmse
from predictors.repeats import LEAST, Repeats

METRICS = {"mae": (mae, -1.0), "rmse": (rmse, -1.0), "kendall": (kendall, 1.0)}
"""Metric and whether more is better."""
SIDES = ("surrogate", "single", "gain")
"""Gain: how much better the surrogate is, in the metric's unit; negative where it is worse."""
PICKS = 20
"""Times that one training of each group is drawn for the value."""


def against_single_training(
    repeats: Repeats, predicted: np.ndarray, classes: np.ndarray, seed: int, higher_is_better: bool = True
) -> dict[str, Any] | None:
    """Error and rank correlation of both, for all groups and for the half predicted best; None of too few groups.

    Args:
        repeats: trainings of held-out architectures, see :func:`predictors.repeats.find_repeats`.
        predicted: score of each architecture that was measured, float64 [measured]; of held-out ones what a surrogate
            said that had not seen them.
        classes: class of each architecture that was measured, int64 [measured].
        seed: of picks and bootstrap.
        higher_is_better: of the metric.

    Returns:
        ``source``; and for each part its ``groups``, ``trainings``, ``mean`` score, ``scores`` by metric and side, and
        ``nearer`` by metric: "surrogate", "single" or "undecided", by the interval of the gain.
    """
    if len(repeats.classes) < LEAST:
        return None
    guesses = predicted[repeats.rows]
    level = repeats.mean_of(guesses) * (1 if higher_is_better else -1)
    everything = np.ones(len(repeats.classes), dtype=bool)
    parts = {"all": everything, "better_half": level >= np.median(level)}
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(11,)))
    return {
        "source": repeats.source,
        **{name: _compared(repeats, guesses, classes, part, rng) for name, part in parts.items()},
    }


def others(repeats: Repeats) -> np.ndarray:
    """For each training the mean of the other trainings of its group, float64 [trainings]."""
    sizes = repeats.sizes[repeats.groups]
    total = repeats.mean_of(repeats.values)[repeats.groups] * sizes
    return (total - repeats.values) / (sizes - 1)


def _compared(
    repeats: Repeats, guesses: np.ndarray, classes: np.ndarray, part: np.ndarray, rng: np.random.Generator
) -> dict[str, Any]:
    order = np.argsort(repeats.groups, kind="stable")
    sizes = repeats.sizes
    starts = np.cumsum(sizes) - sizes
    reference, groups = others(repeats), np.flatnonzero(part)
    group_classes = classes[repeats.rows[order[starts]]][groups]

    def picked(chosen: np.ndarray) -> list[tuple[float, float, float]]:
        """Every metric's sides on one training of each chosen group; a group chosen twice has the same one."""
        place = order[starts + (rng.random(len(sizes)) * sizes).astype(np.int64)][chosen]
        return list(_sides(guesses[place], repeats.values[place], reference[place]))

    values = np.array([picked(groups) for _ in range(PICKS)]).mean(axis=0)
    draws = resampled(group_classes, rng, resamples(len(groups)))
    spread = np.array([picked(groups[drawn]) for drawn in draws]).reshape(-1, len(METRICS), len(SIDES))
    scores = {
        name: {side: interval(float(values[i, j]), *percentiles(spread[:, i, j])) for j, side in enumerate(SIDES)}
        for i, name in enumerate(METRICS)
    }
    inside = np.isin(repeats.groups, groups)
    return {
        "groups": len(groups),
        "trainings": int(inside.sum()),
        "mean": float(repeats.mean_of(repeats.values)[groups].mean()),
        "scores": scores,
        "nearer": {name: _nearer(sides["gain"]) for name, sides in scores.items()},
    }


def _sides(guess: np.ndarray, single: np.ndarray, reference: np.ndarray) -> Iterator[tuple[float, float, float]]:
    for metric, sign in METRICS.values():
        by_surrogate, by_single = metric(reference, guess), metric(reference, single)
        yield by_surrogate, by_single, sign * (by_surrogate - by_single)


def _nearer(gain: dict[str, float | None]) -> str:
    low, high = gain["low"], gain["high"]
    if low is not None and low > 0:
        return "surrogate"
    return "single" if high is not None and high < 0 else "undecided"
