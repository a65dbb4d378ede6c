"""What build refuses: one sentence, exit code 2, the table as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generator.running import TINY

torch = pytest.importorskip("torch", reason="training needs torch")


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--channels", 4], "recipe.channels is 3, not 4"),
        (["--cells", 2], "recipe.cells is 1, not 2"),
        (["--epochs", 5], "epochs is 2, not 5"),
        (["--learning-rate", 0.3], "recipe.learning_rate is 0.2, not 0.3"),
        (["--batch-size", 8], "recipe.batch_size is 16, not 8"),
        (["--weight-decay", 0.25], "recipe.weight_decay is 0.0005, not 0.25"),
        (["--label-smoothing", 0], "recipe.label_smoothing is 0.1, not 0.0"),
        (["--schedule", "cosine"], 'recipe.schedule is "one_cycle", not "cosine"'),
        (["--warmup", 0.5], "recipe.warmup is 0.2, not 0.5"),
        (["--flip"], "recipe.flip is false, not true"),
        (["--crop-padding", 2], "recipe.crop_padding is 0, not 2"),
        (["--cutout", 2], "recipe.cutout is 0, not 2"),
        (["--precision", "bfloat16"], 'recipe.precision is "float32", not "bfloat16"'),
        (["--train-images", 30], "recipe.train_images is null, not 30"),
        (["--validation-images", 30], "recipe.validation_images is null, not 30"),
        (["--image-size", 6], "recipe.image_size is null, not 6"),
    ],
)
def test_another_recipe_is_refused_with_the_field_and_both_values(
    nasbench, trained, table, images, flags, told
) -> None:
    before = table.read_bytes()
    code, _, err = nasbench("build", table, *flags, "--data-root", images, "--sample", 4, "--device", "cpu")
    assert code == 2
    assert told in err
    assert len(err.splitlines()) == 1
    assert table.read_bytes() == before
    assert trained == []
    assert sorted(path.name for path in table.parent.iterdir()) == ["table.h5"]


def test_every_field_that_differs_is_named(nasbench, table, images) -> None:
    words = ["--channels", 4, "--flip", "--data-root", images, "--device", "cpu"]
    _, _, err = nasbench("build", table, *words)
    assert "recipe.channels is 3, not 4; recipe.flip is false, not true" in err


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--dataset", "arays"], "no data set is called 'arays'; did you mean 'arrays'?"),
        (["--space", "nas_bench_101"], "no search space is called 'nas_bench_101'; did you mean 'nas_bench_201'?"),
        (["--recipe", "nas_bench_20"], "no recipe is called 'nas_bench_20'; did you mean 'nas_bench_201'?"),
        (["--recipe", "nowhere.toml"], "nowhere.toml: No such file or directory"),
        (["--sample", 0], "--sample must be a whole number of at least 1, or all, got '0'"),
        (["--sample", "many"], "--sample must be a whole number of at least 1, or all, got 'many'"),
        (["--sample", -3], "--sample must be a whole number of at least 1, or all, got '-3'"),
        (["--sample", 6000], "nas_bench_201 has 5,044 classes to sample from, 6,000 were asked for"),
        (["--seeds", 0], "--seeds must be at least 1, got 0"),
        (["--workers", 0], "--workers must be at least 1, got 0"),
        (["--workers", -2], "--workers must be at least 1, got -2"),
        (["--sample-seed", -1], "--sample-seed must be at least 0, got -1"),
        (["--epochs", 0], "recipe epochs must be a whole number at least 1, got 0"),
        (["--learning-rate", "nan"], "recipe learning_rate must be a number at least 0, got nan"),
        (["--learning-rate", "inf"], "recipe learning_rate must be a number at least 0, got inf"),
        (["--schedule", "step"], "recipe schedule must be one of cosine, one_cycle, got 'step'"),
        (["--device", "gpu"], "device must be auto, cpu, cuda or cuda:N, got 'gpu'"),
        (["--device", "cuda:x"], "device must be auto, cpu, cuda or cuda:N, got 'cuda:x'"),
        (["--device", "cuda:99"], "there is no device cuda:99 here, torch finds "),
        (["--architectures", "nowhere.txt"], "nowhere.txt: No such file or directory"),
        (["--data-root", "nowhere.npz"], "there is no file nowhere.npz"),
        (["--train-images", 10**6], "train_images is 1,000,000"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(nasbench, images, tmp_path, flags, told) -> None:
    out = tmp_path / "t.h5"
    code, _, err = nasbench("build", out, *TINY, "--data-root", images, *flags)
    assert code == 2
    assert err.startswith(f"nasbench: {told}"), err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--sample", 3, "--architectures", "cells.txt"], "not allowed with"),
        (["--channels", "three"], "invalid int value: 'three'"),
        (["--chanels", 3], "unrecognized arguments: --chanels"),
    ],
)
def test_words_that_cannot_be_read_are_refused_by_name(nasbench, tmp_path, flags, told: str) -> None:
    code, _, err = nasbench("build", tmp_path / "t.h5", *flags)
    assert (code, told in err) == (2, True)


def test_places_that_cannot_be_a_table_are_refused(nasbench, images, tmp_path) -> None:
    options = [*TINY, "--data-root", images, "--sample", 1]
    foreign = Path(tmp_path / "foreign.h5")
    foreign.write_text("this is not HDF5")
    for out, told in (
        (tmp_path, "is a folder"),
        (foreign, "is not an HDF5 file"),
        (tmp_path / "no" / "such" / "t.h5", "No such file or directory"),
    ):
        code, _, err = nasbench("build", out, *options)
        assert (code, len(err.splitlines())) == (2, 1)
        assert told in err
    assert foreign.read_text() == "this is not HDF5"


def test_images_that_cannot_be_read_are_refused(nasbench, tmp_path) -> None:
    spoilt = tmp_path / "images.npz"
    spoilt.write_bytes(b"PK\x03\x04 not a zip file")
    code, _, err = nasbench("build", tmp_path / "t.h5", *TINY, "--data-root", spoilt, "--sample", 1)
    assert (code, "cannot be read" in err) == (2, True)
    assert not (tmp_path / "t.h5").exists()


def test_an_imported_table_is_not_built_on(nasbench, imported, images) -> None:
    before = imported.read_bytes()
    code, _, err = nasbench("build", imported, *TINY, "--data-root", images, "--sample", 1)
    assert code == 2
    assert "recipe" in err and len(err.splitlines()) == 1
    assert imported.read_bytes() == before
