"""Every proxy against a second, slow computation: small steps and loops on a network written in NumPy."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

import nasbench
from nasbench.networks.build import Network, build_network
from nasbench.plan import Skeleton
from nasbench.registry import PROXIES
from predictors.proxy import Batch
from tests.predictors.by_hand import ByHand, batch, slopes, tensors
from tests.predictors.examples import nas_bench_201

TINY = Skeleton(channels=1, cells=1, classes=3, input_shape=(2, 4, 4))
CELLS = [
    "|nor_conv_1x1~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_1x1~2|",
    "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|avg_pool_3x3~1|skip_connect~2|",
]
IMAGES, LABELS = batch(7, 1, TINY.input_shape, TINY.classes)
BATCH = Batch(*tensors(IMAGES, LABELS))
EPSILON = 1e-5


@pytest.fixture(scope="module", params=CELLS, ids=["convolutions", "skips"])
def network(request: pytest.FixtureRequest) -> Network:
    space = nas_bench_201()
    return build_network(space.plan(space.parse(request.param), TINY), 3).double()


@pytest.fixture(scope="module")
def hand(network: Network) -> ByHand:
    return ByHand(network)


def value(name: str, network: Network, seed: int = 0) -> float:
    return nasbench.load_proxy(name).score_network(network, BATCH, seed=seed)


def test_both_networks_are_one(network: Network, hand: ByHand) -> None:
    ours = network.train()(BATCH.images).detach().numpy()
    np.testing.assert_allclose(hand.run(IMAGES).logits, ours, rtol=1e-9, atol=1e-12)


def test_what_the_gradients_add_up_to(network: Network, hand: ByHand) -> None:
    """grad_norm, snip and plain from gradients by small steps."""
    found = hand.gradients(IMAGES, LABELS)
    norms = sensitivities = total = 0.0
    for name, weight in hand.weights.items():
        squares = 0.0
        for place in np.ndindex(weight.shape):
            squares += found[name][place] ** 2
            sensitivities += abs(weight[place] * found[name][place])
            total += weight[place] * found[name][place]
        norms += math.sqrt(squares)
    assert value("grad_norm", network) == pytest.approx(norms, rel=1e-5)
    assert value("snip", network) == pytest.approx(sensitivities, rel=1e-5)
    assert value("plain", network) == pytest.approx(total, rel=1e-4, abs=1e-7)
    assert abs(total) > 1e-4


def test_grasp_is_a_second_derivative(network: Network, hand: ByHand) -> None:
    """w^T H g from four losses: where weights move along themselves and along the gradient."""
    found, step = hand.gradients(IMAGES, LABELS), 1e-5

    def loss(a: float, b: float) -> float:
        moved = {name: w + a * w + b * found[name] for name, w in hand.weights.items()}
        return hand.loss(IMAGES, LABELS, moved)

    mixed = loss(step, step) - loss(step, -step) - loss(-step, step) + loss(-step, -step)
    expected = -mixed / (4 * step * step)
    assert abs(expected) > 1e-4
    assert value("grasp", network) == pytest.approx(expected, rel=1e-3)


def test_fisher_is_what_the_loss_says_to_scaled_channels(network: Network, hand: ByHand) -> None:
    """Output times gradient, summed over pixels, is the slope of the loss as that image's channel is scaled."""
    expected = 0.0
    for name in hand.run(IMAGES).layers:
        scale = np.ones((len(IMAGES), len(hand.weights[name])))
        of = slopes(lambda name=name, scale=scale: hand.loss(IMAGES, LABELS, scales={name: scale}), scale)  # type: ignore[misc]
        for channel in range(scale.shape[1]):
            expected += sum(slope**2 for slope in of[:, channel]) / len(IMAGES) / 2
    assert value("fisher", network) == pytest.approx(expected, rel=1e-4)


def test_zico_looks_at_both_halves(network: Network, hand: ByHand) -> None:
    middle = len(IMAGES) // 2
    first = hand.gradients(IMAGES[:middle], LABELS[:middle])
    second = hand.gradients(IMAGES[middle:], LABELS[middle:])
    expected = 0.0
    for name in hand.weights:
        ratios = 0.0
        for pair in zip(first[name].ravel(), second[name].ravel(), strict=True):
            if np.std(pair) > 1e-9:
                ratios += np.mean(np.abs(pair)) / np.std(pair)
        expected += math.log(ratios)
    assert value("zico", network) == pytest.approx(expected, rel=1e-4)


def input_slopes(hand: ByHand) -> np.ndarray:
    at = IMAGES.copy()
    return slopes(lambda: float(hand.run(at).logits.sum()), at).reshape(len(at), -1)


def pearson(a: np.ndarray, b: np.ndarray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / math.sqrt((a * a).sum() * (b * b).sum()))


def test_jacob_cov_from_slopes_of_pixels(network: Network, hand: ByHand) -> None:
    rows = input_slopes(hand)
    correlation = np.array([[pearson(a, b) for b in rows] for a in rows])
    eigenvalues = np.linalg.eigvals(correlation).real
    expected = -sum(math.log(v + EPSILON) + 1 / (v + EPSILON) for v in eigenvalues)
    assert value("jacob_cov", network) == pytest.approx(expected, rel=1e-4)


def test_epe_nas_from_slopes_of_pixels(network: Network, hand: ByHand) -> None:
    rows, expected = input_slopes(hand), 0.0
    for label in range(TINY.classes):
        of = rows[label == LABELS]
        expected += abs(sum(math.log(abs(pearson(a, b)) + EPSILON) for a in of for b in of))
    assert value("epe_nas", network) == pytest.approx(expected, rel=1e-4)


def test_naswot_counts_units_that_agree(network: Network, hand: ByHand) -> None:
    """The determinant by its definition over permutations, in whole numbers."""
    images = IMAGES[:5]
    relus = hand.run(images).relus
    kernel = [[sum(int(((r[i] > 0) == (r[j] > 0)).sum()) for r in relus) for j in range(5)] for i in range(5)]
    determinant = 0
    for order in itertools.permutations(range(5)):
        swaps = sum(order[a] > order[b] for a in range(5) for b in range(a + 1, 5))
        determinant += (-1) ** swaps * math.prod(kernel[row][column] for row, column in enumerate(order))
    some = Batch(BATCH.images[:5], BATCH.labels[:5])
    assert nasbench.load_proxy("naswot").score_network(network, some) == pytest.approx(math.log(determinant), rel=1e-9)


@pytest.mark.parametrize("seed", [0, 5])
def test_zen_from_two_passes(network: Network, hand: ByHand, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    weights = {n: torch.randn(*w.shape, generator=generator).double().numpy() for n, w in hand.weights.items()}
    x, noise = (torch.randn(*IMAGES.shape, generator=generator).double().numpy() for _ in range(2))
    moved = hand.run(x + 0.01 * noise, weights).last_map
    still = hand.run(x, weights)
    distance = sum(np.abs(a - b).sum() for a, b in zip(moved, still.last_map, strict=True)) / len(x)
    sizes = [math.prod(r.shape) for r in still.relus]
    assert len(sizes) > 3
    spread = 0.0
    for variance, count in zip(still.variances, samples(network), strict=True):
        unbiased = variance * count / (count - 1)  # as a batch norm remembers it
        spread += math.log(math.sqrt(np.mean(unbiased)))
    assert value("zen", network, seed) == pytest.approx(math.log(distance) + spread, rel=1e-6)


def samples(network: Network) -> list[int]:
    """Images times pixels that each batch norm averages over, in order of computation."""
    counts: list[int] = []
    clean = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    hooks = [m.register_forward_hook(lambda _, x, y: counts.append(y.numel() // y.shape[1])) for m in clean]
    network.train()(BATCH.images)
    for hook in hooks:
        hook.remove()
    return counts


def test_sizes_of_weights(network: Network, hand: ByHand) -> None:
    expected = sum(math.sqrt(sum(w**2 for w in weight.ravel())) for weight in hand.weights.values())
    assert value("l2_norm", network) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("text", CELLS)
def test_counts_are_those_of_the_modules(text: str) -> None:
    space = nas_bench_201()
    architecture = space.parse(text)
    network = build_network(space.plan(architecture, TINY), 0)
    multiplied = 0

    def count(module: torch.nn.Module, _: object, output: torch.Tensor) -> None:
        nonlocal multiplied
        inputs = module.weight[0].numel() + (module.bias is not None)
        multiplied += output[0].numel() * inputs

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(count)
    network(torch.zeros(2, *TINY.input_shape))
    assert nasbench.load_proxy("flops").score(space, architecture, TINY) == multiplied
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert nasbench.load_proxy("params").score(space, architecture, TINY) == parameters


def test_every_proxy_is_computed_twice() -> None:
    """The one that is not in this file, synflow, is in ``test_gradients.py``."""
    text = Path(__file__).read_text(encoding="utf-8")
    shipped = [n for n in PROXIES.names() if "predictors.proxies" in origin(n)]
    assert [name for name in shipped if f'"{name}"' not in text and name != "synflow"] == []


def origin(name: str) -> str:
    proxy = nasbench.load_proxy(name)
    return (proxy.of_size or proxy.of_probe or proxy.of_network).__module__
