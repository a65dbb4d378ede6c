"""Proximal policy optimisation: several steps on each batch of architectures, kept near the policy that drew it."""

from __future__ import annotations

import math

import numpy as np

from nasbench.space import Space
from searchers.agent import Agent, AgentSearch, Batch

LARGEST_LOG_RATIO = 50.0
"""Where log-ratios are cut off, so that a ratio that nothing clips stays finite."""


class Ppo(AgentSearch):
    """REINFORCE's controller, with the clipped surrogate objective.

    A batch of architectures is drawn from the policy and evaluated; then a few steps of Adam climb the mean of
    min(r A, clip(r, 1 - clip, 1 + clip) A), plus a bonus for entropy, where A is the advantage of an architecture and r
    how much likelier it has become since it was drawn. With one pass and no clipping it is REINFORCE. Architectures
    that were asked before are asked again. What rewards are, and what becomes of failures and invalid draws, is said in
    ``searchers/agent.py``.

    Schulman, Wolski, Dhariwal, Radford and Klimov, "Proximal Policy Optimization Algorithms", 2017 (arXiv:1707.06347),
    equation 7; for architectures Zoph, Vasudevan, Shlens and Le, "Learning Transferable Architectures for Scalable
    Image Recognition", CVPR 2018. Clipping at 0.2 is PPO's, and so are three passes and an entropy's weight of 0.01, as
    for Atari games; the batch of 20 and the momentum of 0.95 are those of CVPR 2018. The learning rate of 0.01 and the
    35 units are those of ``reinforce``.

    Args:
        space: where to search.
        rng: its source of chance.
        policy: ``lstm`` for choices that know those before them, ``independent`` for one softmax a choice.
        hidden: units of the LSTM, at least 1.
        learning_rate: Adam's.
        batch_size: architectures drawn before the policy learns, at least 1.
        passes: steps on each batch, at least 1.
        clip: how far an architecture's chance may have moved, as a share, for it to be moved on; 1e9 is any.
        momentum: share of its old value that a reward leaves of the baseline.
        entropy_weight: what a nat of entropy is worth, in standard deviations of rewards.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        policy: str = "lstm",
        hidden: int = 35,
        learning_rate: float = 0.01,
        batch_size: int = 20,
        passes: int = 3,
        clip: float = 0.2,
        momentum: float = 0.95,
        entropy_weight: float = 0.01,
    ) -> None:
        super().__init__(space, rng)
        if passes < 1:
            raise ValueError(f"ppo.passes must be at least 1, got {passes}")
        if not 0 < clip < math.inf:
            raise ValueError(f"ppo.clip must be more than 0 and finite, got {clip}")
        self.policy, self.hidden = policy, hidden
        self.learning_rate, self.batch_size = learning_rate, batch_size
        self.passes, self.clip = passes, clip
        self.momentum, self.entropy_weight = momentum, entropy_weight
        shared = {name: value for name, value in self.parameters().items() if name not in ("passes", "clip")}
        self.agent = Agent("ppo", space, rng, **shared)

    def learn(self, batch: Batch) -> None:
        """A few steps uphill on the clipped objective."""
        before: np.ndarray | None = None
        for _ in range(self.passes):
            opinion = self.agent.policy.judge(batch.choices)
            before = opinion.log_probability if before is None else before
            ratio = np.exp(np.minimum(opinion.log_probability - before, LARGEST_LOG_RATIO))
            self.agent.climb(opinion, clipped(ratio, batch.advantages, self.clip))


def clipped(ratio: np.ndarray, advantages: np.ndarray, clip: float) -> np.ndarray:
    """Slope of min(r A, clip(r) A) along the log-probability: r A, or 0 where the ratio is beyond what is rewarded."""
    beyond = np.where(advantages > 0, ratio > 1 + clip, ratio < 1 - clip)
    return np.where(beyond, 0.0, ratio * advantages)
