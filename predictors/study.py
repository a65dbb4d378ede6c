"""Rank correlation of predictors against the number of trained architectures, over many seeds; resumable, parallel.

For each seed and n, n classes are drawn and one member of each is trained on; every row of every other class is
tested on. All predictors see the same draws, and a larger n contains the smaller ones.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from predictors.encoding import load_encoding
from predictors.fit import make_predictor
from predictors.measured import Measured, noise_ceiling, read_measured
from predictors.metrics import kendall, mae, pearson, r2, spearman
from predictors.provenance import read_result, write_result
from predictors.splits import draw
from predictors.study_file import Key, StudyFile, StudyRow
from predictors.study_pool import run_jobs

TESTED_LEAST = 10
"""Classes that must be left to test on."""
SETTINGS = ("space", "table_digest", "metric", "schedule")
"""Fields that must stay the same for a study to be gone on with."""


@dataclass(frozen=True)
class StudyRequest:
    """What to study.

    Args:
        table: path of the table.
        predictors: names.
        sizes: numbers of trained classes.
        seeds: how many; they are 0, 1, ...
        metric: to predict.
        schedule: in epochs; None for the table's longest.
        workers: processes; the numbers do not depend on it.
    """

    table: Path
    predictors: tuple[str, ...]
    sizes: tuple[int, ...]
    seeds: int
    metric: str = "val_accuracy"
    schedule: int | None = None
    workers: int = 1

    def jobs(self) -> Iterator[Key]:
        """Every (predictor, n, seed); the seeds of a short study come first, so that a stopped one has all sizes."""
        for seed in range(self.seeds):
            for size in self.sizes:
                for name in self.predictors:
                    yield name, size, seed


class Study:
    """A table's scores, ready for any job; every process has its own."""

    def __init__(self, table: Path, metric: str, schedule: int | None) -> None:
        self.measured: Measured = read_measured(table, metric, schedule)

    def run(self, name: str, size: int, seed: int) -> StudyRow:
        """One row of the study: draws, fits, predicts, scores."""
        measured = self.measured
        train, test = draw(measured.classes, size, np.random.default_rng(np.random.SeedSequence(seed)))
        predictor = make_predictor(name, seed)
        load_encoding(predictor.encoding).encode(measured.space, measured.architectures)  # not on any one's clock
        began = time.perf_counter()
        predictor.fit(measured.of(train), measured.y[train], measured.classes[train])
        fitted = time.perf_counter()
        guess = predictor.predict(measured.of(test))
        done = time.perf_counter()
        actual = measured.y[test]
        return StudyRow(
            predictor=name,
            n=size,
            seed=seed,
            kendall=kendall(actual, guess),
            spearman=spearman(actual, guess),
            pearson=pearson(actual, guess),
            r2=r2(actual, guess),
            mae=mae(actual, guess),
            fit_seconds=fitted - began,
            predict_seconds=done - fitted,
        )


def check_sizes(sizes: Sequence[int], classes: int) -> None:
    """Checks that each size leaves classes to test on.

    Raises:
        ValueError: one does not; the message says which fit.
    """
    most = classes - TESTED_LEAST
    if all(2 <= size <= most for size in sizes):
        return
    wrong = ", ".join(str(size) for size in sizes if not 2 <= size <= most)
    fitting = ", ".join(str(size) for size in sizes if 2 <= size <= most)
    room = f"sizes from 2 to {most} fit" if most >= 2 else "no size fits, build more architectures"
    asked = f" (of those asked for: {fitting})" if fitting and most >= 2 else ""
    raise ValueError(
        f"train sizes {wrong} do not fit: the table has {classes} measured classes, of which {TESTED_LEAST} "
        f"must be left to test on; {room}{asked}"
    )


def run_study(request: StudyRequest, folder: Path) -> Iterator[tuple[int, int, StudyRow | None]]:
    """Completes the study in a folder; yields (rows done, rows in all, the new row), first with None.

    Whenever it is stopped, what was yielded is in ``study.csv``, and the same request goes on from there.

    Raises:
        ValueError: the folder holds something else or a study of other settings, or a size does not fit.
        LookupError: an unknown predictor, metric or schedule.
        OSError: a file cannot be read or written.
        ChildProcessError: a worker was killed.
    """
    before = read_result(folder, "study")
    study = Study(request.table, request.metric, request.schedule)
    check_sizes(request.sizes, study.measured.class_count)
    if request.seeds < 1:
        raise ValueError(f"a study needs at least 1 seed, got {request.seeds}")
    about = _describe(request, study.measured)
    if before is not None:
        check_same(folder, before, about)
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
    file.rewrite(request.predictors)
    write_result(folder, {**about, "complete": True, "summary": summarise(file.rows.values(), request)})


def _describe(request: StudyRequest, measured: Measured) -> dict[str, Any]:
    parameters = {name: make_predictor(name, 0).get_params(deep=False) for name in request.predictors}
    return {
        "kind": "study",
        "predictors": list(request.predictors),
        "parameters": {
            name: {key: value for key, value in held.items() if key != "seed"} for name, held in parameters.items()
        },
        **measured.description(),
        "train_sizes": list(request.sizes),
        "seeds": request.seeds,
        "split": "n classes drawn, one member of each trained on; tested on all rows of all other classes",
        "noise_ceiling": noise_ceiling(measured.per_seed),
    }


def check_same(folder: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Checks that rows described by ``new`` can stand beside those described by ``old``.

    Raises:
        ValueError: a setting differs, or something there is left out; the message says which.
    """
    differs = [field for field in SETTINGS if old.get(field) != new.get(field)]
    differs += [
        f"parameters of {name}"
        for name, held in old.get("parameters", {}).items()
        if name in new["parameters"] and held != new["parameters"][name]
    ]
    if differs:
        raise ValueError(f"{folder} holds a study that differs in {', '.join(differs)}: choose another --out")
    left_out = [str(name) for key in ("predictors", "train_sizes") for name in old.get(key, []) if name not in new[key]]
    if old.get("seeds", 0) > new["seeds"]:
        left_out.append(f"{old['seeds']} seeds")
    if left_out:
        raise ValueError(
            f"{folder} holds rows that this command leaves out ({', '.join(left_out)}): choose another --out, or ask "
            "for at least what is there"
        )


def summarise(rows: Any, request: StudyRequest) -> list[dict[str, Any]]:
    """For each predictor and n: seeds, and mean and standard deviation over them of each score."""
    summary: list[dict[str, Any]] = []
    for name in request.predictors:
        for size in request.sizes:
            mine = [row for row in rows if (row.predictor, row.n) == (name, size)]
            entry: dict[str, Any] = {"predictor": name, "n": size, "seeds": len(mine)}
            for score in ("kendall", "spearman", "pearson", "r2", "mae", "fit_seconds", "predict_seconds"):
                values = np.array([getattr(row, score) for row in mine])
                values = values[~np.isnan(values)]
                mean = float(values.mean()) if len(values) else None
                entry[score] = {"mean": mean, "std": float(values.std(ddof=1)) if len(values) > 1 else None}
            summary.append(entry)
    return summary
