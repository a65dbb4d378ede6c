"""A network in training from scratch, epoch by epoch; saved between two epochs and taken back to the bit.

The recipe is DARTS's where it goes beyond a table's: Liu, Simonyan and Yang, "DARTS: Differentiable Architecture
Search", ICLR 2019.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nasbench.generator.worker import row_seeds
from nasbench.networks.build import build_network
from nasbench.plan import Plan
from nasbench.scratch.history import History
from nasbench.scratch.recipe import ScratchRecipe
from nasbench.scratch.weights import take_weights
from nasbench.training.loop import (
    EVALUATION_BATCH,
    Images,
    TrainingFailed,
    autocast,
    flushed_denormals,
    make_optimizer,
    train_epoch,
)
from nasbench.training.recipe import Recipe


class ScratchTraining:
    """A network, its optimiser and its chance.

    Without drop path, auxiliary classifier and clipping, a class's representative is trained as a table's row is, to
    the bit.

    Args:
        plan: the network.
        class_hash: of the architecture; with ``seed`` it decides weights, the order of images and dropped paths.
        seed: which training of the architecture.
        images: the splits, on the device of the training.
        recipe: the hyper-parameters.

    Raises:
        ValueError: paths are to be dropped in a network that has none.
    """

    def __init__(self, plan: Plan, class_hash: str, seed: int, images: Images, recipe: ScratchRecipe) -> None:
        weights_seed, order_seed = row_seeds(class_hash, seed)
        self.images, self.recipe, self.history = images, recipe, History()
        device = images.train[0].device
        self.network = build_network(plan, weights_seed).to(device).to(memory_format=torch.channels_last)
        if recipe.drop_path and not self.network.has_drop_path:
            raise ValueError("this architecture has no edge that drop path could drop: give --drop-path 0")
        self.optimizer = make_optimizer(self.network, recipe.base)
        self.order = torch.Generator(device=device).manual_seed(order_seed)
        self.coins = torch.Generator(device=device).manual_seed(coins_seed(class_hash, seed))

    def run_epoch(self) -> None:
        """Trains one epoch more and notes what became of it.

        Raises:
            ValueError: a loss is not finite; the message says what to do.
        """
        recipe, epoch = self.recipe, len(self.history)
        probability = recipe.drop_path_at(epoch)
        if self.network.has_drop_path:
            self.network.set_drop_path(probability, self.coins)
        try:
            record = train_epoch(
                self.network,
                self.images,
                recipe.base,
                self.optimizer,
                self.order,
                epoch,
                self.objective,
                recipe.gradient_clip,
            )
        except TrainingFailed as error:
            raise ValueError(f"{error}: choose a smaller --learning-rate and another --out") from None
        self.history.add(
            learning_rate=recipe.base.learning_rate_at(epoch / recipe.base.epochs),
            drop_path=probability,
            train_loss=record.train_loss,
            train_accuracy=record.train_accuracy,
            val_loss=record.val_loss,
            val_accuracy=record.val_accuracy,
            seconds=record.seconds,
        )

    def objective(
        self, network: nn.Module, x: torch.Tensor, y: torch.Tensor, recipe: Recipe
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The logits, and their cross-entropy plus the weighted one of the auxiliary classifier, if there is one."""
        with autocast(x.device, recipe):
            logits, extra = self.network.forward_both(x)
        loss = functional.cross_entropy(logits.float(), y, label_smoothing=recipe.label_smoothing)
        if extra is not None:
            aside = functional.cross_entropy(extra.float(), y, label_smoothing=recipe.label_smoothing)
            loss = loss + self.recipe.auxiliary_weight * aside
        return logits, loss

    def state(self) -> dict[str, Any]:
        """All that the training has learned and drawn so far, as tensors and plain containers of them."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict()["state"],
            "order": self.order.get_state(),
            "coins": self.coins.get_state(),
            "history": torch.from_numpy(self.history.array()),
        }

    def restore(self, state: dict[str, Any], path: Path) -> None:
        """Takes a state back: from here on all is as if it had never stopped.

        Raises:
            ValueError: the state, which stood in ``path``, is of another training.
        """
        lacking = {"network", "optimizer", "order", "coins", "history"} - state.keys()
        if lacking:
            raise ValueError(f"{path} is not a checkpoint, it lacks {min(lacking)}: remove it and begin anew")
        take_weights(self.network, state["network"], path)
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state["optimizer"]})
        self.order.set_state(state["order"].cpu())
        self.coins.set_state(state["coins"].cpu())
        self.history = History.of(state["history"].cpu().numpy())


@dataclass(frozen=True, eq=False)
class Judgement:
    """A network on a split: mean loss in nats, and how often which class (row) was taken for which (column)."""

    loss: float
    confusion: np.ndarray

    @property
    def accuracy(self) -> float:
        """Share of images whose class was told, in percent."""
        return 100.0 * float(self.confusion.trace()) / float(self.confusion.sum())


@flushed_denormals()
@torch.inference_mode()
def judge(network: nn.Module, split: tuple[torch.Tensor, torch.Tensor], recipe: Recipe, classes: int) -> Judgement:
    """Loss and confusion, int64 [classes, classes], on a split (images, labels), in evaluation mode."""
    network.eval()
    inputs, labels = split
    loss = torch.zeros((), device=inputs.device, dtype=torch.float64)
    counts = torch.zeros(classes * classes, device=inputs.device, dtype=torch.int64)
    for x, y in zip(inputs.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH), strict=True):
        with autocast(inputs.device, recipe):
            logits = network(x)
        loss += functional.cross_entropy(logits.float(), y, reduction="sum")
        counts += torch.bincount(y * classes + logits.argmax(1), minlength=classes * classes)
    return Judgement(float(loss) / len(labels), counts.reshape(classes, classes).cpu().numpy())


def coins_seed(class_hash: str, seed: int) -> int:
    """Seed of the paths that are dropped."""
    digest = hashlib.sha256(f"{class_hash}/{seed}/drop path".encode()).digest()
    return int.from_bytes(digest[:7], "big")
