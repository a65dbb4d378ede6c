"""Speed, as processor time so that a busy machine changes little, and against the loop that it replaces."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

import nasbench
from datasets.augment import augment

REPEATS = 7


def seconds(function: Callable[[], object]) -> float:
    """Processor time of a call, the least of several."""
    times = []
    for _ in range(REPEATS):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def looped(batch: torch.Tensor, generator: torch.Generator, padding: int, size: int) -> torch.Tensor:
    """The batch augmented image by image, as transforms in a data loader do it."""
    count, _, height, width = batch.shape
    padded = functional.pad(batch, (padding,) * 4)
    moves = torch.randint(2 * padding + 1, (count, 2), generator=generator).tolist()
    coins = torch.randint(2, (count,), generator=generator).tolist()
    centres = torch.randint(height, (count, 2), generator=generator).tolist()
    out = torch.empty_like(batch)
    for place, ((down, right), coin, (y, x)) in enumerate(zip(moves, coins, centres, strict=True)):
        image = padded[place, :, down : down + height, right : right + width]
        out[place] = image.flip(2) if coin else image
        top, left = y - size // 2, x - size // 2
        out[place, :, max(top, 0) : top + size, max(left, 0) : left + size] = 0
    return out


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
def test_a_batch_at_once_is_faster_than_image_by_image(layout: torch.memory_format) -> None:
    generator = torch.Generator().manual_seed(0)
    batch = torch.randn(256, 3, 16, 16, generator=generator).contiguous(memory_format=layout)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        whole = seconds(lambda: augment(batch, generator, crop_padding=2, flip=True, cutout=4))
        loop = seconds(lambda: looped(batch, generator, 2, 4))
    finally:
        torch.set_num_threads(threads)
    assert loop / whole > 2  # about 7 on one core


def test_decoding_is_fast(tmp_path: Path) -> None:
    """60,000 images of 32x32 pixels in 30 seconds are 2,000 a second; a slow machine has twice as long."""
    images = np.random.default_rng(0).integers(0, 256, (1000, 8, 8, 3), dtype=np.uint8)
    for place, image in enumerate(images):
        folder = tmp_path / "train" / str(place % 2)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).resize((32, 32), Image.Resampling.BICUBIC).save(folder / f"{place}.jpg")
    start = time.process_time()
    nasbench.load_dataset("image_folder", root=tmp_path, image_size=16)
    assert time.process_time() - start < 1.0
    start = time.process_time()
    nasbench.load_dataset("image_folder", root=tmp_path, image_size=16)
    assert time.process_time() - start < 0.25
