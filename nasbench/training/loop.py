"""Trains one network on images that live in memory, one record an epoch.

The same code runs on a CPU (channels-last, denormals flushed while it computes) and on CUDA (no transfer and no
synchronisation inside an epoch). What is trained, and what becomes of the records, is decided elsewhere.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from datasets.augment import augment
from datasets.dataset import Dataset
from datasets.tensors import to_tensors
from nasbench.training.recipe import Recipe

EVALUATION_BATCH = 500

Objective = Callable[[nn.Module, torch.Tensor, torch.Tensor, Recipe], tuple[torch.Tensor, torch.Tensor]]
"""Of network, images, labels and recipe: the logits, and the loss that is descended."""


class TrainingFailed(RuntimeError):
    """A training that diverged; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Images:
    """A data set's splits as tensors on one device: each (images [N, C, H, W], labels [N])."""

    train: tuple[torch.Tensor, torch.Tensor]
    validation: tuple[torch.Tensor, torch.Tensor]
    test: tuple[torch.Tensor, torch.Tensor]

    @classmethod
    def of(cls, dataset: Dataset, device: torch.device) -> Images:
        """The splits of a data set, normalised, on a device; channels last in memory."""
        train, validation, test = (
            to_tensors(split, dataset.card, device, channels_last=True)
            for split in (dataset.train, dataset.validation, dataset.test)
        )
        return cls(train, validation, test)


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch: losses in nats, accuracies in percent, seconds of training and validation together."""

    train_loss: float
    train_accuracy: float
    val_loss: float
    val_accuracy: float
    seconds: float


def train(network: nn.Module, images: Images, recipe: Recipe, seed: int) -> Iterator[EpochRecord]:
    """Trains ``network`` in place, yielding a record after each epoch.

    Args:
        network: on the device of ``images``.
        images: the splits; the test split is not read.
        recipe: the hyper-parameters.
        seed: of the order of images and of augmentation.

    Raises:
        TrainingFailed: a loss is not finite; the weights are spent.
    """
    device = images.train[0].device
    network.to(device).to(memory_format=torch.channels_last)
    optimizer = make_optimizer(network, recipe)
    generator = torch.Generator(device=device).manual_seed(seed)
    for epoch in range(recipe.epochs):
        yield train_epoch(network, images, recipe, optimizer, generator, epoch)


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.SGD:
    """The SGD that a recipe asks for, over all weights of a network that is on its device."""
    return torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        fused=True,
    )


def plain_objective(
    network: nn.Module, x: torch.Tensor, y: torch.Tensor, recipe: Recipe
) -> tuple[torch.Tensor, torch.Tensor]:
    """The logits, and the cross-entropy of the network's one output."""
    with autocast(x.device, recipe):
        logits = network(x)
    return logits, functional.cross_entropy(logits.float(), y, label_smoothing=recipe.label_smoothing)


@contextlib.contextmanager
def flushed_denormals() -> Iterator[None]:
    """A context in which this thread takes numbers below the normal ones as zero; afterwards it is as it was.

    They are of no use to a training and cost a CPU a hundred times the work of others.
    """
    before = sys.float_info.min / 2 == 0
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


@flushed_denormals()
def train_epoch(
    network: nn.Module,
    images: Images,
    recipe: Recipe,
    optimizer: torch.optim.Optimizer,
    generator: torch.Generator,
    epoch: int,
    objective: Objective = plain_objective,
    gradient_clip: float = 0.0,
) -> EpochRecord:
    """What became of one epoch: the network trained in place, then evaluated on validation images.

    Args:
        network: in channels-last memory, on the device of ``images``.
        images: the splits; the test split is not read.
        recipe: the hyper-parameters.
        optimizer: of :func:`make_optimizer`.
        generator: of the order of images and of augmentation.
        epoch: counted from zero; it says where the learning rate is.
        objective: the loss that is descended.
        gradient_clip: greatest norm of the gradient of all weights together; 0 for any.

    Raises:
        TrainingFailed: a loss is not finite; the weights are spent.
    """
    start = time.perf_counter()
    network.train()
    inputs, labels = images.train
    device = inputs.device
    batch = min(recipe.batch_size, len(labels))
    steps = len(labels) // batch
    loss_sum = torch.zeros((), device=device)
    correct = torch.zeros((), device=device, dtype=torch.int64)
    order = torch.randperm(len(labels), generator=generator, device=device)
    for step in range(steps):
        chosen = order[step * batch : (step + 1) * batch]
        x = augment(inputs[chosen], generator, crop_padding=recipe.crop_padding, flip=recipe.flip, cutout=recipe.cutout)
        y = labels[chosen]
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate_at((epoch * steps + step) / (recipe.epochs * steps))
        logits, loss = objective(network, x, y, recipe)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if gradient_clip:
            nn.utils.clip_grad_norm_(network.parameters(), gradient_clip)
        optimizer.step()
        loss_sum += loss.detach()
        correct += (logits.detach().argmax(1) == y).sum()
    train_loss = float(loss_sum) / steps
    val_loss, val_accuracy = evaluate(network, images.validation, recipe)
    for name, value in (("training", train_loss), ("validation", val_loss)):
        if not math.isfinite(value):
            raise TrainingFailed(f"{name} loss is {value} in epoch {epoch + 1}")
    return EpochRecord(
        train_loss=train_loss,
        train_accuracy=100.0 * int(correct) / (steps * batch),
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        seconds=time.perf_counter() - start,
    )


@flushed_denormals()
@torch.inference_mode()
def evaluate(network: nn.Module, split: tuple[torch.Tensor, torch.Tensor], recipe: Recipe) -> tuple[float, float]:
    """Mean cross-entropy in nats and accuracy in percent on a split, in evaluation mode."""
    network.eval()
    inputs, labels = split
    loss_sum = torch.zeros((), device=inputs.device, dtype=torch.float64)
    correct = torch.zeros((), device=inputs.device, dtype=torch.int64)
    for x, y in zip(inputs.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True):
        with autocast(inputs.device, recipe):
            logits = network(x)
        loss_sum += functional.cross_entropy(logits.float(), y, reduction="sum")
        correct += (logits.argmax(1) == y).sum()
    return float(loss_sum) / len(labels), 100.0 * int(correct) / len(labels)


def autocast(device: torch.device, recipe: Recipe) -> torch.autocast:
    """The context in which the network runs: bfloat16 where the recipe says so."""
    return torch.autocast(device.type, torch.bfloat16, enabled=recipe.precision == "bfloat16")
