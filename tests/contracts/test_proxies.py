"""The promise of a zero-cost proxy, run over every proxy of ``predictors/proxies``."""

from __future__ import annotations

import copy
import subprocess
import sys
from functools import cache

import numpy as np
import pytest
import torch

import nasbench
from nasbench.networks.build import build_network
from nasbench.plan import Skeleton
from nasbench.registry import PROXIES
from predictors.probe import make_probe
from predictors.proxy import DIRECTIONS, Batch, Proxy, ProxyError, random_batch
from predictors.scores import Score, score_architecture
from tests.predictors.examples import class_members, nas_bench_201

SKELETON = Skeleton(channels=4, cells=1, classes=5, input_shape=(3, 8, 8))
SOME = class_members(6)
NOTHING = "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|"
SKIPS = "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|"
SIZES = [name for name in PROXIES.names() if not nasbench.load_proxy(name).needs_network]


@pytest.fixture(params=PROXIES.names())
def proxy(request: pytest.FixtureRequest) -> Proxy:
    return nasbench.load_proxy(request.param)


def test_it_has_a_name_and_a_direction(proxy: Proxy) -> None:
    assert proxy.name in PROXIES.names()
    assert proxy.better in DIRECTIONS
    values = np.array([1.0, 3.0])
    assert (np.argmax(proxy.goodness(values)) == 1) == (proxy.better == "higher")


def test_it_gives_finite_numbers_that_differ(proxy: Proxy) -> None:
    values = proxy.scores(nas_bench_201(), SOME, SKELETON)
    assert values.shape == (len(SOME),) and values.dtype == np.float64
    assert np.isfinite(values).all()
    assert len(np.unique(values)) > 1


def test_it_repeats_itself(proxy: Proxy) -> None:
    space = nas_bench_201()
    together = proxy.scores(space, SOME[:3], SKELETON, seed=3)
    before = torch.random.get_rng_state()
    alone = [proxy.score(space, architecture, SKELETON, seed=3) for architecture in SOME[:3]]
    assert together.tolist() == alone
    assert torch.equal(before, torch.random.get_rng_state())
    if proxy.needs_network:
        assert proxy.score(space, SOME[0], SKELETON, seed=4) != alone[0]


def test_it_leaves_the_network_and_the_batch_alone(proxy: Proxy) -> None:
    network = build_network(nas_bench_201().plan(SOME[0], SKELETON), seed=0).eval()
    batch = random_batch(SKELETON, images=8)
    if not proxy.needs_network:
        with pytest.raises(ValueError, match="use score"):
            proxy.score_network(network, batch)
        return
    state, images = copy.deepcopy(network.state_dict()), batch.images.clone()
    modules = [(name, type(module)) for name, module in network.named_modules()]
    first = proxy.score_network(network, batch)
    assert not network.training
    assert [(name, type(module)) for name, module in network.named_modules()] == modules
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(batch.images, images)
    assert proxy.score_network(network, batch) == first
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    assert proxy.score_network(network.train(), batch) == first


@cache
def together(place: int, backwards: bool) -> dict[str, Score]:
    """Scores by all proxies of one architecture, in one order or the other."""
    names = PROXIES.names()[::-1] if backwards else PROXIES.names()
    scores = score_architecture(names, nas_bench_201(), SOME[place], SKELETON, random_batch(SKELETON, images=16), 3)
    assert list(scores) == names
    return scores


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("place", range(4))
def test_it_answers_alike_alone_and_in_company(proxy: Proxy, place: int, backwards: bool) -> None:
    alone = proxy.score(nas_bench_201(), SOME[place], SKELETON, random_batch(SKELETON, images=16), seed=3)
    score = together(place, backwards)[proxy.name]
    assert (score.value, score.reason) == (alone, "")
    assert score.seconds > 0


def test_it_does_not_change_what_others_read(proxy: Proxy) -> None:
    if not proxy.needs_network:
        return
    probe = make_probe(nas_bench_201(), SOME[1], SKELETON, seed=2)
    weights = [parameter.detach().clone() for parameter in probe.network.parameters()]
    proxy.score_probe(probe)
    assert probe.network.training
    assert all(torch.equal(new, old) for new, old in zip(probe.network.parameters(), weights, strict=True))
    assert all(parameter.grad is None for parameter in probe.network.parameters())


@pytest.mark.parametrize("text", [NOTHING, SKIPS])
def test_extremes_have_a_value_or_a_reason(proxy: Proxy, text: str) -> None:
    space = nas_bench_201()
    score = score_architecture([proxy.name], space, space.parse(text), SKELETON, random_batch(SKELETON), 0)[proxy.name]
    assert np.isfinite(score.value) == (score.reason == "")
    assert score.reason == "" or (proxy.name in score.reason and text in score.reason)
    assert score.reason == "" or text == NOTHING


@pytest.mark.parametrize("name", SIZES)
def test_sizes_are_the_same_for_all_members_of_a_class(name: str) -> None:
    space, proxy = nas_bench_201(), nasbench.load_proxy(name)
    for group in list(space.classes.values())[:300:30]:
        assert len({proxy.score(space, member, SKELETON) for member in group}) == 1


def test_what_is_not_finite_is_an_error_with_its_name(proxy: Proxy) -> None:
    if not proxy.needs_network:
        broken = Proxy("broken", "higher", of_size=lambda *_: float("nan"))
        with pytest.raises(ProxyError, match="the proxy broken is not a number"):
            broken.score(nas_bench_201(), SOME[0], SKELETON)
        return
    network = build_network(nas_bench_201().plan(SOME[0], SKELETON), seed=0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.fill_(float("nan"))
    with pytest.raises(ProxyError, match=f"the proxy {proxy.name} is not a number"):
        proxy.score_network(network, Batch(torch.ones(2, 3, 8, 8), torch.zeros(2, dtype=torch.int64)))


def test_a_failed_proxy_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    import predictors.proxy as module

    def fails(network: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
        raise RuntimeError("no luck")

    extra = {"unlucky": Proxy("unlucky", "higher", of_network=fails)}
    extra["endless"] = Proxy("endless", "lower", of_network=lambda *_: float("inf"))
    monkeypatch.setattr(module, "PROXIES", {**module.PROXIES, **extra})
    names = ["snip", "unlucky", "params", "endless", "fisher"]
    scores = score_architecture(names, nas_bench_201(), SOME[0], SKELETON, None, 0)
    assert [name for name in names if scores[name].reason] == ["unlucky", "endless"]
    assert [name for name in names if np.isnan(scores[name].value)] == ["unlucky", "endless"]
    assert scores["unlucky"].reason == "no luck" and "the proxy endless overflowed" in scores["endless"].reason
    assert all(score.seconds > 0 for score in scores.values())
    with pytest.raises(LookupError, match="did you mean 'snip'"):
        score_architecture(["snipp"], nas_bench_201(), SOME[0], SKELETON, None, 0)


@pytest.mark.parametrize("name", SIZES)
def test_many_sizes_at_once_are_those_one_by_one(name: str) -> None:
    space, proxy = nas_bench_201(), nasbench.load_proxy(name)
    some = [space.from_index(place) for place in range(0, len(space), 173)]
    one_by_one = [proxy.score(space, architecture, SKELETON) for architecture in some]
    assert proxy.scores(space, some, SKELETON).tolist() == one_by_one
    assert proxy.scores(space, [], SKELETON).shape == (0,)


@pytest.mark.parametrize("name", ["params", "flops"])
def test_sizes_need_no_torch(name: str) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import nasbench; from nasbench.plan import Skeleton\n"
        "space = nasbench.load_space('nas_bench_201')\n"
        f"print(nasbench.load_proxy({name!r}).score(space, space.from_index(0), Skeleton()))\n"
        "try: nasbench.load_proxy('synflow').score(space, space.from_index(0), Skeleton())\n"
        "except ImportError as error: print(error)"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    value, refusal = answer.stdout.splitlines()
    assert float(value) == {"params": 73306.0, "flops": 7783050.0}[name]
    assert "'synflow'" in refusal and "nasbench-forge[torch]" in refusal
