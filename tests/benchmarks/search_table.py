"""The table that searchers are timed on: all cells of NAS-Bench-201, and what is asked of it."""

from __future__ import annotations

import contextlib
import csv
from pathlib import Path

import numpy as np

import nasbench
from nasbench.__main__ import run as run_command
from searchers.evaluators.table import TableEvaluator
from searchers.hints import Hints
from searchers.measure import Measure
from searchers.run import Run
from searchers.searcher import make_searcher

PUBLISHED = Path("../shared/data/nb201/cifar10.csv")
SELECT, REPORT = Measure("val_accuracy", 200), Measure("test_accuracy", 200)


def make_table(path: Path) -> str:
    """Where the numbers of the table come from that was written: published, or made up of the same size."""
    source, origin = PUBLISHED, "published accuracies"
    if not PUBLISHED.exists():
        source, origin = path.with_suffix(".csv"), "made-up accuracies"
        space = nasbench.load_space("nas_bench_201")
        made_up = np.random.default_rng(0).normal(90, 3, (len(space), 2)).clip(0, 100)
        with open(source, "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["arch", "valid_200", "test_200"])
            writer.writerows([space.format(cell), *row] for cell, row in zip(space, made_up.tolist(), strict=True))
    columns = ["--column", f"{SELECT}=valid_200", "--column", f"{REPORT}=test_200"]
    with contextlib.redirect_stdout(None):
        failed = run_command(["import", "csv", str(source), str(path), "--space", "nas_bench_201", *columns])
    if failed:
        raise OSError(f"the table of {origin} could not be imported from {source}: see the message above")
    return origin


def make_run(evaluator: TableEvaluator, hints: Hints, name: str, seed: int) -> Run:
    """A run at its beginning, with the evaluator's hints, as a comparison makes it."""
    searcher = make_searcher(name, evaluator.space, seed)
    searcher.hints = hints
    return Run(searcher, evaluator, {"searcher": name, "seed": seed})
