"""Arrays in an ``.npz`` file: their forms, and the mistakes one can make in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nasbench
from datasets.dataset import Dataset
from tests.datasets.tiny import pictures

IMAGES = pictures(np.random.default_rng(0), 40, 6)
LABELS = np.arange(40) % 4


def load(folder: Path, **arrays: object) -> Dataset:
    """The data set of arrays, written to a file and read."""
    options = {name: arrays.pop(name) for name in ("image_size", "seed", "validation_images") if name in arrays}
    np.savez(folder / "data.npz", **arrays)  # type: ignore[arg-type]
    data = nasbench.load_dataset("arrays", root=folder / "data.npz", **options)
    data.verify()
    return data


def test_each_image_keeps_its_label(tmp_path: Path) -> None:
    data = load(tmp_path, x=IMAGES, y=LABELS)
    label_of = {image.tobytes(): label for image, label in zip(IMAGES, LABELS, strict=True)}
    for split in data.splits.values():
        assert [label_of[image.tobytes()] for image in split.images] == split.labels.tolist()
    assert data.card.classes == ("0", "1", "2", "3")
    assert sum(data.card.counts.values()) == 40


@pytest.mark.parametrize(
    "x",
    [IMAGES.astype(np.int64), IMAGES.astype(np.uint16), IMAGES / 255, (IMAGES / 255).astype(np.float32)],
    ids=["int64", "uint16", "float64", "float32"],
)
def test_pixels_of_any_type_are_the_same(tmp_path: Path, x: np.ndarray) -> None:
    assert load(tmp_path, x=x, y=LABELS).card == load(tmp_path, x=IMAGES, y=LABELS).card


@pytest.mark.parametrize(
    "y",
    [LABELS[:, None], LABELS.astype(np.uint8), LABELS * 10 - 5, np.array(["ant", "bee", "cow", "doe"])[LABELS]],
    ids=["column", "uint8", "any numbers", "names"],
)
def test_labels_of_any_form_are_the_same(tmp_path: Path, y: np.ndarray) -> None:
    data = load(tmp_path, x=IMAGES, y=y)
    assert data.card.sha256 == load(tmp_path, x=IMAGES, y=LABELS).card.sha256
    assert data.card.classes == tuple(str(value) for value in np.unique(y))


def test_class_names_may_be_given(tmp_path: Path) -> None:
    names = np.array(["zebra", "yak", "wolf", "vole"])
    by_number = load(tmp_path, x=IMAGES, y=LABELS, classes=names)
    by_name = load(tmp_path, x=IMAGES, y=names[LABELS], classes=names)
    assert by_number.card == by_name.card
    assert by_number.card.classes == tuple(names)


def test_grey_images_need_no_channel(tmp_path: Path) -> None:
    assert load(tmp_path, x=IMAGES[..., 0], y=LABELS).card.shape == (1, 6, 6)


def test_any_number_of_channels_goes(tmp_path: Path) -> None:
    bands = pictures(np.random.default_rng(1), 40, 6, 13)
    assert load(tmp_path, x=bands, y=LABELS, image_size=3).card.shape == (13, 3, 3)


def test_own_splits_are_kept(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    test, validation = pictures(rng, 8, 6), pictures(rng, 12, 6)
    data = load(
        tmp_path,
        x_train=IMAGES,
        y_train=LABELS,
        x_test=test,
        y_test=LABELS[:8],
        x_val=validation,
        y_val=LABELS[:12],
    )
    assert data.card.counts == {"train": 40, "validation": 12, "test": 8}
    np.testing.assert_array_equal(data.test.images, test)
    np.testing.assert_array_equal(data.validation.images, validation)
    assert not {"test_fraction", "validation_fraction"} & set(data.card.options)


def test_splits_of_other_sizes_are_resized(tmp_path: Path) -> None:
    other = {"x_test": pictures(np.random.default_rng(3), 8, 9), "y_test": LABELS[:8]}
    assert load(tmp_path, x=IMAGES, y=LABELS, image_size=3, **other).test.images.shape == (8, 3, 3, 3)
    with pytest.raises(ValueError, match=r"several shapes.*give image_size"):
        load(tmp_path, x=IMAGES, y=LABELS, **other)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({}, "must hold x and y .*, it holds nothing"),
        ({"x": IMAGES, "labels": LABELS}, "it holds labels, x"),
        ({"x": IMAGES[0], "y": LABELS}, "got"),
        ({"x": IMAGES[:, 0, 0], "y": LABELS}, r"must hold images .*, got \[40, 3\]"),
        ({"x": IMAGES[:0], "y": LABELS[:0]}, r"must hold images .*, got \[0, 6, 6, 3\]"),
        ({"x": IMAGES.transpose(0, 3, 1, 2), "y": LABELS}, "channels first.*transpose"),
        ({"x": IMAGES.astype(float), "y": LABELS}, "from 0 to 1, got 0 to 255"),
        ({"x": IMAGES - np.int64(300), "y": LABELS}, "from 0 to 255, got -300 to -45"),
        ({"x": np.where(IMAGES < 9, np.nan, 0.5), "y": LABELS}, "got nan"),
        ({"x": IMAGES > 9, "y": LABELS}, "whole numbers from 0 to 255 or fractions.*got bool"),
        ({"x": IMAGES, "y": LABELS[:9]}, "one label for each of 40 images"),
        ({"x": IMAGES, "y": LABELS / 2}, "whole numbers or names, got float64"),
        ({"x": IMAGES, "y": LABELS * 0}, "at least 2 classes, it has 1"),
        ({"x": IMAGES, "y": LABELS, "classes": np.array(["a", "b"])}, "holds 2, which is no class"),
        ({"x": IMAGES, "y": LABELS, "classes": np.array(list("abcde"))}, "class 'e' has no training images"),
        ({"x": IMAGES, "y": LABELS, "classes": np.array(list("aacd"))}, "distinct names"),
        ({"x": IMAGES, "y": LABELS, "x_test": IMAGES[:4], "y_test": LABELS[:4] + 3}, "y_test .*holds 4, .*no class"),
        ({"x": IMAGES, "y": LABELS, "x_test": IMAGES[:2], "y_test": np.array(["a", "b"])}, "as numbers or as names"),
        ({"x": IMAGES, "y": np.array([None] * 40)}, "plain arrays"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, arrays: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(tmp_path, **arrays)


def test_files_that_are_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs root"):
        nasbench.load_dataset("arrays")
    np.save(tmp_path / "one.npy", IMAGES)
    (tmp_path / "text.npz").write_text("no arrays")
    np.savez(tmp_path / "data.npz", x=IMAGES, y=LABELS)
    (tmp_path / "cut.npz").write_bytes((tmp_path / "data.npz").read_bytes()[:-300])
    (tmp_path / "empty.npz").touch()
    for name in ("one.npy", "text.npz", "cut.npz", "empty.npz"):
        with pytest.raises(ValueError, match=rf"{name} cannot be read as an \.npz file of plain arrays"):
            nasbench.load_dataset("arrays", root=tmp_path / name)
