"""Everything that decides what a training gives, apart from the architecture and the seed of its row. No torch."""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from nasbench.plan import Skeleton

Made = TypeVar("Made")

SCHEDULES = ("cosine", "one_cycle")
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Data, skeleton and hyper-parameters of a training. Values are checked at birth.

    Args:
        dataset: name of the data set.
        image_size: side in pixels that images are resized to; None keeps the data set's own.
        train_images: images used for training; None takes all that are not for validation.
        validation_images: images held out of the training images for validation; None takes ``validation_fraction``.
        validation_fraction: share of the training images held out for validation.
        data_seed: seed of the splits.
        channels: channels of the first stage.
        cells: cells in a stage, or of the whole network, as the space counts them.
        epochs: passes over the training images; also the name of the schedule in a table.
        batch_size: images a step.
        learning_rate: peak learning rate of SGD.
        momentum: momentum of SGD.
        nesterov: whether momentum is Nesterov's.
        weight_decay: L2 penalty, on all parameters.
        schedule: ``cosine`` (annealed to zero) or ``one_cycle`` (linear up, then linear down to zero; Smith 2018).
        warmup: share of the steps in which the learning rate rises linearly.
        label_smoothing: probability spread over all classes (Szegedy et al. 2016).
        crop_padding: pixels of padding for random crops; 0 for none.
        flip: random horizontal flips.
        cutout: side in pixels of the square blanked out (DeVries and Taylor 2017); 0 for none.
        precision: ``float32``, or ``bfloat16`` under autocast.

    Raises:
        ValueError: a value is out of its range; the message names the field.
    """

    dataset: str = "digits"
    image_size: int | None = None
    train_images: int | None = None
    validation_images: int | None = None
    validation_fraction: float = 0.2
    data_seed: int = 0
    channels: int = 8
    cells: int = 1
    epochs: int = 12
    batch_size: int = 128
    learning_rate: float = 0.1
    momentum: float = 0.9
    nesterov: bool = True
    weight_decay: float = 5e-4
    schedule: str = "one_cycle"
    warmup: float = 0.2
    label_smoothing: float = 0.1
    crop_padding: int = 0
    flip: bool = False
    cutout: int = 0
    precision: str = "float32"

    def __post_init__(self) -> None:
        if not isinstance(self.dataset, str) or not self.dataset:
            raise ValueError(f"recipe dataset must be the name of a data set, got {self.dataset!r}")
        for name in ("channels", "cells", "epochs", "batch_size"):
            _check(self, name, int, 1)
        for name in ("image_size", "train_images", "validation_images"):
            if getattr(self, name) is not None:
                _check(self, name, int, 1)
        for name in ("crop_padding", "cutout", "data_seed"):
            _check(self, name, int, 0)
        for name in ("learning_rate", "momentum", "weight_decay"):
            _check(self, name, (int, float), 0)
        for name in ("warmup", "label_smoothing", "validation_fraction"):
            _check(self, name, (int, float), 0, 1)
        for name in ("learning_rate", "momentum", "weight_decay", "warmup", "label_smoothing", "validation_fraction"):
            object.__setattr__(self, name, float(getattr(self, name)))  # 1 and 1.0 are one recipe, also as JSON
        for name in ("nesterov", "flip"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"recipe {name} must be true or false, got {getattr(self, name)!r}")
        for name, known in (("schedule", SCHEDULES), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise ValueError(f"recipe {name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")
        if self.nesterov and not self.momentum:
            raise ValueError("recipe nesterov needs a momentum above 0; set nesterov = false")

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Recipe:
        """The recipe of a dictionary; fields that are missing take their defaults.

        Raises:
            ValueError: a field is unknown or out of range.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                raise ValueError(f"a recipe has no field {name!r}; its fields are {', '.join(known)}")
        return cls(**values)

    @classmethod
    def from_file(cls, path: str | Path) -> Recipe:
        """The recipe in a ``.json`` or ``.toml`` file.

        Raises:
            ValueError: the file cannot be read as a recipe.
            OSError: the file cannot be opened.
        """
        return read_file(path, cls.from_json)

    def to_json(self) -> dict[str, Any]:
        """Every field and its value, as JSON knows them."""
        return dataclasses.asdict(self)

    def data_options(self) -> dict[str, Any]:
        """What the data set is loaded with, its root aside."""
        held_out = "validation_fraction" if self.validation_images is None else "validation_images"
        names = ("image_size", "train_images", held_out)
        return {"seed": self.data_seed, **{name: getattr(self, name) for name in names}}

    def shared(self) -> dict[str, Any]:
        """The fields that all schedules of a table share: every one but the epochs, which name the schedule."""
        return {name: value for name, value in self.to_json().items() if name != "epochs"}

    def skeleton(self, input_shape: tuple[int, int, int], classes: int) -> Skeleton:
        """The networks' skeleton for images of this shape.

        Raises:
            ValueError: cutout would now and then leave nothing of an image.
        """
        height, width = input_shape[1:]
        if self.cutout >= min(height, width):
            raise ValueError(
                f"cutout {self.cutout} leaves nothing of some images of {width}x{height} pixels: choose less, such as "
                f"{min(height, width) // 2}"
            )
        return Skeleton(channels=self.channels, cells=self.cells, classes=classes, input_shape=input_shape)

    def learning_rate_at(self, progress: float) -> float:
        """Learning rate at a share of all steps, from 0 (the first step) to below 1."""
        if progress < self.warmup:
            return self.learning_rate * progress / self.warmup
        rest = (progress - self.warmup) / (1 - self.warmup) if self.warmup < 1 else 1.0
        falling = 0.5 * (1 + math.cos(math.pi * rest)) if self.schedule == "cosine" else 1 - rest
        return self.learning_rate * falling


def read_file(path: str | Path, make: Callable[[dict[str, Any]], Made]) -> Made:
    """What ``make`` makes of the fields in a recipe's file, TOML or otherwise JSON.

    Raises:
        ValueError: the file cannot be read as a recipe; the message names it.
        OSError: the file cannot be opened.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        values = tomllib.loads(text) if str(path).endswith(".toml") else json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"expected fields and values, got {type(values).__name__}")
        return make(values)
    except ValueError as error:
        raise ValueError(f"cannot read the recipe {path}: {error}") from None


def _check(recipe: Recipe, name: str, kind: Any, low: float, high: float = math.inf) -> None:
    value = getattr(recipe, name)
    if not isinstance(value, kind) or isinstance(value, bool) or not low <= value <= high or value == math.inf:
        limit = f"at least {low}" if high == math.inf else f"{low} to {high}"
        raise ValueError(
            f"recipe {name} must be {'a whole number' if kind is int else 'a number'} {limit}, got {value!r}"
        )
