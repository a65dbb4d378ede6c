"""A build that is stopped keeps its rows, leaves nothing else, and goes on; nobody else writes meanwhile.

Workers make rows up (see ``stand_in``); everything around them is as it is.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

import nasbench.__main__ as cli
from nasbench import load_space, open_table
from nasbench.generator.executors import local
from nasbench.generator.executors.local import train_rows
from nasbench.generator.selection import jobs, sample_classes
from tests.generator import stand_in
from tests.generator.running import alive, committed, digest, eventually, finish, start, workers

SPACE = load_space("nas_bench_201")
GOES_ON = "nasbench: stopped; the same command goes on where it stopped"


def words(path: Path, images: Path, *more: object) -> list[object]:
    """A build of 16 rows."""
    options = ["--dataset", "arrays", "--data-root", images, "--epochs", 2, "--device", "cpu", "--sample", 8]
    return ["build", path, *options, "--seeds", 2, *more]


def begin(path: Path, images: Path, *more: object, **wishes: object):
    return start(*words(path, images, *more), command=stand_in.COMMAND, STAND_IN=json.dumps(wishes))


@pytest.fixture
def go_on(nasbench, images, monkeypatch):
    """Runs the same command in this process, to its end: how many rows it trained, and the digest then."""

    def run(path: Path) -> tuple[int, str]:
        given = []

        def train(task, todo, workers):
            given.extend(todo)
            return (stand_in.row_of(job, 2) for job in given)

        monkeypatch.setattr(local, "train_rows", train)
        code, _, err = nasbench(*words(path, images))
        assert code == 0, err
        return len(given), digest(path)

    return run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_build_that_is_stopped_keeps_its_rows_and_goes_on(nasbench, go_on, images, tmp_path, number) -> None:
    """Ctrl-C reaches every process of the group, the other signals the parent. Until then nobody else may write."""
    path = tmp_path / "t.h5"
    process = begin(path, images, "--workers", 2, seconds=0.5)
    eventually(lambda: committed(path) >= 3, pause=0.1)
    found = workers(process.pid)
    code, _, err = nasbench(*words(path, images))
    assert (code, len(err.splitlines())) == (2, 1)
    assert f"is being written by process {process.pid} on " in err
    assert nasbench("info", path)[0] == 0
    with open_table(path) as table:
        assert table.query(sample_classes(SPACE, 1, 0)[0], seed=0) >= 0
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    code, _, err = finish(process)
    assert "Traceback" not in err
    if number != signal.SIGKILL:
        assert (code, err.splitlines()[-1]) == (130, GOES_ON)
        assert not any(map(alive, found))
        assert [file.name for file in tmp_path.iterdir()] == ["t.h5"], "folded, and nobody's"
    kept = committed(path)
    assert 2 <= kept < 16, "a reader may have seen a third one that was about to be committed"
    rest, end = go_on(path)
    assert (rest, end) == (16 - kept, go_on(tmp_path / "whole.h5")[1])


def test_ctrl_c_while_workers_start_is_one_sentence(images, tmp_path) -> None:
    """The terminal sends it to workers as well, in the midst of their imports."""
    process = begin(tmp_path / "t.h5", images, "--workers", 2, seconds=5)
    eventually(lambda: workers(process.pid), pause=0.01)
    os.killpg(process.pid, signal.SIGINT)
    code, _, err = finish(process)
    assert (code, err.splitlines()[-1]) == (130, GOES_ON)
    assert "Traceback" not in err


def test_an_error_in_the_midst_keeps_the_rows_before_it(go_on, images, tmp_path, monkeypatch, capsys) -> None:
    """Workers take the first seed of all before the second one of any, which here is an error."""
    path = tmp_path / "t.h5"
    with monkeypatch.context() as patch:
        patch.setattr(local, "train_rows", train_rows)
        patch.setattr(local, "_work", stand_in.work)
        patch.setenv("STAND_IN", json.dumps({"error": "the disk with the images is gone"}))
        assert cli.main([str(word) for word in words(path, images)]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "nasbench: the disk with the images is gone"
    with open_table(path) as table:
        done = {row.cell for row in table.rows()}
    assert done == {(job.architecture.choices, 2, 0) for job in jobs(SPACE, sample_classes(SPACE, 8, 0), 1)}
    assert go_on(path) == (8, go_on(tmp_path / "whole.h5")[1])
