"""The images that zero-cost proxies look at: real ones of a data set, or noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nasbench.plan import Skeleton
from nasbench.registry import missing_extra

if TYPE_CHECKING:
    import torch

    from datasets.dataset import Dataset, Split


@dataclass(frozen=True)
class Batch:
    """What proxies look at: float images [n, channels, height, width] and int64 labels [n]."""

    images: torch.Tensor
    labels: torch.Tensor


def random_batch(skeleton: Skeleton, images: int = 64, seed: int = 0) -> Batch:
    """Standard normal images of the skeleton's shape with labels in turn; the same for the same seed."""
    with missing_extra("a batch of images"):
        import torch
    generator = torch.Generator().manual_seed(seed)
    return Batch(
        torch.randn(images, *skeleton.input_shape, generator=generator), torch.arange(images) % skeleton.classes
    )


def dataset_batch(dataset: Dataset, images: int = 64, seed: int = 0) -> Batch:
    """Training images of a data set, normalised, drawn without replacement; the same for the same seed.

    Raises:
        ValueError: the data set has fewer images.
    """
    with missing_extra("a batch of images"):
        from datasets.tensors import to_tensors
    return Batch(*to_tensors(batch_split(dataset, images, seed), dataset.card, "cpu"))


def batch_split(dataset: Dataset, images: int, seed: int) -> Split:
    """The images of :func:`dataset_batch` as they are, for those who have no torch.

    Raises:
        ValueError: the data set has fewer images.
    """
    if not 1 <= images <= len(dataset.train):
        raise ValueError(f"expected 1 to {len(dataset.train)} images of {dataset.card.name}, got {images}")
    return dataset.train.take(np.random.default_rng(seed).permutation(len(dataset.train))[:images])
