"""One writer a table: an exclusive lock on a file beside it, which the system drops when the writer dies.

The lock is a POSIX record lock: unlike one of ``flock`` it does not pass to forked workers, so that a worker that
outlives a killed build does not keep the next build out.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from pathlib import Path

from nasbench.database import files

_HELD: dict[Path, int] = {}
"""Locks and the process that holds each (a forked one inherits this dictionary, not the lock). Needed because the
system grants a process the same lock twice, and the first release would release both."""


class TableLockedError(OSError):
    """Another writer holds the table."""


class FileLock:
    """Holds ``<table>.lock`` from birth to :meth:`release`.

    Raises:
        TableLockedError: another writer holds it; the message names its process.
        OSError: the folder cannot be written.
    """

    def __init__(self, table: Path) -> None:
        self.path = table.with_name(table.name + ".lock")
        self._table = table
        if _HELD.get(self.path) == os.getpid():
            raise self._refusal(os.getpid(), "this machine, which is this very process")
        self._descriptor = self._acquire()
        _HELD[self.path] = os.getpid()

    def _acquire(self) -> int:
        while True:
            with files.told(f"cannot open {self._table} for writing"):
                descriptor = files.create(self.path, flags=0)
            try:
                fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(descriptor, self.path):
                    with contextlib.suppress(OSError):  # a full disk: then only the refusal of others knows no number
                        os.ftruncate(descriptor, 0)
                        os.write(descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode())
                    return descriptor
            except BlockingIOError:
                holder = os.pread(descriptor, 200, 0).decode(errors="replace").split()
                os.close(descriptor)
                process, host = (holder[0], holder[1]) if len(holder) == 2 else ("of unknown number", "this machine")
                raise self._refusal(process, host) from None
            except OSError as error:
                os.close(descriptor)
                raise files.described(error, f"cannot lock {self._table} for writing") from error
            os.close(descriptor)  # the holder released and removed it between our open and our lock

    def _refusal(self, process: int | str, host: str) -> TableLockedError:
        return TableLockedError(
            f"{self._table} is being written by process {process} on {host}: "
            "wait until it ends or stop it (Ctrl-C loses nothing), then run again"
        )

    def check(self) -> None:
        """Checks that the lock is still this process's.

        Raises:
            TableLockedError: somebody removed the file, so that another writer may be at work.
        """
        if not _is_at(self._descriptor, self.path):
            raise TableLockedError(
                f"{self.path} was removed while process {os.getpid()} wrote to {self._table}: another may write "
                "to it too; stop both and run one again (rows committed so far are kept)"
            )

    def release(self) -> None:
        """Lets the next writer in; does nothing in a forked process, or when called again."""
        if _HELD.get(self.path) == os.getpid():
            del _HELD[self.path]
            try:
                if _is_at(self._descriptor, self.path):
                    files.remove(self.path)
            finally:
                os.close(self._descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file is the one that the path names now."""
    try:
        there = os.stat(path)
    except FileNotFoundError:
        return False
    here = os.fstat(descriptor)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)
