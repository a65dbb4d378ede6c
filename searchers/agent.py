"""What policy-gradient searchers share: a policy, its draws, the rewards they brought, and steps uphill.

How a batch of rewards becomes a step is the business of each searcher.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, NamedTuple

import numpy as np

from nasbench.registry import unknown
from nasbench.space import Architecture, Space
from searchers.controller import Controller
from searchers.optimisers import Adam
from searchers.packing import packed, unpacked
from searchers.policy import Independent, Opinion, Policy
from searchers.searcher import Searcher

POLICIES = ("lstm", "independent")
TRIES = 100
"""Batches drawn for valid architectures in a space too large to list, before uniform draws take their place."""


class Batch(NamedTuple):
    """Architectures that were asked, int64 [B, K], and how much better each was than expected, float64 [B]."""

    choices: np.ndarray
    advantages: np.ndarray


class Baseline:
    """Moving mean and variance of rewards, the first reward the mean to begin with.

    West, "Updating Mean and Variance Estimates", Communications of the ACM 1979, with weights that fade by a factor
    and are corrected for the start as Adam's are.

    Args:
        momentum: share of the old mean that a reward leaves.
    """

    def __init__(self, momentum: float) -> None:
        self.momentum = momentum
        self.count, self.mean, self.variance = 0, 0.0, 0.0

    def add(self, reward: float) -> None:
        """Takes in a reward."""
        self.count += 1
        share = (1 - self.momentum) / (1 - self.momentum**self.count)
        distance = reward - self.mean
        self.mean += share * distance
        self.variance = (1 - share) * (self.variance + share * distance * distance)

    def advantages(self, rewards: np.ndarray) -> np.ndarray:
        """Distances of rewards from the mean in standard deviations; 0 while all rewards were equal."""
        if self.variance <= (1e-12 * self.mean) ** 2:
            return np.zeros(len(rewards))
        return (rewards - self.mean) / math.sqrt(self.variance)


class Agent:
    """A policy that draws batches of architectures and learns from what they scored.

    Rewards are scores in units of their own: a moving mean is taken away and the rest divided by a moving standard
    deviation, so that neither the unit nor the spread of a benchmark's scores matters, and the weight of entropy means
    the same everywhere. Both have taken in the batch that they judge, which bounds an advantage by about
    (momentum / (1 - momentum)) ** 0.5. A failure is rewarded like the worst score told so far, so that the policy turns
    away from it; before there is a score it teaches nothing.

    Where invalid architectures can be listed the policy gives them no chance. Elsewhere they are drawn again, up to 100
    times, and replaced by uniform draws after that, from which nothing is learned: they are not the policy's. What is
    drawn again follows the policy given that it is valid; the gradient of that condition is left out, being zero in the
    mean where advantages are zero in the mean.

    Args:
        name: the searcher's, for errors.
        space: where to search.
        rng: source of the initial parameters and of all draws.
        policy: ``lstm`` or ``independent``.
        hidden: units of the LSTM.
        learning_rate: of Adam.
        batch_size: architectures drawn before the policy learns.
        momentum: of the moving mean and variance.
        entropy_weight: what a nat of the policy's entropy is worth, in standard deviations of rewards.
    """

    def __init__(
        self,
        name: str,
        space: Space,
        rng: np.random.Generator,
        *,
        policy: str,
        hidden: int,
        learning_rate: float,
        batch_size: int,
        momentum: float,
        entropy_weight: float,
    ) -> None:
        for what, value in (("hidden", hidden), ("batch_size", batch_size)):
            if value < 1:
                raise ValueError(f"{name}.{what} must be at least 1, got {value}")
        if not learning_rate > 0:
            raise ValueError(f"{name}.learning_rate must be more than 0, got {learning_rate}")
        if not 0 <= momentum < 1:
            raise ValueError(f"{name}.momentum must be from 0 to less than 1, got {momentum}")
        if not entropy_weight >= 0:
            raise ValueError(f"{name}.entropy_weight must be at least 0, got {entropy_weight}")
        if policy not in POLICIES:
            raise unknown(f"policy of {name}", policy, list(POLICIES))
        self._space, self._rng, self._size = space, rng, batch_size
        self.policy: Policy = Controller(space, hidden, rng) if policy == "lstm" else Independent(space)
        self._adam = Adam(len(self.policy.parameters), learning_rate)
        self._baseline = Baseline(momentum)
        self._entropy_weight = entropy_weight
        self._waiting: list[tuple[int, ...] | None] = []  # drawn, not asked yet; None for a uniform draw
        self._told: list[tuple[tuple[int, ...], float | None]] = []
        self._worst: float | None = None
        self._teaches = True  # whether the policy itself has drawn what was asked last

    def ask(self) -> Architecture:
        """The next architecture of the batch that the policy has drawn."""
        if not self._waiting:
            self._waiting = self._drawn()
        choices = self._waiting.pop()
        self._teaches = choices is not None
        return self._space.sample(self._rng) if choices is None else Architecture(self._space.name, choices)

    def tell(self, architecture: Architecture, score: float | None) -> Batch | None:
        """Takes in a score; returns what there is to learn when all of a batch have been told."""
        if score is not None:
            self._worst = score if self._worst is None else min(score, self._worst)
        if self._teaches:
            self._told.append((architecture.choices, score))
        if self._waiting or not self._told:
            return None
        told, self._told = self._told, []
        if self._worst is None:
            return None
        rewards = [self._worst if score is None else score for _, score in told]
        for reward in rewards:
            self._baseline.add(reward)
        choices = np.array([choices for choices, _ in told], dtype=np.int64)
        return Batch(choices, self._baseline.advantages(np.array(rewards)))

    def climb(self, opinion: Opinion, weights: np.ndarray) -> None:
        """A step uphill on the mean, over a batch, of weighted log-probabilities and the entropy bonus.

        Args:
            opinion: what the policy says of the batch as it is now.
            weights: of log-probabilities, float64 [B].
        """
        count = len(weights)
        entropy = np.full(count, self._entropy_weight / count)
        self.policy.parameters += self._adam.step(self.policy.gradient(opinion, weights / count, entropy))

    def _drawn(self) -> list[tuple[int, ...] | None]:
        """A batch of the policy's, the first to ask last."""
        size, shape = self._size, (self._size, len(self._space.options))
        found: list[tuple[int, ...] | None] = []
        for _ in range(TRIES):
            rows = self.policy.draw(self._rng.random(shape)).tolist()
            found += [tuple(row) for row in rows if self.policy.prefixes.exact or self._space.is_valid(row)]
            if len(found) >= size:
                break
        found += [None] * (size - len(found))
        return found[:size][::-1]

    def memory(self) -> dict[str, Any]:
        """Parameters, moments of Adam, moving mean and variance, and the batch under way, as JSON."""
        baseline = self._baseline
        return {
            "parameters": packed(self.policy.parameters),
            "adam": self._adam.memory(),
            "baseline": [baseline.count, baseline.mean, baseline.variance],
            "waiting": [None if choices is None else list(choices) for choices in self._waiting],
            "told": [[list(choices), score] for choices, score in self._told],
            "worst": self._worst,
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back what :meth:`memory` gave."""
        self.policy.parameters[:] = unpacked(memory["parameters"])
        self._adam.recall(memory["adam"])
        self._baseline.count, self._baseline.mean, self._baseline.variance = memory["baseline"]
        self._waiting = [None if choices is None else tuple(choices) for choices in memory["waiting"]]
        self._told = [(tuple(choices), score) for choices, score in memory["told"]]
        self._worst = memory["worst"]


class AgentSearch(Searcher):
    """A searcher that is an agent; subclasses make :attr:`agent` and write :meth:`learn`."""

    agent: Agent

    @abstractmethod
    def learn(self, batch: Batch) -> None:
        """Moves the policy by a batch that has been told."""

    def ask(self) -> Architecture:
        """The next draw of the policy."""
        return self.agent.ask()

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Takes in a reward; the last of a batch moves the policy."""
        batch = self.agent.tell(architecture, score)
        if batch is not None:
            self.learn(batch)

    def memory(self) -> dict[str, Any]:
        """The policy, its optimiser, the baseline and the batch under way."""
        return self.agent.memory()

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        self.agent.recall(memory)
