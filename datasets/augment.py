"""Augmentation of a whole batch at once: crop, flip, cutout as pure functions of (batch, generator).

Batches are [N, C, H, W] of any type and memory layout, on any device; the result is a new batch of the same shape,
type, device and layout. Each image has its own random draw. Random numbers come from ``generator`` on its own device,
so that a CPU generator gives the same augmentation on every device. Filled pixels are 0, which after normalisation is
the mean colour.

Inside, a batch is seen as planes [N, P, H, W, K], contiguous in memory: one plane of C numbers a pixel where channels
are last, C planes of one number otherwise. Pieces of rows are then copied as they lie.
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
        batch = _cutout(batch, generator, cutout)
    return batch


def random_crop(batch: torch.Tensor, generator: torch.Generator, padding: int) -> torch.Tensor:
    """Each image moved by -padding to +padding pixels in both directions, uniformly; pixels from outside are 0.

    Args:
        batch: images [N, C, H, W].
        generator: where chance comes from.
        padding: largest move, in pixels.

    Raises:
        ValueError: ``padding`` is negative, or the batch not of four dimensions.
    """
    planes = _planes(batch, padding, "padding")
    count, depth, height, width, numbers = planes.shape
    down, right = _draw(2 * padding + 1, (2, count, 1, 1), generator, batch)
    padded = functional.pad(planes, (0, 0, padding, padding, padding, padding))
    high, wide = padded.shape[2:4]
    plane = torch.arange(count * depth, device=batch.device).view(count, depth, 1)
    starts = (plane * high + down + torch.arange(height, device=batch.device)) * wide + right  # first pixel of each row
    pieces = max(count * depth * high * wide - width + 1, 0)
    rows = padded.as_strided((pieces, width * numbers), (numbers, 1))  # the piece of a row that begins at each pixel
    return _batch(rows.index_select(0, starts.view(-1)).view(planes.shape), batch)


def random_flip(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each image mirrored left to right with probability one half.

    Raises:
        ValueError: the batch is not of four dimensions.
    """
    planes = _planes(batch)
    mirrored = _draw(2, (len(batch),), generator, batch).nonzero()[:, 0]
    return _batch(planes.index_copy(0, mirrored, planes.index_select(0, mirrored).flip(3)), batch)


def cutout(batch: torch.Tensor, generator: torch.Generator, size: int) -> torch.Tensor:
    """Each image with a square of ``size`` pixels a side set to 0, its centre uniform in the image, cut off at borders.

    DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.

    Raises:
        ValueError: ``size`` is negative, or the batch not of four dimensions.
    """
    planes = _planes(batch, size, "size")
    count, depth, height, width, numbers = planes.shape
    side = torch.arange(size, device=batch.device) - size // 2
    # Moved to the border, rows and columns from outside fall on ones that are in the square anyway.
    rows = (_draw(height, (count, 1, 1, 1), generator, batch) + side[:, None]).clamp_(0, height - 1)
    columns = (_draw(width, (count, 1, 1, 1), generator, batch) + side).clamp_(0, width - 1)
    plane = torch.arange(count * depth, device=batch.device).view(count, depth, 1, 1)
    pixels = (plane * height + rows) * width + columns
    return _batch(planes.reshape(-1, numbers).index_fill(0, pixels.view(-1), 0).view(planes.shape), batch)


_cutout = cutout  # a second name, for the function with a keyword of the first


def _planes(batch: torch.Tensor, amount: int = 0, name: str = "") -> torch.Tensor:
    """The batch as planes, copied only where its memory is neither contiguous nor channels-last."""
    if batch.ndim != 4:
        raise ValueError(f"a batch has shape [N, C, H, W], got {list(batch.shape)}")
    if amount < 0:
        raise ValueError(f"{name} must be at least 0 pixels, got {amount}")
    if _channels_last(batch):
        return batch.permute(0, 2, 3, 1).unsqueeze(1)
    return batch.contiguous().unsqueeze(4)


def _batch(planes: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Planes as a batch again; the inverse of :func:`_planes`."""
    return planes.squeeze(1).permute(0, 3, 1, 2) if _channels_last(like) else planes.squeeze(4)


def _channels_last(batch: torch.Tensor) -> bool:
    return batch.is_contiguous(memory_format=torch.channels_last) and not batch.is_contiguous()


def _draw(below: int, shape: tuple[int, ...], generator: torch.Generator, batch: torch.Tensor) -> torch.Tensor:
    """Whole numbers from 0 to ``below`` - 1, drawn on the generator's device and put on the batch's."""
    return torch.randint(below, shape, generator=generator, device=generator.device).to(batch.device)
