"""Images and their classes as arrays, and what can be computed of them: digest, statistics, keys. NumPy only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their classes; the arrays cannot be written to.

    Args:
        images: uint8 [N, height, width, channels].
        labels: int64 [N], each the place of a class in the card's ``classes``.

    Raises:
        ValueError: an array has another type or shape.
    """

    images: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                f"images must be uint8 [N, height, width, channels], got {self.images.dtype} {self.images.shape}"
            )
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise ValueError(
                f"labels must be int64 [{len(self.images)}], one an image, got {self.labels.dtype} {self.labels.shape}"
            )
        for name in ("images", "labels"):
            frozen = getattr(self, name).view()
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, places: np.ndarray) -> Split:
        """The split of the images at these places, integers or booleans [N], in their order."""
        return Split(self.images[places], self.labels[places])


def digest(splits: Mapping[str, Split]) -> str:
    """SHA-256 over names, images and labels of splits, of content and order, as 64 hexadecimal digits."""
    sha = hashlib.sha256()
    for name, split in splits.items():
        sha.update(f"{name} {split.images.shape}".encode())
        sha.update(np.ascontiguousarray(split.images).data)
        sha.update(np.ascontiguousarray(split.labels.astype("<i8")).data)
    return sha.hexdigest()


def content_keys(images: np.ndarray) -> np.ndarray:
    """A key of each image's pixels, 16 bytes [N]: equal for equal images."""
    rows = np.ascontiguousarray(images).reshape(len(images), -1)
    digests = b"".join(hashlib.blake2b(row.data, digest_size=16).digest() for row in rows)
    return np.frombuffer(digests, dtype="V16")


def channel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, where pixels go from 0 to 1.

    Sums are exact integers, so that the numbers do not depend on the machine.

    Args:
        images: uint8 [N, height, width, channels], N at least 1.
    """
    levels = np.arange(256, dtype=np.int64)
    mean, std = [], []
    for channel in range(images.shape[-1]):
        count = np.bincount(images[..., channel].ravel(), minlength=256)
        total, first, second = int(count.sum()), int(count @ levels), int(count @ levels**2)
        mean.append(first / total / 255)
        std.append((total * second - first**2) ** 0.5 / total / 255)
    return tuple(mean), tuple(std)
