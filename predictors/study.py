"""Scores of predictors against the number of trained architectures, over many seeds; resumable, parallel.

The protocol is that of White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS
2021. All predictors see the same draws, and a larger n contains the smaller ones; see
:data:`predictors.study_request.SPLITS` for how rows are drawn.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from predictors.ceilings import find_ceilings
from predictors.conformal import calibrate, coverage, normal_intervals
from predictors.encoding import load_encoding
from predictors.heldout import scores_by_class
from predictors.measured import Measured, read_measured
from predictors.metrics import kendall
from predictors.predictor import Predictor
from predictors.provenance import read_result, write_result
from predictors.splits import draw, draw_rows
from predictors.study_file import COVERAGES, LEVELS, StudyFile, StudyRow
from predictors.study_lookups import feature_tables, seen_of_training
from predictors.study_names import read_name
from predictors.study_pool import run_jobs
from predictors.study_request import SPLITS, StudyRequest, check_sizes
from predictors.study_scores import study_scores
from predictors.study_summary import VERSION, check_same, summarise


class Study:
    """A table's scores, ready for any job; every process has its own.

    Args:
        table: path of the table.
        metric: to predict.
        schedule: in epochs; None for the table's longest.
        split: "disjoint" or "random".
        features: the table that encodings look things up in; None for ``table``.
        names: predictors; rows that the encoding of one of them does not cover are left out for all.
        tested: rows that are tested on; None for all that the split leaves.
        coverage: whether intervals are judged.

    Raises:
        ValueError: no row is covered by all encodings.
    """

    def __init__(
        self,
        table: Path,
        metric: str,
        schedule: int | None,
        split: str = "disjoint",
        features: Path | None = None,
        names: Sequence[str] = (),
        tested: int | None = None,
        coverage: bool = False,
    ) -> None:
        self.split, self.tested, self.coverage = split, tested, coverage
        self.features = table if features is None else features
        measured = read_measured(table, metric, schedule)
        covered = np.ones(len(measured), dtype=bool)
        for encoding in dict.fromkeys(self.make(name, 0).encoding for name in names):
            covered &= load_encoding(encoding).covers(measured.space, measured.architectures)
        if not covered.any():
            raise ValueError(
                f"none of the {len(measured):,} measured architectures has the features that {', '.join(names)} look "
                "up: name the table that holds them with --features"
            )
        self.uncovered = int((~covered).sum())
        self.measured: Measured = measured.only(covered) if self.uncovered else measured

    @classmethod
    def of(cls, request: StudyRequest) -> Study:
        """The study that was asked for."""
        return cls(
            request.table,
            request.metric,
            request.schedule,
            request.split,
            request.features,
            request.names,
            request.tested,
            request.coverage,
        )

    def make(self, name: str, seed: int) -> Predictor:
        """A new predictor of a name such as ``ridge[one_hot]``, bound to the table of features."""
        return read_name(name).make(seed, self.features)

    def draw(self, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows to train and to test on, ascending."""
        sequence = np.random.SeedSequence(seed)
        rng = np.random.default_rng(sequence)
        if self.split == "random":
            train, test = draw_rows(len(self.measured), size, rng)
        else:
            train, test = draw(self.measured.classes, size, rng)
        if self.tested is not None:  # the first in an order that all sizes share
            place = np.random.default_rng(sequence.spawn(1)[0]).permutation(len(self.measured)).argsort()
            test = np.sort(test[np.argsort(place[test])][: self.tested])
        return train, test

    def leaked(self, request: StudyRequest) -> dict[str, float]:
        """Share of tested rows that are of a trained class, by n, mean over seeds; nothing where the split has none."""
        if self.split != "random":
            return {}
        shares: dict[str, float] = {}
        for size in request.sizes:
            draws = [self.draw(size, seed) for seed in range(request.seeds)]
            classes = self.measured.classes
            shares[str(size)] = float(np.mean([np.isin(classes[b], classes[a]).mean() for a, b in draws]))
        return shares

    def run(self, name: str, size: int, seed: int) -> StudyRow:
        """One row of the study: draws, fits, predicts, scores."""
        measured = self.measured
        train, test = self.draw(size, seed)
        predictor = self.make(name, seed)
        load_encoding(predictor.encoding).encode(measured.space, measured.architectures)  # not on any one's clock
        began = time.perf_counter()
        predictor.fit(measured.of(train), measured.y[train], measured.classes[train])
        fitted = time.perf_counter()
        guess, deviation = predictor.predict(measured.of(test), return_std=True)
        done = time.perf_counter()
        actual = measured.y[test]
        return StudyRow(
            predictor=name,
            n=size,
            seed=seed,
            **study_scores(actual, guess, measured.metric),
            kendall_by_class=scores_by_class(actual, guess, measured.classes[test], {"kendall": kendall})["kendall"],
            tested=len(test),
            training_seconds=float(measured.seconds[train].sum()),
            fit_seconds=fitted - began,
            predict_seconds=done - fitted,
            coverages=self._coverages(predictor, train, test, seed, guess, deviation),
        )

    def _coverages(
        self,
        predictor: Predictor,
        train: np.ndarray,
        test: np.ndarray,
        seed: int,
        mean: np.ndarray,
        deviation: np.ndarray,
    ) -> tuple[float, ...]:
        """In the order of :data:`predictors.study_file.COVERAGES`."""
        measured = self.measured
        if not self.coverage:
            return (np.nan,) * len(COVERAGES)
        made = calibrate(predictor, measured.of(train), measured.y[train], measured.classes[train], seed)
        actual, levels = measured.y[test], [level / 100 for level in LEVELS]
        place, counts = np.unique(measured.classes[test], return_inverse=True, return_counts=True)[1:]
        before = [coverage(actual, *normal_intervals(mean, deviation, level)) for level in levels]
        ends = made.intervals(measured.of(test), levels)
        after = [coverage(actual, low, high) for low, high in ends]
        by_class = [coverage(actual, low, high, 1 / counts[place])[0] for low, high in ends]
        return (
            *(value for kind in (before, after) for column in zip(*kind, strict=True) for value in column),
            *by_class,
        )


def run_study(request: StudyRequest, folder: Path) -> Iterator[tuple[int, int, StudyRow | None]]:
    """Completes the study in a folder; yields (rows done, rows in all, the new row), first with None.

    Whenever it is stopped, what was yielded is in ``study.csv``, and the same request goes on from there.

    Raises:
        ValueError: the folder holds something else or a study of other settings, or a size does not fit.
        LookupError: an unknown predictor, encoding, metric or schedule.
        OSError: a file cannot be read or written.
        ChildProcessError: a worker was killed.
    """
    before = read_result(folder, "study")
    study = Study.of(request)
    if request.split == "random":
        check_sizes(request.sizes, len(study.measured), "measured rows", request.tested)
    else:
        check_sizes(request.sizes, study.measured.class_count, least=request.tested)
    about = _describe(request, study)
    if before is not None:
        check_same(folder, before, about)
    noted = before or {}
    about["ceilings"] = noted["ceilings"] if "ceilings" in noted else find_ceilings(study.measured)
    folder.mkdir(parents=True, exist_ok=True)
    write_result(folder, {**about, "complete": False})
    file = StudyFile(folder / "study.csv")
    jobs = list(request.jobs())
    open_jobs = [job for job in jobs if job not in file.rows]
    yield len(jobs) - len(open_jobs), len(jobs), None
    done = len(jobs) - len(open_jobs)
    for row in run_jobs(study, request, open_jobs):
        file.append(row)
        done += 1
        yield done, len(jobs), row
    file.rewrite(request.names)
    found = {"leaked": study.leaked(request), "summary": summarise(file.rows.values(), request)}
    write_result(folder, {**about, "complete": True, **found})


def _describe(request: StudyRequest, study: Study) -> dict[str, Any]:
    measured = study.measured
    parameters = {name: read_name(name).make(0).get_params(deep=False) for name in request.names}
    encodings = {name: study.make(name, 0).encoding for name in request.names}
    return {
        "kind": "study",
        "version": VERSION,
        "predictors": list(request.names),
        "parameters": {
            name: {key: value for key, value in held.items() if key != "seed"} for name, held in parameters.items()
        },
        **measured.description(),
        "uncovered": study.uncovered,
        "feature_tables": feature_tables(list(encodings.values()), study.features),
        "train_sizes": list(request.sizes),
        "seeds": request.seeds,
        "split": request.split,
        "split_is": SPLITS[request.split],
        "features": None if request.features is None else request.features.name,
        "tested": request.tested,
        "coverage": "CV+" if request.coverage else False,
        "seen": {name: seen_of_training(encoding, measured.architectures) for name, encoding in encodings.items()},
    }
