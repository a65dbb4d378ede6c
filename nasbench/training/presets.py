"""Recipes that come along, by name, and recipes from files."""

from __future__ import annotations

from pathlib import Path

from nasbench.registry import unknown
from nasbench.training.recipe import Recipe

FOLDER = Path(__file__).parent / "recipes"


def preset_names() -> list[str]:
    """Names of the recipes that come along, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_recipe(name: str) -> Recipe:
    """The recipe of a file (``.toml`` or ``.json``), or the one of this name that comes along.

    Raises:
        UnknownNameError: no recipe has this name.
        ValueError: the file is not a recipe.
        OSError: the file cannot be read.
    """
    if name.endswith((".toml", ".json")):
        return Recipe.from_file(name)
    if name not in preset_names():
        raise unknown("recipe", name, preset_names())
    return Recipe.from_file(FOLDER / f"{name}.toml")
