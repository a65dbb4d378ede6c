"""ENAS: a controller draws the paths that shared weights are trained on, rewarded by their validation accuracy."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture
from searchers.agent import Agent
from searchers.weight_sharing.halves import Batch
from searchers.weight_sharing.searcher import Judge, OneShotSearcher
from searchers.weight_sharing.shared import Mixture, Problem

DRAWS = 256
"""Architectures by which the strengths of operations are told, always from the same numbers."""


class Enas(OneShotSearcher):
    """An LSTM draws architectures; REINFORCE makes those likelier that are right on more images of a validation batch.

    Pham, Guan, Zoph, Le and Dean, "Efficient Neural Architecture Search via Parameter Sharing", ICML 2018. Here the
    controller and the shared weights take turns step by step, as all searchers in this folder do: each step judges one
    architecture on one batch, and every ``batch_size`` steps the controller learns. The controller is that of
    ``nasbench search --searcher reinforce``.

    Args:
        problem: what is searched.
        seed: of everything.
        hidden: units of the LSTM, at least 1.
        learning_rate: Adam's, of the controller.
        batch_size: architectures for each step of the controller, at least 1.
        momentum: share of its old value that a reward leaves of the baseline.
        entropy_weight: what a nat of entropy is worth, in standard deviations of rewards.
        candidates: architectures that are drawn and judged to choose one, at least 1.

    Raises:
        ValueError: a number is out of its range.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        *,
        hidden: int = 35,
        learning_rate: float = 0.01,
        batch_size: int = 4,
        momentum: float = 0.95,
        entropy_weight: float = 0.1,
        candidates: int = 100,
    ) -> None:
        if candidates < 1:
            raise ValueError(f"candidates must be at least 1, got {candidates}")
        super().__init__(problem, seed)
        self.hidden, self.learning_rate, self.batch_size = hidden, learning_rate, batch_size
        self.momentum, self.entropy_weight, self.candidates = momentum, entropy_weight, candidates
        self.agent = Agent(
            "enas",
            self.space,
            self.rng,
            policy="lstm",
            hidden=hidden,
            learning_rate=learning_rate,
            batch_size=batch_size,
            momentum=momentum,
            entropy_weight=entropy_weight,
        )

    def mixture(self) -> Mixture:
        """An architecture of the controller's."""
        return self.shared.one_hot(self._drawn(1, self.rng)[0])

    def learn(self, train: Batch, validation: Batch) -> None:
        """Judges what the controller asks; the last of a batch moves the controller."""
        architecture = self.agent.ask()
        accuracy = float(self.shared.judge([architecture], validation)[0, 1])
        batch = self.agent.tell(architecture, accuracy)
        if batch is not None:
            self.agent.climb(self.agent.policy.judge(batch.choices), batch.advantages)

    def strengths(self) -> np.ndarray:
        """How often each operation stands on each edge of architectures that the controller draws."""
        drawn = self._drawn(DRAWS, np.random.default_rng(0))
        return np.mean([self.cells.one_hot(architecture) for architecture in drawn], axis=0)

    def choose(self, judge: Judge) -> Architecture:
        """The best of the candidates."""
        return self.best_of(self._drawn(self.candidates, self.rng), judge)

    def memory(self) -> dict[str, Any]:
        """The controller, its optimiser, the baseline and the batch under way."""
        return self.agent.memory()

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        self.agent.recall(memory)

    def _drawn(self, count: int, rng: np.random.Generator) -> list[Architecture]:
        """Architectures of the policy; uniform ones in place of draws that are not valid."""
        rows = self.agent.policy.draw(rng.random((count, len(self.space.options)))).tolist()
        return [
            Architecture(self.space.name, tuple(row)) if self.space.is_valid(row) else self.space.sample(rng)
            for row in rows
        ]
