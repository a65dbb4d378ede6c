"""What every data set promises, run over every file of ``datasets/sources``.

A source that reads files has a writer of tiny ones in ``tests/datasets/tiny.py``; one that needs none is loaded as is.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbench
from datasets.card import SPLITS, Card
from datasets.dataset import Dataset, Source, Split
from nasbench.registry import DATASETS
from tests.datasets.tiny import WRITERS

FEW = 40
"""A small number of training images; every tiny data set has more, and CIFAR-100 as many classes as it needs."""

pytestmark = pytest.mark.parametrize("name", DATASETS.names())


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))


@pytest.fixture
def options(name: str, tmp_path: Path) -> dict[str, Any]:
    """Options that load the data set from local files."""
    return WRITERS[name](tmp_path / "data") if name in WRITERS else {}


def few(data: Dataset) -> int:
    """Number of training images of a small budget."""
    return max(FEW, len(data.card.classes) + 7)


def rows(split: Split) -> list[bytes]:
    """The content of each image."""
    return [image.tobytes() for image in split.images]


def test_name_is_the_name_of_the_file(name: str) -> None:
    kind = DATASETS.load(name)
    assert issubclass(kind, Source)
    assert kind.name == name == kind.__module__.rpartition(".")[2]


def test_splits_are_what_the_card_says(name: str, options: dict[str, Any]) -> None:
    data = nasbench.load_dataset(name, **options)
    data.verify()
    channels, height, width = data.card.shape
    assert data.card.name == name
    assert data.card.counts == {split: len(getattr(data, split)) for split in SPLITS}
    for split in data.splits.values():
        assert split.images.dtype == np.uint8 and split.images.shape[1:] == (height, width, channels)
        assert split.labels.dtype == np.int64 and set(split.labels) <= set(range(len(data.card.classes)))
    assert set(data.train.labels) == set(range(len(data.card.classes)))
    assert len(set(data.card.classes)) == len(data.card.classes) >= 2
    assert data.card.licence and data.card.origin


def test_no_image_stands_in_two_splits(name: str, options: dict[str, Any]) -> None:
    data = nasbench.load_dataset(name, **options)
    train, validation, test = (set(rows(data.splits[split])) for split in SPLITS)
    assert not train & validation and not train & test and not validation & test


def test_the_card_normalises_the_training_images(name: str, options: dict[str, Any]) -> None:
    data = nasbench.load_dataset(name, **options)
    pixels = data.train.images.reshape(-1, data.card.shape[0]) / 255
    np.testing.assert_allclose(data.card.mean, pixels.mean(axis=0), rtol=1e-9)
    np.testing.assert_allclose(data.card.std, pixels.std(axis=0), rtol=1e-9)


def test_the_card_survives_json_and_names_no_place(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    card = nasbench.load_dataset(name, **options).card
    text = json.dumps(card.to_json())
    assert Card.from_json(json.loads(text)) == card
    assert str(tmp_path) not in text


def test_same_seed_same_arrays(name: str, options: dict[str, Any]) -> None:
    first, second = (nasbench.load_dataset(name, seed=3, **options) for _ in range(2))
    assert first.card == second.card
    for split in SPLITS:
        np.testing.assert_array_equal(first.splits[split].images, second.splits[split].images)
        np.testing.assert_array_equal(first.splits[split].labels, second.splits[split].labels)


def test_another_seed_draws_another_validation(name: str, options: dict[str, Any]) -> None:
    first, second = (nasbench.load_dataset(name, seed=seed, **options) for seed in (0, 1))
    assert first.card.sha256 != second.card.sha256
    assert set(rows(first.validation)) != set(rows(second.validation))


def test_small_budgets_are_the_beginning_of_large_ones(name: str, options: dict[str, Any]) -> None:
    whole = nasbench.load_dataset(name, **options)
    part = nasbench.load_dataset(name, train_images=few(whole), **options)
    part.verify()
    assert len(part.train) == few(whole) < len(whole.train)
    assert rows(part.train) == rows(whole.train)[: few(whole)]
    assert rows(part.validation) == rows(whole.validation) and rows(part.test) == rows(whole.test)


def test_splits_hold_each_class_in_its_share(name: str, options: dict[str, Any]) -> None:
    whole = nasbench.load_dataset(name, **options)
    part = nasbench.load_dataset(name, train_images=few(whole), **options)
    classes = len(whole.card.classes)
    drawn = np.concatenate([whole.train.labels, whole.validation.labels])
    share = np.bincount(drawn, minlength=classes) / len(drawn)
    for split in (part.train, whole.validation):
        counts = np.bincount(split.labels, minlength=classes)
        assert np.abs(counts - share * len(split)).max() <= 2


def test_validation_has_the_size_asked_for(name: str, options: dict[str, Any]) -> None:
    half = nasbench.load_dataset(name, validation_fraction=0.5, **options)
    assert abs(len(half.train) - len(half.validation)) <= 1
    exact = nasbench.load_dataset(name, validation_images=33, **options)
    assert len(exact.validation) == 33
    assert len(exact.train) + 33 == len(half.train) + len(half.validation)


@pytest.mark.parametrize("size", [6, 16])
def test_images_come_in_any_size(name: str, options: dict[str, Any], size: int) -> None:
    data = nasbench.load_dataset(name, image_size=size, **options)
    data.verify()
    assert data.card.shape[1:] == (size, size)
    assert data.card.options["image_size"] == size


def test_the_digest_sees_every_change(name: str, options: dict[str, Any]) -> None:
    data = nasbench.load_dataset(name, **options)
    for split in SPLITS:
        whole = data.splits[split]
        pixel = whole.images.copy()
        pixel[-1, 0, 0, 0] ^= 1
        order = np.arange(len(whole))[::-1]
        for changed in (Split(pixel, whole.labels), whole.take(order)):
            with pytest.raises(ValueError, match="digest"):
                replace(data, **{split: changed}).verify()


def test_images_cannot_be_written_to(name: str, options: dict[str, Any]) -> None:
    data = nasbench.load_dataset(name, **options)
    for split in data.splits.values():
        with pytest.raises(ValueError):
            split.images[0, 0, 0, 0] = 1
        with pytest.raises(ValueError):
            split.labels[0] = 1


def test_loading_draws_nothing_from_global_generators(name: str, options: dict[str, Any]) -> None:
    before = np.random.get_state()  # noqa: NPY002 - the state that must stay
    nasbench.load_dataset(name, **options)
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


def test_the_place_does_not_matter(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    if "root" not in options:
        pytest.skip(f"{name} reads no files")
    card = nasbench.load_dataset(name, **options).card
    shutil.copytree(tmp_path / "data", tmp_path / "moved")
    moved = tmp_path / "moved" / Path(options["root"]).relative_to(tmp_path / "data")
    assert nasbench.load_dataset(name, **{**options, "root": str(moved)}).card == card


def test_a_missing_place_is_named(name: str, options: dict[str, Any], tmp_path: Path) -> None:
    if "root" not in options:
        pytest.skip(f"{name} reads no files")
    with pytest.raises(FileNotFoundError, match="nowhere"):
        nasbench.load_dataset(name, **{**options, "root": tmp_path / "nowhere"})


def test_unknown_options_are_named(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' has no option 'image_sise'; did you mean 'image_size'"):
        nasbench.load_dataset(name, image_sise=8)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("image_size", 0),
        ("image_size", 8.5),
        ("train_images", -1),
        ("validation_images", True),
        ("validation_fraction", 0),
        ("validation_fraction", 1.0),
        ("test_fraction", "half"),
        ("seed", -1),
    ],
)
def test_options_out_of_range_are_named(name: str, option: str, value: object) -> None:
    with pytest.raises(ValueError, match=option):
        nasbench.load_dataset(name, **{option: value})


def test_more_images_than_there_are_is_an_error(name: str, options: dict[str, Any]) -> None:
    for option in ("train_images", "validation_images"):
        with pytest.raises(ValueError, match=option):
            nasbench.load_dataset(name, **{option: 10**6}, **options)
    with pytest.raises(ValueError, match="classes"):
        nasbench.load_dataset(name, train_images=1, **options)
