"""Failed trainings are rows: recorded with their reason, not trained again, shown, never a number."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from nasbench import load_space, open_table
from nasbench.generator.executors import local
from nasbench.generator.selection import sample_classes
from tests.generator.running import TINY, digest, train_here

torch = pytest.importorskip("torch", reason="training needs torch")

SPACE = load_space("nas_bench_201")
WILD = [*TINY, "--learning-rate", 1e6, "--epochs", 3]


@pytest.fixture
def diverged(nasbench, images, tmp_path) -> Path:
    """A table in which every training failed."""
    path = tmp_path / "wild.h5"
    code, out, err = nasbench("build", path, *WILD, "--data-root", images, "--sample", 2, "--seeds", 2)
    assert code == 0, "failed trainings are results; the build did what it was asked for"
    assert "trained 4 rows" in out and "(4 failed)" in out
    assert "failed 4" in err
    return path


def test_a_divergence_is_recorded_with_its_reason_and_no_number(diverged) -> None:
    with open_table(diverged) as table:
        failures = table.failures()
        assert {(architecture, seed) for architecture, seed, _ in failures} == {
            (architecture, seed) for architecture in sample_classes(SPACE, 2, 0) for seed in range(2)
        }
        for architecture, seed, reason in failures:
            assert " loss is nan in epoch " in reason
            assert table.status(architecture, 3, seed) == "failed"
            with pytest.raises(LookupError):
                table.query(architecture, "train_loss", seed=seed)
        assert "test_accuracy" not in table.metrics() or np.isnan(table.values("test_accuracy")).all()


def test_failed_rows_are_not_trained_again(nasbench, trained, diverged, images) -> None:
    before, count = digest(diverged), len(trained)
    code, out, _ = nasbench("build", diverged, "--data-root", images, "--sample", 2, "--seeds", 2, "--device", "cpu")
    assert code == 0
    assert "trained 0 rows" in out and "4 were there" in out
    assert (len(trained), digest(diverged)) == (count, before)


def test_the_digest_holds_failures_and_is_stable(nasbench, diverged, images, tmp_path) -> None:
    again = tmp_path / "again.h5"
    assert nasbench("build", again, *WILD, "--data-root", images, "--sample", 2)[0] == 0
    assert digest(again) != digest(diverged)
    assert nasbench("build", again, "--data-root", images, "--sample", 2, "--seeds", 2, "--device", "cpu")[0] == 0
    assert digest(again) == digest(diverged)


def test_info_shows_them(nasbench, diverged) -> None:
    code, out, _ = nasbench("info", diverged)
    assert code == 0
    assert re.search(r"all +0 +4 +0$", out, re.MULTILINE), "done, failed, absent"
    assert re.search(r"\d x \w+ loss is nan in epoch 1$", out, re.MULTILINE), "how often each reason"
    for architecture in sample_classes(SPACE, 2, 0):
        assert out.count(f"{SPACE.format(architecture)}, seed") == 2


def test_one_failure_stops_no_other_row_and_is_what_a_query_says(nasbench, images, tmp_path, monkeypatch) -> None:
    """The second of three classes diverges."""

    def train(task, jobs, workers):
        wild = dataclasses.replace(task, recipe=dataclasses.replace(task.recipe, learning_rate=1e6))
        for place, job in enumerate(jobs):
            yield from train_here(wild if place == 1 else task, [job], 1)

    monkeypatch.setattr(local, "train_rows", train)
    path = tmp_path / "t.h5"
    code, out, _ = nasbench("build", path, *TINY, "--data-root", images, "--sample", 3)
    assert (code, "trained 3 rows" in out, "(1 failed)" in out) == (0, True, True)
    good, bad, last = (SPACE.format(architecture) for architecture in sample_classes(SPACE, 3, 0))
    for cell in (good, last):
        assert nasbench("query", path, cell, "--metric", "val_accuracy")[0] == 0
    code, _, err = nasbench("query", path, bad, "--metric", "val_accuracy")
    assert code == 2
    assert re.search(r"its training failed \(\w+ loss is nan in epoch 1\)", err)
    with open_table(path) as table:
        assert np.isnan(table.values("val_accuracy")).sum() == 1


def test_there_is_nothing_in_it_to_verify(nasbench, diverged, images) -> None:
    code, _, err = nasbench("verify", diverged, "--data-root", images, "--device", "cpu")
    assert (code, err) == (2, f"nasbench: {diverged} has no finished row to train again\n")
