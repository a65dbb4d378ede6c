"""The gradient through a step of the weights: against differentiating through the step itself, and by differences."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="supernets need torch")

from torch.func import functional_call  # noqa: E402
from torch.nn import functional  # noqa: E402

from searchers.weight_sharing.hypergradient import (  # noqa: E402
    PUBLISHED_EPSILON,
    exact_product,
    hypergradient,
    product_by_differences,
)
from tests.benchmarks.bench_hypergradient import EPSILONS, Case, case, errors, relative  # noqa: E402

RATE = 0.3


@pytest.fixture(scope="module")
def rectified() -> Case:
    return case(0, smooth=False, channels=2, steps=5, images=24)


@pytest.fixture(scope="module")
def smooth() -> Case:
    return case(1, smooth=True, channels=2, steps=5, images=24)


def through_the_step(given: Case, rate: float, pull: list):
    """The gradient of L_val(w - r (dL_train/dw + pull), a) by writing the step into the graph: the slow way."""
    names = [name for name, _ in given.network.named_parameters()]
    gradients = torch.autograd.grad(given.loss(0), given.weights, create_graph=True, materialize_grads=True)
    moved = [w - rate * (g + p) for w, g, p in zip(given.weights, gradients, pull, strict=True)]
    images, labels = given.batches[1]
    arguments = (images, given.alphas.softmax(-1))
    logits = functional_call(given.network, dict(zip(names, moved, strict=True)), arguments)
    return torch.autograd.grad(functional.cross_entropy(logits, labels), [given.alphas])[0]


@pytest.mark.parametrize("activation", ["rectified", "smooth"])
def test_the_exact_hypergradient_is_that_of_the_step_written_out(activation: str, request) -> None:
    given = request.getfixturevalue(activation)
    generator = torch.Generator().manual_seed(9)
    pull = [0.01 * torch.randn(w.shape, dtype=w.dtype, generator=generator) for w in given.weights]
    before = [weight.detach().clone() for weight in given.weights]
    mine = hypergradient(
        lambda: given.loss(0), lambda: given.loss(1), given.weights, [given.alphas], RATE, pull, epsilon=None
    )[0]
    assert all(torch.equal(now, then) for now, then in zip(given.weights, before, strict=True)), "weights are put back"
    assert relative(mine, through_the_step(given, RATE, pull)) < 1e-10
    without = torch.autograd.grad(given.loss(1), [given.alphas])[0]
    assert relative(without, mine) > 0.05, "the product matters here"


def test_published_epsilon_is_good_where_the_activation_is_smooth(smooth: Case) -> None:
    found = errors(smooth, (PUBLISHED_EPSILON,), RATE)[PUBLISHED_EPSILON]
    assert found.product < 1e-2
    assert found.hypergradient < 1e-2


def test_best_epsilon_is_good_with_relu_and_the_published_one_is_not(rectified: Case) -> None:
    found = errors(rectified, EPSILONS)
    assert min(each.product for each in found.values()) < 1e-4
    assert min(each.hypergradient for each in found.values()) < 1e-4
    assert found[PUBLISHED_EPSILON].product > 1e-2, "it steps over kinks"


def test_differences_put_weights_back_and_know_zero(smooth: Case) -> None:
    before = [weight.detach().clone() for weight in smooth.weights]
    arguments = (lambda: smooth.loss(0), smooth.weights, [smooth.alphas])
    zeros = [torch.zeros_like(weight) for weight in smooth.weights]
    assert not product_by_differences(*arguments, zeros, 0.01)[0].any()
    product_by_differences(*arguments, before, 0.01)
    assert all(torch.equal(now, then) for now, then in zip(smooth.weights, before, strict=True))


def test_product_on_a_known_function() -> None:
    """L = a^2 w1 w2: d2 L/(da dw) = 2 a (w2, w1), times v."""
    a, w = (
        torch.tensor([3.0], dtype=torch.float64, requires_grad=True),
        [torch.tensor([value], dtype=torch.float64, requires_grad=True) for value in (2.0, 5.0)],
    )
    vector = [torch.tensor([0.5], dtype=torch.float64), torch.tensor([-1.0], dtype=torch.float64)]
    loss = lambda: (a**2 * w[0] * w[1]).sum()  # noqa: E731
    expected = 2 * 3.0 * (5.0 * 0.5 - 2.0 * 1.0)
    assert float(exact_product(loss, w, [a], vector)[0]) == pytest.approx(expected)
    assert float(product_by_differences(loss, w, [a], vector, 1e-4)[0]) == pytest.approx(expected, rel=1e-6)
