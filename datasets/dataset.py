"""The promise of a data set: a card and three splits that never overlap, read by a source.

A source says where its images come from (:meth:`Source.read`); resizing, splitting, taking out duplicates, statistics
and the digest are given. Turning splits into tensors is the business of :mod:`datasets.tensors`.
"""

from __future__ import annotations

import difflib
import hashlib
import inspect
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from datasets.card import SPLITS, Card
from datasets.images import resized_batch
from datasets.splits import assign, content_keys

__all__ = ["Card", "Dataset", "Raw", "Source", "Split"]


@dataclass(frozen=True)
class Split:
    """Images and their classes; the arrays cannot be written to.

    Args:
        images: uint8 [N, height, width, channels].
        labels: int64 [N], each the place of a class in the card's ``classes``.
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
        """The split of the images at these places, in this order."""
        return Split(self.images[places], self.labels[places])


@dataclass(frozen=True)
class Raw:
    """What a source reads: a pool of training images, and test and validation images where it has them.

    Images may be of any size; all of a source have one.
    """

    classes: tuple[str, ...]
    train: Split
    test: Split | None = None
    validation: Split | None = None
    licence: str = "not stated"
    origin: str = "not stated"


@dataclass(frozen=True)
class Dataset:
    """A card and its three splits. No image of one split stands in another."""

    card: Card
    train: Split
    validation: Split
    test: Split

    @property
    def splits(self) -> dict[str, Split]:
        """The splits by name."""
        return {name: getattr(self, name) for name in SPLITS}

    def verify(self) -> dict[str, int]:
        """Images of each split that were counted, once all is as the card says.

        Raises:
            ValueError: counts, shape, labels or digest are not the card's, or an image stands in two splits.
        """
        for name, split in self.splits.items():
            if len(split) != self.card.counts[name]:
                raise ValueError(f"the card counts {self.card.counts[name]:,} {name} images, there are {len(split):,}")
            height, width, channels = split.images.shape[1:]
            if (channels, height, width) != tuple(self.card.shape):
                raise ValueError(
                    f"{name} images have shape {(channels, height, width)}, the card says {self.card.shape}"
                )
            if len(split) and not 0 <= split.labels.min() <= split.labels.max() < len(self.card.classes):
                raise ValueError(f"{name} labels must be 0 to {len(self.card.classes) - 1}")
        keys = {name: content_keys(split.images) for name, split in self.splits.items()}
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            shared = int(np.isin(keys[first], keys[second]).sum())
            if shared:
                raise ValueError(f"{shared:,} {first} images also stand in {second}; load the data set again")
        if digest(self.splits) != self.card.sha256:
            raise ValueError(f"the arrays of {self.card.name!r} are not the card's: their digest differs")
        return {name: len(split) for name, split in self.splits.items()}


def digest(splits: dict[str, Split]) -> str:
    """SHA-256 over the images and labels of all splits, of content and order, as 64 hexadecimal digits."""
    sha = hashlib.sha256()
    for name in SPLITS:
        split = splits[name]
        sha.update(f"{name} {split.images.shape}".encode())
        sha.update(np.ascontiguousarray(split.images))
        sha.update(np.ascontiguousarray(split.labels.astype("<i8")))
    return sha.hexdigest()


def channel_statistics(images: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, where pixels go from 0 to 1; sums are exact integers."""
    channels = images.shape[-1]
    levels = np.arange(256, dtype=np.int64)
    counts = [np.bincount(images[..., channel].ravel(), minlength=256) for channel in range(channels)]
    mean, std = [], []
    for count in counts:
        total, first, second = int(count.sum()), int(count @ levels), int(count @ levels**2)
        mean.append(first / total / 255)
        std.append((total * second - first**2) ** 0.5 / total / 255)
    return tuple(mean), tuple(std)


class Source(ABC):
    """Where images come from. Subclasses set :attr:`name` and write :meth:`read`.

    Args:
        root: file or folder with the data; what it must hold is said by each source.
        image_size: height and width of the images, in pixels; None keeps the source's.
        train_images: number of training images; None for all. Smaller numbers take the first of larger ones'.
        validation_fraction: share of the training images that becomes the validation split.
        validation_images: number of validation images, in place of the fraction.
        test_fraction: share of all images that becomes the test split, where the source has none.
        seed: seed of the splits.

    Raises:
        ValueError: an option is unknown or out of range.
    """

    name: str

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        image_size: int | None = None,
        train_images: int | None = None,
        validation_fraction: float | None = None,
        validation_images: int | None = None,
        test_fraction: float | None = None,
        seed: int = 0,
        **unknown: Any,
    ) -> None:
        if unknown:
            raise ValueError(self._unknown_option(next(iter(unknown))))
        self.root = None if root is None else Path(root).expanduser()
        self.image_size = _whole("image_size", image_size)
        self.train_images = _whole("train_images", train_images)
        self.validation_images = _whole("validation_images", validation_images)
        if validation_fraction is not None and validation_images is not None:
            raise ValueError("give validation_fraction or validation_images, not both")
        self.validation_fraction = _fraction("validation_fraction", validation_fraction)
        self.test_fraction = _fraction("test_fraction", test_fraction)
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise ValueError(f"seed must be a whole number of at least 0, got {seed!r}")
        self.seed = int(seed)

    @abstractmethod
    def read(self) -> Raw:
        """The source's images, before splitting; a source that can resize more cheaply does so here."""

    def options(self) -> dict[str, Any]:
        """The options that shape the arrays, as JSON values; sources with options of their own add them."""
        return {
            "image_size": self.image_size,
            "train_images": self.train_images,
            "validation_fraction": self.validation_fraction if self.validation_images is None else None,
            "validation_images": self.validation_images,
        }

    def load(self) -> Dataset:
        """The data set: read, resized, split, free of duplicates across splits, with its card.

        Raises:
            OSError: the data are not there or cannot be read.
            ValueError: they are not as the source expects, or a split would be empty.
            ImportError: the source needs a package that is not installed.
        """
        raw = self.read()
        parts = {name: getattr(raw, name) for name in SPLITS}
        parts = {
            name: None if part is None else Split(resized_batch(part.images, self.image_size), part.labels)
            for name, part in parts.items()
        }
        pool, own_test, own_validation = parts["train"], parts["test"], parts["validation"]
        keys = {name: None if part is None else content_keys(part.images) for name, part in parts.items()}
        chosen = assign(
            pool.labels,
            keys["train"],
            seed=self.seed,
            test_keys=keys["test"],
            validation_keys=keys["validation"],
            test_fraction=self.test_fraction,
            validation_fraction=self.validation_fraction,
            validation_images=self.validation_images,
            train_images=self.train_images,
        )
        splits = {
            "train": pool.take(chosen.train),
            "validation": pool.take(chosen.validation) if own_validation is None else own_validation,
            "test": pool.take(chosen.test) if own_test is None else own_test,
        }
        mean, std = channel_statistics(splits["train"].images)
        height, width, channels = splits["train"].images.shape[1:]
        options = self.options()
        if own_test is None:
            options["test_fraction"] = self.test_fraction
        card = Card(
            name=self.name,
            classes=raw.classes,
            shape=(channels, height, width),
            mean=mean,
            std=std,
            licence=raw.licence,
            origin=raw.origin,
            counts={name: len(split) for name, split in splits.items()},
            duplicates=chosen.duplicates,
            seed=self.seed,
            options=options,
            sha256=digest(splits),
        )
        return Dataset(card, splits["train"], splits["validation"], splits["test"])

    def _unknown_option(self, option: str) -> str:
        known = sorted(
            {
                name
                for cls in type(self).__mro__
                if "__init__" in vars(cls) and issubclass(cls, Source)
                for name, parameter in inspect.signature(cls.__init__).parameters.items()
                if name != "self" and parameter.kind is not parameter.VAR_KEYWORD
            }
        )
        near = difflib.get_close_matches(option, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else "."
        return f"data set {self.name!r} has no option {option!r}{hint} Known: {', '.join(known)}"


def _whole(name: str, value: int | None) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")
    return int(value)


def _fraction(name: str, value: float | None) -> float:
    value = 0.2 if value is None else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        raise ValueError(f"{name} must be between 0 and 1, got {value!r}")
    return float(value)
