"""Every change this package makes to a disk, one small function each, so that tests can fail or kill at any of them.

Nothing here knows what is written. A file appears whole or not at all: it is written beside its place, synced, renamed
over it, and the folder is synced.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


def create(path: Path, flags: int = os.O_TRUNC) -> int:
    """Descriptor of a file open for writing, made where there is none; emptied unless other flags are given."""
    return os.open(path, os.O_RDWR | os.O_CREAT | flags, 0o666)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Writes every byte, however many calls that takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def write_at(descriptor: int, data: bytes | memoryview, offset: int) -> None:
    """Writes every byte from an offset on, however many calls that takes."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, offset)
        view, offset = view[written:], offset + written


def sync(descriptor: int) -> None:
    """Returns when what was written to the file is on the disk."""
    os.fsync(descriptor)


def truncate(descriptor: int, size: int) -> None:
    """Cuts a file to a size in bytes."""
    os.ftruncate(descriptor, size)


def replace(source: Path, target: Path) -> None:
    """Renames a file over another: whoever opens the target finds the old or the new one, never a part."""
    os.replace(source, target)


def remove(path: Path) -> None:
    """Removes a file, if it is there."""
    path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Returns when the names in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write a file to, which takes the place of ``path`` when the block ends well.

    A kill, an error or a full disk leaves at ``path`` what was there before.

    Raises:
        OSError: the disk is full or the folder cannot be written; the message says which.
    """
    beside = beside_path(path)
    try:
        yield beside
        descriptor = os.open(beside, os.O_RDWR)
        try:
            if path.exists():
                os.fchmod(descriptor, path.stat().st_mode & 0o777)
            sync(descriptor)
        finally:
            os.close(descriptor)
        replace(beside, path)
        sync_folder(path.parent)
    except BaseException as error:
        with contextlib.suppress(OSError):
            remove(beside)
        if isinstance(error, OSError) and error.strerror is not None:
            raise described(error, f"cannot write {path}") from error
        raise


def beside_path(path: Path) -> Path:
    """Where a file is written before it takes its place; a kill may leave it, the next writer writes over it."""
    return path.with_name(path.name + ".folding")


def write_atomically(path: Path, data: bytes | memoryview) -> None:
    """Puts a file with this content at the path; a kill or a full disk leaves what was there before.

    Raises:
        OSError: the disk is full or the folder cannot be written; the message says which.
    """
    with written_atomically(path) as beside:
        descriptor = create(beside)
        try:
            write_all(descriptor, data)
        finally:
            os.close(descriptor)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Turns errors of the system inside the block into sentences that begin with what could not be done."""
    try:
        yield
    except OSError as error:
        if error.strerror is None:  # it was told nearer to its cause
            raise
        raise described(error, what) from error


def described(error: OSError, what: str, advice: str = "") -> OSError:
    """An error of the same type whose message is one sentence: what could not be done, why, and what to do."""
    if error.errno in FULL:
        reason = f"the disk is full ({error.strerror})"
        advice = advice or "free some space and run again"
    elif error.errno in FORBIDDEN:
        reason = f"the folder or the file is read-only for this user ({error.strerror})"
        advice = advice or "choose another place or change its permissions"
    else:
        reason, advice = error.strerror or str(error), advice
    told = type(error)(f"{what}: {reason}" + (f"; {advice}" if advice else ""))
    told.errno = error.errno
    return told
