"""Recipes: every field is checked, JSON and TOML give back what went in, schedules have written-out values."""

from __future__ import annotations

import dataclasses
import json
import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench.registry import UnknownNameError
from nasbench.training.presets import load_recipe, preset_names
from nasbench.training.recipe import PRECISIONS, SCHEDULES, Recipe

COUNTS = ("channels", "cells", "epochs", "batch_size")
OPTIONAL = ("image_size", "train_images", "validation_images")
WHOLE = ("crop_padding", "cutout", "data_seed")
REAL = ("learning_rate", "momentum", "weight_decay")
SHARES = ("warmup", "label_smoothing", "validation_fraction")
SWITCHES = ("nesterov", "flip")
WORDS = ("dataset", "schedule", "precision")

WRONG = {
    **{name: [0, -1, 1.0, 2.5, "3", True, None, math.nan, [1]] for name in COUNTS},
    **{name: [0, -1, 1.0, "3", True, math.inf, []] for name in OPTIONAL},
    **{name: [-1, 1.0, "3", False, None] for name in WHOLE},
    **{name: [-1e-9, math.nan, math.inf, -math.inf, "0.1", True, None] for name in REAL},
    **{name: [-1e-9, 1.0001, math.nan, math.inf, "0.1", False, None] for name in SHARES},
    **{name: [0, 1, "true", None] for name in SWITCHES},
    **{name: ["", None, 3, ["digits"]] for name in WORDS},
}

recipes = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.integers(1, 10**6) for name in COUNTS},
        **{name: st.none() | st.integers(1, 10**6) for name in OPTIONAL},
        **{name: st.integers(0, 10**6) for name in WHOLE},
        "learning_rate": st.integers(0, 10) | st.floats(0, 1e6, allow_subnormal=False),
        "momentum": st.floats(0.01, 1),
        "weight_decay": st.floats(0, 1),
        **{name: st.floats(0, 1) | st.integers(0, 1) for name in SHARES},
        **{name: st.booleans() for name in SWITCHES},
        "dataset": st.text('ab c"\\é\n', min_size=1, max_size=9),
        "schedule": st.sampled_from(SCHEDULES),
        "precision": st.sampled_from(PRECISIONS),
    },
).map(lambda values: Recipe(**values))


# -- values ---------------------------------------------------------------------------------------------------------


def test_every_field_has_wrong_values_here() -> None:
    assert set(WRONG) == {field.name for field in dataclasses.fields(Recipe)}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_value_is_refused_with_its_field(name: str, value) -> None:
    with pytest.raises(ValueError) as error:
        Recipe(**{name: value})
    assert f"recipe {name} must be" in str(error.value)
    assert repr(value) in str(error.value)


def test_nesterov_needs_a_momentum() -> None:
    with pytest.raises(ValueError, match="nesterov"):
        Recipe(momentum=0)
    assert Recipe(momentum=0, nesterov=False).momentum == 0


def test_a_recipe_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Recipe().epochs = 3  # type: ignore[misc]


def test_every_field_is_documented() -> None:
    for field in dataclasses.fields(Recipe):
        assert f"\n        {field.name}: " in (Recipe.__doc__ or "")


# -- JSON and TOML --------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(recipes)
def test_json_gives_back_the_recipe(recipe) -> None:
    again = Recipe.from_json(json.loads(json.dumps(recipe.to_json(), allow_nan=False)))
    assert again == recipe
    assert json.dumps(again.to_json()) == json.dumps(recipe.to_json())


def toml(recipe: Recipe) -> str:
    """The recipe as TOML, whose strings are JSON's; None is a field left out."""
    return "\n".join(f"{name} = {json.dumps(v)}" for name, v in recipe.to_json().items() if v is not None)


@settings(max_examples=20)
@given(recipes)
def test_files_give_back_the_recipe(tmp_path_factory, recipe) -> None:
    folder = tmp_path_factory.getbasetemp()
    for name, text in (("recipe.json", json.dumps(recipe.to_json())), ("recipe.toml", toml(recipe))):
        (folder / name).write_text(text, encoding="utf-8")
        assert load_recipe(str(folder / name)) == recipe


def test_whole_and_real_numbers_are_one_recipe() -> None:
    """Also in the text that a table's digest is made of."""
    one = Recipe.from_json(json.loads('{"learning_rate": 1, "warmup": 0}'))
    assert json.dumps(one.to_json()) == json.dumps(Recipe(learning_rate=1.0, warmup=0.0).to_json())


@pytest.mark.parametrize("name", ["recipe.json", "recipe.toml"])
@pytest.mark.parametrize("content", [b"epochs = = 3", b"[1, 2]", b"\xff\xfe", b"{", b"3"])
def test_files_that_are_no_recipe_are_named(tmp_path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ValueError, match="recipe") as error:
        Recipe.from_file(path)
    assert str(path) in str(error.value)


def test_an_unknown_field_is_named_beside_the_known_ones(tmp_path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("epocs = 3")
    with pytest.raises(ValueError, match=r"no field 'epocs'.*epochs"):
        Recipe.from_file(path)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path) -> None:
    with pytest.raises(FileNotFoundError):
        load_recipe(str(tmp_path / "recipe.toml"))


# -- recipes that come along -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", preset_names())
def test_recipes_that_come_along_load(name: str) -> None:
    assert load_recipe(name).epochs >= 1


def test_the_published_recipe_is_the_published_one() -> None:
    """Dong and Yang 2020, table 1."""
    recipe = load_recipe("nas_bench_201")
    assert (recipe.channels, recipe.cells, recipe.epochs, recipe.batch_size) == (16, 5, 200, 256)
    assert (recipe.learning_rate, recipe.momentum, recipe.nesterov, recipe.weight_decay) == (0.1, 0.9, True, 5e-4)
    assert (recipe.schedule, recipe.warmup, recipe.flip, recipe.crop_padding) == ("cosine", 0, True, 4)
    assert (recipe.dataset, recipe.validation_fraction, recipe.label_smoothing) == ("cifar10", 0.5, 0)


def test_an_unknown_recipe_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'nas_bench_201'"):
        load_recipe("nas_bench_102")


# -- what it hands on -------------------------------------------------------------------------------------------------


def test_the_data_set_gets_what_decides_on_images_and_nothing_else() -> None:
    recipe = Recipe(image_size=16, train_images=100, validation_fraction=0.3, data_seed=4)
    assert recipe.data_options() == {"image_size": 16, "train_images": 100, "validation_fraction": 0.3, "seed": 4}
    fixed = dataclasses.replace(recipe, validation_images=50)
    assert fixed.data_options() == {"image_size": 16, "train_images": 100, "validation_images": 50, "seed": 4}


def test_schedules_of_a_table_share_all_but_the_epochs() -> None:
    assert set(Recipe().to_json()) - set(Recipe().shared()) == {"epochs"}
    assert Recipe(epochs=3).shared() == Recipe(epochs=5).shared()


def test_skeleton_is_the_recipes() -> None:
    skeleton = Recipe(channels=5, cells=3).skeleton((1, 8, 9), 7)
    assert (skeleton.channels, skeleton.cells, skeleton.input_shape, skeleton.classes) == (5, 3, (1, 8, 9), 7)


def test_cutout_leaves_something_of_an_image() -> None:
    assert Recipe(cutout=7).skeleton((3, 8, 9), 10).input_shape == (3, 8, 9)
    with pytest.raises(ValueError, match=r"cutout 8 leaves nothing of some images of 9x8 pixels: .* such as 4"):
        Recipe(cutout=8).skeleton((3, 8, 9), 10)


def test_recipes_need_no_torch() -> None:
    code = (
        "import sys, nasbench.training.presets as p; p.load_recipe('nas_bench_201'); assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# -- learning rates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "warmup", "rates"),
    [
        ("one_cycle", 0.25, [0.0, 0.4, 0.8, 0.6, 0.5333333333, 0.2666666667, 0.0266666667]),
        ("one_cycle", 0.0, [0.8, 0.7, 0.6, 0.45, 0.4, 0.2, 0.02]),
        ("cosine", 0.0, [0.8, 0.7695518130, 0.6828427125, 0.4780361288, 0.4, 0.1171572875, 0.0012330665]),
        ("cosine", 0.25, [0.0, 0.4, 0.8, 0.6828427125, 0.6, 0.2, 0.0021912419]),
        ("cosine", 1.0, [0.0, 0.1, 0.2, 0.35, 0.4, 0.6, 0.78]),
    ],
)
def test_learning_rates(schedule: str, warmup: float, rates: list[float]) -> None:
    recipe = Recipe(learning_rate=0.8, schedule=schedule, warmup=warmup)
    at = [0.0, 0.125, 0.25, 0.4375, 0.5, 0.75, 0.975]
    assert [recipe.learning_rate_at(share) for share in at] == pytest.approx(rates, abs=1e-9)


@given(recipes, st.floats(0, 1, exclude_max=True))
def test_learning_rates_stay_between_zero_and_the_peak(recipe, share) -> None:
    assert 0 <= recipe.learning_rate_at(share) <= recipe.learning_rate * (1 + 1e-12)
