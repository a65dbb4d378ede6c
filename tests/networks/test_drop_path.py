"""Drop path: which images are dropped, what is made up for, whose chance it is."""

from __future__ import annotations

import copy

import pytest

from nasbench import load_space
from nasbench.plan import Skeleton

torch = pytest.importorskip("torch", reason="networks need torch")

from nasbench.networks.build import build_network  # noqa: E402
from nasbench.networks.drop_path import DropPath  # noqa: E402

SPACE = load_space("darts")
SMALL = Skeleton(channels=4, cells=3, classes=5, input_shape=(3, 8, 8))
CELL = (((3, 0), (2, 1)), ((0, 0), (2, 2)), ((1, 1), (5, 3)), ((2, 0), (2, 1)))
ARCHITECTURE = SPACE.of_cells((CELL, CELL))
"""Separable and dilated convolution, both pools, skips."""


def network_of(architecture=ARCHITECTURE):
    return build_network(SPACE.plan(architecture, SMALL), 0)


def pictures(count: int = 6) -> torch.Tensor:
    return torch.randn(count, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def test_whole_images_are_dropped_and_the_mean_stays() -> None:
    drop = DropPath()
    drop.set(0.3, torch.Generator().manual_seed(0))
    x = torch.ones(20_000, 3, 2, 1)
    dropped = drop(x)
    each = dropped.reshape(len(x), -1)
    assert torch.equal(each, each[:, :1].expand_as(each))
    assert sorted(set(each[:, 0].tolist())) == pytest.approx([0.0, 1 / 0.7])
    assert abs(each.mean().item() - 1) < 4 * (0.3 / 0.7 / len(x)) ** 0.5


def test_nothing_is_dropped_in_evaluation_or_at_zero() -> None:
    drop = DropPath()
    x = pictures()
    assert drop(x) is x
    drop.set(0.9, torch.Generator())
    assert drop.eval()(x) is x
    drop.train().set(0.0, torch.Generator())
    assert drop(x) is x


@pytest.mark.parametrize("probability", [-0.1, 1.0, float("nan")])
def test_impossible_probabilities_are_refused(probability: float) -> None:
    with pytest.raises(ValueError, match="0 to below 1"):
        network_of().set_drop_path(probability, torch.Generator())


def test_every_edge_but_identities_can_be_dropped() -> None:
    """Factorized reductions, the skips of stride two, are no identities."""
    names = [step.name for step in network_of().plan.steps if step.operation == "drop_path"]
    normal = [f"cell0.edge{edge}.drop" for edge in ("02", "03", "14", "34")]
    reduction = [f"cell1.edge{edge}.drop" for edge in ("02", "12", "03", "14", "34", "05", "15")]
    assert [name for name in names if name.startswith("cell0")] == normal
    assert sorted(name for name in names if name.startswith("cell1")) == sorted(reduction)


def test_edges_that_compute_the_same_are_dropped_apart() -> None:
    """Two nodes that pool one input share the pooling, not the coin."""
    pooled = (((0, 0), (2, 1)), ((0, 0), (2, 1)), *CELL[2:])
    network = network_of(SPACE.of_cells((pooled, CELL)))
    steps = [step for step in network.plan.steps if step.name.startswith("cell0.edge0")]
    assert [step.operation for step in steps if "max" in step.operation] == ["max_pool"]
    assert [step.name for step in steps if step.operation == "drop_path"][:2] == [
        "cell0.edge02.drop",
        "cell0.edge03.drop",
    ]


def test_chance_is_the_generators_and_can_be_resumed() -> None:
    state = torch.get_rng_state()
    network, generator = network_of(), torch.Generator().manual_seed(3)
    network.set_drop_path(0.5, generator)
    whole = [network(pictures()) for _ in range(3)]
    assert not torch.equal(whole[0], whole[1])
    again, other = network_of(), torch.Generator().manual_seed(3)
    again.set_drop_path(0.5, other)
    again(pictures())
    kept = other.get_state()
    later = torch.Generator()
    later.set_state(kept)
    again.set_drop_path(0.5, later)
    assert torch.equal(again(pictures()), whole[1])
    assert torch.equal(torch.get_rng_state(), state)


def test_evaluation_does_not_see_drop_path() -> None:
    network = network_of().eval()
    before = network(pictures())
    network.set_drop_path(0.5, torch.Generator())
    assert torch.equal(network(pictures()), before)


def test_networks_with_a_generator_can_be_copied() -> None:
    network = network_of()
    network.set_drop_path(0.5, torch.Generator().manual_seed(4))
    twin = copy.deepcopy(network)
    assert torch.equal(twin(pictures()), network(pictures()))


def test_a_network_without_such_edges_says_so() -> None:
    nas_bench_201 = load_space("nas_bench_201")
    network = build_network(nas_bench_201.plan(nas_bench_201.from_index(0), Skeleton(cells=1)), 0)
    assert not network.has_drop_path
    assert network_of().has_drop_path
    network.set_drop_path(0.0, torch.Generator())
    with pytest.raises(ValueError, match="no edge that drop path could drop"):
        network.set_drop_path(0.1, torch.Generator())
