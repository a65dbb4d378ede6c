"""Transfer: what a table of cheap trainings is worth to a predictor of dear ones, and what it cost.

Three ways to rank architectures that the target table was not asked for: a predictor fitted to n target rows alone; the
guesses of one fitted to the source table alone, no target row; and both, a predictor of n target rows that has the
source's guess as a feature (:mod:`predictors.encodings.prediction`). All see the same draws. For each n it is said
whether the source helps (a two-sided Wilcoxon signed-rank test over seeds), and how many target rows alone would have
been as good.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from predictors.encoding_text import EncodingText
from predictors.measured import Measured
from predictors.metrics import kendall
from predictors.provenance import read_result, write_result
from predictors.source import load_source, source_rows
from predictors.study import Study, run_study
from predictors.study_file import Key, StudyFile, StudyRow
from predictors.study_names import Named, read_name
from predictors.study_request import StudyRequest

ALPHA = 0.05
"""Of the tests, each by itself."""


@dataclass(frozen=True)
class Source:
    """A cheap table.

    Args:
        table: path.
        metric: what is learned from it.
        schedule: in epochs; 0 for its longest.
        rows: how many of its classes are learned from, one member each; 0 for everything in it.
        seed: of the draw of these.
    """

    table: Path
    metric: str = "val_accuracy"
    schedule: int = 0
    rows: int = 0
    seed: int = 0

    def encoding(self) -> str:
        """The encoding that carries its guesses over."""
        plain = Source(self.table)
        named = [name for name in ("metric", "schedule", "rows", "seed") if getattr(self, name) != getattr(plain, name)]
        return EncodingText(
            "prediction", {"source": str(self.table), **{name: getattr(self, name) for name in named}}
        ).text()


def run_transfer(source: Source, request: StudyRequest, folder: Path) -> Iterator[tuple[int, int, StudyRow | None]]:
    """Completes the transfer in a folder; yields as :func:`predictors.study.run_study` does.

    The folder then holds ``result.json``, and in ``study`` the study of the predictor without and with the source.

    Args:
        source: the cheap table.
        request: the study of one predictor on the target table, which is done without and with the source.
        folder: for the results; a stopped transfer is gone on with.

    Raises:
        ValueError: source and target are the same measurements, or more than one predictor is asked for, or what
            :func:`predictors.study.run_study` raises.
    """
    read_result(folder, "transfer")
    if len(request.predictors) != 1:
        raise ValueError(f"a transfer is of one predictor, got {len(request.predictors)}")
    alone = read_name(request.predictors[0])
    carried = Named(alone.name, alone.parameters, f"{alone.make(0).encoding}+{source.encoding()}")
    asked = replace(request, predictors=(alone.text(), carried.text()))
    study = Study.of(asked)
    taught = source_rows(source.table, source.metric, source.schedule, source.rows, source.seed)
    _check(taught, study.measured)
    folder.mkdir(parents=True, exist_ok=True)
    about = _describe(source, taught, study.measured, asked)
    write_result(folder, {**about, "complete": False})
    yield from run_study(asked, folder / "study")
    rows = StudyFile(folder / "study" / "study.csv").rows
    guesses = load_source(source.table, source.metric, source.schedule, source.rows, source.seed).predict(
        study.measured.architectures
    )
    sizes = [_compared(rows, asked, study, size, guesses) for size in asked.sizes]
    known = [(entry["n"], entry["alone"]["mean"]) for entry in sizes]
    for entry in sizes:
        entry["worth_rows"] = worth_rows(known, entry["carried"]["mean"])
        entry["source_worth_rows"] = worth_rows(known, entry["source"]["mean"])
    write_result(folder, {**about, "complete": True, "sizes": sizes, "verdict": verdict(sizes)})


def worth_rows(known: Sequence[tuple[int, float]], score: float) -> dict[str, Any]:
    """How many rows alone are as good as a score: ``{"rows", "bound"}``, on a straight line over log n.

    ``bound`` is "about", or "more" or "less" where the score lies beyond the largest or the smallest n.

    >>> worth_rows([(32, 0.6), (128, 0.8)], 0.7)
    {'rows': 64, 'bound': 'about'}
    """
    sizes = np.array([size for size, _ in known], dtype=np.float64)
    scores = np.maximum.accumulate([value for _, value in known])
    if score > scores[-1]:
        return {"rows": int(sizes[-1]), "bound": "more"}
    if score < scores[0]:
        return {"rows": int(sizes[0]), "bound": "less"}
    return {"rows": round(math.exp(float(np.interp(score, scores, np.log(sizes))))), "bound": "about"}


def verdict(sizes: Sequence[Mapping[str, Any]]) -> str:
    """One sentence on where the source helps, and whether target rows add to it."""
    helps = [str(entry["n"]) for entry in sizes if entry["helps"] == "yes"]
    hurts = [str(entry["n"]) for entry in sizes if entry["helps"] == "no, it hurts"]
    told = f"the source helps at n = {', '.join(helps)}" if helps else "the source helps at no n"
    if hurts:
        told += f" and hurts at n = {', '.join(hurts)}"
    behind = [str(entry["n"]) for entry in sizes if entry["source"]["mean"] > entry["alone"]["mean"]]
    if behind:
        told += f"; alone, without a target row, it ranks better than n = {', '.join(behind)} target rows"
    better = [str(entry["n"]) for entry in sizes if entry["source"]["mean"] > entry["carried"]["mean"]]
    if better:
        told += f", and better than both together at n = {', '.join(better)}: so few rows spoil it"
    return told


def _check(taught: Measured, target: Measured) -> None:
    """Checks that the source is another measurement than the target.

    Raises:
        ValueError: it is of another space, or the very numbers that are to be predicted.
    """
    if taught.space.name != target.space.name:
        raise ValueError(
            f"the source is of {taught.space.name}, the target of {target.space.name}: nothing carries over"
        )
    if (taught.digest, taught.metric, taught.schedule) == (target.digest, target.metric, target.schedule):
        raise ValueError(
            f"source and target are the same numbers ({taught.metric} after {taught.schedule} epochs of "
            f"{taught.table}): name another table, metric or schedule"
        )


def _describe(source: Source, taught: Measured, target: Measured, asked: StudyRequest) -> dict[str, Any]:
    here = set(target.class_hashes.tolist())
    return {
        "kind": "transfer",
        "predictor": asked.names[0],
        "carried": asked.names[1],
        **target.description(),
        "split": asked.split,
        "seeds": asked.seeds,
        "train_sizes": list(asked.sizes),
        "source": {
            **taught.description(),
            "draw_seed": source.seed if source.rows else None,
            "seconds": _sum(taught.seconds),
            "epochs": taught.schedule * len(taught),
            "classes_in_target": len(here & set(taught.class_hashes.tolist())),
        },
        "target_seconds_a_row": _mean(target.seconds),
    }


def _compared(
    rows: Mapping[Key, StudyRow], asked: StudyRequest, study: Study, size: int, guesses: np.ndarray
) -> dict[str, Any]:
    """Scores at one n without, with and by the source alone, paired by seed."""
    alone, carried = (np.array([rows[name, size, seed].kendall for seed in range(asked.seeds)]) for name in asked.names)
    tested = [study.draw(size, seed)[1] for seed in range(asked.seeds)]
    source = np.array([kendall(study.measured.y[test], guesses[test]) for test in tested])
    difference = carried - alone
    p = float(stats.wilcoxon(difference).pvalue) if asked.seeds > 1 and np.any(difference) else 1.0
    better = float(difference.mean()) > 0
    return {
        "n": size,
        "alone": _estimate(alone),
        "carried": _estimate(carried),
        "source": _estimate(source),
        "difference": _estimate(difference),
        "p": p,
        "helps": "not told apart" if p > ALPHA else "yes" if better else "no, it hurts",
    }


def _estimate(values: np.ndarray) -> dict[str, Any]:
    error = float(values.std(ddof=1) / math.sqrt(len(values))) if len(values) > 1 else None
    return {"mean": float(values.mean()), "standard_error": error, "by_seed": values.tolist()}


def _sum(seconds: np.ndarray) -> float | None:
    return float(seconds.sum()) if np.isfinite(seconds).all() else None


def _mean(seconds: np.ndarray) -> float | None:
    return float(np.nanmean(seconds)) if np.isfinite(seconds).any() else None
