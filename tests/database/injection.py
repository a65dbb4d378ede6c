"""A story of a table being written, and ways to fail or kill it at any of its file operations."""

from __future__ import annotations

import errno
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nasbench.database import files
from nasbench.database.rows import Row
from nasbench.database.scores import ScoreRow
from nasbench.database.writer import TableWriter
from tests.database.making import BETTER, SETTINGS, architecture, header, row, scores

OPERATIONS = ("create", "write_all", "write_at", "sync", "truncate", "replace", "remove", "sync_folder")
"""Every function of ``files`` that changes a disk."""

WRITES = ("write_all", "write_at")

STORY: list[list[Row | ScoreRow | str]] = [
    [row(0), row(1, failed=True), "fold", scores(0), row(2), "costs"],
    [row(0, seed=1), scores(6, failed=True), row(3), "fold", "fold", row(1, seed=1)],
    [row(4, schedule=2), scores(0, seed=1), "costs", row(5)],
]
"""What three builds after each other do: rows and scores to commit, folds, costs to set; each ends with a close."""

ROWS = [act for part in STORY for act in part if isinstance(act, Row)]


def apply(writer: TableWriter, act: Row | ScoreRow | str) -> None:
    """Does one act of the story, unless it is done."""
    if isinstance(act, Row):
        if not writer.has(*act.cell):
            writer.commit(act)
    elif isinstance(act, ScoreRow):
        if writer.score_status(act.choices, "naswot", act.seed) == "absent":
            writer.commit_scores([act], BETTER, SETTINGS)
    elif act == "fold":
        writer.fold()
    else:
        writer.set_costs("flops", {architecture(i).choices: float(i) for i in range(4)})


def tell(path: Path, committed: Callable[[int], object] = lambda number: None) -> None:
    """Does what the story still lacks; ``committed`` hears the number of each row once its commit has returned."""
    for part in STORY:
        with TableWriter(path, header()) as writer:
            for act in part:
                apply(writer, act)
                if isinstance(act, Row):
                    committed(ROWS.index(act) if act in ROWS else next(i for i, r in enumerate(ROWS) if r is act))


@contextmanager
def watched(act: Callable[[int, str, Callable[..., Any], tuple[Any, ...]], Any]) -> Iterator[None]:
    """Runs every file operation through ``act(number, name, operation, arguments)``."""
    count = 0

    def through(name: str, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            return act(count - 1, name, lambda *a: operation(*a, **named), arguments)

        return call

    originals = {name: getattr(files, name) for name in OPERATIONS}
    for name, operation in originals.items():
        setattr(files, name, through(name, operation))
    try:
        yield
    finally:
        for name, operation in originals.items():
            setattr(files, name, operation)


def operations(path: Path) -> list[str]:
    """Names of the file operations of the whole story, in order."""
    names: list[str] = []

    def note(number: int, name: str, operation: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        names.append(name)
        return operation(*arguments)

    with watched(note):
        tell(path)
    return names


def write_half(name: str, operation: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """Does an operation with half of its bytes, if it is a write."""
    if name in WRITES:
        descriptor, data, *offset = arguments
        operation(descriptor, bytes(data)[: len(data) // 2], *offset)


def fail_at(number: int, code: int = errno.ENOSPC, times: int = 1) -> Any:
    """Context in which ``times`` operations from ``number`` on fail, a write after half of its bytes."""

    def act(at: int, name: str, operation: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if number <= at < number + times:
            write_half(name, operation, arguments)
            raise OSError(code, os.strerror(code))
        return operation(*arguments)

    return watched(act)


def killed_at(path: Path, number: int, when: str) -> set[int]:
    """Numbers of the rows whose commit returned in a process that was killed at an operation of the story.

    Args:
        path: the table.
        number: of the operation; one beyond the last kills nothing.
        when: "before" it, "amid" its bytes (a write alone), or "after".
    """

    def act(at: int, name: str, operation: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        if at == number and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        if at == number and when == "amid":
            write_half(name, operation, arguments)
            os.kill(os.getpid(), signal.SIGKILL)
        result = operation(*arguments)
        if at == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def child(told: int) -> None:
        with watched(act):
            tell(path, lambda row_number: os.write(told, bytes([row_number])))

    return in_child(child)


def in_child(work: Callable[[int], None], doom: tuple[int, float] | None = None) -> set[int]:
    """Bytes that a forked process wrote to the descriptor given to ``work``, after it ended or was killed.

    Args:
        work: what the process does.
        doom: (bytes, seconds): it is killed that many seconds after it wrote that many bytes; never for None.
    """
    reader, told = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        try:
            work(told)
        finally:
            os._exit(0)
    os.close(told)
    heard: set[int] = set()
    if doom is not None:
        while len(heard) < doom[0] and (part := os.read(reader, 1)):
            heard.update(part)
        time.sleep(doom[1])
        os.kill(child, signal.SIGKILL)
    while part := os.read(reader, 4096):
        heard.update(part)
    os.close(reader)
    os.waitpid(child, 0)
    return heard
