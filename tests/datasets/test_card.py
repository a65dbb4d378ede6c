"""Cards and splits check themselves, and a data set finds what its card does not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import nasbench
from datasets.card import Card
from datasets.dataset import Dataset, Raw, Split
from datasets.split import channel_statistics, content_keys, digest


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """A few digits."""
    return nasbench.load_dataset("digits", train_images=60)


def test_a_card_is_read_with_its_fields_and_no_others(digits: Dataset) -> None:
    record = digits.card.to_json()
    assert Card.from_json(record) == digits.card
    with pytest.raises(ValueError, match=r"missing \['sha256'\], unknown nothing"):
        Card.from_json({name: value for name, value in record.items() if name != "sha256"})
    with pytest.raises(ValueError, match=r"unknown \['colour'\]"):
        Card.from_json({**record, "colour": 1})


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("classes", ("one",), "at least 2 classes"),
        ("shape", (8, 8), "channels, height, width"),
        ("mean", (0.5, 0.5), "need 1 channels, got 2 and 1"),
        ("counts", {"train": 3}, "must name train, validation, test, got train"),
    ],
)
def test_a_card_checks_itself(digits: Dataset, field: str, value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(digits.card, **{field: value})


def test_a_card_says_itself_in_a_line(digits: Dataset) -> None:
    expected = f"digits: 60 train, 288 validation, 359 test; 10 classes, 8x8x1, {digits.card.sha256[:12]}"
    assert str(digits.card) == expected


def test_splits_check_themselves() -> None:
    images, labels = np.zeros((3, 4, 4, 1), dtype=np.uint8), np.zeros(3, dtype=np.int64)
    for wrong_images, wrong_labels, message in (
        (images.astype(float), labels, "images must be uint8"),
        (images[..., 0], labels, r"images must be uint8 \[N, height"),
        (images, labels.astype(np.int32), "labels must be int64"),
        (images, labels[:2], r"labels must be int64 \[3\]"),
    ):
        with pytest.raises(ValueError, match=message):
            Split(wrong_images, wrong_labels)
    Split(images, labels)
    images[0] = 1  # the caller's array stays the caller's


def test_what_a_source_reads_is_checked() -> None:
    images = np.zeros((3, 4, 4, 1), dtype=np.uint8)
    with pytest.raises(ValueError, match="labels must be 0 to 1"):
        Raw(("a", "b"), Split(images, np.array([0, 1, 2])))
    with pytest.raises(ValueError, match="labels must be 0 to 2"):
        Raw(("a", "b", "c"), Split(images, np.arange(3)), test=Split(images, np.array([0, -1, 2])))
    with pytest.raises(ValueError, match="class 'b' has no training images"):
        Raw(("a", "b"), Split(images, np.zeros(3, dtype=np.int64)))


def test_what_the_card_does_not_say_is_found(digits: Dataset) -> None:
    train = digits.train
    for changed, message in (
        ({"test": digits.test.take(np.arange(3))}, "counts 359 test images, there are 3"),
        ({"card": replace(digits.card, shape=(1, 8, 9))}, "the card says"),
        ({"card": replace(digits.card, classes=("a", "b"))}, "labels must be 0 to 1"),
        ({"train": Split(np.concatenate([digits.test.images[:1], train.images[1:]]), train.labels)}, "1 train images"),
        ({"train": Split(train.images, (train.labels + 1) % 10)}, "digest"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(digits, **changed).verify()


def test_the_digest_is_known() -> None:
    split = Split(np.arange(12, dtype=np.uint8).reshape(3, 2, 2, 1), np.arange(3))
    splits = {"train": split, "validation": split, "test": split}
    assert digest(splits) == "3523379b2e101f7b3d300f8568aad80ea3cd0af50b9e81bf0ad1de450b51ce4f"


def test_keys_are_equal_exactly_for_equal_images() -> None:
    images = np.random.default_rng(0).integers(0, 2, (300, 3, 2, 1), dtype=np.uint8)
    keys = content_keys(images)
    rows = images.reshape(300, -1)
    same = (rows[:, None] == rows[None]).all(axis=2)
    assert ((keys[:, None] == keys[None]) == same).all()
    np.testing.assert_array_equal(content_keys(images[:, ::-1]), content_keys(images[:, ::-1].copy()))


def test_statistics_are_those_of_numpy() -> None:
    images = np.random.default_rng(0).integers(0, 256, (50, 5, 4, 3), dtype=np.uint8)
    mean, std = channel_statistics(images)
    np.testing.assert_allclose(mean, (images / 255).mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(std, (images / 255).std(axis=(0, 1, 2)), rtol=1e-12)
