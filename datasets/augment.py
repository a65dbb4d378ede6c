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
    """The batch cropped, then flipped, then cut out, as by the three functions below.

    Args:
        batch: images [N, C, H, W].
        generator: where chance comes from; what is left out draws nothing.
        crop_padding: padding of :func:`random_crop`; 0 leaves it out.
        flip: whether :func:`random_flip` is done.
        cutout: size of :func:`cutout`; 0 leaves it out.

    Raises:
        ValueError: a size is negative, or the batch not of four dimensions.
    """
    planes = _planes(batch, min(crop_padding, cutout), "crop_padding and cutout")
    planes = _cropped(planes, generator, crop_padding) if crop_padding else planes.clone()
    if flip:
        _flip(planes, generator)
    if cutout:
        _cut(planes, generator, cutout)
    return _batch(planes, batch)


def random_crop(batch: torch.Tensor, generator: torch.Generator, padding: int) -> torch.Tensor:
    """Each image moved by -padding to +padding pixels in both directions, uniformly; pixels from outside are 0.

    Raises:
        ValueError: ``padding`` is negative, or the batch not of four dimensions.
    """
    return _batch(_cropped(_planes(batch, padding, "padding"), generator, padding), batch)


def random_flip(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each image mirrored left to right with probability one half.

    Raises:
        ValueError: the batch is not of four dimensions.
    """
    return _batch(_flip(_planes(batch).clone(), generator), batch)


def cutout(batch: torch.Tensor, generator: torch.Generator, size: int) -> torch.Tensor:
    """Each image with a square of ``size`` pixels a side set to 0, its centre uniform in the image, cut off at borders.

    DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.

    Raises:
        ValueError: ``size`` is negative, or the batch not of four dimensions.
    """
    return _batch(_cut(_planes(batch, size, "size").clone(), generator, size), batch)


def _cropped(planes: torch.Tensor, generator: torch.Generator, padding: int) -> torch.Tensor:
    """New planes, moved."""
    count, depth, height, width, numbers = planes.shape
    down, right = _draw(2 * padding + 1, (2, count, 1, 1), generator, planes.device)
    padded = functional.pad(planes, (0, 0, padding, padding, padding, padding))
    high, wide = padded.shape[2:4]
    plane = torch.arange(count * depth, device=planes.device).view(count, depth, 1)
    starts = (plane * high + down + torch.arange(height, device=planes.device)) * wide + right  # where each row begins
    pieces = max(count * depth * high * wide - width + 1, 0)
    rows = padded.as_strided((pieces, width * numbers), (numbers, 1))  # the piece of a row that begins at each pixel
    return rows.index_select(0, starts.view(-1)).view(planes.shape)


def _flip(planes: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The same planes, some mirrored."""
    mirrored = _draw(2, (len(planes),), generator, planes.device).nonzero()[:, 0]
    return planes.index_copy_(0, mirrored, planes.index_select(0, mirrored).flip(3))


def _cut(planes: torch.Tensor, generator: torch.Generator, size: int) -> torch.Tensor:
    """The same planes with squares set to 0."""
    count, depth, height, width, numbers = planes.shape
    side = torch.arange(size, device=planes.device) - size // 2
    # Moved to the border, rows and columns from outside fall on ones that are in the square anyway.
    rows = (_draw(height, (count, 1, 1, 1), generator, planes.device) + side[:, None]).clamp_(0, height - 1)
    columns = (_draw(width, (count, 1, 1, 1), generator, planes.device) + side).clamp_(0, width - 1)
    plane = torch.arange(count * depth, device=planes.device).view(count, depth, 1, 1)
    pixels = (plane * height + rows) * width + columns
    planes.view(-1, numbers).index_fill_(0, pixels.view(-1), 0)
    return planes


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


def _draw(below: int, shape: tuple[int, ...], generator: torch.Generator, device: torch.device) -> torch.Tensor:
    """Whole numbers from 0 to ``below`` - 1, drawn on the generator's device and put on another."""
    return torch.randint(below, shape, generator=generator, device=generator.device).to(device)
