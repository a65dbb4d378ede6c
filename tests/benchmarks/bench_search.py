"""Searchers on a table in one run: queries a second, seconds of a whole comparison, what Bayesian methods need.

``python -m tests.benchmarks.bench_search [SEARCHER ...]``, every searcher unless some are named. All speeds stand
beside those of Optuna's random sampler, asked and told the same accuracies in the same run; regularized evolution also
beside a bare Python loop of it that records nothing. Ours counts classes, clocks and incumbents with their true values.
Cheap searchers make runs of 500 queries, 100 of them or as many as begin within three seconds; those that fit models
make one run of 150 in a process of its own. Speeds are of CPU seconds of one core, so that a busy machine matters less.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.registry import SEARCHERS
from nasbench.table import Table
from searchers.clock import Budget
from searchers.evaluators.table import TableEvaluator
from searchers.request import parse_searchers
from searchers.truth import Truth
from tests.benchmarks.bare_search import evolve, optuna_random
from tests.benchmarks.search_table import REPORT, SELECT, make_run, make_table

RUNS, QUERIES, REPEATS = 100, 500, 3
PATIENCE = 3.0
"""CPU seconds after which no further run of a searcher begins."""
BAYESIAN = ("bananas", "bohb", "forge", "nas_bowl", "npenas", "optuna:gp", "optuna:tpe")
BAYESIAN_QUERIES = 150
GOAL_RATIO, GOAL_SECONDS = 25, 15
ONE_CORE = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def main(names: Sequence[str] = ()) -> None:
    """Measures and prints."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.h5"
        origin = make_table(path)
        with nasbench.open_table(path) as table:
            print(f"{len(table):,} cells, {origin}\n\nqueries a second of CPU time of one core")
            chosen = list(names) or every_searcher()
            optuna = compare_with_optuna(table, Path(folder) / "traces")
            for name in chosen:
                if name not in BAYESIAN:
                    founds, seconds = search(table, name)
                    show(f"ours, {name}", len(founds) * QUERIES / seconds, optuna, founds, QUERIES)
            bayesian = {name: search_apart(path, name) for name in chosen if name in BAYESIAN}
            for name, found in bayesian.items():
                show(f"ours, {name}", BAYESIAN_QUERIES / found["cpu"], optuna, [found["best"]], BAYESIAN_QUERIES)
        show_bayesian(bayesian)
        if not names:
            show_comparison(path, Path(folder) / "compare")


def every_searcher() -> list[str]:
    """Names of all searchers that can be loaded, variants too."""
    names = SEARCHERS.available()
    return sorted({*names, *(variant for name in names for variant in SEARCHERS.variants(name))})


def compare_with_optuna(table: Table, traces: Path) -> float:
    """Queries a second of Optuna's random sampler, printed beside those of regularized evolution, ours and bare."""
    accuracy = dict(zip(map(tuple, table.choices.tolist()), table.values("val_accuracy", 200).tolist(), strict=True))
    options = table.space.options
    optuna, found = fastest(lambda: [optuna_random(accuracy, options, QUERIES, seed) for seed in range(4)])
    show("Optuna's random sampler, asked and told", optuna, optuna, found, QUERIES)
    bare, found = fastest(lambda: [evolve(accuracy, options, QUERIES, seed) for seed in range(RUNS)])
    show("bare loop, regularized evolution", bare, optuna, found, QUERIES)
    ours, found = fastest(lambda: search(table, "regularized_evolution", traces)[0])
    show("ours, regularized_evolution, with trace files", ours, optuna, found, QUERIES)
    print(
        f"  regularized_evolution with trace files makes {ours / optuna:.0f} times as many as Optuna's random sampler "
        f"(goal {GOAL_RATIO}) and {ours / bare:.2f} times as many as the bare loop"
    )
    return optuna


def search(table: Table, name: str, folder: Path | None = None) -> tuple[list[float], float]:
    """The best accuracy of each run of a searcher, with all that a comparison records, and CPU seconds."""
    evaluator, truth = TableEvaluator("table", table.for_search(), SELECT), Truth(table, SELECT, REPORT)
    hints = evaluator.hints()
    found: list[float] = []
    start = time.process_time()
    while len(found) < RUNS and (not found or time.process_time() - start < PATIENCE):
        run = make_run(evaluator, hints, name, seed=len(found))
        run.go(Budget(QUERIES))
        trace = run.trace(truth)
        if folder is not None:
            trace.save(folder / f"{len(found):04d}.npz", durable=False)
        found.append(float(trace.true_val[-1]))
    return found, time.process_time() - start


def search_apart(path: Path, name: str) -> dict[str, Any]:
    """What ``search_process`` says of a run of a searcher that fits models."""
    words = [sys.executable, "-m", "tests.benchmarks.search_process", str(path), name, str(BAYESIAN_QUERIES)]
    found: dict[str, Any] = json.loads(subprocess.run(words, capture_output=True, check=True, env=ONE_CORE).stdout)
    return found


def fastest(runs: Callable[[], list[float]]) -> tuple[float, list[float]]:
    """Queries a second of CPU time of the fastest repetition, and what its runs found."""
    seconds, found = float("inf"), [0.0]
    for _ in range(REPEATS):
        start = time.process_time()
        found = runs()
        seconds = min(seconds, time.process_time() - start)
    return len(found) * QUERIES / seconds, found


def show(what: str, speed: float, optuna: float, found: Sequence[float], queries: int) -> None:
    """Prints a line of speeds."""
    print(
        f"  {what:46} {speed:10,.0f} queries/s {speed / optuna:8.2f} x Optuna random  "
        f"best {np.mean(found):.2f} % after {queries}, n {len(found)}",
        flush=True,
    )


def show_bayesian(bayesian: dict[str, dict[str, Any]]) -> None:
    """Prints seconds and memory of searchers that fit models."""
    half, whole = BAYESIAN_QUERIES // 2, BAYESIAN_QUERIES
    print(f"\n{whole} queries of Bayesian methods, each in a process of its own on one core; goal {GOAL_SECONDS} s")
    for name, found in bayesian.items():
        before, middle, after = found["peaks"]
        print(
            f"  {name:12} {found['wall']:6.2f} s of the wall, {found['cpu']:6.2f} s of CPU; peak memory "
            f"{before:.0f} MB, {middle:.0f} MB after {half}, {after:.0f} MB after {whole} ({after - middle:+.1f} MB)"
        )


def show_comparison(path: Path, out: Path) -> None:
    """Prints the wall seconds of comparing the cheap searchers in one process."""
    cheap = [name for name in parse_searchers("cheap") if name not in BAYESIAN]
    words = ["compare", "--evaluator", f"table={path}", "--select", str(SELECT), "--report", str(REPORT)]
    words += ["--searchers", ",".join(cheap), "--queries", str(QUERIES), "--seeds", str(RUNS), "--workers", "1"]
    start = time.perf_counter()
    command = [sys.executable, "-m", "nasbench", *words, "--out", str(out)]
    subprocess.run(command, capture_output=True, check=True, env=ONE_CORE)
    print(
        f"\nnasbench compare, {len(cheap)} cheap searchers x {RUNS} seeds x {QUERIES} queries, one worker: "
        f"{time.perf_counter() - start:.1f} s of the wall ({', '.join(cheap)})"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
