"""Proxies on networks small enough for pencil and paper, their probe, and the ensemble by rank."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn

import nasbench
import predictors.probe
from nasbench.plan import Skeleton
from predictors.batches import Batch
from predictors.probe import Probe, make_probe, shared
from predictors.proxy import Proxy, ProxyError, probe_proxy, size_proxy
from predictors.scores import rank_ensemble, score_architecture
from tests.predictors.examples import class_members, nas_bench_201

ONE_IMAGE = Batch(torch.tensor([[[[1.0]], [[0.0]]]]), torch.tensor([0]))
"""An image of two channels, (1, 0), of class 0."""


def linear(weight: list[list[float]]) -> nn.Module:
    layer = nn.Linear(len(weight[0]), len(weight), bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(weight))
    return nn.Sequential(nn.Flatten(), layer)


def value(name: str, network: nn.Module, batch: Batch = ONE_IMAGE) -> float:
    return nasbench.load_proxy(name).score_network(network, batch)


def test_two_weights_that_matter() -> None:
    """Logits (1, 0): with q = 1 / (1 + e) the gradient is -q and q in the first column, and L'' = q (1 - q)."""
    network, q = linear([[1.0, 0.0], [0.0, 1.0]]), 1 / (1 + math.e)
    assert value("grad_norm", network) == pytest.approx(math.sqrt(2) * q)
    assert value("snip", network) == pytest.approx(q)
    assert value("plain", network) == pytest.approx(-q)
    assert value("grasp", network) == pytest.approx(2 * q * q * (1 - q))
    assert value("fisher", network) == pytest.approx(q * q / 2)
    assert value("l2_norm", network) == pytest.approx(math.sqrt(2))
    assert value("synflow", network) == pytest.approx(math.log(2))


def test_images_whose_slopes_have_nothing_in_common() -> None:
    """Each image passes through units of its own; correlations 1, -1/3 and so on are known."""
    rows = torch.tensor([[1.0, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]])
    network = nn.Sequential(nn.Flatten(), nn.Linear(4, 4, bias=False), nn.ReLU(), nn.Linear(4, 2, bias=False))
    with torch.no_grad():
        network[1].weight.copy_(torch.eye(4))
        network[3].weight.fill_(0.5)
    batch = Batch(rows.reshape(3, 4, 1, 1), torch.tensor([0, 1, 1]))
    correlation = 0.0  # of 1100 and 1010
    k = 1e-5
    assert value("jacob_cov", network, batch) == pytest.approx(-3 * (math.log(1 + k) + 1 / (1 + k)))
    alone, pair = math.log(1 + k), 2 * math.log(1 + k) + 2 * math.log(correlation + k)
    assert value("epe_nas", network, batch) == pytest.approx(abs(alone) + abs(pair), rel=1e-4)
    agreement = np.array([[4, 2, 2], [2, 4, 2], [2, 2, 4]])
    assert value("naswot", network, batch) == pytest.approx(math.log(np.linalg.det(agreement)))


def test_many_classes_are_compared_with_one_another() -> None:
    """A hundred classes: sums of classes; one more: differences of their means."""
    shape, generator = (202, 3, 2, 2), torch.Generator().manual_seed(0)
    images = torch.randn(shape, generator=generator)
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 30), nn.ReLU(), nn.Linear(30, 101))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    for classes in (100, 101):
        labels = torch.arange(202) % classes
        x = images.clone().requires_grad_()
        (slopes,) = torch.autograd.grad(network(x).sum(), x)
        sums = []
        for label in range(classes):
            rows = slopes.flatten(1).double().numpy()[labels.numpy() == label]
            logs = sum(math.log(abs(np.corrcoef(a, b)[0, 1]) + 1e-5) for a in rows for b in rows)
            sums.append(logs if classes == 100 else logs / len(rows))
        expected = sum(map(abs, sums))
        if classes == 101:
            expected = sum(abs(a - b) for a in sums for b in sums) / 101
        assert value("epe_nas", network, Batch(images, labels)) == pytest.approx(expected, rel=1e-5)


def test_zico_leaves_out_what_does_not_vary() -> None:
    """Halves with gradients g and 3 g: mean 2 |g| over deviation |g| for each of the two weights that learn."""
    one, network = torch.tensor([[[[1.0]], [[0.0]]]]), linear([[0.0, 0.0], [0.0, 0.0]])
    batch = Batch(torch.cat([one, 3 * one]), torch.tensor([0, 0]))
    assert value("zico", network, batch) == pytest.approx(math.log(2 + 2))
    with pytest.raises(ProxyError, match="the proxy zico overflowed"):
        value("zico", network, Batch(torch.cat([one, one]), torch.tensor([0, 0])))
    with pytest.raises(ValueError, match="2 images or more"):
        value("zico", network)


def test_zen_of_a_scaled_input() -> None:
    """One convolution: twice the perturbation moves the output twice as far, whatever its weights were."""
    images = Batch(torch.zeros(4, 3, 5, 5), torch.zeros(4, dtype=torch.int64))
    network = nn.Sequential(nn.Conv2d(3, 2, 1, bias=False), nn.AdaptiveAvgPool2d(5), nn.Flatten(), nn.Linear(50, 2))
    generator = torch.Generator().manual_seed(0)
    weight = torch.randn(2, 3, generator=generator)
    torch.randn(2, 50, generator=generator)
    torch.randn(4, 3, 5, 5, generator=generator)
    noise = 0.01 * torch.randn(4, 3, 5, 5, generator=generator)
    expected = torch.einsum("oc,nchw->nohw", weight, noise).abs().sum().item() / 4
    assert value("zen", network, images) == pytest.approx(math.log(expected), rel=1e-5)


class Loose(nn.Module):
    """Calls functions instead of modules, one of them in place, and has a layer that nothing reads."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.spare, self.last = nn.Conv2d(2, 3, 1), nn.Linear(4, 4), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits."""
        return self.last(torch.relu_(self.conv(x) + 0.1).mean(dim=(2, 3)))


def test_any_network_will_do() -> None:
    generator, network = torch.Generator().manual_seed(1), Loose()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator))
    batch = Batch(torch.randn(6, 2, 3, 3, generator=generator), torch.arange(6) % 2)
    names = [n for n in nasbench.registry.PROXIES.names() if nasbench.load_proxy(n).needs_network]
    values = {name: value(name, network, batch) for name in names}
    assert all(map(math.isfinite, values.values()))
    on = (network.conv(batch.images) + 0.1 > 0).flatten(1).numpy()
    agreement = np.array([[(a == b).sum() for b in on] for a in on])
    assert values["naswot"] == pytest.approx(np.linalg.slogdet(agreement)[1])


def test_a_layer_overwritten_in_place_has_no_fisher() -> None:
    network = nn.Sequential(nn.Conv2d(2, 3, 1), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(3, 2))
    with pytest.raises(ValueError, match="in place"):
        value("fisher", network)


def test_seconds_of_shared_pieces_are_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that moves only when told: 1 s for a piece, 10 s for one that needs it, and what each does itself."""
    now = 0.0

    def work(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(predictors.probe.time, "perf_counter", lambda: now)

    @shared
    def inner(probe: Probe) -> int:
        work(1.0)
        return 1

    @shared
    def outer(probe: Probe) -> int:
        work(10.0)
        return inner(probe) + 1

    def user(piece: Callable[[Probe], int], own: float) -> Callable[[Probe], float]:
        def proxy(probe: Probe) -> float:
            work(own)
            return float(piece(probe))

        return proxy

    def broken(probe: Probe) -> float:
        work(0.5)
        raise RuntimeError(f"after {inner(probe)}")

    probe = Probe(nn.Identity, ONE_IMAGE)
    assert probe.run("a", user(outer, 100.0)) == 2
    assert probe.run("b", user(outer, 200.0)) == 2
    assert probe.run("c", user(inner, 300.0)) == 1
    with pytest.raises(RuntimeError):
        probe.run("d", broken)
    assert probe.seconds() == pytest.approx({"a": 105.25, "b": 205.25, "c": 300.25, "d": 0.75})
    assert sum(probe.seconds().values()) == pytest.approx(now)


def test_weights_as_torch_draws_them() -> None:
    """The same ranges as layers made by torch itself, which has no generator for that but its global one."""
    space, architecture, skeleton = nas_bench_201(), class_members(1)[0], Skeleton(channels=16, cells=1)
    network = make_probe(space, architecture, skeleton, seed=3, initialisation="torch").network
    again = make_probe(space, architecture, skeleton, seed=3, initialisation="torch").network
    assert all(torch.equal(a, b) for a, b in zip(network.parameters(), again.parameters(), strict=True))
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                twin = type(module)(*module.weight.shape[1::-1], **kernel_of(module))
            for ours, theirs in zip(module.parameters(), twin.parameters(), strict=True):
                assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.5 if ours.ndim == 1 else 0.15)
                assert ours.abs().max().item() == pytest.approx(theirs.abs().max().item(), rel=0.3)
    batch, names = None, ["snip", "params"]
    trained = score_architecture(names, space, architecture, skeleton, batch, 0)
    drawn = score_architecture(names, space, architecture, skeleton, batch, 0, initialisation="torch")
    assert drawn["snip"].value != trained["snip"].value and drawn["params"].value == trained["params"].value
    with pytest.raises(ValueError, match="training or torch"):
        make_probe(space, architecture, skeleton, initialisation="zeros")


def kernel_of(module: nn.Module) -> dict:
    return {"kernel_size": module.kernel_size, "bias": False} if isinstance(module, nn.Conv2d) else {}


def test_a_name_or_a_direction_that_will_not_do() -> None:
    with pytest.raises(ValueError, match="two proxies are called snip"):
        probe_proxy(better="higher")(nasbench.load_proxy("snip").of_probe)
    with pytest.raises(ValueError, match="'higher' or 'lower', got 'up'"):
        size_proxy(better="up")(lambda *_: 0.0)
    with pytest.raises(ValueError, match="use score"):
        Proxy("counted", "higher", of_size=lambda *_: 1.0).score_network(linear([[1.0]]), ONE_IMAGE)


def test_rank_ensemble_by_hand() -> None:
    rng = np.random.default_rng(0)
    scores = {name: rng.integers(0, 6, 9).astype(float) for name in "abc"}
    better = {"a": "higher", "b": "lower", "c": "higher"}
    scores["b"][[0, 4]] = np.nan
    for values in scores.values():
        values[7] = np.nan
    expected = []
    for place in range(9):
        ranks = []
        for name, values in scores.items():
            sign = 1 if better[name] == "higher" else -1
            known = [sign * v for v in values if not math.isnan(v)]
            mine = sign * values[place]
            if not math.isnan(mine):
                ranks.append((sum(v < mine for v in known) + (known.count(mine) - 1) / 2) / (len(known) - 1))
        expected.append(np.mean(ranks) if ranks else math.nan)
    assert rank_ensemble(scores, better) == pytest.approx(np.array(expected), nan_ok=True)
    assert rank_ensemble({"a": np.array([3.0, np.nan])}, better) == pytest.approx([0.5, np.nan], nan_ok=True)


def test_rank_ensemble_refuses() -> None:
    with pytest.raises(ValueError, match="one or more proxies"):
        rank_ensemble({}, {})
    with pytest.raises(ValueError, match="one or more proxies"):
        rank_ensemble({"a": np.zeros(2), "b": np.zeros(3)}, {"a": "higher", "b": "higher"})
    with pytest.raises(ValueError, match="the proxy a must have a direction"):
        rank_ensemble({"a": np.zeros(2)}, {"b": "higher"})
