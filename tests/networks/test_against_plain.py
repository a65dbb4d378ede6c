"""Networks as built against the plain one that computes every edge: the same weights give the same numbers.

In double precision, in training and in evaluation mode: outputs, gradients, and what batch norm remembers.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from nasbench import load_space
from nasbench.plan import Skeleton
from nasbench.spaces.nas_bench_201 import EDGES

torch = pytest.importorskip("torch", reason="networks need torch")

from nasbench.networks.build import build_network  # noqa: E402
from tests.benchmarks.plain_loop import PlainReduction, plain_network  # noqa: E402

SPACE = load_space("nas_bench_201")
SKELETON = Skeleton(channels=3, cells=2, classes=5, input_shape=(3, 8, 8))
CELLS = 12


def cells() -> list:
    """Random cells, and the extremes: all edges of one kind, one edge alone."""
    rng = np.random.default_rng(0)
    alike = [(operation,) * 6 for operation in range(5)]
    alone = [tuple(3 * (place == edge) for place in range(6)) for edge in range(6)]
    return [SPACE.architecture(c) for c in alike + alone] + [SPACE.sample(rng) for _ in range(CELLS)]


def pairs(ours, plain) -> Iterator[tuple]:
    """Modules of the two networks that mean the same: (of ours, of the plain one)."""
    modules = dict(ours.operations)
    layers = iter(plain)

    def take(name: str):
        return modules.get(name.replace(".", "/"))

    stem = take("stem")
    yield from zip(stem, (next(layers), next(layers)), strict=True)
    for stage in range(3):
        if stage:
            block, other = take(f"stage{stage}.reduction"), next(layers)
            assert isinstance(other, PlainReduction)
            yield from zip((*block.first, *block.second), (*other.first[1:], *other.second[1:]), strict=True)
            yield block.shortcut, other.shortcut[1]
        for cell in range(SKELETON.cells):
            for edge, (source, target) in zip(next(layers).edges, EDGES, strict=True):
                module = take(f"stage{stage}.cell{cell}.edge{source}{target}")
                if isinstance(edge, torch.nn.Sequential) and module is not None:
                    yield from zip(module, edge[1:], strict=True)
    yield take("last")[0], next(layers)
    yield take("classifier"), list(layers)[-1]


def twins(architecture, seed: int):
    """A network as built and a plain one of equal weights and random statistics, in double precision.

    Batch norms of edges that only the plain one computes stay as made, so that a convolution of zero is zero.
    """
    generator = torch.Generator().manual_seed(seed)
    ours = build_network(SPACE.plan(architecture, SKELETON), seed).double()
    with torch.random.fork_rng(devices=[]):
        plain = plain_network(architecture.choices, SKELETON.channels, SKELETON.cells, SKELETON.classes).double()
    with torch.no_grad():
        for module in ours.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3, generator=generator)
                module.running_var.uniform_(0.5, 2, generator=generator)
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.normal_(0, 0.3, generator=generator)
    for mine, theirs in pairs(ours, plain):
        theirs.load_state_dict(mine.state_dict())
    return ours, plain, generator


def close(a, b) -> bool:
    return torch.allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("training", [True, False], ids=["training mode", "evaluation mode"])
def test_outputs_gradients_and_statistics_are_equal(training: bool) -> None:
    for seed, architecture in enumerate(cells()):
        ours, plain, generator = twins(architecture, seed)
        images = torch.randn(3, *SKELETON.input_shape, dtype=torch.float64, generator=generator)
        wishes = torch.randn(3, SKELETON.classes, dtype=torch.float64, generator=generator)
        inputs = [images.clone().requires_grad_() for _ in range(2)]
        logits = [network.train(training)(x) for network, x in zip((ours, plain), inputs, strict=True)]
        for values in logits:
            values.mul(wishes).sum().backward()
        name = SPACE.format(architecture)
        met = {id(parameter) for mine, _ in pairs(ours, plain) for parameter in mine.parameters()}
        assert met == {id(parameter) for parameter in ours.parameters()}, "nothing is left out of the comparison"
        assert logits[0].shape == (3, SKELETON.classes)
        assert close(*logits), name
        reached = [torch.zeros_like(images) if x.grad is None else x.grad for x in inputs]
        assert close(*reached), name
        for mine, theirs in pairs(ours, plain):
            for parameter, other in zip(mine.parameters(), theirs.parameters(), strict=True):
                gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in (parameter, other)]
                assert close(*gradients), name
            for buffer, other in zip(mine.buffers(), theirs.buffers(), strict=True):
                assert close(buffer.double(), other.double()), name


def test_the_comparison_sees_a_wrong_weight() -> None:
    ours, plain, generator = twins(SPACE.architecture((3, 1, 3, 4, 2, 3)), 0)
    images = torch.randn(3, *SKELETON.input_shape, dtype=torch.float64, generator=generator)
    with torch.no_grad():
        ours.step("stage1.cell0.edge23")[0].weight[0, 0, 0, 0] += 1e-3
        assert not close(ours.eval()(images), plain.eval()(images))
