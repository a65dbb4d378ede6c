"""Random search on the published NAS-Bench-201 table gives the published means, through the command and the runner."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from searchers.clock import Budget
from searchers.evaluators.table import TableEvaluator
from searchers.measure import Measure
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.truth import Truth

MEANS = {10: 93.02, 50: 93.60, 100: 93.75, 200: 93.86}
"""Mean test accuracy after n draws, chosen by the 200-epoch validation accuracy: exact, by order statistics."""
RUNS = 2_000
COLUMNS = {"val_accuracy@200": "valid_200", "test_accuracy@200": "test_200", "val_accuracy@12": "valid_12"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> Path:
    out = tmp_path_factory.mktemp("nb201") / "nb201.h5"
    columns = [word for target, column in COLUMNS.items() for word in ("--column", f"{target}={column}")]
    source = shared_data("nb201/cifar10.csv")
    cost = ["--cost", "flops=flops_m*1000000"]
    assert main(["import", "csv", str(source), str(out), "--space", "nas_bench_201", *columns, *cost]) == 0
    return out


def test_random_search_gives_the_published_means(published: Path) -> None:
    table = nasbench.open_table(published)
    select = Measure.parse("val_accuracy@200")
    evaluator = TableEvaluator("table", table.for_search(), select)
    truth = Truth(table, select, Measure.parse("test_accuracy@200"))
    points = np.array(list(MEANS)) - 1
    found = np.empty((RUNS, len(points)))
    for seed in range(RUNS):
        run = Run(make_searcher("random_search", evaluator.space, seed), evaluator)
        run.go(Budget(int(points[-1]) + 1))
        found[seed] = run.trace(truth).true_test[points]
    np.testing.assert_allclose(found.mean(axis=0), list(MEANS.values()), atol=0.05)


def test_searchers_that_learn_beat_random_search(published: Path, tmp_path: Path) -> None:
    words = ["compare", "--evaluator", f"table={published}", "--select", "val_accuracy@200", "--workers", "1"]
    words += ["--report", "test_accuracy@200", "--queries", "150", "--seeds", "30", "--train-images", "25000"]
    assert main([*words, "--out", str(tmp_path / "out")]) == 0
    summary = np.genfromtxt(tmp_path / "out" / "summary.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    means = {name: summary["test"][summary["searcher"] == name].mean() for name in np.unique(summary["searcher"])}
    assert means["regularized_evolution"] > means["random_search"] + 0.1
    assert means["local_search"] > means["random_search"]
    assert (summary["estimated_flops"] > 150 * 7e6 * 200 * 25_000 / 2).all(), "the smallest network has 7.78 million"
