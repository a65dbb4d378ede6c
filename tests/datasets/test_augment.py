"""Augmentation: what it may do to a batch, how often, and that it does nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from datasets.augment import augment, cutout, random_crop, random_flip

FORMATS = (torch.contiguous_format, torch.channels_last)
FUNCTIONS = {
    "crop": lambda batch, generator: random_crop(batch, generator, 2),
    "flip": random_flip,
    "cutout": lambda batch, generator: cutout(batch, generator, 3),
    "all": lambda batch, generator: augment(batch, generator, crop_padding=1, flip=True, cutout=2),
}

shapes = st.tuples(st.integers(1, 6), st.sampled_from([1, 3, 4]), st.integers(1, 9), st.integers(1, 9))
layouts = st.sampled_from(FORMATS)
seeds = st.integers(0, 2**31)


def generator(seed: int) -> torch.Generator:
    """A generator with this seed."""
    return torch.Generator().manual_seed(seed)


def numbered(shape: tuple[int, ...], layout: torch.memory_format = torch.contiguous_format) -> torch.Tensor:
    """A batch in which every number is different and none is 0."""
    return (torch.arange(float(np.prod(shape))) + 1).view(shape).contiguous(memory_format=layout)


def moved(image: torch.Tensor, down: int, right: int) -> torch.Tensor:
    """The image [C, H, W] seen through a window moved down and right, 0 outside; one pixel at a time."""
    out = torch.zeros_like(image)
    _, height, width = image.shape
    for y in range(height):
        for x in range(width):
            if 0 <= y + down < height and 0 <= x + right < width:
                out[:, y, x] = image[:, y + down, x + right]
    return out


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@given(shape=shapes, layout=layouts, seed=seeds, kind=st.sampled_from([torch.float32, torch.float16, torch.uint8]))
def test_it_is_pure(function, shape, layout, seed, kind) -> None:
    batch = numbered(shape, layout).to(kind)
    before, state = batch.clone(), torch.random.get_rng_state()
    first = function(batch, generator(seed))
    again = function(batch, generator(seed))
    assert torch.equal(batch, before)
    assert torch.equal(first, again)
    assert first.shape == batch.shape and first.dtype == kind and first.device == batch.device
    assert first.data_ptr() != batch.data_ptr()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert first.is_contiguous(memory_format=layout)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@given(shape=shapes, seed=seeds)
def test_the_layout_changes_nothing(function, shape, seed) -> None:
    plain, last = (function(numbered(shape, layout), generator(seed)) for layout in FORMATS)
    assert torch.equal(plain, last)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_views_and_empty_batches(function) -> None:
    whole = numbered((8, 3, 6, 6))
    assert torch.equal(function(whole[1::2], generator(4)), function(whole[1::2].clone(), generator(4)))
    turned = whole.transpose(2, 3)
    assert torch.equal(function(turned, generator(4)), function(turned.contiguous(), generator(4)))
    assert function(whole[:0], generator(4)).shape == (0, 3, 6, 6)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_the_generator_decides(function) -> None:
    batch = numbered((32, 3, 8, 8))
    source = generator(1)
    first, second = function(batch, source), function(batch, source)
    assert not torch.equal(first, second)
    assert not torch.equal(first, function(batch, generator(2)))


@given(shapes, layouts, seeds, st.integers(0, 4))
def test_a_crop_moves_each_image(shape, layout, seed, padding) -> None:
    batch = numbered(shape, layout)
    moves = [(y, x) for y in range(-padding, padding + 1) for x in range(-padding, padding + 1)]
    for image, out in zip(batch, random_crop(batch, generator(seed), padding), strict=True):
        assert any(torch.equal(out, moved(image, y, x)) for y, x in moves)


@given(shapes, layouts, seeds)
def test_a_flip_mirrors_or_keeps_each_image(shape, layout, seed) -> None:
    batch = numbered(shape, layout)
    for image, out in zip(batch, random_flip(batch, generator(seed)), strict=True):
        assert torch.equal(out, image) or torch.equal(out, image.flip(2))


@given(shapes, layouts, seeds, st.integers(0, 12))
def test_a_cutout_empties_one_square_and_keeps_the_rest(shape, layout, seed, size) -> None:
    batch = numbered(shape, layout)
    height, width = shape[2:]
    for image, out in zip(batch, cutout(batch, generator(seed), size), strict=True):
        allowed = [
            (y, x)
            for y in range(-(size // 2), height - size // 2)
            for x in range(-(size // 2), width - size // 2)
            if torch.equal(out, emptied(image, y, x, size))
        ]
        assert allowed


def emptied(image: torch.Tensor, top: int, left: int, size: int) -> torch.Tensor:
    """The image with a square set to 0, as far as it lies inside."""
    out = image.clone()
    out[:, max(top, 0) : max(top + size, 0), max(left, 0) : max(left + size, 0)] = 0
    return out


def test_crops_are_uniform_and_independent() -> None:
    batch = numbered((1, 1, 5, 5)).expand(20_000, 1, 5, 5)
    corner = random_crop(batch, generator(0), 2)[:, 0, 2, 2]  # the number in the middle tells the move
    counts = torch.bincount(corner.long(), minlength=26)[1:]
    assert len(counts) == 25 and abs(counts - 800).max() < 5 * 800**0.5


def test_flips_are_fair_and_independent() -> None:
    batch = numbered((1, 1, 1, 2)).expand(20_000, 1, 1, 2)
    coins = (random_flip(batch, generator(0))[:, 0, 0, 0] == 2).double()
    assert abs(coins.mean() - 0.5) < 5 * 0.5 / 20_000**0.5
    pairs = (coins[1:] * coins[:-1]).mean()
    assert abs(pairs - 0.25) < 0.02


def test_cutouts_have_uniform_centres() -> None:
    batch = torch.ones(1, 1, 7, 7).expand(24_500, 1, 7, 7)
    empty = cutout(batch, generator(0), 1)[:, 0] == 0
    counts = empty.sum(dim=0)
    assert (empty.sum(dim=(1, 2)) == 1).all()
    assert abs(counts - 500).max() < 5 * 500**0.5


def test_sizes_of_cutouts() -> None:
    inside = cutout(torch.ones(500, 1, 64, 64), generator(0), 8)
    areas = (inside == 0).sum(dim=(1, 2, 3))
    assert areas.max() == 64 and areas.min() >= 16  # a corner keeps a quarter
    assert (cutout(torch.ones(50, 1, 4, 4), generator(0), 99) == 0).all()
    odd = (cutout(torch.ones(500, 1, 32, 32), generator(0), 5) == 0).sum(dim=(1, 2, 3))
    assert odd.max() == 25 and odd.min() >= 9


def test_augment_is_its_parts_in_order() -> None:
    batch = numbered((16, 3, 8, 8))
    source = generator(3)
    expected = cutout(random_flip(random_crop(batch, source, 2), source), source, 4)
    assert torch.equal(augment(batch, generator(3), crop_padding=2, flip=True, cutout=4), expected)
    source = generator(3)
    assert torch.equal(augment(batch, generator(3), flip=True), random_flip(batch, source))


def test_nothing_asked_for_is_nothing_done() -> None:
    batch, source = numbered((4, 3, 8, 8)), generator(3)
    state = source.get_state()
    same = augment(batch, source)
    assert torch.equal(same, batch) and same.data_ptr() != batch.data_ptr()
    assert torch.equal(source.get_state(), state)
    assert torch.equal(random_crop(batch, source, 0), batch)
    assert torch.equal(cutout(batch, source, 0), batch)


def test_mistakes_are_named() -> None:
    with pytest.raises(ValueError, match=r"\[N, C, H, W\], got \[3, 8, 8\]"):
        random_flip(torch.zeros(3, 8, 8), generator(0))
    with pytest.raises(ValueError, match="padding must be at least 0 pixels, got -1"):
        random_crop(torch.zeros(1, 3, 8, 8), generator(0), -1)
    with pytest.raises(ValueError, match="crop_padding and cutout must be at least 0 pixels, got -2"):
        augment(torch.zeros(1, 3, 8, 8), generator(0), cutout=-2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize("layout", FORMATS, ids=str)
def test_every_device_gives_the_same(function, layout) -> None:
    batch = numbered((16, 3, 8, 8), layout)
    on_device = function(batch.to("cuda"), generator(5))
    assert on_device.device.type == "cuda"
    assert torch.equal(on_device.cpu(), function(batch, generator(5)))
    local = torch.Generator("cuda").manual_seed(5)
    assert function(batch.to("cuda"), local).device.type == "cuda"
