"""The command build: makes a table, goes on where it stopped, extends it, takes its recipe from where it is told to."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from nasbench import load_space, open_table
from nasbench.complexity import built_complexity, published_complexity
from nasbench.generator import build
from nasbench.generator.executors import local
from nasbench.generator.selection import sample_classes
from tests.generator import stand_in
from tests.generator.running import TINY, committed, digest, write_images

torch = pytest.importorskip("torch", reason="training needs torch")

SPACE = load_space("nas_bench_201")
CELL = "|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|"


def last_lines(out: str, count: int = 2) -> list[str]:
    return out.splitlines()[-count:]


# -- a new table --------------------------------------------------------------------------------------------------


def test_a_table_holds_what_was_asked_for(built) -> None:
    with open_table(built) as table:
        assert set(table.architectures) == set(sample_classes(SPACE, 3, 0))
        assert table.schedules == (2,)
        assert table.seeds("val_accuracy") == (0, 1)
        assert table.epochs("val_accuracy") == (1, 2)
        assert table.epochs("test_accuracy") == (2,)
        assert table.metrics() == (
            *("train_loss", "train_accuracy", "val_loss", "val_accuracy"),
            *("test_loss", "test_accuracy", "seconds"),
        )
        assert np.isfinite(table.contents.values(2, "train_loss")).all()
        assert not table.failures()


def test_a_table_says_how_it_was_made(built) -> None:
    with open_table(built) as table:
        header = table.header
    assert header.origin == "built"
    assert (header.recipe["dataset"], header.recipe["channels"], header.recipe["batch_size"]) == ("arrays", 3, 16)
    assert "epochs" not in header.recipe, "they name the schedule"
    assert (header.data_card["name"], header.data_card["shape"]) == ("arrays", [1, 8, 8])
    assert set(header.versions) == {"python", "nasbench-forge", "torch", "numpy", "h5py"}
    assert header.hardware["device"] == "cpu"


def test_costs_are_counted_both_ways(built) -> None:
    with open_table(built) as table:
        skeleton = SPACE.published.__class__(channels=3, cells=1, classes=3, input_shape=(1, 8, 8))
        for architecture, *costs in zip(
            table,
            *(table.cost(name) for name in ("parameters", "flops", "parameters_built", "flops_built")),
            strict=True,
        ):
            published = published_complexity(SPACE, architecture, skeleton)
            as_built = built_complexity(SPACE, architecture, skeleton)
            expected = [published.parameters, published.flops, as_built.parameters, as_built.flops]
            assert costs == expected


def test_the_table_answers_for_all_members_of_a_class(built) -> None:
    with open_table(built) as table:
        architecture = max(table, key=lambda a: len(SPACE.classes[SPACE.canonical_hash(a)]))
        for member in SPACE.classes[SPACE.canonical_hash(architecture)]:
            assert table.query(member) == table.query(architecture)


def test_a_build_says_what_it_does(nasbench, images, tmp_path) -> None:
    code, out, err = nasbench("build", tmp_path / "t.h5", *TINY, "--data-root", images, "--sample", 1)
    assert code == 0
    first, second, third = out.splitlines()
    assert first.endswith("t.h5: 1 classes of nas_bench_201 x 1 seeds on arrays, 2 epochs, 3 channels, 1 cells a stage")
    assert re.fullmatch(r"trained 1 rows in .* s \(0 failed\), 0 were there before", second)
    assert third == f"digest {digest(tmp_path / 't.h5')}"
    assert "training 2 epochs  1/1  100 %" in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.h5"], "no journal, no lock is left"


# -- again, and more ------------------------------------------------------------------------------------------------


def test_the_same_again_trains_nothing(nasbench, trained, table, images) -> None:
    before = digest(table)
    code, out, _ = nasbench("build", table, *TINY, "--data-root", images, "--sample", 3, "--seeds", 2)
    assert (code, trained) == (0, [])
    assert "trained 0 rows" in out and "6 were there" in out
    assert digest(table) == before


def test_less_than_there_is_takes_nothing_away(nasbench, trained, table, images) -> None:
    before = digest(table)
    assert nasbench("build", table, *TINY, "--data-root", images, "--sample", 1)[0] == 0
    assert (digest(table), trained) == (before, [])


def test_fields_that_are_not_given_are_the_tables_own(nasbench, trained, table, images) -> None:
    before = digest(table)
    assert nasbench("build", table, "--data-root", images, "--sample", 3, "--seeds", 2, "--device", "cpu")[0] == 0
    assert (digest(table), trained) == (before, [])


def test_a_table_grown_by_seeds_and_sample_is_the_one_built_at_once(nasbench, trained, built, images, tmp_path) -> None:
    path = tmp_path / "grown.h5"
    options = ["--data-root", images, "--device", "cpu"]
    assert nasbench("build", path, *TINY, "--data-root", images, "--sample", 1)[0] == 0
    assert [job.seed for job in trained] == [0]
    assert nasbench("build", path, *options, "--sample", 1, "--seeds", 2)[0] == 0
    assert [job.seed for job in trained] == [0, 1]
    assert digest(path) != digest(built)
    assert nasbench("build", path, *options, "--sample", 3, "--seeds", 2)[0] == 0
    assert len(trained) == 6
    assert digest(path) == digest(built)
    with open_table(path) as table:
        assert np.isfinite(table.cost("flops")).all()


def test_another_seed_of_the_sample_adds_its_own(nasbench, trained, table, images) -> None:
    options = ["--data-root", images, "--device", "cpu", "--sample", 2, "--sample-seed", 9]
    assert nasbench("build", table, *options)[0] == 0
    assert [job.architecture for job in trained] == sample_classes(SPACE, 2, 9)


def test_a_file_of_architectures_adds_their_representatives(nasbench, trained, table, images, tmp_path) -> None:
    dead = "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|none~1|none~2|"
    cells = tmp_path / "cells.txt"
    cells.write_text(f"# one class, twice\n{dead}\n{CELL}\n{SPACE.format(sample_classes(SPACE, 1, 0)[0])}\n")
    options = ["--data-root", images, "--device", "cpu", "--architectures", cells]
    assert nasbench("build", table, *options)[0] == 0
    only = SPACE.parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    assert SPACE.canonical(SPACE.parse(dead)) == only
    assert [job.architecture for job in trained] == [only, SPACE.canonical(SPACE.parse(CELL))]


def test_all_is_every_class(nasbench, images, tmp_path, monkeypatch) -> None:
    given = []
    monkeypatch.setattr(local, "train_rows", lambda task, todo, workers: iter(given.extend(todo) or ()))
    words = [*TINY, "--data-root", images, "--sample", "all", "--seeds", 2]
    code, out, _ = nasbench("build", tmp_path / "t.h5", *words)
    assert code == 0
    assert "5,044 classes of nas_bench_201 x 2 seeds" in out
    assert len(given) == len({job.class_hash for job in given}) * 2 == 2 * 5044


def test_rows_are_folded_into_the_file_now_and_then(nasbench, images, tmp_path, monkeypatch) -> None:
    """Not only at the end, which may be days away."""
    path, seen = tmp_path / "t.h5", []

    def train(task, todo, workers):
        for job in todo:
            yield stand_in.row_of(job, 2)
            seen.append((committed(path), (tmp_path / "t.h5.journal").exists()))

    monkeypatch.setattr(local, "train_rows", train)
    monkeypatch.setattr(build, "FOLD_SECONDS", -1.0)
    assert nasbench("build", path, *TINY, "--data-root", images, "--sample", 3)[0] == 0
    assert seen == [(1, False), (2, False), (3, False)]


# -- schedules ------------------------------------------------------------------------------------------------------


def test_another_schedule_stands_beside_the_first_when_asked_for(nasbench, trained, table, images) -> None:
    options = ["build", table, "--data-root", images, "--device", "cpu", "--sample", 1]
    code, _, err = nasbench(*options, "--epochs", 3)
    assert code == 2
    assert "epochs is 2, not 3" in err and "--add-schedule" in err
    assert nasbench(*options, "--epochs", 3, "--add-schedule")[0] == 0
    with open_table(table) as opened:
        assert opened.schedules == (2, 3)
        assert opened.query(sample_classes(SPACE, 1, 0)[0], schedule=3, seed=0) >= 0
        first = opened.contents.values(2, "train_loss")
    assert np.isfinite(first).all(), "the first schedule is as it was"
    assert len(trained) == 1
    code, _, err = nasbench(*options)
    assert code == 2
    assert "has schedules of 2 and 3 epochs: say with --epochs" in err
    assert nasbench(*options, "--epochs", 2)[0] == 0
    assert len(trained) == 1


# -- recipes --------------------------------------------------------------------------------------------------------


def recipe_of(path: Path) -> dict:
    with open_table(path) as table:
        return {**table.header.recipe, "epochs": table.schedules[0]}


@pytest.mark.parametrize("form", ["toml", "json"])
def test_recipes_come_from_files_and_flags_override_them(nasbench, images, tmp_path, form: str) -> None:
    values = {"dataset": "arrays", "channels": 2, "epochs": 1, "batch_size": 32, "weight_decay": 0, "flip": True}
    path = tmp_path / f"recipe.{form}"
    lines = "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
    path.write_text(json.dumps(values) if form == "json" else lines)
    out = tmp_path / "t.h5"
    words = ["--recipe", path, "--data-root", images, "--sample", 1, "--device", "cpu"]
    assert nasbench("build", out, *words, "--batch-size", 24, "--no-flip", "--label-smoothing", 0.2)[0] == 0
    made = recipe_of(out)
    given = {"channels": 2, "epochs": 1, "batch_size": 24, "weight_decay": 0, "flip": False, "label_smoothing": 0.2}
    assert {name: made[name] for name in given} == given
    code, _, err = nasbench("build", out, *words)
    assert code == 2, "a recipe file that says otherwise than the table is another recipe"
    assert "recipe.batch_size is 24, not 32" in err


def test_a_recipe_that_comes_along_is_named(nasbench, images, tmp_path) -> None:
    small = ["--channels", 2, "--cells", 1, "--epochs", 1, "--batch-size", 32, "--dataset", "arrays", "--sample", 1]
    out = tmp_path / "t.h5"
    assert nasbench("build", out, "--recipe", "nas_bench_201", *small, "--data-root", images, "--device", "cpu")[0] == 0
    assert {name: recipe_of(out)[name] for name in ("schedule", "warmup", "crop_padding", "flip")} == {
        "schedule": "cosine",
        "warmup": 0,
        "crop_padding": 4,
        "flip": True,
    }


def test_every_field_on_the_command_line_reaches_the_recipe(nasbench, images, tmp_path) -> None:
    given = {
        "image_size": 6, "train_images": 60, "validation_images": 20, "channels": 2, "cells": 2, "epochs": 1,
        "batch_size": 20, "learning_rate": 0.05, "weight_decay": 0.001, "label_smoothing": 0.0, "warmup": 0.1,
        "crop_padding": 1, "cutout": 2, "schedule": "cosine", "precision": "bfloat16", "dataset": "arrays",
    }  # fmt: skip
    flags = [word for name, value in given.items() for word in (f"--{name.replace('_', '-')}", value)]
    out = tmp_path / "t.h5"
    assert nasbench("build", out, *flags, "--flip", "--data-root", images, "--sample", 1, "--device", "cpu")[0] == 0
    made = recipe_of(out)
    assert {name: made[name] for name in given} == given
    assert made["flip"] is True
    with open_table(out) as table:
        assert table.header.data_card["shape"] == [1, 6, 6]
        assert table.header.data_card["counts"]["train"] == 60


def test_images_beside_the_first_ones_are_other_images(nasbench, table, images, tmp_path) -> None:
    """A file of equal content elsewhere is the same data set; one other pixel makes another."""
    options = ["build", table, "--sample", 1, "--device", "cpu"]
    same = tmp_path / "elsewhere.npz"
    same.write_bytes(images.read_bytes())
    assert nasbench(*options, "--data-root", same)[0] == 0
    code, _, err = nasbench(*options, "--data-root", write_images(tmp_path / "other.npz", seed=1))
    assert code == 2
    assert "data_card.sha256 is " in err
