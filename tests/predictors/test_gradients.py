"""synflow and grad_norm against weights changed one by one, and what they do with networks of any size."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import nasbench
from nasbench.networks.build import build_network
from nasbench.plan import Skeleton
from predictors.proxy import Batch, ProxyError, dataset_batch, random_batch
from tests.predictors.examples import nas_bench_201

TINY = Skeleton(channels=2, cells=1, classes=3, input_shape=(1, 4, 4))
CELL = "|nor_conv_1x1~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_1x1~2|"
EMPTY = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"


def network(text: str = CELL, skeleton: Skeleton = TINY, seed: int = 0) -> torch.nn.Module:
    space = nas_bench_201()
    return build_network(space.plan(space.parse(text), skeleton), seed)


def positive_output(net: torch.nn.Module, weights: dict[str, torch.Tensor], skeleton: Skeleton) -> float:
    """The summed output for an input of ones: batch norms pass on, run by hand with other weights in place."""
    values = [torch.ones(1, *skeleton.input_shape, dtype=torch.float64)]
    pool, conv = torch.nn.functional.avg_pool2d, torch.nn.functional.conv2d
    for step in net.plan.steps[1:]:
        inputs, name = [values[source] for source in step.inputs], f"operations.{step.name.replace('.', '/')}"
        if step.operation == "conv_bn":
            w = weights[f"{name}.0.weight"]
            values.append(conv(inputs[0], w, stride=int(step.setting("stride")), padding=w.shape[-1] // 2))
        elif step.operation == "residual_block":
            x = inputs[0]
            inner = conv(x, weights[f"{name}.first.0.weight"], stride=2, padding=1)
            inner = conv(inner, weights[f"{name}.second.0.weight"], padding=1)
            values.append(inner + conv(pool(x, 2, 2), weights[f"{name}.shortcut.weight"]))
        elif step.operation == "avg_pool":
            values.append(pool(inputs[0], 3, 1, 1, count_include_pad=False))
        elif step.operation == "global_pool":
            values.append(inputs[0].mean(dim=(2, 3)))
        elif step.operation == "linear":
            values.append(inputs[0] @ weights[f"{name}.weight"].T + weights[f"{name}.bias"])
        else:
            assert step.operation in ("relu", "bn_relu", "sum", "skip")
            values.append(sum(inputs))
    return float(values[-1].sum())


def test_synflow_is_what_the_output_loses_without_each_weight() -> None:
    net = network()
    weights = {name: tensor.detach().double().abs() for name, tensor in net.named_parameters()}
    whole = positive_output(net, weights, TINY)
    lost = 0.0
    for name, tensor in weights.items():
        if not name.endswith("weight") or tensor.ndim < 2:
            continue
        for place in range(tensor.numel()):
            kept = tensor.reshape(-1)[place].item()
            tensor.view(-1)[place] = 0.0
            lost += whole - positive_output(net, weights, TINY)
            tensor.view(-1)[place] = kept
    batch = random_batch(TINY, images=2)
    assert nasbench.load_proxy("synflow").score_network(net, batch) == pytest.approx(math.log(lost), rel=1e-9)


def test_synflow_knows_only_the_shape_of_the_batch() -> None:
    proxy, net = nasbench.load_proxy("synflow"), network()
    assert proxy.score_network(net, random_batch(TINY, seed=1)) == proxy.score_network(net, random_batch(TINY, seed=2))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.neg_()
    flipped = proxy.score_network(net, random_batch(TINY))
    assert flipped == proxy.score_network(network(), random_batch(TINY))


FULL = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|"


def test_synflow_reaches_far_beyond_double_precision() -> None:
    """Weights a million times as large: each of the layers on a path adds log(1e6), whatever the sum."""
    proxy = nasbench.load_proxy("synflow")
    deep = Skeleton(channels=4, cells=20, classes=10, input_shape=(3, 8, 8))
    chain = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|skip_connect~2|"
    net = network(chain, deep)
    before = proxy.score_network(net, random_batch(deep, images=2))
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.mul_(1e6)
    layers = 1 + 60 + 2 * 2 + 1  # less one that a path through a shortcut leaves out: too few to be seen
    after = proxy.score_network(net, random_batch(deep, images=2))
    assert after > math.log(torch.finfo(torch.float64).max)
    assert after - before == pytest.approx(layers * math.log(1e6), rel=1e-3)


def test_grad_norm_is_the_gradient_found_by_small_steps() -> None:
    smallest = replace(TINY, channels=1)
    net, proxy = network(skeleton=smallest).double().train(), nasbench.load_proxy("grad_norm")
    batch = random_batch(smallest, images=8, seed=1)
    images, labels = batch.images.double(), batch.labels
    expected, step = 0.0, 1e-6
    with torch.no_grad():
        for module in net.modules():
            if not isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
                continue
            slopes = []
            for place in range(module.weight.numel()):
                flat = module.weight.view(-1)
                kept = flat[place].item()
                losses = []
                for moved in (kept + step, kept - step):
                    flat[place] = moved
                    losses.append(torch.nn.functional.cross_entropy(net(images), labels).item())
                flat[place] = kept
                slopes.append((losses[0] - losses[1]) / (2 * step))
            expected += math.sqrt(sum(slope**2 for slope in slopes))
    assert proxy.score_network(net, Batch(images, labels)) == pytest.approx(expected, rel=1e-5)
    assert proxy.score_network(network(skeleton=smallest), batch) == pytest.approx(expected, rel=1e-3)


def test_a_network_that_passes_nothing_on() -> None:
    """No path carries the input: nothing flows, and only the classifier's bias could learn."""
    batch = random_batch(TINY)
    assert nasbench.load_proxy("grad_norm").score_network(network(EMPTY), batch) == 0.0
    with pytest.raises(ProxyError, match="the proxy synflow overflowed"):
        nasbench.load_proxy("synflow").score_network(network(EMPTY), batch)


def test_dead_edges_change_nothing() -> None:
    space = nas_bench_201()
    dangling = space.plan(space.parse("|nor_conv_1x1~0|+|skip_connect~0|none~1|+|nor_conv_3x3~0|none~1|none~2|"), TINY)
    pruned, whole = build_network(dangling, 0), build_network(dangling, 0, pruned=False)
    whole.load_state_dict(pruned.state_dict(), strict=False)
    batch = random_batch(TINY, images=8)
    for name in ("synflow", "grad_norm"):
        proxy = nasbench.load_proxy(name)
        assert proxy.score_network(whole, batch) == pytest.approx(proxy.score_network(pruned, batch), rel=1e-5)


def test_batches_are_fixed_by_their_seed() -> None:
    for make in (lambda seed: random_batch(TINY, 16, seed), lambda seed: dataset_batch(DIGITS, 16, seed)):
        first, again, other = make(0), make(0), make(1)
        assert torch.equal(first.images, again.images) and torch.equal(first.labels, again.labels)
        assert not torch.equal(first.images, other.images)
        assert first.images.dtype == torch.float32 and first.labels.dtype == torch.int64
        assert len(first.images) == len(first.labels) == 16
    with pytest.raises(ValueError, match="expected 1 to"):
        dataset_batch(DIGITS, 10**6)


DIGITS = nasbench.load_dataset("digits")


def test_a_batch_of_real_images() -> None:
    card = DIGITS.card
    skeleton = Skeleton(channels=4, cells=1, classes=len(card.classes), input_shape=card.shape)
    space, batch = nas_bench_201(), dataset_batch(DIGITS, images=32)
    assert isinstance(batch, Batch)
    some = [space.parse(CELL), space.parse(EMPTY)]
    values = nasbench.load_proxy("grad_norm").scores(space, some, skeleton, batch)
    assert values[0] > 0 and np.isfinite(values).all()
