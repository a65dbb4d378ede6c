"""Every searcher on the space of DARTS: it asks what is in the space, finds what is better, and goes on exactly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.registry import SEARCHERS
from nasbench.space import Architecture
from searchers.trace import Trace
from tests.searchers import kit

SPACE = nasbench.load_space("darts")
COSTLY = [name for name in SEARCHERS.names() if SEARCHERS.load(name).costly]
QUERIES = 60


def score(architecture: Architecture) -> float:
    """Convolutions are good, separable ones best."""
    operations = [operation for cell in SPACE.cells(architecture) for pair in cell for operation, _ in pair]
    return 50 + float(np.array([-1, -1, 0, 3, 3, 1, 1])[operations].sum())


def check(name: str, queries: int, folder: Path) -> None:
    run = kit.make_run(name, SPACE, 3, score)
    whole = kit.finished(run, queries)
    assert all(architecture in SPACE for architecture in run.recorder.evaluator.asked)
    assert np.nanmax(whole.score) > np.median(whole.score)
    kit.finished(kit.make_run(name, SPACE, 3, score), queries // 2).save(folder / "half.npz")
    later = kit.make_run(name, SPACE, 3, score)
    later.restore(Trace.load(folder / "half.npz"))
    assert np.array_equal(kit.finished(later, queries).choices, whole.choices)


@pytest.mark.parametrize("name", [name for name in SEARCHERS.names() if name not in COSTLY])
def test_searchers(name: str, tmp_path: Path) -> None:
    check(name, QUERIES, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", COSTLY)
def test_searchers_that_fit_models(name: str, tmp_path: Path) -> None:
    check(name, 14, tmp_path)
