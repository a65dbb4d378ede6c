"""Fits a predictor to a table: a held-out score on classes never seen, then a surrogate fitted to every row.

A folder of fit holds ``result.json``, ``heldout.csv`` (architecture, class_hash, actual, predicted, std) and the
surrogate's files.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

import nasbench
from nasbench.database.files import write_atomically
from predictors.intervals import bootstrap_interval
from predictors.measured import Measured
from predictors.metrics import METRICS, spearman
from predictors.models.ridge import Ridge
from predictors.predictor import Predictor
from predictors.provenance import read_result, write_result
from predictors.splits import holdout
from predictors.surrogate import SurrogateBenchmark

RESAMPLES = 1000
"""Of the bootstrap; fewer where there are very many held-out rows."""
LEVEL = 0.95


def fit_surrogate(
    measured: Measured, name: str, folder: Path, seed: int = 0, test_fraction: float = 0.2, **parameters: Any
) -> dict[str, Any]:
    """What ``result.json`` of the folder says; the folder then holds a surrogate.

    Args:
        measured: from :func:`predictors.measured.read_measured`.
        name: of the predictor.
        folder: where results go; a fit that is there is replaced.
        seed: of the split, the predictor and the bootstrap.
        test_fraction: share of the classes that are held out.
        **parameters: of the predictor.

    Raises:
        ValueError: the folder holds something else, or there are too few classes to hold some out.
        LookupError: no predictor has this name.
    """
    read_result(folder, "fit")
    predictor = make_predictor(name, seed, **parameters)
    seeds = np.random.SeedSequence(seed).spawn(2)
    train, test = holdout(measured.classes, test_fraction, np.random.default_rng(seeds[0]))
    tried: Predictor = clone(predictor)
    tried.fit(measured.of(train), measured.y[train], measured.classes[train])
    predicted, deviation = tried.predict(measured.of(test), return_std=True)
    scores = heldout_scores(measured.y[test], predicted, measured.classes[test], seeds[1])
    clock, clock_quality = _fit_clock(measured, predictor, train, test)
    predictor.fit(measured.architectures, measured.y, measured.classes)
    about = {
        "kind": "fit",
        "predictor": name,
        "encoding": predictor.encoding,
        "parameters": predictor.get_params(deep=False),
        **measured.description(),
        "seed": seed,
        "test_fraction": test_fraction,
        "n_train": len(train),
        "n_test": len(test),
        "train_classes": len(np.unique(measured.classes[train])),
        "test_classes": len(np.unique(measured.classes[test])),
        "scores": scores,
        "scores_by_class": scores_by_class(measured.y[test], predicted, measured.classes[test]),
        "scores_are_of": "a predictor fitted to n_train rows, on n_test rows of classes it never saw; intervals are "
        f"{LEVEL:.0%} bootstrap intervals over classes; scores_by_class are of the classes' means, one pair a class",
        "surrogate_is": f"the same predictor fitted again to all {len(measured)} rows",
        "seconds": clock_quality,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    _write_heldout(folder / "heldout.csv", measured, test, predicted, deviation)
    kept = ("metric", "schedule", "table", "table_digest", "rows", "predictor", "encoding")
    heldout = {metric: score["value"] for metric, score in scores.items()}
    SurrogateBenchmark(predictor, clock, {**{key: about[key] for key in kept}, "heldout": heldout}).save(folder)
    write_result(folder, about)
    return about


def make_predictor(name: str, seed: int, **parameters: Any) -> Predictor:
    """A new predictor; the seed goes to those that take one.

    Raises:
        LookupError: no predictor has this name.
        ValueError: it has no such parameter.
    """
    predictor: Predictor = nasbench.load_predictor(name)
    known = predictor.get_params(deep=False)
    return predictor.set_params(**parameters, **({"seed": seed} if "seed" in known else {}))


def heldout_scores(
    actual: np.ndarray, predicted: np.ndarray, classes: np.ndarray, seed: np.random.SeedSequence
) -> dict[str, dict[str, float | None]]:
    """For each metric its value and the ends of its interval; None where it is not defined."""
    resamples = max(200, min(RESAMPLES, 1_500_000 // max(len(actual), 1)))
    found: dict[str, dict[str, float | None]] = {}
    for name, metric in METRICS.items():
        low, high = bootstrap_interval(
            metric, actual, predicted, classes, np.random.default_rng(seed), resamples=resamples, level=LEVEL
        )
        numbers = {"value": metric(actual, predicted), "low": low, "high": high}
        found[name] = {key: None if np.isnan(number) else float(number) for key, number in numbers.items()}
    return found


def scores_by_class(actual: np.ndarray, predicted: np.ndarray, classes: np.ndarray) -> dict[str, float]:
    """Each metric on the mean over every class's rows, so that a class of many architectures counts as one."""
    place, counts = np.unique(classes, return_inverse=True, return_counts=True)[1:]
    means = [np.bincount(place, values) / counts for values in (actual, predicted)]
    return {name: metric(*means) for name, metric in METRICS.items()}


def _fit_clock(
    measured: Measured, predictor: Predictor, train: np.ndarray, test: np.ndarray
) -> tuple[Ridge | None, dict[str, Any] | None]:
    """A ridge of log seconds on the predictor's features, and its quality on the held-out rows; None without times."""
    timed = np.isfinite(measured.seconds) & (measured.seconds > 0)
    inside, outside = train[timed[train]], test[timed[test]]
    if len(np.unique(measured.classes[inside])) < 2:
        return None, None
    log_seconds = np.log(measured.seconds, out=np.full(len(measured), np.nan), where=timed)
    clock = Ridge(encoding=predictor.encoding, warp="identity")
    guess = (
        np.exp(
            clock.fit(measured.of(inside), log_seconds[inside], measured.classes[inside]).predict(measured.of(outside))
        )
        if len(outside)
        else np.empty(0)
    )
    true = measured.seconds[outside]
    rows = np.flatnonzero(timed)
    clock.fit(measured.of(rows), log_seconds[rows], measured.classes[rows])
    quality = {
        "predictor": "ridge of log seconds",
        "rows": len(rows),
        "heldout_spearman": spearman(true, guess),
        "heldout_relative_error": float(np.abs(guess / true - 1).mean()) if len(true) else None,
    }
    return clock, quality


def _write_heldout(
    path: Path, measured: Measured, test: np.ndarray, predicted: np.ndarray, deviation: np.ndarray
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("architecture", "class_hash", "actual", "predicted", "std"))
    for row, guess, std in zip(test.tolist(), predicted.tolist(), deviation.tolist(), strict=True):
        name = measured.space.format(measured.architectures[row])
        writer.writerow((name, measured.class_hashes[row], repr(float(measured.y[row])), repr(guess), repr(std)))
    write_atomically(path, text.getvalue().encode())
