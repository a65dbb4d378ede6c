"""PPO is REINFORCE with one pass and no clipping; what the clipping leaves out is what torch says it does."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import nasbench
from searchers.methods.ppo import Ppo, clipped
from searchers.methods.reinforce import Reinforce
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
SHARED = {"batch_size": 6, "entropy_weight": 0.05, "learning_rate": 0.02}


def parameters(searcher: Ppo | Reinforce, queries: int = 120) -> np.ndarray:
    """What the policy has learned from made-up scores."""
    for _ in range(queries):
        architecture = searcher.ask()
        searcher.tell(architecture, kit.made_up_score(architecture))
    return searcher.agent.policy.parameters


@pytest.mark.parametrize("policy", ["lstm", "independent"])
def test_one_pass_without_clipping_is_reinforce(policy: str) -> None:
    first = parameters(Reinforce(NB201, np.random.default_rng(1), policy=policy, **SHARED))
    second = parameters(Ppo(NB201, np.random.default_rng(1), policy=policy, passes=1, clip=1e9, **SHARED))
    np.testing.assert_array_equal(first, second)


def test_more_passes_and_tighter_clipping_learn_otherwise() -> None:
    settings = ({"passes": 1}, {"passes": 4}, {"passes": 4, "clip": 0.01})
    plain, more, tight = (parameters(Ppo(NB201, np.random.default_rng(1), **each, **SHARED)) for each in settings)
    assert not np.array_equal(plain, more)
    assert not np.array_equal(more, tight)


def test_weights_are_the_slope_of_the_clipped_objective() -> None:
    log_ratio = torch.linspace(-1, 1, 41, dtype=torch.float64).repeat(2).requires_grad_()
    advantages = torch.cat([torch.full((41,), 1.7), torch.full((41,), -0.6)]).to(torch.float64)
    ratio = log_ratio.exp()
    torch.minimum(ratio * advantages, ratio.clamp(0.8, 1.2) * advantages).sum().backward()
    np.testing.assert_allclose(clipped(ratio.detach().numpy(), advantages.numpy(), 0.2), log_ratio.grad, atol=1e-12)


def test_it_converges_to_the_single_best() -> None:
    best = NB201.architecture((1, 0, 2, 4, 4, 3))
    searcher = Ppo(NB201, np.random.default_rng(0), entropy_weight=0.0)
    for _ in range(2500):
        asked = searcher.ask()
        searcher.tell(asked, float(sum(a == b for a, b in zip(asked.choices, best.choices, strict=True))))
    assert np.exp(searcher.agent.policy.judge(np.array([best.choices])).log_probability[0]) > 0.9


@pytest.mark.parametrize(("name", "value"), [("passes", 0), ("clip", 0.0), ("clip", float("inf"))])
def test_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"ppo\.{name} must be .* got"):
        Ppo(NB201, np.random.default_rng(0), **{name: value})
