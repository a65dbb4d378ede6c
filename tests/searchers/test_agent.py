"""What policy-gradient searchers share: rewards, failures, draws that are invalid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

import nasbench
from nasbench.registry import UnknownNameError
from nasbench.space import Space
from searchers.agent import Agent, Baseline
from searchers.methods.ppo import Ppo
from searchers.methods.reinforce import Reinforce
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
WRONG = {
    "hidden": 0,
    "batch_size": 0,
    "learning_rate": 0.0,
    "momentum": 1.0,
    "entropy_weight": -0.1,
}


class Sparse(kit.Necklaces):
    """Twenty choices of which one in a million combinations is valid: the first ten zero; too many to list."""

    name = "sparse"
    options = (4,) * 20

    def is_valid(self, choices: Sequence[int]) -> bool:
        return not any(choices[:10])

    def count(self) -> int:
        return 4**10

    def sample(self, rng: np.random.Generator):
        return self.architecture((0,) * 10 + tuple((rng.random(10) * 4).astype(int).tolist()))


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def agent(space: Space = NB201, **settings) -> Agent:
    """One with independent choices and a batch of three."""
    usual = {"policy": "independent", "hidden": 4, "learning_rate": 0.1, "batch_size": 3, "momentum": 0.9}
    return Agent("somebody", space, rng(), **{**usual, "entropy_weight": 0.0, **settings})


def test_the_baseline_is_a_weighted_mean_and_variance_of_all_rewards() -> None:
    rewards = rng(1).normal(50, 7, 40)
    baseline = Baseline(0.9)
    for reward in rewards:
        baseline.add(float(reward))
    weights = 0.9 ** np.arange(39, -1, -1.0)
    mean = np.average(rewards, weights=weights)
    variance = np.average((rewards - mean) ** 2, weights=weights)
    assert (baseline.mean, baseline.variance) == pytest.approx((mean, variance))
    np.testing.assert_allclose(baseline.advantages(rewards), (rewards - mean) / np.sqrt(variance))


@pytest.mark.parametrize(("scale", "shift"), [(1e-6, 0.0), (1e6, -3e6), (1.0, 1e3)])
def test_units_of_scores_do_not_matter(scale: float, shift: float) -> None:
    first, second = Baseline(0.95), Baseline(0.95)
    rewards = rng(2).normal(size=20)
    for reward in rewards.tolist():
        first.add(reward)
        second.add(scale * reward + shift)
    np.testing.assert_allclose(first.advantages(rewards), second.advantages(scale * rewards + shift), atol=1e-6)


def test_equal_rewards_are_no_advantage_and_an_outlier_is_a_bounded_one() -> None:
    baseline = Baseline(0.95)
    for _ in range(200):
        baseline.add(0.1 + 0.2)
    assert baseline.advantages(np.array([0.1 + 0.2])).tolist() == [0.0]
    baseline.add(-1e9)
    assert baseline.advantages(np.array([-1e9]))[0] == pytest.approx(-np.sqrt(0.95 / 0.05), rel=1e-3)


def test_a_batch_is_learned_from_when_all_of_it_is_told() -> None:
    one = agent()
    asked = []
    for score in (1.0, 2.0):
        asked.append(one.ask())
        assert one.tell(asked[-1], score) is None
    asked.append(one.ask())
    batch = one.tell(asked[-1], 6.0)
    assert batch is not None
    np.testing.assert_array_equal(batch.choices, NB201.choices_array(asked))
    assert batch.advantages[0] < batch.advantages[1] < 0 < batch.advantages[2]


def test_a_failure_is_rewarded_like_the_worst_score_so_far() -> None:
    one = agent()
    batch = None
    for score in (5.0, None, 3.0):
        batch = one.tell(one.ask(), score)
    assert batch is not None
    assert batch.advantages[1] == batch.advantages[2] < batch.advantages[0]


def test_failures_alone_teach_nothing() -> None:
    one = agent()
    assert [one.tell(one.ask(), None) for _ in range(30)] == [None] * 30
    assert one.memory()["baseline"] == [0, 0.0, 0.0]
    assert one.memory()["told"] == []


def test_where_valid_draws_cannot_be_found_uniform_ones_take_their_place_and_teach_nothing() -> None:
    space = Sparse()
    one = agent(space)
    assert not one.policy.prefixes.exact
    for _ in range(9):
        architecture = one.ask()
        assert architecture in space
        assert one.tell(architecture, 1.0) is None
    assert one.memory()["told"] == []
    assert one.memory()["worst"] == 1.0


def test_invalid_draws_are_drawn_again_and_valid_ones_teach() -> None:
    one = agent(Sparse())
    one.policy.parameters.reshape(20, 4)[:10, 0] = 3.0  # now one draw in five is valid
    asked = [one.ask() for _ in range(3)]
    assert all(architecture in Sparse() for architecture in asked)
    assert all(one.policy.judge(np.array([a.choices])).log_probability[0] > -20 for a in asked)
    assert one.tell(asked[0], 1.0) is not None


@pytest.mark.parametrize("kind", [Reinforce, Ppo])
@pytest.mark.parametrize("name", WRONG)
def test_settings_out_of_range_are_refused(kind: type, name: str) -> None:
    with pytest.raises(ValueError, match=rf"{kind.__name__.lower()}\.{name} must be .* got"):
        kind(NB201, rng(), **{name: WRONG[name]})


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="lstm"):
        Reinforce(NB201, rng(), policy="lstn")
