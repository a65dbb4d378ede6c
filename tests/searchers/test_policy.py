"""Policies: chances that add up, draws that follow them, gradients against finite differences and torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import nasbench
from nasbench.space import Space
from searchers.candidates import Candidates
from searchers.controller import Controller
from searchers.optimisers import Adam
from searchers.policy import Independent, Policy, pick
from searchers.prefixes import Prefixes
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")


class Uneven(kit.Necklaces):
    """Choices with different numbers of options, all valid."""

    name = "uneven"
    options = (2, 4, 3)

    def is_valid(self, choices) -> bool:
        return True

    def count(self) -> int:
        return 24


class Single(Uneven):
    """One choice."""

    options = (4,)

    def count(self) -> int:
        return 4


SPACES = [kit.Necklaces(), Uneven(), Single(), Candidates(NB201, kit.sample(60))]
each = pytest.mark.parametrize("space", SPACES, ids=["necklaces", "uneven", "single", "candidates"])
both = pytest.mark.parametrize("kind", ["lstm", "independent"])


def make(kind: str, space: Space, seed: int = 0) -> Policy:
    """A policy with parameters far from their start, where every softmax is uneven."""
    rng = np.random.default_rng(seed)
    policy = Controller(space, 5, rng) if kind == "lstm" else Independent(space)
    policy.parameters[:] = rng.normal(0, 0.7, len(policy.parameters))
    return policy


def draws(policy: Policy, count: int, seed: int = 1) -> np.ndarray:
    return policy.draw(np.random.default_rng(seed).random((count, len(policy.options))))


@each
@both
def test_chances_of_all_valid_architectures_add_up_to_one(kind: str, space: Space) -> None:
    opinion = make(kind, space).judge(space.choices_array(list(space)))
    assert np.exp(opinion.log_probability).sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(opinion.chances.sum(axis=2), 1)


@each
@both
def test_draws_follow_the_chances(kind: str, space: Space) -> None:
    policy = make(kind, space)
    everything = space.choices_array(list(space))
    chances = np.exp(policy.judge(everything).log_probability)
    drawn = map(tuple, draws(policy, 20_000).tolist())
    places = {tuple(row): place for place, row in enumerate(everything.tolist())}
    counts = np.bincount([places[row] for row in drawn], minlength=len(places))
    deviations = (counts - 20_000 * chances) / np.sqrt(20_000 * chances * (1 - chances))
    assert np.abs(deviations).max() < 5


@both
def test_draws_do_not_depend_on_their_neighbours(kind: str) -> None:
    policy = make(kind, NB201)
    uniform = np.random.default_rng(5).random((30, 6))
    np.testing.assert_array_equal(policy.draw(uniform)[7:8], policy.draw(uniform[7:8]))


@each
@both
def test_entropy_is_that_of_each_choice_given_those_before(kind: str, space: Space) -> None:
    """Its mean over the policy's own draws is the entropy of the whole, by the chain rule."""
    policy = make(kind, space)
    opinion = policy.judge(space.choices_array(list(space)))
    chances = np.exp(opinion.log_probability)
    assert chances @ opinion.entropy == pytest.approx(-(chances @ opinion.log_probability))


@each
@both
def test_gradient_is_that_of_finite_differences(kind: str, space: Space) -> None:
    policy = make(kind, space, 2)
    choices = draws(policy, 7)
    first, second = np.random.default_rng(3).normal(size=(2, 7))
    gradient = policy.gradient(policy.judge(choices), first, second)

    def value(place: int, by: float) -> float:
        policy.parameters[place] += by
        opinion = policy.judge(choices)
        policy.parameters[place] -= by
        return float(first @ opinion.log_probability + second @ opinion.entropy)

    slow = [(value(i, 1e-5) - value(i, -1e-5)) / 2e-5 for i in range(len(policy.parameters))]
    assert np.abs(gradient).max() > 0.1
    np.testing.assert_allclose(gradient, slow, atol=1e-8)


def torch_controller(policy: Controller, hidden: int, choices: np.ndarray) -> tuple[torch.Tensor, ...]:
    """Parameters as a leaf, log-probabilities and entropies, by torch's own LSTM fed with one-hot choices."""
    options = policy.options
    tokens = 1 + sum(options[:-1])
    shapes = [(tokens, 4 * hidden), (hidden, 4 * hidden), (len(options), hidden, max(options)), (len(options), 1)]
    shapes[3] += (max(options),)
    leaf = torch.tensor(policy.parameters, requires_grad=True)
    parts = torch.split(leaf, [int(np.prod(shape)) for shape in shapes])
    embedding, recurrent, heads, biases = (part.reshape(shape) for part, shape in zip(parts, shapes, strict=True))
    order = torch.cat([torch.arange(hidden) + hidden * gate for gate in (0, 1, 3, 2)])  # torch: i, f, candidate, o
    lstm = torch.nn.LSTM(tokens, hidden, bias=False, dtype=torch.float64)
    weights = {"weight_ih_l0": embedding[:, order].T, "weight_hh_l0": recurrent[:, order].T}
    starts = np.concatenate([[0], 1 + np.cumsum([0, *options[:-2]])])
    inputs = np.zeros((len(options), len(choices)), dtype=np.int64)
    inputs[1:] = (choices[:, :-1] + starts[1:]).T
    one_hot = torch.nn.functional.one_hot(torch.tensor(inputs), tokens).to(torch.float64)
    outputs, _ = torch.func.functional_call(lstm, weights, (one_hot,))
    total, entropy = torch.zeros(len(choices)), torch.zeros(len(choices))
    for level, count in enumerate(options):
        chance = torch.distributions.Categorical(logits=(outputs[level] @ heads[level] + biases[level])[:, :count])
        total = total + chance.log_prob(torch.tensor(choices[:, level]))
        entropy = entropy + chance.entropy()
    return leaf, total, entropy


def test_the_controller_is_the_lstm_of_torch() -> None:
    policy = make("lstm", Uneven(), 4)
    assert isinstance(policy, Controller)
    choices = draws(policy, 9)
    first, second = np.random.default_rng(6).normal(size=(2, 9))
    opinion = policy.judge(choices)
    leaf, total, entropy = torch_controller(policy, 5, choices)
    np.testing.assert_allclose(opinion.log_probability, total.detach(), rtol=1e-12)
    np.testing.assert_allclose(opinion.entropy, entropy.detach(), rtol=1e-12)
    (torch.tensor(first) @ total + torch.tensor(second) @ entropy).backward()
    np.testing.assert_allclose(policy.gradient(opinion, first, second), leaf.grad, atol=1e-12)


def test_choices_that_must_agree_are_learned_by_the_lstm_alone() -> None:
    """Five architectures of six equal choices: likeliest at 1/5 each, where choices on their own make it (1/5) ** 6."""
    equal = np.repeat(np.arange(5)[:, None], 6, axis=1)
    least = {}
    for kind, policy in {"lstm": Controller(NB201, 20, np.random.default_rng(0)), "alone": Independent(NB201)}.items():
        adam = Adam(len(policy.parameters), 0.03)
        for _ in range(300):
            policy.parameters += adam.step(policy.gradient(policy.judge(equal), np.ones(5), np.zeros(5)))
        least[kind] = np.exp(policy.judge(equal).log_probability.min())
    assert least["lstm"] > 0.19
    assert least["alone"] == pytest.approx(5.0**-6)


def test_initial_weights_are_the_papers_and_the_simplest_policy_starts_uniform() -> None:
    weights = Controller(NB201, 35, np.random.default_rng(0)).parameters
    assert -0.08 <= weights.min() < -0.079 < 0.079 < weights.max() <= 0.08
    assert len(weights) == 26 * 140 + 35 * 140 + 6 * 35 * 5 + 6 * 5
    opinion = Independent(Uneven()).judge(np.array([[1, 3, 2]]))
    assert np.exp(opinion.log_probability[0]) == pytest.approx(1 / 24)


def test_options_that_may_not_follow_are_never_picked() -> None:
    logits, allowed = np.zeros((2, 4)), np.array([[False, True, True, False]] * 2)
    assert pick(logits, allowed, np.array([0.0, np.nextafter(1, 0)])).tolist() == [1, 2]
    wide = np.array([[900.0, 0.0, -900.0, 900.0]])
    assert pick(wide, np.array([[False, True, True, False]]), np.array([0.5])).tolist() == [1]


def test_prefixes_of_a_restricted_space_lead_to_every_valid_architecture_and_nowhere_else() -> None:
    space = kit.Necklaces()
    tree = Prefixes(space)
    walks = {(): 0}
    for level in range(4):
        walks = {
            (*walk, option): int(node)
            for walk, place in walks.items()
            for option, node in enumerate(tree.children(level, np.array([place]))[0])
            if node >= 0
        }
    assert tree.exact
    assert set(walks) == {architecture.choices for architecture in space}
