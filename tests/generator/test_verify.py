"""The command verify: equal rows are called equal, any other number is seen, and what cannot be checked is refused."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from nasbench import open_table
from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Row
from nasbench.database.writer import write_table
from nasbench.generator.verify import compare
from tests.generator.running import write_images

torch = pytest.importorskip("torch", reason="training needs torch")


def tampered(table: Path, change) -> Path:
    """A table in which a function was applied to every row."""
    with open_table(table) as opened:
        rows, header = [change(row) for row in opened.rows()], opened.header
    write_table(table, MemoryContents.from_rows(header, rows))
    return table


def with_accuracy(row: Row, add: float) -> Row:
    return dataclasses.replace(row, finals={**row.finals, "test_accuracy": row.finals["test_accuracy"] + add})


def test_rows_trained_again_are_equal(nasbench, trained, table, images) -> None:
    before = table.read_bytes()
    code, out, _ = nasbench("verify", table, "--data-root", images, "--rows", 4, "--device", "cpu")
    lines = out.splitlines()
    assert (code, len(trained)) == (0, 4)
    assert len({(job.architecture, job.seed) for job in trained}) == 4
    assert all(line.startswith("equal  |") and line.endswith("largest difference 0") for line in lines[:4])
    assert lines[4] == "4 of 4 rows are equal to the bit"
    assert table.read_bytes() == before


def test_more_rows_than_there_are_is_all_of_them(nasbench, trained, table, images) -> None:
    assert nasbench("verify", table, "--data-root", images, "--rows", 1000, "--device", "cpu")[0] == 0
    assert len(set(trained)) == 6


def test_the_seed_draws_the_rows(nasbench, trained, table, images) -> None:
    options = ["verify", table, "--data-root", images, "--rows", 2, "--device", "cpu", "--seed"]
    for seed in (0, 0, 1, 2, 3):
        assert nasbench(*options, seed)[0] == 0
    draws = [trained[start : start + 2] for start in range(0, 10, 2)]
    assert draws[0] == draws[1]
    assert any(draw != draws[0] for draw in draws)


def test_one_number_that_differs_is_seen(nasbench, table, images) -> None:
    tampered(table, lambda row: with_accuracy(row, 0.125) if row.seed == 1 else row)
    code, out, _ = nasbench("verify", table, "--data-root", images, "--rows", 6, "--device", "cpu")
    lines = out.splitlines()
    assert code == 1
    assert [line.split()[0] for line in lines[:6]].count("DIFFERS") == 3
    for line in lines[:6]:
        seed, difference = line.split(" seed ")[1][0], line.rsplit(maxsplit=1)[1]
        assert (line.startswith("DIFFERS"), difference) == ((True, "0.125") if seed == "1" else (False, "0"))
    assert lines[6] == "3 of 6 rows are equal to the bit"


def test_a_row_that_now_fails_differs() -> None:
    done = Row((0,) * 6, "0" * 32, 0, 1, "done", "", {"val_accuracy": [50.0]}, {"test_accuracy": 40.0})
    failed = Row((0,) * 6, "0" * 32, 0, 1, "failed", "training loss is nan in epoch 1")
    check = compare("a row", done, failed)
    assert (check.equal, check.difference) == (False, float("inf"))


def test_the_clock_is_not_compared() -> None:
    slow, fast = (Row((0,), "0" * 32, 0, 1, "done", "", {"seconds": [s], "val_loss": [0.5]}) for s in (9.0, 1.0))
    assert compare("a row", slow, fast).equal


def test_other_images_are_refused(nasbench, table, tmp_path) -> None:
    other = write_images(tmp_path / "other.npz", seed=1)
    code, _, err = nasbench("verify", table, "--data-root", other, "--device", "cpu")
    assert code == 2
    assert "the images of arrays are not those the table was built with" in err
    assert len(err.splitlines()) <= 2  # and the line of progress


def test_schedules_are_each_checked_by_their_own(nasbench, trained, table, images) -> None:
    options = ["--data-root", images, "--device", "cpu"]
    assert nasbench("build", table, *options, "--sample", 1, "--epochs", 1, "--add-schedule")[0] == 0
    trained.clear()
    code, out, _ = nasbench("verify", table, *options, "--rows", 100)
    assert (code, len(trained)) == (0, 7)
    assert "7 of 7" in out


def test_a_table_of_somebody_else_is_refused(nasbench, imported) -> None:
    code, _, err = nasbench("verify", imported)
    assert (code, err) == (2, f"nasbench: {imported} holds no recipe to train by: it was imported, not built\n")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--rows", 0], "--rows must be at least 1, got 0"),
        (["--seed", -1], "--seed must be at least 0, got -1"),
        (["--device", "tpu"], "device must be auto, cpu, cuda or cuda:N, got 'tpu'"),
    ],
)
def test_bad_input_is_one_sentence(nasbench, table, flags, told) -> None:
    code, _, err = nasbench("verify", table, *flags)
    assert (code, err) == (2, f"nasbench: {told}\n")


def test_a_table_that_is_not_there_is_named(nasbench, tmp_path) -> None:
    code, _, err = nasbench("verify", tmp_path / "none.h5")
    assert (code, str(tmp_path / "none.h5") in err) == (2, True)


def test_a_table_being_written_can_be_verified(nasbench, table, images, tmp_path) -> None:
    from nasbench.database.writer import TableWriter

    shutil.copy(table, tmp_path / "copy.h5")
    with TableWriter(table):
        assert nasbench("verify", table, "--data-root", images, "--rows", 1, "--device", "cpu")[0] == 0
