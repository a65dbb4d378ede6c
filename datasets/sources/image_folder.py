"""Image files in folders named after their classes, decoded once and cached as arrays."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from datasets import cache
from datasets.dataset import Raw, Source, Split
from datasets.images import SUFFIXES, decode
from datasets.progress import Progress

VALIDATION_FOLDERS = ("validation", "val", "valid")
FORMAT = 1
"""Version of what is cached; arrays of another one are decoded again."""

Listing = dict[str, dict[str, list[tuple[str, int, int]]]]
"""Split -> class -> (file name, bytes, modification time in ns), all sorted."""


class ImageFolder(Source):
    """Images of ``root/train/CLASS/*`` and ``root/test/CLASS/*``, optionally ``root/validation/CLASS/*``.

    Classes are the folder names, sorted; files whose name does not end as an image's are passed over. Without a test
    folder the test split is drawn from train. Images may be of any size when ``image_size`` is given. The arrays are
    cached in ``root/.nasbench-cache``, or in the user's cache folder where ``root`` cannot be written.

    Args:
        root: the folder.
        channels: 1 or 3; None for 1 where every image is grey, else 3.
        licence: licence of the images, for the card.
        origin: who published them, for the card.
        options: those of :class:`datasets.dataset.Source`.
    """

    name = "image_folder"

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        channels: int | None = None,
        licence: str | None = None,
        origin: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(root, **options)
        if channels not in (None, 1, 3):
            raise ValueError(f"channels must be 1, 3 or None, got {channels!r}")
        self.channels = channels
        self.licence, self.origin = licence or "not stated", origin or "not stated"

    def options(self) -> dict[str, Any]:
        """Those of every source, and the channels."""
        return {**super().options(), "channels": self.channels}

    def read(self) -> Raw:
        """The images of all folders, resized; from the cache where no file has changed."""
        root = self._checked_root()
        listing = {split: list_classes(root / folder) for split, folder in split_folders(root).items()}
        classes = _common_classes(root, listing)
        key = f"{self.image_size or 'full'}px-{self.channels or 'auto'}c-v{FORMAT}"
        fingerprint = _fingerprint(listing)
        arrays = cache.load(root, key, fingerprint)
        if arrays is None:
            arrays = self._decode_all(root, listing)
            cache.store(root, key, fingerprint, arrays)
        labels = {
            split: np.repeat(np.arange(len(classes)), [len(files) for files in folders.values()])
            for split, folders in listing.items()
        }
        parts = {split: Split(arrays[split], labels[split].astype(np.int64)) for split in listing}
        return Raw(
            tuple(classes), parts["train"], parts.get("test"), parts.get("validation"), self.licence, self.origin
        )

    def _checked_root(self) -> Path:
        if self.root is None:
            raise ValueError("data set 'image_folder' needs root, a folder that holds train/CLASS/* (and test/CLASS/*)")
        if not self.root.is_dir():
            raise FileNotFoundError(f"{self.root} is not a folder; root must hold train/CLASS/* (and test/CLASS/*)")
        return self.root

    def _decode_all(self, root: Path, listing: Listing) -> dict[str, np.ndarray]:
        """Images of each split, uint8 [N, height, width, channels]."""
        folders = split_folders(root)
        total = sum(len(files) for split in listing.values() for files in split.values())
        progress = Progress(total, f"decoding images of {root.name}")
        arrays: dict[str, np.ndarray] = {}
        first, shape, all_grey = Path(), (0, 0, 0), True
        for split, content in listing.items():
            paths = [root / folders[split] / name / file for name, files in content.items() for file, _, _ in files]
            for place, path in enumerate(paths):
                image, grey = decode(path, self.image_size)
                if not arrays:
                    first, shape = path, image.shape
                if not place:
                    arrays[split] = np.empty((len(paths), *shape), dtype=np.uint8)
                if image.shape != shape:
                    raise ValueError(
                        f"{path} has {image.shape[1]}x{image.shape[0]} pixels and {first} {shape[1]}x{shape[0]}; "
                        f"give image_size to bring them to one size"
                    )
                arrays[split][place] = image
                all_grey &= grey
                progress.update()
        progress.close()
        if self.channels == 1 or (self.channels is None and all_grey):
            arrays = {split: _grey(images, all_grey) for split, images in arrays.items()}
        return arrays


def split_folders(root: Path) -> dict[str, str]:
    """The folder of each split that there is, below ``root``.

    Raises:
        FileNotFoundError: there is no train folder.
    """
    if not (root / "train").is_dir():
        raise FileNotFoundError(f"{root} has no folder 'train'; put images into {root}/train/CLASS/")
    folders = {"train": "train"}
    if (root / "test").is_dir():
        folders["test"] = "test"
    for name in VALIDATION_FOLDERS:
        if (root / name).is_dir():
            folders["validation"] = name
            break
    return folders


def list_classes(folder: Path) -> dict[str, list[tuple[str, int, int]]]:
    """The image files of each class folder, sorted: name, size in bytes, time of change in nanoseconds.

    Raises:
        ValueError: there is no class folder, or one is empty.
    """
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    if not names:
        raise ValueError(f"{folder} holds no class folders; put images into {folder}/CLASS/")
    classes = {}
    for name in names:
        with os.scandir(folder / name) as entries:
            files = [
                (entry.name, status.st_size, status.st_mtime_ns)
                for entry in entries
                if os.path.splitext(entry.name)[1].lower() in SUFFIXES and not entry.name.startswith(".")
                if entry.is_file() and (status := entry.stat())
            ]
        if not files:
            raise ValueError(f"class folder {folder / name} holds no images; add some or remove the folder")
        classes[name] = sorted(files)
    return classes


def _common_classes(root: Path, listing: Listing) -> list[str]:
    """The class names, which must be those of train in every split."""
    train = set(listing["train"])
    for split, content in listing.items():
        missing, extra = sorted(train - set(content)), sorted(set(content) - train)
        if missing or extra:
            told = [f"{split} lacks {', '.join(missing)}"] if missing else []
            told += [f"train lacks {', '.join(extra)}"] if extra else []
            raise ValueError(f"train and {split} of {root} must have the same classes, but {' and '.join(told)}")
    return sorted(train)


def _fingerprint(listing: Listing) -> str:
    """Digest of names, sizes and times of all files."""
    return hashlib.sha256(repr([(s, list(c.items())) for s, c in listing.items()]).encode()).hexdigest()


def _grey(images: np.ndarray, equal: bool) -> np.ndarray:
    """One channel of three: any where they are equal, else luma (ITU-R 601-2, as Pillow rounds it)."""
    if equal:
        return np.ascontiguousarray(images[..., :1])
    weighted = images.astype(np.uint32) @ np.array([19595, 38470, 7471], dtype=np.uint32)
    return ((weighted + 0x8000) >> 16).astype(np.uint8)[..., None]
