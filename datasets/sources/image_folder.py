"""Image files in folders named after their classes, decoded once and cached as arrays."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from datasets import cache
from datasets.archives import image_tree
from datasets.dataset import Raw, Source, Split
from datasets.folders import ImageTree
from datasets.images import decode
from datasets.progress import Progress

VERSION = 1
"""Version of what is cached; arrays of another one are decoded again."""


class ImageFolder(Source):
    """Images of ``root/train/CLASS/*`` and ``root/test/CLASS/*``, optionally ``root/validation/CLASS/*``.

    Classes are the folder names, sorted; files whose name does not end as an image's are passed over. Without a test
    folder the test split is drawn from train. Images may be of any size when ``image_size`` is given. The decoded
    arrays are cached in ``root/.nasbench-cache``, or in the user's cache folder where that cannot be written.

    Args:
        root: the folder, or a tar or zip archive that holds it.
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
        if self.root is None:
            raise ValueError("data set 'image_folder' needs root, a folder with train/CLASS/* (and test/CLASS/*)")
        tree = image_tree(self.root)
        places = cache.places(self.root, f"{self.image_size or 'full'}px-{self.channels or 'auto'}ch-v{VERSION}")
        fingerprint = tree.fingerprint()
        arrays = cache.load(places, fingerprint)
        if arrays is None:
            arrays = self._decode(tree)
            cache.store(places, fingerprint, arrays)
        parts = {
            split: Split(arrays[split], arrays[f"{split}_labels"])
            for split in ("train", "test", "validation")
            if split in arrays
        }
        classes = tuple(arrays["classes"].tolist())
        return Raw(classes, parts["train"], parts.get("test"), parts.get("validation"), self.licence, self.origin)

    def _decode(self, tree: ImageTree) -> dict[str, np.ndarray]:
        """Images and labels of each split, and the class names."""
        splits = tree.splits
        ends = np.cumsum([sum(map(len, content.values())) for content in splits.values()])
        paths = [path for content in splits.values() for path in chain.from_iterable(content.values())]
        images = with_channels(self._images(tree, paths), self.channels)
        arrays = {"classes": np.array(list(splits["train"]))}
        for (split, content), part in zip(splits.items(), np.split(images, ends[:-1]), strict=True):
            arrays[split] = part
            arrays[f"{split}_labels"] = np.repeat(
                np.arange(len(content), dtype=np.int64), list(map(len, content.values()))
            )
        return arrays

    def _images(self, tree: ImageTree, paths: list[str]) -> np.ndarray:
        """The decoded images, uint8 [N, height, width, 3]."""
        images, first = np.empty((0, 0, 0, 3), dtype=np.uint8), ""
        with Progress(len(paths), f"decoding images of {tree.root.name}") as progress:
            for place, file in tree.read(paths):
                image = decode(file, self.image_size, tree.root / paths[place])
                height, width = image.shape[:2]
                if not first:
                    first, images = paths[place], _room(len(paths), height, width)
                if image.shape != images.shape[1:]:
                    raise ValueError(
                        f"{tree.root / paths[place]} has {width}x{height} pixels and {first} "
                        f"{images.shape[2]}x{images.shape[1]}; give image_size to bring all images to one size"
                    )
                images[place] = image
                progress.update()
        return images


def _room(count: int, height: int, width: int) -> np.ndarray:
    """Memory for so many images, uint8 [count, height, width, 3]."""
    try:
        return np.empty((count, height, width, 3), dtype=np.uint8)
    except MemoryError as error:
        size = count * height * width * 3 / 1e9
        raise ValueError(
            f"{count:,} images of {width}x{height} pixels need {size:,.0f} GB of memory; give a smaller image_size"
        ) from error


def with_channels(images: np.ndarray, channels: int | None) -> np.ndarray:
    """Colour images uint8 [N, H, W, 3] with 1 or 3 channels; None for 1 where all three are equal everywhere, else 3.

    One channel of unequal ones is their luma (ITU-R 601-2, rounded as Pillow does).
    """
    if channels == 3:
        return images
    equal = all(np.array_equal(images[..., 0], images[..., other]) for other in (1, 2))
    if equal:
        return images[..., :1].copy()
    if channels is None:
        return images
    weighted = images.astype(np.uint32) @ np.array([19595, 38470, 7471], dtype=np.uint32)
    return ((weighted + 0x8000) >> 16).astype(np.uint8)[..., None]
