"""Splits as tensors on a device, normalised."""

from __future__ import annotations

import numpy as np
import torch

from datasets.dataset import Card, Split


def to_tensors(
    split: Split, card: Card, device: str | torch.device = "cpu", channels_last: bool = False
) -> tuple[torch.Tensor, torch.Tensor]:
    """Images float32 [N, C, H, W] with each channel of the training split at mean 0 and deviation 1, labels int64 [N].

    Args:
        split: the images and labels.
        card: the card whose mean and std normalise them; a channel that never varies is only centred.
        device: where the tensors are put.
        channels_last: whether the memory is laid out as [N, H, W, C], which convolutions on a CPU like better.
    """
    images = torch.from_numpy(np.array(split.images)).to(device).permute(0, 3, 1, 2)
    layout = torch.channels_last if channels_last else torch.contiguous_format
    values = images.to(torch.float32, memory_format=layout)
    mean = torch.tensor(card.mean, dtype=torch.float32, device=device).view(1, -1, 1, 1)
    std = torch.tensor([s or 1.0 for s in card.std], dtype=torch.float32, device=device).view(1, -1, 1, 1)
    values.div_(255).sub_(mean).div_(std)
    return values, torch.from_numpy(np.array(split.labels)).to(device)
