"""Small result folders in the formats of fit, study and compare, with numbers made by arithmetic."""

import csv
import json
from pathlib import Path

import numpy as np

from predictors.study_file import HEADER, LEVELS, StudyRow
from searchers.trace import FORMAT, VERSION, Trace, incumbents

SPEED = {"random_search": 0.35, "regularized_evolution": 1.0, "local_search": 0.7}
"""How far towards the best a made-up searcher gets within its budget."""
WHAT = ("conformal_coverage", "conformal_width", "conformal_by_class")
HASH = "0123456789abcdef" * 4
ENVIRONMENT = {
    "versions": {"python": "3.11.7", "nasbench-forge": "0.1.0", "numpy": "2.4.6"},
    "hardware": {"device": "cpu", "processor": "A processor", "cores": 2, "system": "Linux x86_64"},
}


def write_json(path: Path, content: object) -> None:
    """Writes JSON as the commands do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2), encoding="utf-8")


def write_rows(path: Path, header: list[str], rows: list[list[object]]) -> None:
    """Writes a CSV file."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def make_fit(folder: Path, n: int = 120, seed: int = 0, with_std: bool = True) -> Path:
    """A fit whose predictions are the actual scores with noise."""
    rng = np.random.default_rng(seed)
    actual = 94 - 8 * rng.random(n) ** 3 - 60 * (rng.random(n) < 0.03)
    predicted = actual + rng.normal(0, 0.7, n)
    scores = {name: {"value": 0.8, "low": 0.7, "high": 0.9} for name in ("kendall", "spearman", "pearson", "r2")}
    scores |= {name: {"value": 0.55, "low": 0.5, "high": 0.6} for name in ("mae", "rmse")}
    about = {
        "kind": "fit",
        "predictor": "xgboost",
        "encoding": "one_hot",
        "table": "table.h5",
        "table_digest": HASH,
        "schedule": 200,
        "metric": "val_accuracy",
        "n_train": 400,
        "n_test": n,
        "seed": 0,
        "scores": scores,
        **ENVIRONMENT,
    }
    write_json(folder / "result.json", about)
    std = 0.7 if with_std else ""
    rows = [[f"cell{i}", f"{i // 2:032x}", actual[i], predicted[i], std] for i in range(n)]
    write_rows(folder / "heldout.csv", ["architecture", "class_hash", "actual", "predicted", "std"], rows)
    return folder


def make_ceilings() -> dict[str, object]:
    """Ceilings as a study notes them, of a table whose classes are repeated trainings."""

    def pair(kendall: float, n: int) -> dict[str, object]:
        scores = {"kendall": kendall, "spearman": 1 - (1 - kendall) / 5}
        return {"n": n, "mean": 86.5, **{name: {"value": value, "std": 0.001} for name, value in scores.items()}}

    sizes = {"rows": 15625, "classes": 5044, "rows_of_several": 11782, "classes_of_several": 1201}
    return {
        "source": "classes",
        "trainings": 11782,
        "groups": 1201,
        "perfect": {name: pair(0.909 + i / 100, n) for i, (name, n) in enumerate(sizes.items())},
        "two_trainings": {name: pair(0.88 + i / 100, n) for i, (name, n) in enumerate(sizes.items())},
        "counted": {"trainings": pair(0.9, 11782), "groups": pair(0.887, 1201)},
    }


def make_study(
    folder: Path,
    seeds: int = 10,
    left_out: tuple[tuple[str, int, int], ...] = (),
    names: tuple[str, str] = ("ridge", "xgboost"),
    **about: object,
) -> Path:
    """A study in which the second learns faster than the first; ``left_out`` are (predictor, n, seed) not there."""
    sizes = [32, 128, 500]
    result = {
        "kind": "study",
        "version": 2,
        "predictors": list(names),
        "train_sizes": sizes,
        "seeds": seeds,
        "split": "disjoint",
        "table_digest": HASH,
        "ceilings": make_ceilings(),
        **ENVIRONMENT,
        **about,
    }
    write_json(folder / "result.json", result)
    rng = np.random.default_rng(1)
    lines = []
    for seed in range(seeds):
        for n in sizes:
            luck = rng.normal(0, 0.02)
            for predictor in names:
                if (predictor, n, seed) in left_out:
                    continue
                kendall = (0.35 + 0.13 * np.log10(n)) + (0.05 if predictor == names[1] else 0) * (n > 100) + luck
                kendall += rng.normal(0, 0.01)
                coverages = tuple(
                    float(np.clip(share / 100 + shift + rng.normal(0, 0.01), 0, 1))
                    if "width" not in what
                    else share / 9
                    for what, shift in zip(("coverage", "width", *WHAT), (-0.1, 0, 0, 0, 0.01), strict=True)
                    for share in LEVELS
                )
                scores = (kendall, kendall + 0.15, kendall + 0.1, kendall - 0.1, 1 - kendall, 1.2 - kendall, kendall)
                tops = (kendall / 2, kendall / 2, 5.0, 3.0, 0.002, 0.001, 15000.0, 100.0 * n, 0.01, 0.002)
                lines.append(StudyRow(predictor, n, seed, *scores, *tops, coverages=coverages).line())
    (folder / "study.csv").write_text(HEADER + "".join(lines), encoding="utf-8")
    return folder


def make_comparison(
    folder: Path,
    seeds: int = 8,
    queries: int = 60,
    evaluators: tuple[str, ...] = ("table", "surrogate"),
    left_out: tuple[tuple[str, str, int], ...] = (),
    clock: str = "estimated",
    searchers: tuple[str, ...] = tuple(SPEED),
) -> Path:
    """A comparison; ``left_out`` are (evaluator, searcher, seed) not there."""
    about = {
        "kind": "compare",
        "searchers": list(searchers),
        "parameters": {"random_search": {}, "regularized_evolution": {"population_size": 10}},
        "evaluators": [
            {
                "name": name,
                "file": "fit" if name == "surrogate" else "table.h5",
                "kind": name,
                "select": "val_accuracy@200",
                "clock": {"kind": clock, "how": "a rule"},
                "digest": HASH,
            }
            for name in evaluators
        ],
        "space": "nas_bench_201",
        "candidates": {"kind": "space", "count": 15625},
        "select": "val_accuracy@200",
        "report": "test_accuracy@200",
        "truth": {"file": "table.h5", "digest": HASH},
        "queries": queries,
        "seeds": seeds,
        "complete": not left_out,
        **ENVIRONMENT,
    }
    write_json(folder / "result.json", about)
    for evaluator in evaluators:
        for searcher in searchers:
            for seed in range(seeds):
                if (evaluator, searcher, seed) not in left_out:
                    trace = make_trace(evaluator, searcher, seed, queries, clock)
                    trace.save(folder / "traces" / evaluator / searcher / f"{seed:04d}.npz")
    return folder


def make_trace(evaluator: str, searcher: str, seed: int, queries: int, clock: str = "estimated") -> Trace:
    """A run that climbs towards 94 at its searcher's speed; a surrogate believes more than it gets."""
    rng = np.random.default_rng([seed, list(SPEED).index(searcher), evaluator == "surrogate"])
    progress = SPEED[searcher] * np.log1p(np.arange(queries)) / np.log1p(max(queries - 1, 1))
    true_val = 88 + 6 * np.clip(progress + rng.normal(0, 0.25, queries) - 0.2, -1, 1)
    score = true_val + (rng.normal(0.3, 0.3, queries) if evaluator == "surrogate" else 0)
    best = incumbents(score)
    seconds = np.cumsum(rng.uniform(500, 4000, queries))
    meta = {
        "format": FORMAT,
        "version": VERSION,
        "searcher": searcher,
        "evaluator": evaluator,
        "kind": evaluator,
        "seed": seed,
        "select": "val_accuracy@200",
        "report": "test_accuracy@200",
        "queries": queries,
        "clock": clock,
        "failures": 0,
        "unpriced": 0,
        "stopped": "queries",
    }
    return Trace(
        choices=rng.integers(0, 5, (queries, 6)).astype(np.int8),
        score=score,
        seconds=np.full(queries, np.nan) if clock == "none" else seconds,
        flops=np.full(queries, np.nan),
        search_seconds=np.cumsum(np.full(queries, 1e-4)),
        true_val=true_val[best],
        true_test=true_val[best] - 0.4,
        unique=np.arange(1, queries + 1),
        epochs=np.full(queries, 200),
        epochs_paid=np.arange(1, queries + 1) * 200,
        meta=meta,
    )
