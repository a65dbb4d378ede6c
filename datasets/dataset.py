"""The promise of a data set: a card and three splits that never overlap, read by a source.

A source says where its images come from (:meth:`Source.read`); resizing, splitting, taking out duplicates, statistics
and the digest are given. Turning splits into tensors is the business of :mod:`datasets.tensors`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from datasets.assignment import Pool, Wanted, assign
from datasets.card import SPLITS, Card
from datasets.images import resized_batch
from datasets.options import fraction, unknown_option, whole_number
from datasets.split import Split, channel_statistics, content_keys, digest

__all__ = ["Card", "Dataset", "Raw", "Source", "Split"]


@dataclass(frozen=True, eq=False)
class Raw:
    """What a source reads: a pool of training images, and test and validation images where it has them.

    Args:
        classes: class names; label ``i`` is ``classes[i]``.
        train: images to train with; validation (and test) are drawn from them where the source has none.
        test: test images, None where the source has none.
        validation: validation images, None where the source has none.
        licence: licence of the images.
        origin: who published them.

    Raises:
        ValueError: a label is no class, or a class has no training images.
    """

    classes: tuple[str, ...]
    train: Split
    test: Split | None = None
    validation: Split | None = None
    licence: str = "not stated"
    origin: str = "not stated"

    def __post_init__(self) -> None:
        for part in (self.train, self.test, self.validation):
            if part is not None and not 0 <= part.labels.min(initial=0) <= part.labels.max(initial=0) < len(
                self.classes
            ):
                raise ValueError(
                    f"labels must be 0 to {len(self.classes) - 1}, as there are {len(self.classes)} classes"
                )
        empty = np.flatnonzero(np.bincount(self.train.labels, minlength=len(self.classes)) == 0)
        if len(empty):
            raise ValueError(f"class {self.classes[empty[0]]!r} has no training images; add some or remove the class")


@dataclass(frozen=True, eq=False)
class Dataset:
    """A card and its three splits. No image of one split stands in another."""

    card: Card
    train: Split
    validation: Split
    test: Split

    @property
    def splits(self) -> dict[str, Split]:
        """The splits by name, in the order train, validation, test."""
        return {name: getattr(self, name) for name in SPLITS}

    def verify(self) -> None:
        """Checks the arrays against the card, and that no image stands in two splits, by content.

        Raises:
            ValueError: counts, shape, labels or digest are not the card's, or two splits share an image.
        """
        for name, split in self.splits.items():
            if len(split) != self.card.counts[name]:
                raise ValueError(f"the card counts {self.card.counts[name]:,} {name} images, there are {len(split):,}")
            height, width, channels = split.images.shape[1:]
            if (channels, height, width) != self.card.shape:
                raise ValueError(
                    f"{name} images are {(channels, height, width)}, the card says {self.card.shape} "
                    f"(channels, height, width)"
                )
            if not 0 <= split.labels.min(initial=0) <= split.labels.max(initial=0) < len(self.card.classes):
                raise ValueError(f"{name} labels must be 0 to {len(self.card.classes) - 1}, as there are classes")
        keys = {name: content_keys(split.images) for name, split in self.splits.items()}
        for first, second in combinations(SPLITS, 2):
            shared = int(np.isin(keys[first], keys[second]).sum())
            if shared:
                raise ValueError(f"{shared:,} {first} images also stand in {second}; splits must not overlap")
        if digest(self.splits) != self.card.sha256:
            raise ValueError(f"the arrays of {self.card.name!r} are not those of its card: their digests differ")


class Source(ABC):
    """Where images come from. Subclasses set :attr:`name` and write :meth:`read`.

    Args:
        root: file or folder with the data; each source says what it must hold.
        image_size: height and width of the images, in pixels; None keeps the source's.
        train_images: number of training images; None for all. Smaller numbers take the first of larger ones'.
        validation_fraction: share of the training images that becomes validation where the source has no validation
            images, 0.2 for None.
        validation_images: number of validation images, in place of the fraction.
        test_fraction: share of all images that becomes test where the source has no test images, 0.2 for None.
        seed: seed of the splits.
        unknown: any other option is an error.

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
            raise unknown_option(type(self), self.name, next(iter(unknown)))
        if validation_fraction is not None and validation_images is not None:
            raise ValueError("give validation_fraction or validation_images, not both")
        self.root = None if root is None else Path(root).expanduser()
        self.image_size = whole_number("image_size", image_size)
        self.wanted = Wanted(
            test_fraction=fraction("test_fraction", test_fraction, Wanted.test_fraction),
            validation_fraction=fraction("validation_fraction", validation_fraction, Wanted.validation_fraction),
            validation_images=whole_number("validation_images", validation_images),
            train_images=whole_number("train_images", train_images),
        )
        self.seed = whole_number("seed", seed, least=0) or 0

    @abstractmethod
    def read(self) -> Raw:
        """The source's images, before splitting; one that can resize more cheaply while reading does so.

        Raises:
            OSError: the data are not there or cannot be read.
            ValueError: they are not as the source expects.
            ImportError: the source needs a package that is not installed.
        """

    def options(self) -> dict[str, Any]:
        """The options that shape the arrays, as JSON values; a source with options of its own adds them."""
        return {"image_size": self.image_size, "train_images": self.wanted.train_images}

    def load(self) -> Dataset:
        """The data set: read, resized, split, free of duplicates across splits, with its card.

        Raises:
            OSError, ValueError, ImportError: as :meth:`read`; ValueError also where a split would be empty.
        """
        raw = self.read()
        train, test, validation = (
            None if part is None else Split(resized_batch(part.images, self.image_size), part.labels)
            for part in (raw.train, raw.test, raw.validation)
        )
        assert train is not None
        chosen = assign(
            _pool(train),
            self.wanted,
            self.seed,
            test=None if test is None else _pool(test),
            validation=None if validation is None else _pool(validation),
        )
        splits = {
            "train": train.take(chosen.train),
            "validation": (validation or train).take(chosen.validation),
            "test": train.take(chosen.test) if test is None else test,
        }
        options = self.options()
        if self.wanted.validation_images is not None:
            options["validation_images"] = self.wanted.validation_images
        elif validation is None:
            options["validation_fraction"] = self.wanted.validation_fraction
        if test is None:
            options["test_fraction"] = self.wanted.test_fraction
        mean, std = channel_statistics(splits["train"].images)
        height, width, channels = train.images.shape[1:]
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
        return Dataset(card, **splits)


def _pool(split: Split) -> Pool:
    return Pool(split.labels, content_keys(split.images))
