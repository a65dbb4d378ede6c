"""What the finite difference in DARTS' second order is worth, against the exact product by differentiating twice.

``python -m tests.benchmarks.bench_hypergradient``. A supernet of NAS-Bench-201 in double precision, after some steps of
training on digits; three draws of weights and batches. Errors are relative to the norm of the exact product, and those
of the whole hypergradient, which is what the architecture learns from, relative to its own.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import nn
from torch.nn import functional

import nasbench
from datasets.tensors import to_tensors
from nasbench.networks.operations import ResidualBlock
from nasbench.networks.supernet import Supernet
from nasbench.plan import Skeleton
from searchers.weight_sharing.hypergradient import (
    PUBLISHED_EPSILON,
    exact_product,
    hypergradient,
    product_by_differences,
)

EPSILONS = (1.0, 1e-1, PUBLISHED_EPSILON, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
"""Lengths of the step of finite differences, as a vector."""


class Case(NamedTuple):
    """A supernet with two batches, and the alphas that it is asked about."""

    network: Supernet
    alphas: torch.Tensor
    batches: tuple[tuple[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

    def loss(self, half: int) -> torch.Tensor:
        """Cross-entropy on one of the batches."""
        images, labels = self.batches[half]
        return functional.cross_entropy(self.network(images, self.alphas.softmax(-1)), labels)

    @property
    def weights(self) -> list[torch.Tensor]:
        """Shared weights."""
        return list(self.network.parameters())


def case(seed: int, smooth: bool, channels: int = 4, steps: int = 20, images: int = 64) -> Case:
    """A supernet after some steps; with ``smooth`` softplus (sharpness 5) stands in place of every ReLU."""
    space, data = nasbench.load_space("nas_bench_201"), nasbench.load_dataset("digits", train_images=4 * images)
    cells = space.mixed_cells()
    network = Supernet(cells, Skeleton(channels, 1, 10, data.card.shape), seed).double()
    if smooth:
        soften(network)
    x, y = to_tensors(data.train, data.card)
    x = x.double()
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(seed))
    alphas = torch.randn(cells.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed + 1))
    alphas = (0.1 * alphas).requires_grad_()
    halves = [(x[part], y[part]) for part in order[: 2 * images].split(images)]
    found = Case(network, alphas, (halves[0], halves[1]))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.025, momentum=0.9, weight_decay=5e-4)
    for _ in range(steps):
        optimizer.zero_grad()
        found.loss(0).backward(inputs=found.weights)
        optimizer.step()
    optimizer.zero_grad()
    return found


class SmoothBlock(ResidualBlock):
    """The block between stages with softplus in place of its ReLUs."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """As of a residual block."""
        inner = self.second(functional.softplus(self.first(functional.softplus(x, beta=5)), beta=5))
        pooled = functional.avg_pool2d(x, self.stride, self.stride, ceil_mode=True)
        return inner + self.shortcut(pooled)


def soften(module: nn.Module) -> None:
    """Puts softplus in place of every ReLU of a network, those inside blocks too."""
    for name, child in module.named_children():
        if isinstance(child, nn.ReLU):
            setattr(module, name, nn.Softplus(beta=5))
        elif isinstance(child, ResidualBlock):
            child.__class__ = SmoothBlock
        soften(child)


class Errors(NamedTuple):
    """Relative errors of the product and of the whole hypergradient, at one epsilon."""

    product: float
    hypergradient: float


def errors(given: Case, epsilons: tuple[float, ...] = EPSILONS, rate: float = 0.025) -> dict[float, Errors]:
    """Epsilon -> errors against the exact product."""
    pull = [torch.zeros_like(weight) for weight in given.weights]

    def whole(epsilon: float | None) -> torch.Tensor:
        losses = (lambda: given.loss(0), lambda: given.loss(1))
        return hypergradient(*losses, given.weights, [given.alphas], rate, pull, epsilon)[0]

    vector = torch.autograd.grad(given.loss(1), given.weights, materialize_grads=True)
    arguments = (lambda: given.loss(0), given.weights, [given.alphas], vector)
    product, exact = exact_product(*arguments)[0], whole(None)
    found = {}
    for epsilon in epsilons:
        rough = product_by_differences(*arguments, epsilon)[0]
        found[epsilon] = Errors(relative(rough, product), relative(whole(epsilon), exact))
    return found


def relative(mine: torch.Tensor, exact: torch.Tensor) -> float:
    """Norm of the difference over the norm of what is exact."""
    return float((mine - exact).norm() / exact.norm())


def main() -> None:
    """Prints errors for both activations, three seeds and all epsilons."""
    torch.set_num_threads(1)
    for smooth in (True, False):
        print(f"\n{'softplus' if smooth else 'ReLU'}, rate 0.025: relative error of the product | the hypergradient")
        found = [errors(case(seed, smooth)) for seed in range(3)]
        for epsilon in EPSILONS:
            product = "  ".join(f"{each[epsilon].product:8.1e}" for each in found)
            whole = "  ".join(f"{each[epsilon].hypergradient:8.1e}" for each in found)
            note = "  (published)" if epsilon == PUBLISHED_EPSILON else ""
            print(f"  epsilon {epsilon:7.0e}   {product} | {whole}{note}")


if __name__ == "__main__":
    main()
