"""Splits as tensors: normalised by the card, in either memory layout, apart from the arrays."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import nasbench
from datasets.dataset import Dataset
from datasets.tensors import to_tensors


@pytest.fixture(scope="module")
def digits() -> Dataset:
    """The digits, in three dimensions of size."""
    return nasbench.load_dataset("digits", train_images=100)


@pytest.mark.parametrize("channels_last", [False, True])
def test_the_training_images_are_normalised(digits: Dataset, channels_last: bool) -> None:
    images, labels = to_tensors(digits.train, digits.card, channels_last=channels_last)
    assert images.shape == (100, 1, 8, 8) and images.dtype == torch.float32
    assert labels.dtype == torch.int64 and labels.tolist() == digits.train.labels.tolist()
    assert abs(images.mean()) < 1e-5 and abs(images.std(correction=0) - 1) < 1e-5


def test_each_number_is_the_pixel_normalised(digits: Dataset) -> None:
    images, _ = to_tensors(digits.test, digits.card)
    expected = (digits.test.images / 255 - digits.card.mean) / digits.card.std
    np.testing.assert_allclose(images.numpy().transpose(0, 2, 3, 1), expected, rtol=1e-4, atol=1e-5)


def test_layouts_hold_the_same_numbers(tmp_path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "x.npz", x=rng.integers(0, 256, (40, 6, 5, 3), dtype=np.uint8), y=np.arange(40) % 2)
    data = nasbench.load_dataset("arrays", root=tmp_path / "x.npz")
    plain, _ = to_tensors(data.train, data.card)
    last, _ = to_tensors(data.train, data.card, channels_last=True)
    assert plain.is_contiguous() and last.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(plain, last)


def test_tensors_do_not_share_memory_with_the_arrays(digits: Dataset) -> None:
    images, labels = to_tensors(digits.train, digits.card)
    images.zero_()
    labels.zero_()
    digits.verify()


def test_a_channel_that_never_varies_is_centred(tmp_path) -> None:
    images = np.full((40, 4, 4, 2), 51, dtype=np.uint8)
    images[..., 1] = np.arange(40)[:, None, None]
    np.savez(tmp_path / "x.npz", x=images, y=np.arange(40) % 2)
    data = nasbench.load_dataset("arrays", root=tmp_path / "x.npz")
    tensors, _ = to_tensors(data.train, data.card)
    assert data.card.std[0] == 0
    assert abs(tensors[:, 0]).max() < 1e-6 and torch.isfinite(tensors).all()
