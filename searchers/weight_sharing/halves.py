"""Two halves of a data set's images on one device: one trains shared weights, the other the architecture."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch

from datasets.augment import augment
from datasets.dataset import Dataset
from datasets.tensors import to_tensors
from nasbench.training.recipe import Recipe


class Batch(NamedTuple):
    """Images [N, C, H, W] and their classes [N]."""

    images: torch.Tensor
    labels: torch.Tensor


@dataclass(frozen=True, slots=True)
class Halves:
    """The images that train shared weights, and those that architectures are chosen by, normalised; no test images."""

    train: Batch
    validation: Batch

    @classmethod
    def of(cls, dataset: Dataset, device: torch.device) -> Halves:
        """The training and validation split of a data set on a device; its test split is not read."""
        card = dataset.card
        return cls(
            Batch(*to_tensors(dataset.train, card, device, channels_last=True)),
            Batch(*to_tensors(dataset.validation, card, device, channels_last=True)),
        )

    def steps(self, recipe: Recipe) -> int:
        """Steps of an epoch: whole batches of the training half."""
        return max(1, len(self.train.labels) // recipe.batch_size)

    def batches(self, recipe: Recipe, seed: int) -> Iterator[tuple[Batch, Batch]]:
        """Pairs of a batch of each half, in an order and with an augmentation that come from the seed alone.

        The validation half starts again, in another order, where it is the smaller one.
        """
        generator = torch.Generator().manual_seed(seed)
        streams = [_endless(half, recipe, generator) for half in (self.train, self.validation)]
        for _ in range(self.steps(recipe)):
            yield next(streams[0]), next(streams[1])


def _endless(half: Batch, recipe: Recipe, generator: torch.Generator) -> Iterator[Batch]:
    count, size = len(half.labels), min(recipe.batch_size, len(half.labels))
    while True:
        order = torch.randperm(count, generator=generator).to(half.labels.device)
        for start in range(0, count - size + 1, size):
            chosen = order[start : start + size]
            images = augment(
                half.images[chosen],
                generator,
                crop_padding=recipe.crop_padding,
                flip=recipe.flip,
                cutout=recipe.cutout,
            )
            yield Batch(images, half.labels[chosen])
