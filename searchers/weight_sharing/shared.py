"""The supernet in training: its loss under a mixture of operations, its step, and how it judges architectures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from nasbench.mixed_cells import MixedCells
from nasbench.networks.supernet import Supernet
from nasbench.plan import Skeleton
from nasbench.space import Architecture
from nasbench.training.loop import autocast, flushed_denormals
from nasbench.training.recipe import Recipe
from searchers.weight_sharing.halves import Batch

LONGEST_GRADIENT = 5.0
"""Norm to which the gradient of shared weights is cut, as published for DARTS and on NAS-Bench-201."""
JUDGED_AT_ONCE = 250
"""Images of which batch norm takes its statistics when an architecture is judged, about."""


class Mixture(NamedTuple):
    """Weights of operations [K, E, O], and of edges [K, E] where there are some; on the CPU."""

    operations: torch.Tensor
    edges: torch.Tensor | None = None

    def detach(self) -> Mixture:
        """The same numbers, through which no gradient passes."""
        return Mixture(self.operations.detach(), None if self.edges is None else self.edges.detach())


@dataclass(frozen=True)
class Problem:
    """What is searched: mixed cells, the skeleton they stand in, the recipe of shared weights, the device.

    Of the recipe a search takes the epochs, the batch size, the learning rate and its schedule, momentum, weight
    decay, augmentation and precision.
    """

    cells: MixedCells
    skeleton: Skeleton
    recipe: Recipe
    device: torch.device


class Shared:
    """A supernet, its loss and its optimiser.

    Args:
        problem: what is searched.
        seed: of the weights.
        part: of each edge's channels that operations work on (see :class:`nasbench.networks.mixed.MixedEdge`).
    """

    def __init__(self, problem: Problem, seed: int, part: int = 1) -> None:
        self.cells, self.recipe, self.device = problem.cells, problem.recipe, problem.device
        network = Supernet(problem.cells, problem.skeleton, seed, part)
        self.network = network.to(problem.device).to(memory_format=torch.channels_last)
        self.weights = list(self.network.parameters())
        self.optimizer = torch.optim.SGD(
            self.weights,
            lr=self.recipe.learning_rate,
            momentum=self.recipe.momentum,
            nesterov=self.recipe.nesterov,
            weight_decay=self.recipe.weight_decay,
            fused=True,
        )
        if self.recipe.momentum:  # paths train some weights and not others, the fused step wants all or none begun
            for weight in self.weights:
                self.optimizer.state[weight]["momentum_buffer"] = torch.zeros_like(weight)
        self.progress = 0.0
        """Share of the search's steps that are done."""

    @property
    def learning_rate(self) -> float:
        """Of the next step of the shared weights."""
        return self.recipe.learning_rate_at(self.progress)

    def logits(self, images: torch.Tensor, mixture: Mixture) -> torch.Tensor:
        """[images, classes], float32 or wider."""
        with autocast(self.device, self.recipe):
            found = self.network(images, *mixture)
        return found.float() if found.dtype == torch.bfloat16 else found

    def loss(self, batch: Batch, mixture: Mixture) -> torch.Tensor:
        """Mean cross-entropy in nats."""
        return functional.cross_entropy(self.logits(batch.images, mixture), batch.labels)

    def descend(self, batch: Batch, mixture: Mixture) -> tuple[torch.Tensor, torch.Tensor]:
        """One step of the shared weights; its loss in nats and the images it had right, not yet waited for.

        Weights that the mixture leaves out are left as they are.
        """
        logits = self.logits(batch.images, mixture.detach())
        loss = functional.cross_entropy(logits, batch.labels, label_smoothing=self.recipe.label_smoothing)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.weights, LONGEST_GRADIENT)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach(), (logits.detach().argmax(1) == batch.labels).sum()

    def one_hot(self, architecture: Architecture) -> Mixture:
        """The mixture that is an architecture."""
        return Mixture(torch.from_numpy(self.cells.one_hot(architecture)).float())

    @flushed_denormals()
    @torch.inference_mode()
    def judge(self, architectures: Sequence[Architecture], batch: Batch) -> np.ndarray:
        """float64 [architectures, 2]: loss in nats and accuracy in percent of each with the shared weights.

        Batch norm takes its statistics from about 250 images at a time, always the same ones.
        """
        count = max(1, round(len(batch.labels) / JUDGED_AT_ONCE))
        parts = list(zip(batch.images.tensor_split(count), batch.labels.tensor_split(count), strict=True))
        found = torch.zeros((len(architectures), 2), dtype=torch.float64, device=self.device)
        for place, architecture in enumerate(architectures):
            mixture = self.one_hot(architecture)
            for images, labels in parts:
                logits = self.logits(images, mixture)
                found[place, 0] += functional.cross_entropy(logits, labels, reduction="sum")
                found[place, 1] += (logits.argmax(1) == labels).sum()
        scores: np.ndarray = (found / len(batch.labels)).cpu().numpy() * (1.0, 100.0)
        return scores
