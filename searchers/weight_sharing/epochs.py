"""The epochs of a one-shot search, one after the other, each followed by what the searcher would give now."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch

from nasbench.space import Architecture
from nasbench.training.loop import flushed_denormals
from searchers.weight_sharing.halves import Batch, Halves
from searchers.weight_sharing.history import History, entropy
from searchers.weight_sharing.searcher import OneShotSearcher
from searchers.weight_sharing.shared import JUDGED_AT_ONCE

Stepped = Callable[[int], None]
"""Called after steps, with their number."""


def run_epoch(
    searcher: OneShotSearcher, halves: Halves, history: History, seed: int, judged_images: int, stepped: Stepped
) -> None:
    """Trains an epoch and adds it to the history.

    Args:
        searcher: it and its shared weights learn.
        halves: the images.
        history: epochs so far; their number says which epoch this is.
        seed: the search's; the order of images depends on it and the epoch.
        judged_images: validation images by which the epoch's architecture is judged.
        stepped: called after each step.

    Raises:
        ValueError: the loss is not finite; the message says what to do.
    """
    began = time.perf_counter()
    loss, accuracy = _train(searcher, halves, len(history), seed, stepped)
    trained = time.perf_counter()
    architecture = searcher.choose(lambda cells: judge(searcher, halves, cells, JUDGED_AT_ONCE)[:, 1])
    ((val_loss, val_accuracy),) = judge(searcher, halves, [architecture], judged_images)
    strengths = searcher.strengths()
    history.add(
        strengths=strengths,
        choices=architecture.choices,
        entropy=entropy(strengths),
        skips=searcher.cells.skips(architecture),
        train_loss=loss,
        train_accuracy=accuracy,
        val_loss=val_loss,
        val_accuracy=val_accuracy,
        seconds=trained - began,
        choosing_seconds=time.perf_counter() - trained,
    )


def judge(searcher: OneShotSearcher, halves: Halves, cells: Sequence[Architecture], images: int) -> np.ndarray:
    """float64 [cells, 2]: loss in nats and accuracy in percent on the first validation images."""
    return searcher.shared.judge(cells, Batch(*(tensor[:images] for tensor in halves.validation)))


def random_architectures(searcher: OneShotSearcher, count: int) -> list[Architecture]:
    """Architectures drawn uniformly, the same ones for every searcher and seed."""
    rng = np.random.default_rng(np.random.SeedSequence(0))
    return [searcher.space.sample(rng) for _ in range(count)]


@flushed_denormals()
def _train(searcher: OneShotSearcher, halves: Halves, epoch: int, seed: int, stepped: Stepped) -> tuple[float, float]:
    """Mean loss in nats and accuracy in percent over the steps of an epoch."""
    shared, steps = searcher.shared, halves.steps(searcher.shared.recipe)
    device = halves.train.labels.device
    loss_sum, correct = torch.zeros((), device=device), torch.zeros((), device=device, dtype=torch.int64)
    seen = 0
    order = int(np.random.SeedSequence((seed, epoch)).generate_state(1)[0])
    for step, (train, validation) in enumerate(halves.batches(shared.recipe, order)):
        shared.progress = (epoch * steps + step) / (shared.recipe.epochs * steps)
        searcher.learn(train, validation)
        loss, hits = shared.descend(train, searcher.mixture())
        loss_sum += loss
        correct += hits
        seen += len(train.labels)
        stepped(1)
    shared.progress = (epoch + 1) / shared.recipe.epochs
    loss_mean = float(loss_sum) / steps
    if not math.isfinite(loss_mean):
        raise ValueError(
            f"the loss of the shared weights is {loss_mean} in epoch {epoch + 1}: choose a smaller --learning-rate"
        )
    return loss_mean, 100.0 * int(correct) / seen
