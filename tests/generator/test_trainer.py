"""RowTrainer: rows that are there are read, missing ones trained as a build would, through the table's one writer."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench import load_space, open_table
from nasbench.database.lock import TableLockedError
from nasbench.generator.selection import sample_classes
from nasbench.generator.trainer import RowTrainer
from tests.generator.running import TINY, digest

torch = pytest.importorskip("torch", reason="training needs torch")

from nasbench.generator import worker  # noqa: E402

SPACE = load_space("nas_bench_201")


@pytest.fixture
def busy(monkeypatch) -> list:
    """Jobs that were really trained."""
    jobs = []
    train = worker.RowWorker.train_row
    monkeypatch.setattr(worker.RowWorker, "train_row", lambda self, job: jobs.append(job) or train(self, job))
    return jobs


def trainer(table, images, **options) -> RowTrainer:
    return RowTrainer(table, device="cpu", data_root=images, **options)


def test_rows_that_are_there_are_read(table, images, busy) -> None:
    before = digest(table)
    with open_table(table) as opened:
        stored = {row.cell: row for row in opened.rows()}
    with trainer(table, images) as rows:
        for architecture in sample_classes(SPACE, 3, 0):
            for seed in range(2):
                row = rows.ensure(architecture, seed)
                assert row == stored[row.cell]
                assert row.cell == (architecture.choices, 2, seed)
    assert (busy, digest(table)) == ([], before)


def test_any_member_of_a_class_gets_its_row(table, images, busy) -> None:
    representative = max(sample_classes(SPACE, 3, 0), key=lambda a: len(SPACE.classes[SPACE.canonical_hash(a)]))
    members = SPACE.classes[SPACE.canonical_hash(representative)]
    assert len(members) > 1
    with trainer(table, images) as rows:
        assert {rows.ensure(member).choices for member in members[:5]} == {representative.choices}
    assert busy == []


def test_missing_rows_are_trained_once_and_are_a_builds(nasbench, table, images, busy, tmp_path) -> None:
    new = sample_classes(SPACE, 4, 0)[3]
    with trainer(table, images) as rows:
        first = rows.ensure(new)
        assert rows.ensure(new) == first
        rows.ensure(new, seed=1)
        with open_table(table) as reader:
            assert reader.query(new, seed=0) == first.curves["val_accuracy"][-1], "readers find it at once"
    assert [job.seed for job in busy] == [0, 1]
    whole = tmp_path / "whole.h5"
    assert nasbench("build", whole, *TINY, "--data-root", images, "--sample", 4, "--seeds", 2)[0] == 0
    assert digest(table) == digest(whole)
    with open_table(table) as opened:
        assert np.isfinite(opened.cost("flops")).all()


def test_what_was_trained_survives_an_error(table, images, busy) -> None:
    new = sample_classes(SPACE, 5, 0)[4]
    with pytest.raises(KeyboardInterrupt), trainer(table, images) as rows:
        rows.ensure(new)
        raise KeyboardInterrupt
    with trainer(table, images) as rows:
        rows.ensure(new)
    assert len(busy) == 1


def test_the_longest_schedule_is_trained_unless_another_is_named(nasbench, table, images, busy) -> None:
    options = ["--data-root", images, "--device", "cpu", "--sample", 1, "--epochs", 1, "--add-schedule"]
    assert nasbench("build", table, *options)[0] == 0
    new = sample_classes(SPACE, 4, 0)[3]
    with trainer(table, images) as rows:
        assert rows.ensure(new).schedule == 2
    with trainer(table, images, schedule=1) as rows:
        assert rows.ensure(new).schedule == 1


def test_a_failed_row_is_given_back_failed(nasbench, images, busy, tmp_path) -> None:
    path = tmp_path / "wild.h5"
    options = ["--data-root", images, "--sample", 1, "--learning-rate", 1e6]
    assert nasbench("build", path, *TINY, *options)[0] == 0
    busy.clear()
    with trainer(path, images) as rows:
        row = rows.ensure(sample_classes(SPACE, 1, 0)[0])
        assert (row.status, row.finals) == ("failed", {})
        assert "loss is nan" in row.reason
    assert busy == []


def test_images_and_torch_are_asked_for_when_a_row_is_missing(table, tmp_path) -> None:
    known, new = sample_classes(SPACE, 4, 0)[::3]
    with RowTrainer(table, device="cpu", data_root=tmp_path / "nowhere.npz") as rows:
        assert rows.ensure(known).status == "done"
        with pytest.raises(FileNotFoundError, match=r"nowhere\.npz"):
            rows.ensure(new)


def test_a_table_has_one_trainer(table, images) -> None:
    with trainer(table, images), pytest.raises(TableLockedError, match="is being written by process"):
        trainer(table, images)
    trainer(table, images).close()


def test_an_imported_table_is_refused(imported) -> None:
    with pytest.raises(ValueError, match="holds no recipe to train by"):
        RowTrainer(imported)
