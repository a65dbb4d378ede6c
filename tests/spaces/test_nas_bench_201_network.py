"""The network of NAS-Bench-201 against the published one, written out plainly: outputs, gradients of all weights."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench import load_space
from nasbench.plan import Skeleton
from nasbench.spaces.nas_bench_201 import EDGES, OPERATIONS

torch = pytest.importorskip("torch", reason="networks need torch")
functional = pytest.importorskip("torch.nn.functional")
build = pytest.importorskip("nasbench.networks.build")

SPACE = load_space("nas_bench_201")
SKELETON = Skeleton(channels=3, cells=2, classes=4, input_shape=(3, 12, 8))
BUSY = "|nor_conv_3x3~0|+|avg_pool_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|"


def published(network, cell, x):
    """Logits as the published code computes them, with the weights of a network; every edge, dead ones give zeros.

    Dong and Yang, "NAS-Bench-201", ICLR 2020, section 2.1 and its code: ``InferCell``, ``ResNetBasicblock``.
    """

    def norm(x, layer):
        return functional.batch_norm(x, None, None, layer.weight, layer.bias, training=True, eps=1e-5)

    def convolution(x, block, stride=1):
        kernel = block[0].weight.shape[-1]
        return norm(functional.conv2d(x, block[0].weight, None, stride, (kernel - 1) // 2), block[1])

    def operate(name, x, edge):
        if name == "none" or not x.any():
            return torch.zeros_like(x)
        if name == "skip_connect":
            return x
        if name == "avg_pool_3x3":
            return torch.nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)(x)
        kernel = network.step(edge)[0].kernel_size
        assert kernel == ((1, 1) if name == "nor_conv_1x1" else (3, 3))
        return convolution(torch.relu(x), network.step(edge))

    x = convolution(x, network.step("stem"))
    for stage in range(3):
        if stage:
            block = network.step(f"stage{stage}.reduction")
            inner = convolution(torch.relu(x), block.first, stride=2)
            inner = convolution(torch.relu(inner), block.second)
            x = functional.conv2d(torch.nn.AvgPool2d(2, 2, 0)(x), block.shortcut.weight) + inner
        for place in range(SKELETON.cells):
            nodes = [x, *[torch.zeros_like(x)] * 3]
            for choice, (source, target) in zip(cell.choices, EDGES, strict=True):
                edge = f"stage{stage}.cell{place}.edge{source}{target}"
                nodes[target] = nodes[target] + operate(OPERATIONS[choice], nodes[source], edge)
            x = nodes[3]
    x = torch.relu(norm(x, network.step("last")[0]))
    classifier = network.step("classifier")
    return functional.linear(x.mean(dim=(2, 3)), classifier.weight, classifier.bias)


def gradients(logits, network):
    """Logits, and the gradient of each weight; zeros where a weight does not matter."""
    weights = list(network.parameters())
    found = torch.autograd.grad((logits**2).sum(), weights, allow_unused=True)
    return [logits, *(torch.zeros_like(w) if g is None else g for w, g in zip(weights, found, strict=True))]


@pytest.mark.parametrize(
    "text", [BUSY, *(SPACE.format(SPACE.sample(np.random.default_rng(seed))) for seed in range(12))]
)
def test_network_is_the_published_one(text):
    cell = SPACE.parse(text)
    network = build.build_network(SPACE.plan(cell, SKELETON), seed=0).double().train()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float64) / 3 + 0.1)
    pictures = torch.randn(5, *SKELETON.input_shape, generator=generator, dtype=torch.float64)
    ours = gradients(network(pictures), network)
    theirs = gradients(published(network, cell, pictures), network)
    assert all(torch.allclose(a, b, rtol=1e-9, atol=1e-10) for a, b in zip(ours, theirs, strict=True))


def test_average_pooling_has_exact_first_and_second_derivatives():
    """On sizes where its windows are cut on one side, on both, and not at all."""
    from nasbench.networks.weightless import AvgPool

    generator = torch.Generator().manual_seed(0)
    for height, width in ((1, 1), (2, 1), (2, 3), (5, 4)):
        x = torch.randn(2, 3, height, width, generator=generator, dtype=torch.float64, requires_grad=True)
        pool, wanted = AvgPool(3, 1), torch.nn.AvgPool2d(3, 1, 1, count_include_pad=False)
        for layout in (torch.contiguous_format, torch.channels_last):
            assert torch.allclose(pool(x.contiguous(memory_format=layout)), wanted(x), rtol=1e-12, atol=1e-12)
        assert torch.autograd.gradcheck(pool, (x,))
        assert torch.autograd.gradgradcheck(lambda x, pool=pool: pool(x) ** 2, (x,))
