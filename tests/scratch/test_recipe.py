"""The full recipe: what it adds, its presets, and that tables know nothing of it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from nasbench.complexity import complexity
from nasbench.scratch.recipe import ScratchRecipe, field_names, read_values, scratch_names
from nasbench.training.presets import preset_names
from nasbench.training.recipe import Recipe
from tests.scratch.training_folders import RECIPE, SPACE, with_base


def test_drop_path_grows_linearly_from_zero() -> None:
    recipe = with_base(dataclasses.replace(RECIPE, drop_path=0.2), epochs=600)
    assert [recipe.drop_path_at(epoch) for epoch in (0, 300)] == [0.0, pytest.approx(0.1)]
    assert recipe.drop_path_at(599) == pytest.approx(0.2 * 599 / 600)
    steps = {round(recipe.drop_path_at(epoch + 1) - recipe.drop_path_at(epoch), 12) for epoch in range(599)}
    assert steps == {round(0.2 / 600, 12)}


def test_the_published_recipe_of_darts() -> None:
    recipe = ScratchRecipe.from_json(read_values("darts"))
    base = recipe.base
    assert (base.epochs, base.channels, base.cells, base.batch_size) == (600, 36, 20, 96)
    assert (base.learning_rate, base.momentum, base.weight_decay, base.schedule) == (0.025, 0.9, 3e-4, "cosine")
    assert (base.cutout, base.crop_padding, base.flip, base.nesterov, base.label_smoothing) == (16, 4, True, False, 0)
    assert (recipe.drop_path, recipe.auxiliary_weight, recipe.gradient_clip, recipe.stem) == (0.2, 0.4, 5.0, "cifar")
    assert base.learning_rate_at(0) == 0.025 and base.learning_rate_at(0.5) == pytest.approx(0.0125)


def test_the_published_network_has_the_published_size() -> None:
    golden = json.loads((Path(__file__).parents[1] / "golden" / "darts.json").read_text())["DARTS_V2"]
    skeleton = ScratchRecipe.from_json(read_values("darts")).skeleton((3, 32, 32), 10)
    assert skeleton.auxiliary
    assert complexity(SPACE.plan(SPACE.parse(golden["text"]), skeleton)).parameters == 3_349_342


def test_json_is_flat_and_comes_back() -> None:
    values = RECIPE.to_json()
    assert list(values) == field_names() and values["drop_path"] == 0.3 and values["cutout"] == 2
    assert ScratchRecipe.from_json(values) == RECIPE
    assert ScratchRecipe.from_json({"drop_path": 0}) == ScratchRecipe()


def test_recipes_of_tables_know_nothing_of_it() -> None:
    assert {"drop_path", "auxiliary_weight", "gradient_clip", "stem"}.isdisjoint(Recipe().to_json())
    assert "darts" not in preset_names()
    assert set(scratch_names()) > set(preset_names())
    assert ScratchRecipe.from_json(read_values("nas_bench_201")).auxiliary_weight == 0


def test_the_skeleton_has_what_the_recipe_says() -> None:
    assert RECIPE.skeleton((3, 32, 32), 7).auxiliary
    plain = dataclasses.replace(RECIPE, auxiliary_weight=0, stem="imagenet").skeleton((3, 64, 64), 7)
    assert (plain.auxiliary, plain.stem, plain.channels, plain.cells, plain.classes) == (False, "imagenet", 4, 3, 7)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"drop_path": 1}, "drop_path must be a number 0 to below 1, got 1"),
        ({"auxiliary_weight": -0.1}, "auxiliary_weight must be a number of at least 0"),
        ({"gradient_clip": float("inf")}, "gradient_clip must be a number"),
        ({"gradient_clip": True}, "gradient_clip must be a number"),
        ({"stem": "mnist"}, "stem must be one of cifar, imagenet, got 'mnist'"),
        ({"epochs": 0}, "epochs must be a whole number"),
        ({"droppath": 0.2}, "no field 'droppath'; its fields are .*drop_path"),
    ],
)
def test_wrong_values_are_refused(values, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ScratchRecipe.from_json(values)


def test_recipe_files(tmp_path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("epochs = 5\ndrop_path = 0.1\n")
    assert ScratchRecipe.from_json(read_values(str(path))).drop_path == 0.1
    path.write_text("epochs = 5\nnonsense = 1\n")
    with pytest.raises(ValueError, match=r"own\.toml: a recipe has no field 'nonsense'"):
        read_values(str(path))
    (tmp_path / "own.json").write_text("[1]")
    with pytest.raises(ValueError, match="expected fields and values, got list"):
        read_values(str(tmp_path / "own.json"))
    with pytest.raises(LookupError, match="did you mean 'darts'"):
        read_values("dart")
