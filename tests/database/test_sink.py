"""The file object that HDF5 writes through: bytes as in memory, and no error or interrupt that is passed over."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from nasbench.database import files, sink
from nasbench.database.memory import MemoryContents
from nasbench.database.sink import Sink
from nasbench.database.tablefile import put_table
from nasbench.database.writer import TableWriter
from tests.database.making import BETTER, SETTINGS, header, row, scores, whole


@pytest.fixture(params=[0, 700, 1 << 20])
def head(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes that are gathered: none, so that each write of HDF5 comes through; some; all of a small table."""
    monkeypatch.setattr(sink, "HEAD", request.param)
    return int(request.param)


def test_bytes_are_those_of_a_file_in_memory(tmp_path: Path, head: int) -> None:
    """Anything written, read and cut anywhere, also where nothing was written before."""
    rng = np.random.default_rng(head)
    path, memory = tmp_path / "file", io.BytesIO()
    descriptor = files.create(path)
    through = Sink(descriptor)
    files_alike: tuple[Any, Any] = (through, memory)
    for _ in range(200):
        at, data = int(rng.integers(0, 2_000)), rng.bytes(int(rng.integers(1, 400)))
        for file in files_alike:
            file.seek(at)
            assert file.write(data) == len(data)
        at = int(rng.integers(0, 2_000))
        for file in files_alike:
            file.seek(at)
        assert through.read(300).rstrip(b"\0") == memory.read(300).rstrip(b"\0")
    assert through.seek(0, os.SEEK_END) == memory.seek(0, os.SEEK_END) == through.tell()
    for file in files_alike:
        file.truncate(1_500)
    through.finish()
    os.close(descriptor)
    assert path.read_bytes() == memory.getvalue()


def story(path: Path) -> None:
    """Writes rows and scores over a table that is there."""
    with TableWriter(path) as writer:
        writer.commit(row(2, seed=1))
        writer.commit_scores([scores(3), scores(4, failed=True)], BETTER, SETTINGS)


def table_at(path: Path) -> Path:
    put_table(path, MemoryContents.from_rows(header(), [row(0), row(1, failed=True)]))
    return path


def failing(number: int, error: BaseException, original: Callable[..., Any]) -> tuple[Callable[..., Any], list[int]]:
    """A function that raises at one of its calls, after half of the bytes; and the calls so far."""
    calls: list[int] = []

    def call(descriptor: int, data: memoryview, offset: int) -> None:
        calls.append(len(data))
        if len(calls) == number:
            original(descriptor, bytes(data)[: len(data) // 2], offset)
            raise error
        original(descriptor, data, offset)

    return call, calls


@pytest.mark.parametrize("every", [17, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_an_error_at_any_write_leaves_the_old_table_and_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, every: int
) -> None:
    monkeypatch.setattr(sink, "HEAD", 0)
    story(table_at(tmp_path / "expected.h5"))
    number = code % every - every + 1
    while True:
        number += every
        path = table_at(tmp_path / f"{number}.h5")
        before = path.read_bytes()
        call, calls = failing(number, OSError(code, os.strerror(code)), files.write_at)
        with monkeypatch.context() as patch:
            patch.setattr(files, "write_at", call)
            try:
                story(path)
                break
            except OSError as error:
                told = str(error)
        assert told.startswith(f"cannot write {path}: ") and os.strerror(code) in told and "\n" not in told
        assert ("the disk is full" in told) == (code == errno.ENOSPC)
        assert path.read_bytes() == before
        assert path.with_name(f"{path.name}.journal").exists() and not files.beside_path(path).exists()
        with TableWriter(path):
            pass
        assert whole(path) == whole(tmp_path / "expected.h5"), number
    assert 20 < len(calls) < number <= len(calls) + every, "writes all over the story failed once"


@pytest.mark.parametrize("method", ["seek", "write", "truncate", "flush"])
def test_an_interrupt_at_any_call_of_hdf5_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Before the first line of the method too, where the sink cannot keep it."""
    original, number = getattr(Sink, method), 0
    path = table_at(tmp_path / "table.h5")
    contents, before = MemoryContents.from_rows(header(), [row(index) for index in range(4)]), path.read_bytes()
    while True:
        number, calls = number + 1, 0

        def call(self: Sink, *words: Any, number: int = number) -> Any:
            nonlocal calls
            calls += 1
            if calls == number:
                raise KeyboardInterrupt
            return original(self, *words)

        with monkeypatch.context() as patch:
            patch.setattr(Sink, method, call)
            try:
                put_table(path, contents)
            except BaseException:  # of whichever type, if only there is one
                assert path.read_bytes() == before, number
                continue
        assert calls < number, "an interrupt was passed over"
        break


def test_what_hdf5_writes_late_goes_nowhere(tmp_path: Path) -> None:
    """A file of which HDF5 cannot let go must not write to whatever has its descriptor's number by then."""
    descriptor = files.create(tmp_path / "file")
    through = Sink(descriptor)
    file = h5py.File(through, "w")
    file["x"] = np.arange(1000)
    through.abandon()
    file.close()
    assert os.fstat(descriptor).st_size == 0
    os.close(descriptor)


def test_an_interrupt_between_blocks_leaves_the_old_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = table_at(tmp_path / "table.h5")
    before = path.read_bytes()
    contents = MemoryContents.from_rows(header(), [row(3)])

    def interrupted(*_: object) -> np.ndarray:
        raise KeyboardInterrupt

    monkeypatch.setattr(contents, "status", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put_table(path, contents)
    assert path.read_bytes() == before and not files.beside_path(path).exists()
