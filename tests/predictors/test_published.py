"""Predictors on the published accuracies of NAS-Bench-201, where the shared data are at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.database.writer import write_table
from nasbench.importers.csv import CSVImporter
from nasbench.plan import Skeleton
from predictors.metrics import spearman
from predictors.study import Study
from tests.predictors.examples import nas_bench_201

pytestmark = pytest.mark.slow
CHEAP = f'prediction(source="{Path(__file__).parents[1] / "golden" / "cifar10_reduced.h5"}")'


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, shared_data: Callable[[str], Path]) -> Study:
    source = shared_data("nb201/cifar10.csv")
    path = tmp_path_factory.mktemp("nb201") / "nb201.h5"
    write_table(path, CSVImporter(source, "nas_bench_201", ["val_accuracy@200=valid_200"]).read())
    return Study(path, "val_accuracy", None)


@pytest.mark.parametrize(
    ("name", "size", "least"),
    [
        ("ridge", 32, 0.53),
        ("ridge", 500, 0.71),
        ("xgboost", 32, 0.55),
        ("xgboost", 128, 0.74),
        ("xgboost", 500, 0.80),
        ("gaussian_process", 128, 0.80),
        ("stacked", 32, 0.72),
        ("stacked", 128, 0.825),
        pytest.param(f"stacked[graph_features(canonical=True)+program+{CHEAP}]", 32, 0.75, id="stacked-cheap-table-32"),
    ],
)
def test_rank_correlation_on_classes_never_seen(study: Study, name: str, size: int, least: float) -> None:
    found = [study.run(name, size, seed).kendall for seed in range(4)]
    assert np.mean(found) > least


def test_there_are_as_many_rows_and_classes_as_published(study: Study) -> None:
    assert len(study.measured) == 15_625
    assert study.measured.class_count == 5_044


@pytest.mark.parametrize("name", ["params", "flops"])
def test_sizes_rank_as_published(name: str, study: Study) -> None:
    """As built they differ from the published counts where edges are dead, and rank a little better."""
    proxy = nasbench.load_proxy(name)
    some = np.random.default_rng(0).permutation(len(study.measured))[:1500]
    values = proxy.scores(nas_bench_201(), study.measured.of(some), Skeleton())
    assert spearman(study.measured.y[some], values) > 0.7
