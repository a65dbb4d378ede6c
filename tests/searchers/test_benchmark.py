"""What ``tests/benchmarks/bench_search.py`` is made of runs where no published table is, and counts what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nasbench
from tests.benchmarks import search_table
from tests.benchmarks.bare_search import Accuracies, evolve, optuna_random


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of made-up accuracies, as a machine without the published ones makes it."""
    path = tmp_path_factory.mktemp("made_up") / "table.h5"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_table, "PUBLISHED", path / "nowhere.csv")
        assert search_table.make_table(path) == "made-up accuracies"
    return path


def test_the_made_up_table_has_every_cell_and_accuracies_that_can_be(made_up: Path) -> None:
    with nasbench.open_table(made_up) as table:
        values = table.values(search_table.SELECT.metric, 200)
        assert len(table) == 15_625
        assert np.isfinite(values).all() and values.min() >= 0 and values.max() == 100, "some were clipped"


def test_a_run_in_a_process_of_its_own_tells_seconds_and_peaks_that_never_fall(made_up: Path) -> None:
    words = [sys.executable, "-m", "tests.benchmarks.search_process", str(made_up), "random_search", "40"]
    found = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
    assert found["wall"] > 0 and found["cpu"] > 0
    assert len(found["peaks"]) == 3 and found["peaks"] == sorted(found["peaks"])
    with nasbench.open_table(made_up) as table:
        assert found["best"] in table.values("val_accuracy", 200)


def test_the_bare_loop_and_optuna_find_the_best_of_a_tiny_space() -> None:
    accuracy: Accuracies = {(first, second): 10.0 * first + second for first in range(3) for second in range(3)}
    assert evolve(accuracy, (3, 3), 300, seed=0) == 22.0
    assert optuna_random(accuracy, (3, 3), 100, seed=0) == 22.0
