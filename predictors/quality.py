"""How good a surrogate is where it matters: classes never seen, a group left out, the best, and beyond what was seen.

The checks are those of Zela et al., "Surrogate NAS Benchmarks", ICLR 2022: held-out rows,
leave-one-searcher-out, and against a single training; and besides, the top decile, where searches end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nasbench.database.schema import METRICS
from predictors.ensemble import Ensemble
from predictors.heldout import Interval, heldout_scores, scores_by_class
from predictors.labels import too_small
from predictors.measured import Measured
from predictors.measured_curves import MeasuredCurves
from predictors.metrics import Metric, kendall, kendall_rounded, mae, r2
from predictors.repeats import LEAST, find_repeats
from predictors.single_training import against_single_training
from predictors.trainings import encoded, fit_trainings

TOP = 0.1
"""Share of rows, or of classes, that are the best."""
CHECKS = {
    "random_split": "classes drawn at random, never seen",
    "left_out_group": "rows of one label; trained as the random split is, without their classes",
    "top_within": "the best tenth of the rows of the random split, by what was measured",
    "top_beyond": "the best tenth of all classes, by their mean; trained as the random split is, without them",
}
"""What each check is made on."""
Fit = Callable[[np.ndarray], Ensemble]


@dataclass(frozen=True)
class Check:
    """Scores of an ensemble on rows of classes that it never saw.

    Args:
        check: one of :data:`CHECKS`.
        label: of the left-out group; empty otherwise.
        n_train: rows learned from.
        n_test: rows predicted,
        test_classes: in so many classes.
        scores: value and interval of each of :func:`quality_metrics`.
        by_class: the values on means of classes, so that a class of many rows counts as one.
    """

    check: str
    label: str
    n_train: int
    n_test: int
    test_classes: int
    scores: dict[str, Interval]
    by_class: dict[str, float]


def bias(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Mean of predictions less what was measured, in its unit; above 0 where predictions are too high."""
    return float((predicted - actual).mean()) if len(actual) else float("nan")


def quality_metrics(metric: str) -> dict[str, Metric]:
    """Metrics of a check, by name; rounding, to 0.1 percent, is of accuracies alone."""
    rounded = {"kendall_rounded": kendall_rounded} if METRICS[metric].unit == "percent" else {}
    return {"r2": r2, "kendall": kendall, **rounded, "mae": mae, "bias": bias}


def full_quality(
    measured: Measured,
    fit: Fit,
    tried: Ensemble,
    train: np.ndarray,
    test: np.ndarray,
    seed: int,
    groups: Mapping[str, np.ndarray] | None = None,
    curves: MeasuredCurves | None = None,
) -> dict[str, Any]:
    """Every check: ``checks``, ``too_small``, ``single_training`` and ``trainings``, as a result file says them.

    Args:
        measured: from :func:`predictors.measured.read_measured`.
        fit: a new ensemble, fitted to rows of it.
        tried: the one fitted to ``train``.
        train: rows of the random split that were learned from.
        test: its held-out rows.
        seed: of bootstraps.
        groups: label -> its rows, see :func:`predictors.labels.read_groups`; those of one class are listed, not
            measured.
        curves: from :func:`predictors.measured_curves.read_curves`.
    """
    predicted = np.full(len(measured), np.nan)
    predicted[test] = tried.predict(measured.of(test))
    splits = [("random_split", "", len(train), test), ("top_within", "", len(train), _top_rows(measured, test))]
    checks = [_check(measured, *split, predicted, seed) for split in splits]
    small = too_small(groups or {}, measured)
    enough = {label: rows for label, rows in (groups or {}).items() if label not in {each["label"] for each in small}}
    for name, label, rows in _left_out(measured, enough):
        outside = train[~np.isin(measured.classes[train], measured.classes[rows])]
        if len(np.unique(measured.classes[outside])) < 2:
            raise ValueError(
                f"without the classes of {label or name} fewer than two are left to learn from: choose a smaller test "
                "fraction, or other groups"
            )
        answers = np.full(len(measured), np.nan)
        answers[rows] = fit(outside).predict(measured.of(rows))
        checks.append(_check(measured, name, label, len(outside), rows, answers, seed))
    repeats = find_repeats(measured)
    held = None if repeats is None else repeats.within(test)
    higher = METRICS[measured.metric].higher_is_better
    return {
        "checks": [asdict(check) for check in checks],
        "checks_are_of": dict(CHECKS),
        "too_small": small,
        "single_training": None
        if held is None
        else against_single_training(held, predicted, measured.classes, seed, higher),
        "trainings": trainings_quality(measured, curves, tried, train, test, seed),
    }


def trainings_quality(
    measured: Measured, curves: MeasuredCurves | None, tried: Ensemble, train: np.ndarray, test: np.ndarray, seed: int
) -> dict[str, Any]:
    """How models of curves and noise, learned from ``train``, hold on ``test``.

    ``curves``: mean absolute error of each metric over epochs and rows, in its unit. ``noise``: ``ratio``, the spread
    of held-out trainings as a multiple of the deviation that the model gives them, 1 where it is right, each group
    counted once; None where there are too few.
    """
    trainings = fit_trainings(measured, curves, train, tried, seed)
    rows, final = measured.of(test), tried.predict(measured.of(test))
    found: dict[str, Any] = {"curves": None, "noise": None}
    if curves is not None and trainings.curves is not None:
        answers = trainings.curves.predict(encoded(tried, rows), final)
        errors = {metric: np.abs(curve - curves.means[metric][test]) for metric, curve in answers.items()}
        found["curves"] = {metric: float(np.nanmean(error)) for metric, error in errors.items()}
    repeats = find_repeats(measured)
    held = None if repeats is None else repeats.within(test)
    if trainings.noise is not None and held is not None and len(held.classes) >= LEAST:
        expected = np.full(len(measured), np.nan)
        expected[test] = final
        level = held.mean_of(expected[held.rows])
        spread, told = held.mean_of(held.deviations(held.values) ** 2), trainings.noise.deviation(level) ** 2
        ratio = float(np.sqrt((spread[told > 0] / told[told > 0]).mean())) if told.any() else None
        found["noise"] = {"ratio": ratio, "groups": len(level), "deviation": float(np.sqrt(told.mean()))}
    return found


def _check(
    measured: Measured, name: str, label: str, n_train: int, rows: np.ndarray, predicted: np.ndarray, seed: int
) -> Check:
    classes = measured.classes[rows]
    chance = np.random.SeedSequence(seed, spawn_key=(13,))
    metrics, actual, guesses = quality_metrics(measured.metric), measured.y[rows], predicted[rows]
    scores = heldout_scores(actual, guesses, classes, chance, metrics)
    by_class = scores_by_class(actual, guesses, classes, metrics)
    return Check(name, label, n_train, len(rows), len(np.unique(classes)), scores, by_class)


def _left_out(measured: Measured, groups: Mapping[str, np.ndarray]) -> Iterator[tuple[str, str, np.ndarray]]:
    for label, rows in groups.items():
        yield "left_out_group", label, rows
    names, place = np.unique(measured.classes, return_inverse=True)
    means = np.bincount(place, _signed(measured)) / np.bincount(place)
    best = np.argsort(-means, kind="stable")[: max(2, round(TOP * len(names)))]
    yield "top_beyond", "", np.flatnonzero(np.isin(place, best))


def _top_rows(measured: Measured, rows: np.ndarray) -> np.ndarray:
    signed = _signed(measured)[rows]
    return rows[signed >= np.quantile(signed, 1 - TOP)]


def _signed(measured: Measured) -> np.ndarray:
    """Scores, turned where lower is better."""
    return measured.y if METRICS[measured.metric].higher_is_better else -measured.y
