"""What is known about a data set without its images: the card that is stored with every result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Card:
    """A data set's card: what it is, how it was split, and a digest of every array.

    Args:
        name: the source's name, as in ``nasbench.load_dataset(name)``.
        classes: class names; label ``i`` is ``classes[i]``.
        shape: (channels, height, width) of one image.
        mean: mean of each channel of the training split, where pixels go from 0 to 1.
        std: standard deviation of each channel of the training split, in the same unit.
        licence: licence of the images, or "not stated".
        origin: who published them.
        counts: images in each of train, validation and test.
        duplicates: images left out because an equal one stands elsewhere (see :mod:`datasets.splits`).
        seed: seed of the splits.
        options: the source's options that shape the arrays, without the place they were read from.
        sha256: digest of the images and labels of every split, of content and order.
    """

    name: str
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    licence: str
    origin: str
    counts: dict[str, int]
    duplicates: dict[str, int]
    seed: int
    options: dict[str, Any]
    sha256: str

    def __post_init__(self) -> None:
        if len(self.classes) < 2:
            raise ValueError(f"data set {self.name!r} needs at least 2 classes, it has {len(self.classes)}")
        if len(self.shape) != 3 or min(self.shape) < 1:
            raise ValueError(f"shape must be (channels, height, width), got {self.shape!r}")
        if not len(self.mean) == len(self.std) == self.shape[0]:
            raise ValueError(f"mean and std need {self.shape[0]} channels, got {len(self.mean)} and {len(self.std)}")
        if set(self.counts) != set(SPLITS):
            raise ValueError(f"counts must name {', '.join(SPLITS)}, got {', '.join(self.counts) or 'nothing'}")

    def to_json(self) -> dict[str, Any]:
        """The card as a dictionary of JSON values; :meth:`from_json` is its inverse."""
        plain = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, dict) else value
            for name, value in plain.items()
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Card:
        """The card of a dictionary that :meth:`to_json` wrote.

        Raises:
            ValueError: a field is missing or unknown.
        """
        names = {field.name for field in fields(cls)}
        if set(record) != names:
            missing, extra = sorted(names - set(record)), sorted(set(record) - names)
            raise ValueError(f"not a data-set card: missing {missing or 'nothing'}, unknown {extra or 'nothing'}")
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in record.items()
        }
        return cls(**values)

    def __str__(self) -> str:
        channels, height, width = self.shape
        counts = ", ".join(f"{self.counts[split]:,} {split}" for split in SPLITS)
        told = {"in_test": "equal to one in test", "in_validation": "equal to one in validation"}
        left_out = ", ".join(f"{n:,} {told.get(key, key)}" for key, n in self.duplicates.items() if n)
        return (
            f"{self.name}: {counts}{f' (left out: {left_out})' if left_out else ''}; "
            f"{len(self.classes)} classes, {height}x{width}x{channels}, {self.sha256[:12]}"
        )
