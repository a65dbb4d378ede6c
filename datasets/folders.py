"""Folders of images by split and class, ``train/CLASS/*`` and ``test/CLASS/*``: what is there, and how to read it."""

from __future__ import annotations

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO

from datasets.images import SUFFIXES

SPLIT_FOLDERS = {"train": ("train",), "validation": ("validation", "valid", "val"), "test": ("test",)}
"""Names of each split's folder; the first one that is there counts."""

File = tuple[str, int, int]
"""A file's name, its size in bytes and the time of its last change in nanoseconds."""
Tree = dict[str, dict[str, list[File]]]
"""Folder -> class folder -> its files, in no order."""


class ImageTree(ABC):
    """Folders of images that can be listed and read, on disk or in an archive."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @abstractmethod
    def tree(self) -> Tree:
        """The folders in the root, their class folders and files."""

    @abstractmethod
    def fingerprint(self) -> str:
        """64 hexadecimal digits that change when a file is added, removed or changed."""

    @abstractmethod
    def read(self, paths: Sequence[str]) -> Iterator[tuple[int, Path | IO[bytes]]]:
        """The place in ``paths`` and the file, of each path in an order of its own."""

    def inner(self) -> list[str]:
        """Names of folders in the root, where a user may have meant one of them."""
        return []

    @cached_property
    def splits(self) -> dict[str, dict[str, list[str]]]:
        """Split -> class -> paths of its image files below the root, classes and paths sorted.

        Raises:
            FileNotFoundError: there is no train folder.
            ValueError: a split has no classes or other ones than train, or a class has no images.
        """
        found = self.tree()
        if "train" not in found:
            inner = [folder for folder in self.inner() if (self.root / folder / "train").is_dir()]
            hint = f"did you mean {self.root / inner[0]}?" if inner else "put images into train/CLASS/ in it"
            raise FileNotFoundError(f"{self.root} holds no folder 'train'; {hint}")
        splits = {}
        for split, names in SPLIT_FOLDERS.items():
            folder = next((name for name in names if name in found), None)
            if folder is not None:
                splits[split] = {name: self._images(folder, name, found) for name in sorted(found[folder])}
                if not splits[split]:
                    raise ValueError(f"{self.root / folder} holds no class folders; put images into CLASS/ in it")
        self._check_classes(splits)
        return splits

    def _images(self, folder: str, name: str, found: Tree) -> list[str]:
        paths = sorted({f"{folder}/{name}/{file}" for file, _, _ in found[folder][name] if is_image(file)})
        if not paths:
            raise ValueError(
                f"class folder {self.root / folder / name} holds no images (files ending in "
                f"{', '.join(sorted(SUFFIXES))}); add some or remove the folder"
            )
        return paths

    def _check_classes(self, splits: dict[str, dict[str, list[str]]]) -> None:
        train = set(splits["train"])
        for split, content in splits.items():
            told = [f"{split} lacks {', '.join(sorted(train - set(content)))}"] if train - set(content) else []
            told += [f"train lacks {', '.join(sorted(set(content) - train))}"] if set(content) - train else []
            if told:
                raise ValueError(
                    f"train and {split} of {self.root} must have the same class folders, but {' and '.join(told)}"
                )


class Folder(ImageTree):
    """Folders of images on disk."""

    def tree(self) -> Tree:
        """The folders in the root, their class folders and files; hidden ones are passed over."""
        return self._tree

    @cached_property
    def _tree(self) -> Tree:
        wanted = {name for names in SPLIT_FOLDERS.values() for name in names}
        return {
            folder: {name: _files(self.root / folder / name) for name in _folders(self.root / folder)}
            for folder in _folders(self.root)
            if folder in wanted
        }

    def inner(self) -> list[str]:
        """Names of the folders in the root, sorted."""
        return sorted(_folders(self.root))

    def fingerprint(self) -> str:
        """Digest of the names, sizes and times of all files."""
        listing = [(f, c, sorted(files)) for f, classes in self._tree.items() for c, files in classes.items()]
        return hashlib.sha256(repr(sorted(listing)).encode()).hexdigest()

    def read(self, paths: Sequence[str]) -> Iterator[tuple[int, Path | IO[bytes]]]:
        """Places and paths, in order."""
        for place, path in enumerate(paths):
            yield place, self.root / path


def is_image(name: str) -> bool:
    """Whether a file's name is one of an image."""
    return not name.startswith(".") and PurePosixPath(name).suffix.lower() in SUFFIXES


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]


def _files(folder: Path) -> list[File]:
    with os.scandir(folder) as entries:
        return [
            (entry.name, status.st_size, status.st_mtime_ns)
            for entry in entries
            if entry.is_file() and (status := entry.stat())
        ]
