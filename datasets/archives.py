"""Folders of images in a tar or zip archive, read without unpacking it."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO

from datasets.folders import Folder, ImageTree, Tree, is_image

FOLDER_SIZE = -1
"""Stands for the size of a member that is a folder."""


def image_tree(root: Path) -> ImageTree:
    """The folders of images at a path, which is a folder or an archive.

    Raises:
        FileNotFoundError: there is nothing.
        ValueError: it is a file, but no archive.
    """
    if root.is_dir():
        return Folder(root)
    if not root.is_file():
        raise FileNotFoundError(f"there is no folder or archive {root}; it must hold train/CLASS/* (and test/CLASS/*)")
    if zipfile.is_zipfile(root):
        return ZipArchive(root)
    with _readable(root):
        tarfile.open(root).close()
    return TarArchive(root)


class Archive(ImageTree):
    """Folders of images in an archive; of several folders that hold ``train`` the least deep one counts."""

    @abstractmethod
    def _members(self) -> list[tuple[str, int]]:
        """Name and size of each member, :data:`FOLDER_SIZE` for a folder."""

    @cached_property
    def _listing(self) -> list[tuple[PurePosixPath, int]]:
        with _readable(self.root):
            return [(PurePosixPath(name), size) for name, size in self._members()]

    @cached_property
    def prefix(self) -> PurePosixPath:
        """The folder in the archive that holds ``train``; the archive's top where there is none."""
        paths = {path for path, size in self._listing if size == FOLDER_SIZE} | {p.parent for p, _ in self._listing}
        tops = {folder for path in paths for folder in (path, *path.parents) if folder.name == "train"}
        return min((path.parent for path in tops), key=lambda path: (len(path.parts), path), default=PurePosixPath())

    def tree(self) -> Tree:
        """The folders beside ``train``, their class folders and files."""
        found: Tree = {}
        depth = len(self.prefix.parts)
        for path, size in self._listing:
            parts = path.parts[depth:] if path.is_relative_to(self.prefix) else ()
            folders = parts if size == FOLDER_SIZE else parts[:-1]
            if folders:
                classes = found.setdefault(folders[0], {})
                files = classes.setdefault(folders[1], []) if len(folders) > 1 else []
                if len(parts) == 3 and size != FOLDER_SIZE:
                    files.append((parts[2], size, 0))
        return found

    def fingerprint(self) -> str:
        """Digest of the archive's size and time."""
        status = self.root.stat()
        return hashlib.sha256(f"{status.st_size} {status.st_mtime_ns}".encode()).hexdigest()

    def read(self, paths: Sequence[str]) -> Iterator[tuple[int, Path | IO[bytes]]]:
        """Places and open files, in the archive's order."""
        places = {self.prefix / path: place for place, path in enumerate(paths)}
        contents = self._contents(set(places))
        while True:
            with _readable(self.root):
                item = next(contents, None)
            if item is None:
                return
            yield places[item[0]], io.BytesIO(item[1])

    @abstractmethod
    def _contents(self, wanted: set[PurePosixPath]) -> Iterator[tuple[PurePosixPath, bytes]]:
        """Path and content of each wanted member; where a path stands twice, the last content counts."""


class TarArchive(Archive):
    """Folders of images in a tar archive, compressed or not; read from front to end, as compression wants it."""

    def _members(self) -> list[tuple[str, int]]:
        with tarfile.open(self.root, "r|*") as archive:
            members = list(archive)
        for member in members:
            if (member.islnk() or member.issym()) and is_image(PurePosixPath(member.name).name):
                raise ValueError(f"{self.root} holds links ({member.name}); unpack it and give the folder")
        return [(m.name, m.size if m.isfile() else FOLDER_SIZE) for m in members if m.isfile() or m.isdir()]

    def _contents(self, wanted: set[PurePosixPath]) -> Iterator[tuple[PurePosixPath, bytes]]:
        with tarfile.open(self.root, "r|*") as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                if path in wanted and member.isfile():
                    file = archive.extractfile(member)
                    assert file is not None
                    yield path, file.read()


class ZipArchive(Archive):
    """Folders of images in a zip archive."""

    def _members(self) -> list[tuple[str, int]]:
        with zipfile.ZipFile(self.root) as archive:
            return [(m.filename, FOLDER_SIZE if m.is_dir() else m.file_size) for m in archive.infolist()]

    def _contents(self, wanted: set[PurePosixPath]) -> Iterator[tuple[PurePosixPath, bytes]]:
        with zipfile.ZipFile(self.root) as archive:
            for member in archive.infolist():
                path = PurePosixPath(member.filename)
                if path in wanted and not member.is_dir():
                    yield path, archive.read(member)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Context in which a damaged archive becomes one sentence."""
    try:
        yield
    except (tarfile.TarError, zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, RuntimeError) as error:
        reason = str(error).partition("\n")[0].rstrip(": ")
        raise ValueError(f"{path} is no tar or zip archive, or a damaged one ({reason}); fetch it again") from error
