"""Local workers: rows come whole, deaths are made good once, errors arrive as sentences, nobody outlives the parent."""

from __future__ import annotations

import json
import multiprocessing
import os
import time

import pytest

from nasbench import load_space
from nasbench.generator.executors import local
from nasbench.generator.executors.local import WorkerError, train_rows
from nasbench.generator.selection import Task, jobs, sample_classes
from nasbench.training.recipe import Recipe
from tests.generator import stand_in
from tests.generator.running import alive, eventually, finish, start, workers

SPACE = load_space("nas_bench_201")
TASK = Task("nas_bench_201", Recipe(epochs=2), None, "", "cpu")


@pytest.fixture
def wish(monkeypatch, tmp_path):
    """Workers that make rows up, and do what is wished besides."""
    monkeypatch.setattr(local, "_work", stand_in.work)

    def say(**wishes: object) -> None:
        monkeypatch.setenv("STAND_IN", json.dumps({"folder": str(tmp_path), **wishes}))

    return say


def wanted(architectures: int, seeds: int) -> list:
    return list(jobs(SPACE, sample_classes(SPACE, architectures, 0), seeds))


def expected(work: list) -> list:
    return sorted((stand_in.row_of(job, 2) for job in work), key=lambda row: row.cell)


def in_order(rows: list) -> list:
    return sorted(rows, key=lambda row: row.cell)


def test_every_job_gives_its_row(wish) -> None:
    work = wanted(5, 2)
    assert in_order(list(train_rows(TASK, work, 3))) == expected(work)
    assert not multiprocessing.active_children()


def test_no_job_starts_no_worker(wish) -> None:
    assert list(train_rows(TASK, [], 2)) == []


def test_a_worker_that_dies_under_a_job_is_replaced_and_the_job_trained(wish) -> None:
    wish(deaths=1)
    work = wanted(2, 2)
    assert in_order(list(train_rows(TASK, work, 1))) == expected(work)


@pytest.mark.parametrize("seconds", [0.0, 0.6])
def test_a_worker_that_is_killed_from_outside_is_replaced(wish, seconds: float) -> None:
    """While it waits for a job, its last row not yet read, or in the midst of one."""
    wish(seconds=seconds)
    work = wanted(3, 1)
    rows = train_rows(TASK, work, 1)
    got = [next(rows)]
    victim = multiprocessing.active_children()[0]
    time.sleep(0.2)
    victim.kill()
    victim.join()
    assert in_order(got + list(rows)) == expected(work)


def test_a_second_death_under_one_job_ends_the_build_in_words(wish) -> None:
    wish(deaths=2)
    work = wanted(2, 2)
    got = []
    with pytest.raises(WorkerError) as error:
        got.extend(train_rows(TASK, work, 1))
    told = f"a worker died twice (exit code -9) while training {work[2].architecture}; finished rows are kept"
    assert str(error.value).startswith(told)
    assert in_order(got) == expected(work[:2])
    assert not multiprocessing.active_children()


def test_an_error_of_the_input_arrives_as_its_sentence(wish) -> None:
    wish(error="the images are those of another", kind="ValueError")
    with pytest.raises(WorkerError, match=r"^the images are those of another$"):
        list(train_rows(TASK, wanted(1, 2), 1))


@pytest.mark.parametrize("kind", ["KeyError", "RuntimeError"])
def test_an_error_of_the_program_is_called_one(wish, kind: str, capfd) -> None:
    wish(error="made up", kind=kind)
    with pytest.raises(WorkerError, match=rf"^internal error in a worker: {kind}: .?made up"):
        list(train_rows(TASK, wanted(1, 2), 1))
    for child in multiprocessing.active_children():
        child.join()


def test_workers_end_when_nobody_wants_more_rows(wish) -> None:
    """Also in the middle of a row."""
    wish(seconds=0.2)
    rows = train_rows(TASK, wanted(6, 1), 2)
    next(rows)
    assert len(multiprocessing.active_children()) == 2
    rows.close()
    assert not multiprocessing.active_children()


def test_workers_end_with_the_parent(images, tmp_path) -> None:
    """Though it is killed and they are busy; on stderr they say nothing."""
    options = ["--dataset", "arrays", "--data-root", images, "--device", "cpu", "--workers", 2]
    wishes = json.dumps({"seconds": 90})
    process = start("build", tmp_path / "t.h5", *options, command=stand_in.COMMAND, STAND_IN=wishes)
    found = eventually(lambda: workers(process.pid) if len(workers(process.pid)) == 2 else [])
    eventually(lambda: all(len(os.listdir(f"/proc/{child}/task")) > 1 for child in found))  # they watch the parent
    process.kill()
    process.wait()
    eventually(lambda: not any(map(alive, found)), seconds=30)
    assert "Traceback" not in finish(process)[2]
