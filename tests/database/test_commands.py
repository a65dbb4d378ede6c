"""`nasbench info` and `nasbench query`: what they print is in the table, and all of it is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nasbench.__main__ import main
from nasbench.database.memory import MemoryContents
from nasbench.database.writer import TableWriter, write_table
from nasbench.table import Table
from tests.database.making import SPACE, architecture, header, row
from tests.database.test_table import GROUP, failed, of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "table.h5"
    rows = [row(0), row(0, seed=1), row(1, failed=True), row(2, seed=-1), row(0, schedule=12)]
    costs = {"flops": ("count", {row(0).choices: 1234567.0, row(1).choices: 9.0})}
    write_table(path, MemoryContents.from_rows(header(), rows, costs))
    return path


def printed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def test_info_prints_everything(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "info", path)
    with Table.open(path) as table:
        digest = table.digest
    lines = [" ".join(line.split()) for line in text.splitlines()]
    for expected in (
        f"digest {digest}",
        "space nas_bench_201, 3 of 15,625 architectures, 3 classes",
        "origin built",
        "recipe channels 8, image_size null, learning_rate 0.1",
        "made with torch 2.0, device cpu (5 rows)",
        "schedule seed done failed absent",
        "3 published 1 0 2",
        "3 0 1 1 1",
        "3 1 1 0 2",
        "3 all 3 1 5",
        "12 0 1 0 2",
        "3 val_accuracy percent published 0 1 1-3",
        "3 test_loss nats published 0 1 3",
        "12 seconds seconds 0 1-12",
        "flops count 2 9 1,234,567",
        "failures of schedule 3",
        "1 x diverged in epoch 2: loss is nan",
        f"{SPACE.format(architecture(1))}, seed 0: diverged in epoch 2: loss is nan",
    ):
        assert expected in lines, expected
    assert any(line.startswith("file table.h5,") and line.endswith("kB, schema 1") for line in lines)
    assert any(line.startswith("data") and '"ab' not in line and "name digits" in line for line in lines)
    assert "ab" * 32 in text


def test_info_as_json(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = json.loads(printed(capsys, "info", path, "--json"))
    assert said["recipe"] == header().recipe
    assert said["data_card"] == header().data_card
    assert said["environments"] == [{**header().environment, "rows": 5}]
    assert [one["epochs"] for one in said["schedules"]] == [3, 12]
    assert said["schedules"][0]["counts"] == {"done": 3, "failed": 1, "absent": 5}
    assert said["schedules"][0]["failures"] == [
        {"architecture": SPACE.format(architecture(1)), "seed": 0, "reason": row(1, failed=True).reason}
    ]
    assert said["costs"] == [{"name": "flops", "unit": "count", "known": 2, "least": 9.0, "greatest": 1234567.0}]


def test_info_of_an_empty_table_and_of_one_in_the_making(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writer:
        assert "no rows yet" in printed(capsys, "info", path)
        writer.commit(row(0))
        assert ["3", "0", "1", "0", "0"] in [line.split() for line in printed(capsys, "info", path).splitlines()]


def test_many_failures_are_counted_and_some_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.h5"
    rows = [failed(architecture(i), "diverged" if i % 3 else "out of memory") for i in range(30)]
    write_table(path, MemoryContents.from_rows(header(), rows))
    text = printed(capsys, "info", path)
    assert "  20 x diverged\n  10 x out of memory\n" in text
    assert "and 20 more, which --json lists" in text
    assert len(json.loads(printed(capsys, "info", path, "--json"))["schedules"][0]["failures"]) == 30


def test_query_prints_every_schedule_metric_and_seed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "query", path, SPACE.format(architecture(0)))
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == [SPACE.format(architecture(0))]
    assert "flops 1,234,567" in text
    assert ["schedule", "metric", "epoch", "published", "seed", "0", "seed", "1", "mean", "unit"] in lines
    for schedule, seeds in ((3, (0, 1)), (12, (0,))):
        for metric in ("train_loss", "val_accuracy", "seconds", "test_accuracy"):
            rows = [row(0, seed, schedule) for seed in seeds]
            numbers = [{**one.finals, **{n: v[-1] for n, v in one.curves.items()}}[metric] for one in rows]
            cells = ["-", *(f"{v:.6g}" for v in numbers), *["-"] * (2 - len(seeds))]
            mean = f"{sum(numbers) / len(numbers):.6g}"
            assert any(line[:7] == [str(schedule), metric, str(schedule), *cells, mean] for line in lines), metric
    assert "class" not in text.split("\n", 2)[2]


def test_query_says_when_the_class_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.h5"
    write_table(
        path, MemoryContents.from_rows(header(), [of(GROUP[0], 10), of(GROUP[1], 20), failed(GROUP[1], "x", 1)])
    )
    text = printed(capsys, "query", path, SPACE.format(GROUP[3]))
    assert "15        -" not in text.splitlines()[0]
    assert "* it has no row of its own: answered by its class" in text
    assert all(f"  {SPACE.format(GROUP[i])}" in text.splitlines() for i in (0, 1))
    said = json.loads(printed(capsys, "query", path, SPACE.format(GROUP[3]), "--json"))
    assert (said["in_table"], said["answers"][0]["source"], said["answers"][0]["value"]) == (False, "class", 15.0)
    own = printed(capsys, "query", path, SPACE.format(GROUP[0]))
    assert "answered by its class" not in own


def test_query_can_be_narrowed(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "query",
        path,
        SPACE.format(architecture(0)),
        "--metric",
        "val_loss",
        "--schedule",
        "3",
        "--epoch",
        "2",
        "--json",
    ]
    (answer,) = json.loads(printed(capsys, *words))["answers"]
    assert (answer["metric"], answer["schedule"], answer["epoch"]) == ("val_loss", 3, 2)
    assert answer["by_seed"]["1"] == row(0, 1).curves["val_loss"][1]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([SPACE.format(architecture(1))], "its training failed (diverged in epoch 2: loss is nan)"),
        ([SPACE.format(architecture(50))], "neither it nor an architecture of its class has this number"),
        (["|nonsense|"], "cannot read '|nonsense|'"),
        ([SPACE.format(architecture(0)), "--metric", "val_acc"], "did you mean 'val_accuracy'"),
        ([SPACE.format(architecture(0)), "--schedule", "7"], "no schedule of 7 epochs; it has: 3, 12"),
        ([SPACE.format(architecture(0)), "--epoch", "99"], "has no such numbers"),
    ],
)
def test_queries_without_an_answer(path: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str) -> None:
    assert main(["query", str(path), *words]) == 2
    assert told in capsys.readouterr().err


def test_files_that_are_no_tables_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.h5").write_text("x")
    for name, told in (("x.h5", "is not an HDF5 file"), ("none.h5", "there is no table")):
        for command in ("info", "query", "export"):
            words = [command, str(tmp_path / name), *{"info": [], "query": ["|a|"], "export": ["o.csv"]}[command]]
            assert main(words) == 2
            assert told in capsys.readouterr().err
