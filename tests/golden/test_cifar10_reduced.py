"""The table of reduced CIFAR-10 that comes along: what it says does not change, and it ranks cells as published."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy.stats import spearmanr

import nasbench
from tests.benchmarks.reduced_cifar10 import CELLS, PUBLISHED, compared, write_cells

TABLE = Path(__file__).with_name("cifar10_reduced.h5")
CELLS_FILE = Path(__file__).with_name("cifar10_reduced_cells.txt")
DIGEST = "2e0c009bfadceede7b0051bd1c7c91a82f0d81e0cacd30412ccc74f0ed923aea"


def test_the_table_is_the_one_that_was_built() -> None:
    with nasbench.open_table(TABLE) as table:
        assert table.digest == DIGEST
        assert (len(table), len(table.failures())) == (121, 0)


def test_its_cells_were_drawn_at_random(tmp_path: Path) -> None:
    write_cells(tmp_path / "cells.txt")
    assert (tmp_path / "cells.txt").read_text() == CELLS_FILE.read_text()


@pytest.mark.skipif(not PUBLISHED.exists(), reason="needs the published NAS-Bench-201 accuracies in ../shared/data")
def test_it_ranks_cells_as_published() -> None:
    found = compared(TABLE, CELLS_FILE)
    assert len(found["own"]) == CELLS
    correlation = spearmanr(found["own"], found["test_200"])[0]
    assert correlation == pytest.approx(0.875, abs=5e-4)
    assert correlation > spearmanr(found["params_m"], found["test_200"])[0]
