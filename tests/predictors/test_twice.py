"""Functions that are differentiated twice: values and first gradients are torch's, second ones those of small steps."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from predictors.proxies._twice import batch_norm, conv2d


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).requires_grad_()


def normed(x: torch.Tensor, function, weight: torch.Tensor | None, training: bool = True) -> torch.Tensor:
    running = torch.zeros(x.shape[1], dtype=x.dtype), torch.ones(x.shape[1], dtype=x.dtype)
    bias = None if weight is None else weight.flip(0)
    return function(x, *running, weight=weight, bias=bias, training=training, momentum=0.1, eps=1e-5)


@pytest.mark.parametrize("weight", [None, torch.tensor([0.5, -2.0, 3.0], dtype=torch.float64)])
@pytest.mark.parametrize("spread", [1.0, 1e-3], ids=["wide", "as narrow as epsilon"])
def test_batch_norm(weight: torch.Tensor | None, spread: float) -> None:
    x, g = drawn(4, 3, 2, 2), drawn(4, 3, 2, 2, seed=1)
    narrow = (x.detach() * spread).requires_grad_()
    ours, theirs = (normed(narrow, function, weight) for function in (batch_norm, functional.batch_norm))
    assert torch.equal(ours, theirs)
    slopes = [torch.autograd.grad(y, narrow, g, create_graph=True)[0] for y in (ours, theirs)]
    assert torch.equal(*slopes)
    second = [torch.autograd.grad((slope * x.detach().flip(0)).sum(), (narrow, g)) for slope in slopes]
    for a, b in zip(*second, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9 * b.abs().max().item())
    if spread == 1:
        assert torch.autograd.gradgradcheck(lambda x: normed(x, batch_norm, weight), (x,))


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize(("stride", "groups"), [(1, 1), (2, 1), (1, 2)])
def test_convolution(kernel: int, stride: int, groups: int) -> None:
    x, w = drawn(2, 4, 4, 4), drawn(2, 4 // groups, kernel, kernel, seed=1)
    how = (None, (stride, stride), (kernel // 2, kernel // 2), (1, 1), groups)
    ours, theirs = conv2d(x, w, *how), torch.conv2d(x, w, *how)
    assert torch.equal(ours, theirs)
    slopes = [torch.autograd.grad(y.square().sum(), (x, w)) for y in (ours, theirs)]
    assert all(torch.equal(a, b) for a, b in zip(*slopes, strict=True))
    assert torch.autograd.gradgradcheck(lambda x, w: conv2d(x, w, *how), (x, w))
    assert torch.autograd.gradgradcheck(lambda w: conv2d(x.detach(), w, *how), (w,))


def test_what_is_not_training_is_left_to_torch() -> None:
    x = drawn(4, 3, 2, 2)
    assert torch.equal(normed(x, batch_norm, None, training=False), normed(x, functional.batch_norm, None, False))
    flat = drawn(6, 3)
    assert torch.equal(normed(flat, batch_norm, None), normed(flat, functional.batch_norm, None))
    w = drawn(2, 3, 1, 1)
    assert torch.equal(conv2d(x, w, None, 1, "same", 1, 1), torch.conv2d(x, w, None, 1, "same", 1, 1))
