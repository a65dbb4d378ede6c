"""The gradient of architecture weights through one step of the shared weights, as DARTS takes it.

Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019. a are architecture weights, w shared
weights, w' = w - r (dL_train/dw + pull) the shared weights after a step of rate r, where pull is weight decay and
momentum, which do not depend on a. Then (equations 6 and 7)

    d/da L_val(w', a) = dL_val/da (w', a) - r  d2 L_train/(da dw) (w, a) v,    v = dL_val/dw' (w', a)

and the product with v is the difference of dL_train/da at w + e v and w - e v over 2 e (equation 8), or exact, by
differentiating twice. The published e = 0.01 / |v| is small for smooth networks; a network of ReLUs is a different
one on the other side of each kink that it steps over: ``tests/benchmarks/bench_hypergradient.py`` prints what that
costs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

PUBLISHED_EPSILON = 0.01
"""Length of the step of finite differences, as a vector."""

Loss = Callable[[], torch.Tensor]
"""Computes a loss at the weights as they are now."""
Tensors = Sequence[torch.Tensor]


def hypergradient(
    train_loss: Loss,
    validation_loss: Loss,
    weights: Tensors,
    alphas: Tensors,
    rate: float,
    pull: Tensors,
    epsilon: float | None = PUBLISHED_EPSILON,
) -> list[torch.Tensor]:
    """Gradient of the validation loss after a step of the weights, one tensor for each of the alphas.

    Args:
        train_loss: loss that the step descends.
        validation_loss: loss after the step.
        weights: shared weights; they are moved, and put back to the bit.
        alphas: architecture weights.
        rate: learning rate of the step.
        pull: weight decay and momentum of each weight.
        epsilon: length of the step of finite differences, as a vector; None for the exact product.
    """
    before = [weight.detach().clone() for weight in weights]
    gradients = torch.autograd.grad(train_loss(), weights, materialize_grads=True)
    _move(weights, before, [g + p for g, p in zip(gradients, pull, strict=True)], -rate)
    found = torch.autograd.grad(validation_loss(), [*alphas, *weights], materialize_grads=True)
    direct, vector = found[: len(alphas)], found[len(alphas) :]
    _put_back(weights, before)
    if epsilon is None:
        product = exact_product(train_loss, weights, alphas, vector)
    else:
        product = product_by_differences(train_loss, weights, alphas, vector, epsilon)
    return [d - rate * p for d, p in zip(direct, product, strict=True)]


def exact_product(loss: Loss, weights: Tensors, alphas: Tensors, vector: Tensors) -> list[torch.Tensor]:
    """d2 loss / (d alphas d weights) times a vector, by differentiating (dloss/dweights . vector) once more."""
    gradients = torch.autograd.grad(loss(), weights, create_graph=True, materialize_grads=True)
    along = torch.stack([(g * v).sum() for g, v in zip(gradients, vector, strict=True)]).sum()
    return list(torch.autograd.grad(along, alphas, materialize_grads=True))


def product_by_differences(
    loss: Loss, weights: Tensors, alphas: Tensors, vector: Tensors, epsilon: float
) -> list[torch.Tensor]:
    """The same product from gradients at two places, a step of length ``epsilon`` along the vector and one against it.

    A vector of zeros gives zeros. The weights are moved, and put back to the bit.
    """
    length = float(torch.stack([v.square().sum() for v in vector]).sum().sqrt())
    if length == 0.0:
        return [torch.zeros_like(alpha) for alpha in alphas]
    before = [weight.detach().clone() for weight in weights]
    step = epsilon / length
    sides = []
    for sign in (1.0, -1.0):
        _move(weights, before, vector, sign * step)
        sides.append(torch.autograd.grad(loss(), alphas, materialize_grads=True))
    _put_back(weights, before)
    return [(above - below) / (2 * step) for above, below in zip(*sides, strict=True)]


@torch.no_grad()
def _move(weights: Tensors, before: Tensors, direction: Tensors, length: float) -> None:
    for weight, start, way in zip(weights, before, direction, strict=True):
        torch.add(start, way, alpha=length, out=weight)


@torch.no_grad()
def _put_back(weights: Tensors, before: Tensors) -> None:
    for weight, start in zip(weights, before, strict=True):
        weight.copy_(start)
