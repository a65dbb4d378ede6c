"""Readers beside a writer: never an error, never fewer rows than before, whatever is folded meanwhile."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from nasbench.database import files, writer
from nasbench.database.writer import TableWriter
from nasbench.table import Table
from tests.database.making import architecture, header, row


def rows_in(path: Path) -> int:
    with Table.open(path) as table:
        return sum(1 for _ in table.rows())


def test_rows_are_seen_as_soon_as_they_are_committed(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    seen = []
    with TableWriter(path, header()) as writing:
        for index in range(9):
            writing.commit(row(index))
            if index % 3 == 2:
                writing.fold()
            seen.append(rows_in(path))
    assert seen == list(range(1, 10))


def test_readers_at_every_operation_of_a_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writing:
        writing.commit(row(0))
        writing.fold()
        writing.commit(row(1))
        early = Table.open(path)
        seen: list[int] = []
        for name in ("create", "write_all", "sync", "replace", "remove", "sync_folder"):
            original = getattr(files, name)

            def look(*arguments, original=original, **named):  # type: ignore[no-untyped-def]
                seen.append(rows_in(path))
                result = original(*arguments, **named)
                seen.append(rows_in(path))
                return result

            monkeypatch.setattr(files, name, look)
        writing.fold()
        monkeypatch.undo()
    assert len(seen) > 10
    assert set(seen) == {2}
    assert early.query(architecture(1)) == row(1).curves["val_accuracy"][-1], "what was opened before stays readable"
    assert early.values("val_loss").shape == (2,)


def test_a_reader_in_another_process_beside_a_busy_writer(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writing:
        writing.commit(row(0))
        reader, told = os.pipe()
        child = os.fork()
        if not child:
            last, opened, verdict = 0, 0, b"ok"
            try:
                while last < 40:
                    now = rows_in(path)
                    if now < last:
                        verdict = b"rows went away"
                        break
                    last, opened = now, opened + 1
                if opened < 3:
                    verdict = b"too fast to see anything"
            except BaseException as error:
                verdict = repr(error).encode()
            os.write(told, verdict)
            os._exit(0)
        for index in range(1, 40):
            writing.commit(row(index))
            if index % 2:
                writing.fold()
            time.sleep(0.005)
        writing.close()
        assert os.read(reader, 4000) == b"ok"
        os.waitpid(child, 0)


def test_a_reader_needs_no_lock_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writing:
        writing.commit(row(0))
        with Table.open(path) as first, Table.open(path) as second:
            assert first.digest == second.digest
            writing.commit(row(1))
            writing.fold()
            assert len(list(first.rows())) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["table.h5"]
    assert writer.LEAST_FOLDED > 1
