"""Failing disks: an error at any file operation loses no committed row, and the writer goes on when it is over."""

from __future__ import annotations

import errno
import os
import resource
import signal
from pathlib import Path

import pytest

from nasbench.database import files
from nasbench.database.writer import TableWriter
from nasbench.table import Table
from tests.database.injection import OPERATIONS, ROWS, STORY, apply, fail_at, operations, tell, watched
from tests.database.making import beside, header, row, whole


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict]:
    """The operations of the story without a fault, and the table it ends with."""
    path = tmp_path_factory.mktemp("told") / "table.h5"
    names = operations(path)
    return names, whole(path)


def test_the_story_uses_every_operation_but_the_repair(told: tuple[list[str], dict]) -> None:
    assert set(told[0]) == set(OPERATIONS) - {"truncate"}
    assert len(told[0]) > 60
    assert len(told[1]["rows"]) == len(ROWS)


def test_no_other_function_changes_the_disk() -> None:
    folder = Path(files.__file__).parent
    for file in folder.glob("*.py"):
        if file.name not in ("files.py", "lock.py"):
            text = file.read_text()
            for call in (
                "os.write",
                "os.pwrite",
                "os.open(",
                "os.replace",
                "os.rename",
                "unlink",
                "write_bytes",
                "write_text",
                '"w"',
            ):
                assert call not in text.replace('h5py.File(sink, "w"', ""), (file.name, call)


def rows_of(path: Path) -> set[str]:
    with Table.open(path) as table:
        return set(map(repr, table.rows()))


EVERY = pytest.mark.parametrize("every", [7, pytest.param(1, marks=pytest.mark.slow)])
"""Each seventh operation of the story in the quick tests, which meets every kind of them; all in the slow ones."""


@EVERY
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_fault_anywhere_loses_nothing_and_running_again_ends_the_story(
    tmp_path: Path, told: tuple[list[str], dict], code: int, every: int
) -> None:
    names, expected = told
    for number, name in list(enumerate(names))[code % every :: every]:
        path = tmp_path / f"{number}.h5"
        committed: set[int] = set()
        with pytest.raises(OSError) as caught, fail_at(number, code):
            tell(path, committed.add)
        message = str(caught.value)
        assert os.strerror(code) in message, (number, name)
        if path.exists():
            assert {repr(ROWS[i]) for i in committed} <= rows_of(path), (number, name)
        else:
            assert not committed
        tell(path)
        assert whole(path) == expected, (number, name)
        assert beside(path) == set(), (number, name)


def test_a_full_disk_is_said_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    full = r"the disk is full .*; free some space and run again"
    with pytest.raises(OSError, match=rf"cannot write .*table\.h5: {full}"), fail_at(3):
        TableWriter(path, header())
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        safe = r"cannot commit a row to .*\(every row committed before is safe\)"
        with pytest.raises(OSError, match=f"{safe}: {full}"), fail_at(0):
            writer.commit(row(1))
        with pytest.raises(OSError, match=r"cannot write .*the disk is full"), fail_at(1):
            writer.fold()


@EVERY
def test_the_same_writer_goes_on_when_there_is_room_again(
    tmp_path: Path, told: tuple[list[str], dict], every: int
) -> None:
    """Each operation of the story fails once, as on a disk that fills and is freed; the writer stays open."""
    names, expected = told
    for number in range(0, len(names), every):
        path = tmp_path / f"{number}.h5"
        left = number

        def once(act: object, path: Path = path) -> None:
            nonlocal left
            counted: list[str] = []

            def count(at: int, name: str, operation, arguments):  # type: ignore[no-untyped-def]
                counted.append(name)
                if at == left:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return operation(*arguments)

            try:
                with watched(count):
                    act()  # type: ignore[operator]
                left -= len(counted)
            except OSError:
                left = -1
                act()  # type: ignore[operator]

        for part in STORY:
            opened: list[TableWriter] = []
            once(lambda path=path, opened=opened: opened.append(TableWriter(path, header())))
            writer = opened[0]
            for act in part:
                once(lambda writer=writer, act=act: apply(writer, act))
            once(writer.close)
        assert whole(path) == expected, names[number]


def test_a_journal_that_cannot_be_repaired_takes_no_more_rows(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    writer = TableWriter(path, header())
    writer.commit(row(0))
    with pytest.raises(OSError, match="disk is full"), fail_at(0, times=2):  # the write, and the cut after it
        writer.commit(row(1))
    with pytest.raises(OSError, match="could not be repaired"):
        writer.commit(row(2))
    writer.fold()  # the journal begins anew
    writer.commit(row(2))
    writer.close()
    assert rows_of(path) == {repr(row(0)), repr(row(2))}


def test_an_interrupt_amid_a_commit_leaves_a_sound_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "table.h5"
    writer = TableWriter(path, header())
    writer.commit(row(0))
    original = files.write_all

    def interrupted(descriptor: int, data: bytes) -> None:
        original(descriptor, data[: len(data) // 2])
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(files, "write_all", interrupted)
        writer.commit(row(1))
    writer.commit(row(2))
    with Table.open(path) as table:
        assert len(list(table.rows())) == 2
    writer.close()
    assert rows_of(path) == {repr(row(0)), repr(row(2))}


def limited(path: Path, size: int) -> int:
    """Exit code of a process that tells the story with files of at most ``size`` bytes: 0 told, 7 a clear error."""
    if not (child := os.fork()):
        code = 9
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            tell(path)
            code = 0
        except OSError as error:
            code = 7 if "the disk is full" in str(error) and "Traceback" not in str(error) else 8
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_real_limit_of_the_system_at_any_size(tmp_path: Path, told: tuple[list[str], dict]) -> None:
    path = tmp_path / "table.h5"
    codes = []
    for size in range(0, 40_000, 4_000):  # the same table, with a little more room each time
        codes.append(limited(path, size))
        if path.exists():
            assert rows_of(path) <= set(told[1]["rows"])
    assert set(codes) == {0, 7}
    assert sorted(codes, reverse=True) == codes, "more room never makes it worse"
    assert whole(path) == told[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs the super-user")
def test_a_file_system_that_is_really_full(tmp_path: Path, told: tuple[list[str], dict]) -> None:
    import subprocess

    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", str(tmp_path)], capture_output=True, check=False
    )
    if mount.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        path = tmp_path / "table.h5"
        with pytest.raises(OSError, match="the disk is full"):
            tell(path)
        before = rows_of(path)
        (tmp_path / "filler").write_bytes(b"")
        with pytest.raises(OSError, match="the disk is full"):
            tell(path)
        assert rows_of(path) >= before
        subprocess.run(["mount", "-o", "remount,size=1m", str(tmp_path)], check=True)
        tell(path)
        assert whole(path) == told[1]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
    before = path.read_bytes()
    tmp_path.chmod(0o555)
    reader, told = os.pipe()
    try:
        if not (child := os.fork()):
            try:
                if os.geteuid() == 0:
                    os.setuid(65534)
                for name in ("table.h5", "new.h5"):
                    try:
                        TableWriter(tmp_path / name, header())
                    except PermissionError as error:
                        os.write(told, f"{error}\n".encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    finally:
        tmp_path.chmod(0o755)
    first, second = os.read(reader, 4000).decode().splitlines()
    assert "table.h5 for writing: the folder or the file is read-only for this user" in first
    assert "new.h5 for writing: the folder or the file is read-only" in second
    assert path.read_bytes() == before
    assert beside(path) == set()
