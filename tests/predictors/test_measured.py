"""What predictors see of a table: finished rows of one metric, what was left out, no test metric."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nasbench
from predictors.measured import read_measured
from tests.predictors.examples import SCHEDULE, class_members, nas_bench_201, worth, write_table

SOME = class_members(30)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    scores = np.stack([worth(SOME, noise=1.0, seed=seed) for seed in range(3)], axis=1)
    return write_table(tmp_path / "some.h5", SOME, scores, failed=class_members(33)[30:])


def test_it_is_what_the_table_says(table: Path) -> None:
    measured = read_measured(table)
    assert len(measured) == measured.class_count == 30
    assert (measured.failed, measured.absent) == (3, 0)
    assert (measured.metric, measured.schedule, measured.table) == ("val_accuracy", SCHEDULE, "some.h5")
    with nasbench.open_table(table) as opened:
        assert measured.digest == opened.digest
        for place, architecture in enumerate(measured.architectures):
            assert measured.y[place] == opened.query(architecture)
            assert measured.seconds[place] == opened.seconds(architecture)
            assert measured.class_hashes[place] == nas_bench_201().canonical_hash(architecture)
            assert measured.per_seed[place].tolist() == [opened.query(architecture, seed=seed) for seed in range(3)]
    assert measured.description()["left_out"] == {"failed": 3, "absent": 0}


def test_some_rows_of_it(table: Path) -> None:
    measured = read_measured(table)
    kept = np.arange(30) % 3 == 1
    some = measured.only(kept)
    assert some.architectures == measured.architectures[1::3]
    assert some.y.tolist() == measured.y[1::3].tolist()
    assert some.per_seed.shape == (10, 3) and some.class_count == 10
    assert some.classes.tolist() == measured.classes[1::3].tolist()


def test_rows_without_the_metric_are_left_out_and_counted(tmp_path: Path) -> None:
    from nasbench.database.writer import TableWriter

    path = write_table(tmp_path / "some.h5", SOME, worth(SOME), seconds=False)
    with TableWriter(path) as writer:
        writer.set_costs("flops", {architecture.choices: 1.0 for architecture in class_members(35)})
    measured = read_measured(path)
    assert (len(measured), measured.failed, measured.absent) == (30, 0, 5)
    assert np.isnan(measured.seconds).all()


def test_test_metrics_cannot_be_learned(table: Path) -> None:
    with pytest.raises(ValueError, match="test_accuracy is hidden"):
        read_measured(table, "test_accuracy")


def test_errors_say_what_there_is(table: Path, tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="no schedule of 99 epochs; it has: 3"):
        read_measured(table, schedule=99)
    with pytest.raises(LookupError, match="val_loss"):
        read_measured(table, "val_loss")
    with pytest.raises(FileNotFoundError):
        read_measured(tmp_path / "none.h5")
    failed = write_table(tmp_path / "failed.h5", [], np.empty(0), failed=SOME[:2])
    with pytest.raises((ValueError, LookupError)):
        read_measured(failed)
