"""The file object that HDF5 writes a table through, which remembers what HDF5 would pass over in silence.

HDF5 reports a full disk only when it frees its objects, where Python can no longer raise, and would leave a damaged
file that looks well written. Here the first error is kept, everything after it is dropped, and who writes the file asks
for the error before it trusts what was written.
"""

from __future__ import annotations

import os

from nasbench.database import files

HEAD = 1 << 20
"""Bytes at the beginning that are gathered in memory and written last: the many small ones, or all of a small table."""


class Sink:
    """A binary file of its own, for ``h5py.File``, over a descriptor open for reading and writing.

    Args:
        descriptor: of an empty file; it stays the caller's to close, after :meth:`finish` or :meth:`abandon`.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor
        self._error: BaseException | None = None
        self._head = bytearray()
        self._at = self._size = 0

    # -- what HDF5 calls ----------------------------------------------------------------------------------------

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Where the next byte is read or written."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Where the next byte is read or written."""
        return self._at

    def read(self, size: int) -> bytes:
        """So many bytes; zeros where nothing was written, or nothing is known any more."""
        found = b""
        try:
            if self._descriptor is not None:
                found = bytes(self._head[self._at : self._at + size])
                if self._at + size > HEAD:
                    found = found.ljust(max(0, HEAD - self._at), b"\0")
                    found += os.pread(self._descriptor, size - len(found), self._at + len(found))
        except BaseException as error:  # through HDF5 it would not come: see check
            self._keep(error)
        self._at += size
        return found.ljust(size, b"\0")

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Number of bytes, whatever becomes of them."""
        begin, view = self._at, memoryview(data)
        try:
            if self._descriptor is not None:
                first = view[: max(0, HEAD - begin)]
                if first:
                    self._head.extend(bytes(max(0, begin + len(first) - len(self._head))))
                    self._head[begin : begin + len(first)] = first
                if len(view) > len(first):
                    files.write_at(self._descriptor, view[len(first) :], begin + len(first))
        except BaseException as error:  # through HDF5 it would not come: see check
            self._keep(error)
        self._at = begin + len(view)
        self._size = max(self._size, self._at)
        return len(view)

    def truncate(self, size: int) -> int:
        """The size that the file has in the end."""
        self._size = size
        return size

    def flush(self) -> None:
        """Nothing: what is gathered is written in the end."""

    # -- what the writer of the file calls ----------------------------------------------------------------------

    def check(self) -> None:
        """Raises the first error of reading or writing, an interrupt too, if there was one."""
        if self._error is not None:
            raise self._error

    def finish(self) -> None:
        """Returns when every byte is with the system; nothing is written any more.

        Raises:
            OSError: the disk is full or broken, now or earlier.
        """
        self.check()
        assert self._descriptor is not None, "it is finished once"
        files.write_at(self._descriptor, memoryview(self._head)[: self._size], 0)
        if os.fstat(self._descriptor).st_size != self._size:
            files.truncate(self._descriptor, self._size)
        self._descriptor = None

    def abandon(self) -> None:
        """Lets go of the descriptor: what HDF5 may still write is dropped, whoever has its number by then."""
        self._descriptor = None

    def _keep(self, error: BaseException) -> None:
        self._error = self._error or error
        self._descriptor = None
