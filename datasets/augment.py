"""Augmentation of a whole batch at once: crop, flip, cutout as pure functions of (batch, generator).

Batches are floating-point [N, C, H, W] of any memory layout, on any device; the result is a new batch of the same
shape, type, device and layout. Each image has its own random draw. Random numbers come from ``generator`` on its own
device, so that a CPU generator gives the same augmentation on every device. Filled pixels are 0, which after normalisation is the
mean colour.
"""

from __future__ import annotations

import torch
from torch.nn import functional


def augment(
    batch: torch.Tensor, generator: torch.Generator, *, crop_padding: int = 0, flip: bool = False, cutout: int = 0
) -> torch.Tensor:
    """The batch cropped, then flipped, then cut out; what is 0 or False is left out and draws nothing."""
    if crop_padding:
        batch = random_crop(batch, generator, crop_padding)
    if flip:
        batch = random_flip(batch, generator)
    if cutout:
        batch = _cut(batch, generator, cutout)
    return batch


def random_crop(batch: torch.Tensor, generator: torch.Generator, padding: int) -> torch.Tensor:
    """Each image moved by -padding to +padding pixels in both directions, uniformly; pixels from outside are 0."""
    count, channels, height, width = batch.shape
    down, right = _draw(2 * padding + 1, (2, count), generator, batch)
    padded = functional.pad(batch.permute(0, 2, 3, 1), (0, 0, padding, padding, padding, padding))
    rows = down[:, None] + torch.arange(height, device=batch.device)
    columns = right[:, None] + torch.arange(width, device=batch.device)
    image = torch.arange(count, device=batch.device)[:, None]
    wide = width + 2 * padding
    places = ((image * (height + 2 * padding) + rows) * wide)[:, :, None] + columns[:, None, :]
    out = padded.reshape(-1, channels)[places.view(-1)].view(count, height, width, channels).permute(0, 3, 1, 2)
    return out.contiguous(memory_format=_layout(batch))


def random_flip(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each image mirrored left to right with probability one half."""
    coins = _draw(2, (len(batch), 1, 1, 1), generator, batch).bool()
    return torch.where(coins, batch.flip(3), batch).contiguous(memory_format=_layout(batch))


def cutout(batch: torch.Tensor, generator: torch.Generator, size: int) -> torch.Tensor:
    """Each image with a square of ``size`` pixels set to 0, its centre uniform in the image, cut off at the border.

    DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.
    """
    height, width = batch.shape[2:]
    top = _draw(height, (len(batch), 1), generator, batch) - size // 2
    left = _draw(width, (len(batch), 1), generator, batch) - size // 2
    y, x = torch.arange(height, device=batch.device), torch.arange(width, device=batch.device)
    rows, columns = (y >= top) & (y < top + size), (x >= left) & (x < left + size)
    return batch.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0)


def _draw(below: int, shape: tuple[int, ...], generator: torch.Generator, batch: torch.Tensor) -> torch.Tensor:
    """Whole numbers from 0 to ``below`` - 1, drawn on the generator's device and put on the batch's."""
    return torch.randint(below, shape, generator=generator, device=generator.device).to(batch.device)


def _layout(batch: torch.Tensor) -> torch.memory_format:
    last = batch.is_contiguous(memory_format=torch.channels_last) and not batch.is_contiguous()
    return torch.channels_last if last else torch.contiguous_format


_cut = cutout  # under another name, for the function that has a keyword ``cutout``
