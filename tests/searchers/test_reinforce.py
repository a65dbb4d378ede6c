"""REINFORCE finds what is best, keeps its entropy where it is paid for, and takes the step that it should."""

from __future__ import annotations

import json

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.methods.reinforce import Reinforce
from searchers.policy import Policy

NB201 = nasbench.load_space("nas_bench_201")
BEST = NB201.architecture((3, 1, 4, 0, 2, 3))
policies = pytest.mark.parametrize("policy", ["lstm", "independent"])


def hits(architecture: Architecture) -> float:
    """How many choices are those of the best."""
    return float(sum(a == b for a, b in zip(architecture.choices, BEST.choices, strict=True)))


def learned(queries: int, **settings) -> Policy:
    """The policy after so many queries about :func:`hits`."""
    searcher = Reinforce(NB201, np.random.default_rng(0), **settings)
    for _ in range(queries):
        architecture = searcher.ask()
        searcher.tell(architecture, hits(architecture))
    return searcher.agent.policy


def entropy(policy: Policy) -> float:
    """Mean over 2000 draws, in nats."""
    return float(policy.judge(policy.draw(np.random.default_rng(1).random((2000, 6)))).entropy.mean())


@policies
def test_it_converges_to_the_single_best(policy: str) -> None:
    found = learned(2500, policy=policy, learning_rate=0.02 if policy == "lstm" else 0.1, entropy_weight=0.0)
    assert np.exp(found.judge(np.array([BEST.choices])).log_probability[0]) > 0.9


@policies
def test_a_bonus_for_entropy_keeps_it_higher(policy: str) -> None:
    at = {"policy": policy, "learning_rate": 0.02 if policy == "lstm" else 0.1}
    low, middle, high = (entropy(learned(1500, entropy_weight=weight, **at)) for weight in (0.0, 0.5, 5.0))
    assert low < middle < high
    assert high > 0.9 * 6 * np.log(5)


def test_the_first_step_is_along_the_mean_of_advantage_times_gradient() -> None:
    """Two architectures told 1 and 0: Adam's first step is the sign of the gradient, written out by hand."""
    searcher = Reinforce(
        NB201, np.random.default_rng(0), policy="independent", batch_size=2, entropy_weight=0.0, learning_rate=0.25
    )
    first, second = searcher.ask(), searcher.ask()
    searcher.agent._waiting = [second.choices]
    searcher.tell(first, 1.0)
    searcher.agent._waiting = []
    searcher.tell(second, 0.0)
    logits = searcher.agent.policy.parameters.reshape(6, 5)
    for choice, (liked, disliked) in enumerate(zip(first.choices, second.choices, strict=True)):
        if liked != disliked:
            assert logits[choice, liked] == pytest.approx(0.25, rel=1e-4)
            assert logits[choice, disliked] == pytest.approx(-0.25, rel=1e-4)


def test_memory_is_small() -> None:
    assert len(json.dumps(Reinforce(NB201, np.random.default_rng(0)).memory())) < 320_000
