"""REINFORCE: a policy draws architectures and makes those likelier that scored above what was expected."""

from __future__ import annotations

import numpy as np

from nasbench.space import Space
from searchers.agent import Agent, AgentSearch, Batch


class Reinforce(AgentSearch):
    """Policy gradients on a controller that makes one choice after another.

    A batch of architectures is drawn from the policy and evaluated; one step of Adam climbs the mean of (reward -
    baseline) x log-probability, plus a bonus for entropy. Architectures that were asked before are asked again, as in
    the papers: they count as queries and cost nothing on the clock. What rewards are, and what becomes of failures and
    invalid draws, is said in ``searchers/agent.py``.

    Williams, "Simple Statistical Gradient-Following Algorithms for Connectionist Reinforcement Learning", Machine
    Learning 1992; for architectures Zoph and Le, "Neural Architecture Search with Reinforcement Learning", ICLR 2017:
    an LSTM of 35 units (two layers there, one here), Adam, a moving-average baseline. Their learning rate of 0.0006 is
    for 12,800 architectures; budgets here are a few hundred queries, so the default is 0.01, the rate of the REINFORCE
    in Dong and Yang, "NAS-Bench-201", ICLR 2020, which learns after every architecture, has a momentum of 0.9 and no
    bonus, and draws each choice on its own (``policy=independent``; it learns faster at 0.1). The momentum of 0.95 is
    that of Zoph, Vasudevan, Shlens and Le, CVPR 2018. The batch of 4 and the entropy's weight of 0.1 are our own, from
    made-up landscapes of effects of choices and of pairs of choices.

    Args:
        space: where to search.
        rng: its source of chance.
        policy: ``lstm`` for choices that know those before them, ``independent`` for one softmax a choice.
        hidden: units of the LSTM, at least 1.
        learning_rate: Adam's.
        batch_size: architectures for each step, at least 1.
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
        batch_size: int = 4,
        momentum: float = 0.95,
        entropy_weight: float = 0.1,
    ) -> None:
        super().__init__(space, rng)
        self.policy, self.hidden = policy, hidden
        self.learning_rate, self.batch_size = learning_rate, batch_size
        self.momentum, self.entropy_weight = momentum, entropy_weight
        self.agent = Agent("reinforce", space, rng, **self.parameters())

    def learn(self, batch: Batch) -> None:
        """One step uphill."""
        self.agent.climb(self.agent.policy.judge(batch.choices), batch.advantages)
