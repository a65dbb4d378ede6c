"""Fits an ensemble to a table: a held-out score on classes never seen, then a surrogate fitted to every row.

A folder of fit holds ``result.json``, ``heldout.csv`` (architecture, class_hash, actual, predicted, std), the
surrogate's files and, where full quality was asked for, ``quality.csv`` (check, label, n_train, n_test, test_classes,
metric, value, low, high, by_class).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.database.files import write_atomically
from predictors.clock import fit_clock
from predictors.ensemble import Ensemble, fit_ensemble
from predictors.heldout import LEVEL, heldout_scores, scores_by_class
from predictors.measured import Measured
from predictors.measured_curves import MeasuredCurves
from predictors.predictor import Predictor
from predictors.provenance import finite, read_result, write_result
from predictors.quality import full_quality
from predictors.splits import holdout
from predictors.surrogate import SurrogateBenchmark
from predictors.trainings import Trainings, fit_trainings


def fit_surrogate(
    measured: Measured,
    name: str,
    folder: Path,
    seed: int = 0,
    test_fraction: float = 0.2,
    ensemble: int = 1,
    curves: MeasuredCurves | None = None,
    full: bool = False,
    groups: Mapping[str, np.ndarray] | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """What ``result.json`` of the folder says; the folder then holds a surrogate.

    Args:
        measured: from :func:`predictors.measured.read_measured`.
        name: of the predictor.
        folder: where results go; a fit that is there is replaced.
        seed: of the split, the predictor and the bootstrap.
        test_fraction: share of the classes that are held out.
        ensemble: how many copies of the predictor answer together.
        curves: from :func:`predictors.measured_curves.read_curves`.
        full: whether to make every check of :mod:`predictors.quality`.
        groups: label -> rows, each left out once; see :func:`predictors.labels.read_groups`.
        **parameters: of the predictor.

    Raises:
        ValueError: the folder holds something else, or there are too few classes to hold some out.
        LookupError: no predictor has this name.
    """
    read_result(folder, "fit")
    predictor = make_predictor(name, seed, **parameters)
    seeds = np.random.SeedSequence(seed).spawn(2)
    train, test = holdout(measured.classes, test_fraction, np.random.default_rng(seeds[0]))

    def fitted(rows: np.ndarray) -> Ensemble:
        return fit_ensemble(predictor, measured, rows, ensemble, seed)

    tried = fitted(train)
    predicted, deviation = tried.predict(measured.of(test), return_std=True)
    scores = heldout_scores(measured.y[test], predicted, measured.classes[test], seeds[1])
    clock, clock_quality = fit_clock(measured, predictor.encoding, train, test)
    quality = None
    if full or groups:
        quality = finite(full_quality(measured, fitted, tried, train, test, seed, groups, curves))
    everything = np.arange(len(measured))
    answering = fitted(everything)
    trainings = fit_trainings(measured, curves, everything, answering, seed)
    about = {
        "kind": "fit",
        "predictor": name,
        "encoding": predictor.encoding,
        "parameters": predictor.get_params(deep=False),
        "members": len(answering.members),
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
        "trainings": _summary(trainings),
        "quality": quality,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "result.json").unlink(missing_ok=True)
    _write_heldout(folder / "heldout.csv", measured, test, predicted, deviation)
    _write_quality(folder / "quality.csv", quality)
    kept = ("metric", "schedule", "table", "table_digest", "rows", "predictor", "encoding")
    heldout = {metric: score["value"] for metric, score in scores.items()}
    said = {**{key: about[key] for key in kept}, "heldout": heldout, "quality": quality}
    SurrogateBenchmark(answering, clock, trainings, said).save(folder)
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


def _summary(trainings: Trainings) -> dict[str, Any]:
    """For people: the noise, and which curves there are."""
    return {
        "noise": None if trainings.noise is None else trainings.noise.summary(),
        "curves": None if trainings.curves is None else {name: len(at) for name, at in trainings.curves.epochs.items()},
        "noise_of_curves": trainings.curve_noise is not None,
    }


def _write_heldout(
    path: Path, measured: Measured, test: np.ndarray, predicted: np.ndarray, deviation: np.ndarray
) -> None:
    rows = [
        (measured.space.format(measured.architectures[row]), measured.class_hashes[row], *map(repr, numbers))
        for row, *numbers in zip(
            test.tolist(), measured.y[test].tolist(), predicted.tolist(), deviation.tolist(), strict=True
        )
    ]
    _write_csv(path, ("architecture", "class_hash", "actual", "predicted", "std"), rows)


def _write_quality(path: Path, quality: dict[str, Any] | None) -> None:
    path.unlink(missing_ok=True)
    if quality is None:
        return
    numbers = ("value", "low", "high")
    said = ("check", "label", "n_train", "n_test", "test_classes")
    rows = [
        (
            *(check[key] for key in said),
            metric,
            *("" if score[end] is None else repr(score[end]) for end in numbers),
            "" if check["by_class"][metric] is None else repr(check["by_class"][metric]),
        )
        for check in quality["checks"]
        for metric, score in check["scores"].items()
    ]
    _write_csv(path, (*said, "metric", *numbers, "by_class"), rows)


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    write_atomically(path, text.getvalue().encode())
