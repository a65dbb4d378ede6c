"""The full recipe of a training from scratch: a table's recipe, and what tables leave out. No torch."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasbench.plan import STEMS, Skeleton
from nasbench.registry import unknown
from nasbench.training.presets import load_recipe, preset_names
from nasbench.training.recipe import Recipe, read_file

FOLDER = Path(__file__).parent / "presets"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScratchRecipe:
    """Data, skeleton and hyper-parameters of a training from scratch. Values are checked at birth.

    Rows of tables are trained by a :class:`~nasbench.training.recipe.Recipe` alone, so that it and the digests of
    tables stay what they are.

    Args:
        base: what tables are trained by as well.
        drop_path: share of paths dropped at the end of training; it grows linearly from 0, epoch by epoch.
        auxiliary_weight: weight of the auxiliary classifier's loss; 0 for a network without one.
        gradient_clip: greatest norm of the gradient of all weights together; 0 for any.
        stem: what comes before the first cell, ``cifar`` or ``imagenet``.

    Raises:
        ValueError: a value is out of its range; the message names the field.
    """

    base: Recipe = field(default_factory=Recipe)
    drop_path: float = 0.0
    auxiliary_weight: float = 0.0
    gradient_clip: float = 0.0
    stem: str = "cifar"

    def __post_init__(self) -> None:
        for name in ("drop_path", "auxiliary_weight", "gradient_clip"):
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            if not number or value < 0 or (name == "drop_path" and value >= 1):
                limit = "0 to below 1" if name == "drop_path" else "of at least 0"
                raise ValueError(f"recipe {name} must be a number {limit}, got {value!r}")
            object.__setattr__(self, name, float(value))
        if self.stem not in STEMS:
            raise ValueError(f"recipe stem must be one of {', '.join(STEMS)}, got {self.stem!r}")

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> ScratchRecipe:
        """The recipe of a dictionary of all fields side by side; those that are missing take their defaults.

        Raises:
            ValueError: a field is unknown or out of range.
        """
        known = field_names()
        for name in values:
            if name not in known:
                raise ValueError(f"a recipe has no field {name!r}; its fields are {', '.join(known)}")
        own = {name: value for name, value in values.items() if name in _OWN}
        return cls(base=Recipe.from_json({k: v for k, v in values.items() if k not in _OWN}), **own)

    def to_json(self) -> dict[str, Any]:
        """Every field and its value side by side, as JSON knows them."""
        return {**self.base.to_json(), **{name: getattr(self, name) for name in _OWN}}

    def skeleton(self, input_shape: tuple[int, int, int], classes: int) -> Skeleton:
        """The network's skeleton for images of this shape, with an auxiliary classifier where its loss counts."""
        plain = self.base.skeleton(input_shape, classes)
        return dataclasses.replace(plain, stem=self.stem, auxiliary=self.auxiliary_weight > 0)

    def drop_path_at(self, epoch: int) -> float:
        """Share of paths dropped in an epoch, counted from zero: 0 in the first, then growing linearly.

        >>> recipe = ScratchRecipe(base=Recipe(epochs=4), drop_path=0.2)
        >>> [round(recipe.drop_path_at(epoch), 3) for epoch in range(4)]
        [0.0, 0.05, 0.1, 0.15]
        """
        return self.drop_path * epoch / self.base.epochs


_OWN = tuple(each.name for each in dataclasses.fields(ScratchRecipe) if each.name != "base")


def field_names() -> list[str]:
    """All fields of a recipe, those that tables know first."""
    return [*(each.name for each in dataclasses.fields(Recipe)), *_OWN]


def scratch_names() -> list[str]:
    """Names of the recipes that come along for training from scratch, those of tables too, sorted."""
    return sorted({*preset_names(), *(path.stem for path in FOLDER.glob("*.toml"))})


def read_values(name: str) -> dict[str, Any]:
    """The fields that a recipe gives: of a file (``.toml`` or ``.json``), or of one of this name that comes along.

    Raises:
        UnknownNameError: no recipe has this name.
        ValueError: the file is not a recipe.
        OSError: the file cannot be read.
    """
    path = Path(name) if name.endswith((".toml", ".json")) else FOLDER / f"{name}.toml"
    if not name.endswith((".toml", ".json")) and not path.exists():
        if name not in preset_names():
            raise unknown("recipe", name, scratch_names())
        return load_recipe(name).to_json()
    return read_file(path, ScratchRecipe.from_json).to_json()
