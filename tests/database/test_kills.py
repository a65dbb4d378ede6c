"""Killed for real, at every file operation and at random times: no committed row is lost and the digest is the same."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nasbench.database.lock import TableLockedError
from nasbench.database.writer import TableWriter
from nasbench.table import Table
from tests.database.injection import ROWS, WRITES, in_child, killed_at, operations, tell, watched
from tests.database.making import beside, header, row, whole


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict]:
    """The operations of the story without a kill, and the table it ends with."""
    path = tmp_path_factory.mktemp("told") / "table.h5"
    names = operations(path)
    return names, whole(path)


def check(path: Path, committed: set[int]) -> None:
    """Every committed row is there, before anybody repairs anything."""
    if not path.exists():
        assert not committed
        return
    with Table.open(path) as table:
        assert {repr(ROWS[number]) for number in committed} <= set(map(repr, table.rows()))


@pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("when", ["before", "amid", "after"])
def test_killed_at_any_operation(tmp_path: Path, told: tuple[list[str], dict], when: str, every: int) -> None:
    names, expected = told
    points = [(number, name) for number, name in enumerate(names) if when != "amid" or name in WRITES]
    for number, name in points[len(when) % every % 4 :: every]:
        path = tmp_path / f"{number}.h5"
        committed = killed_at(path, number, when)
        assert len(committed) < len(ROWS) or number > len(names) - 12, "it was really killed"
        check(path, committed)
        tell(path)
        assert whole(path) == expected, (number, name, when)
        assert beside(path) == set(), (number, name, when)


def test_killed_again_and_again_until_it_is_done(tmp_path: Path, told: tuple[list[str], dict]) -> None:
    """Each run gets some operations further than the one before; most die while they repair what the last one left."""
    names, expected = told
    rng = np.random.default_rng(3)
    for trial in range(2):
        path = tmp_path / f"{trial}.h5"
        safe: set[int] = set()
        for _ in range(10):
            when = ("before", "amid", "after")[int(rng.integers(3))]
            safe |= killed_at(path, int(rng.integers(len(names) // 2)), when)
            check(path, safe)
        tell(path)
        assert whole(path) == expected


def build(path: Path, count: int, told: int | None = None) -> None:
    """Commits ``count`` rows that are not there yet, with folds in between."""
    with TableWriter(path, header()) as writer:
        for index in range(count):
            made = row(index % 60, seed=index // 60)
            if not writer.has(*made.cell):
                writer.commit(made)
                if told is not None:
                    os.write(told, bytes([index]))
            if index % 7 == 6:
                writer.fold()


def test_killed_at_random_times(tmp_path: Path) -> None:
    """A build of 60 architectures x 2 seeds, killed ten times and more, ends with the digest of one never killed."""
    build(tmp_path / "whole.h5", 120)
    expected = whole(tmp_path / "whole.h5")
    path = tmp_path / "table.h5"
    rng = np.random.default_rng(0)
    safe: set[int] = set()
    kills = 0
    while len(safe) < 100:
        doom = int(rng.integers(0, 10)), float(rng.uniform(0, 0.01))
        safe |= in_child(lambda told: build(path, 120, told), doom)
        kills += 1
        if path.exists():
            with Table.open(path) as table:
                there = {(one.choices, one.seed) for one in table.rows()}
            assert {(row(i % 60, seed=i // 60).choices, i // 60) for i in safe} <= there
        else:
            assert not safe
    assert kills >= 10
    build(path, 120)
    assert whole(path) == expected
    assert beside(path) == set()


def test_a_writer_that_was_killed_keeps_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"

    def hold(told: int) -> None:
        with TableWriter(path, header()) as writer:
            writer.commit(row(0))
            os.write(told, b"\0")
            time.sleep(60)

    reader, told = os.pipe()
    child = os.fork()
    if not child:
        hold(told)
        os._exit(0)
    os.read(reader, 1)
    with pytest.raises(TableLockedError, match=f"process {child}"):
        TableWriter(path)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with TableWriter(path) as writer:
        assert len(writer) == 1
    assert beside(path) == set()


def test_workers_that_outlive_a_killed_build_keep_nobody_out(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    reader, told = os.pipe()
    stay, leave = os.pipe()
    build_process = os.fork()
    if not build_process:
        writer = TableWriter(path, header())
        writer.commit(row(0))
        if not os.fork():  # a worker, which has all that the build had open
            os.write(told, b"\0")
            os.close(leave)
            os.read(stay, 1)
            os._exit(0)
        time.sleep(60)
    os.read(reader, 1)
    os.kill(build_process, signal.SIGKILL)
    os.waitpid(build_process, 0)
    with TableWriter(path) as writer:
        assert len(writer) == 1
    os.close(leave)


def test_the_order_of_operations_is_what_makes_it_safe(tmp_path: Path) -> None:
    """No kill can show that a sync is missing, only a power cut could: the order itself is the promise."""
    names: list[str] = []

    def note(number: int, name: str, operation: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        names.append(name)
        return operation(*arguments)

    def done() -> list[str]:
        found = names.copy()
        names.clear()
        return found

    with watched(note):
        writer = TableWriter(tmp_path / "table.h5", header())
        done()
        writer.commit(row(0))
        assert done() == ["create", "write_all", "sync", "sync_folder", "write_all", "sync"]
        writer.commit(row(1))
        assert done() == ["write_all", "sync"]
        writer.fold()
        assert done() == ["create", "write_at", "sync", "replace", "sync_folder", "remove", "sync_folder"]
        writer.close()
