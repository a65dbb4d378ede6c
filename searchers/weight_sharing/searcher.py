"""The promise of a one-shot searcher: it says how operations are mixed, learns from batches, and names a cell.

Shared weights are trained step by step by the run, under the mixture that the searcher names; the searcher may look at
validation batches to learn. It sees no test image, no table and no clock.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from nasbench.space import Architecture
from searchers.weight_sharing.halves import Batch
from searchers.weight_sharing.shared import Mixture, Problem, Shared

Judge = Callable[[Sequence[Architecture]], np.ndarray]
"""Gives accuracies, in percent, of architectures with shared weights on validation images."""


class OneShotSearcher(ABC):
    """A search strategy that trains one network for all architectures.

    Subclasses write :meth:`mixture` and :meth:`strengths`, and what of the rest they need. What they can be set to is
    the keyword-only arguments of their constructor, each kept in an attribute of the same name.

    Args:
        problem: what is searched, and how shared weights are trained.
        seed: of the shared weights and of the searcher's chance.
    """

    part: int = 1
    """A share of 1 / ``part`` of each edge's channels goes through its operations; set before this constructor."""

    def __init__(self, problem: Problem, seed: int) -> None:
        weights, chance = np.random.SeedSequence(seed).spawn(2)
        self.cells = problem.cells
        self.space = problem.cells.space
        self.shared = Shared(problem, int(weights.generate_state(1)[0]), self.part)
        self.rng = np.random.default_rng(chance)
        """The searcher's only source of chance."""

    @abstractmethod
    def mixture(self) -> Mixture:
        """How operations are mixed in the next step of the shared weights."""

    @abstractmethod
    def strengths(self) -> np.ndarray:
        """float64 [K, E, O]: how strong each operation is by now; of an edge alike in sum unless edges compete."""

    def learn(self, train: Batch, validation: Batch) -> None:  # noqa: B027 - some learn nothing
        """Takes in a step, before the shared weights do: a batch of each half."""

    def choose(self, judge: Judge) -> Architecture:
        """The architecture that would be given now; that of the strongest operations unless a searcher judges some."""
        return self.cells.discretise(self.strengths())

    def tensors(self) -> dict[str, torch.Tensor]:
        """What it has learned, by name, to be saved and written over."""
        return {}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """What it learns with, by name."""
        return {}

    def memory(self) -> dict[str, Any]:
        """What else it keeps in mind, its chance aside, as JSON."""
        return {}

    def recall(self, memory: dict[str, Any]) -> None:  # noqa: B027 - most have none
        """Takes back what :meth:`memory` gave."""

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What the searcher can be set to, by name, with the default of each."""
        arguments = inspect.signature(cls.__init__).parameters.values()
        return {each.name: each.default for each in arguments if each.kind is each.KEYWORD_ONLY}

    def parameters(self) -> dict[str, Any]:
        """What this searcher is set to, by name."""
        return {name: getattr(self, name) for name in self.defaults()}

    # -- what several do --------------------------------------------------------------------------------------------

    def generator(self) -> torch.Generator:
        """A generator for the next draw of torch, seeded by the searcher's own chance."""
        return torch.Generator().manual_seed(int(self.rng.integers(2**62)))

    def uniform_path(self) -> Mixture:
        """An architecture drawn uniformly, as a mixture."""
        return self.shared.one_hot(self.space.sample(self.rng))

    def best_of(self, candidates: Sequence[Architecture], judge: Judge) -> Architecture:
        """The candidate with the best accuracy by shared weights, the first of equals."""
        distinct = list(dict.fromkeys(candidates))
        return distinct[int(judge(distinct).argmax())]
