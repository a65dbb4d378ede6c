"""The modules themselves, in double precision: members of a class agree when weights are copied, others never do."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pytest

from nasbench import load_space
from nasbench.plan import Skeleton
from tests.spaces.cell_evaluator import CONV_1X1, CONV_3X3, NONE, POOL, live_edges

torch = pytest.importorskip("torch", reason="networks need torch")
build = pytest.importorskip("nasbench.networks.build")

SPACE = load_space("nas_bench_201")
SKELETON = Skeleton(channels=3, cells=2, classes=4, input_shape=(3, 8, 8))
EDGES = ("edge01", "edge02", "edge12", "edge03", "edge13", "edge23")
CELLS = tuple(f"stage{stage}.cell{cell}" for stage in range(3) for cell in range(SKELETON.cells))
SHARED = ("stem", "stage1.reduction", "stage2.reduction", "last", "classifier")


def network_of(architecture, seed: int):
    """The network as built: double precision, evaluation mode, random statistics and affine of its batch norms."""
    network = build.build_network(SPACE.plan(architecture, SKELETON), seed).double().eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3, generator=generator)
                module.running_var.uniform_(0.5, 2, generator=generator)
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.normal_(0, 0.3, generator=generator)
    return network


def convolutions(architecture) -> dict[int, list[str]]:
    """Live edges with a convolution of each kind."""
    choices = np.array([architecture.choices])
    live = np.where(live_edges(choices), choices, NONE)[0]
    return {kind: [EDGES[edge] for edge in np.flatnonzero(live == kind)] for kind in (CONV_1X1, CONV_3X3)}


def matchings(first, second) -> Iterator[list[tuple[str, str]]]:
    """Each way to pair the convolutions of two cells, kind by kind; none when their numbers differ."""
    ours, theirs = convolutions(first), convolutions(second)
    if all(len(ours[kind]) == len(theirs[kind]) for kind in ours):
        for orders in itertools.product(*(itertools.permutations(theirs[kind]) for kind in ours)):
            yield [
                pair for kind, order in zip(ours, orders, strict=True) for pair in zip(ours[kind], order, strict=True)
            ]


def difference(first, second, *ways: list[tuple[str, str]]) -> float:
    """How near the outputs of two networks come over some ways to copy the first's weights to the second."""
    source, target = network_of(first, seed=1), network_of(second, seed=2)
    pictures = torch.randn(4, *SKELETON.input_shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    found = []
    with torch.no_grad():
        wanted = source(pictures)
        for name in SHARED:
            target.step(name).load_state_dict(source.step(name).state_dict())
        for way in ways:
            for cell, (ours, theirs) in itertools.product(CELLS, way):
                target.step(f"{cell}.{theirs}").load_state_dict(source.step(f"{cell}.{ours}").state_dict())
            found.append(float((target(pictures) - wanted).abs().max() / wanted.abs().max()))
    return min(found)


def least_difference(first, second) -> float:
    """How near the outputs come over all matchings of convolutions."""
    return difference(first, second, *matchings(first, second))


def test_members_of_a_class_agree():
    rng = np.random.default_rng(0)
    classes = [members for members in SPACE.classes.values() if len(members) > 1]
    for place in rng.choice(len(classes), 40, replace=False):
        first, second = (classes[place][i] for i in rng.choice(len(classes[place]), 2, replace=False))
        assert least_difference(first, second) < 1e-10, (SPACE.format(first), SPACE.format(second))


def test_pooling_is_linear():
    """Members without a dead edge that differ in their number of poolings: the pool of a sum is the sum of pools."""
    rng = np.random.default_rng(1)
    pairs = []
    for members in SPACE.classes.values():
        choices = SPACE.choices_array(members)
        whole = [
            m for m, live in zip(members, (live_edges(choices) == (choices != NONE)).all(axis=1), strict=True) if live
        ]
        whole.sort(key=lambda cell: cell.choices.count(POOL))
        if whole[0].choices.count(POOL) < whole[-1].choices.count(POOL):
            pairs.append((whole[0], whole[-1]))
    for place in rng.choice(len(pairs), 20, replace=False):
        first, second = pairs[place]
        assert least_difference(first, second) < 1e-10, (SPACE.format(first), SPACE.format(second))


def test_two_convolutions_are_one_counted_twice_only_when_they_share_weights():
    """The pair that the published form calls one."""
    twice = SPACE.parse("|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|")
    two = SPACE.parse("|none~0|+|nor_conv_3x3~0|none~1|+|nor_conv_3x3~0|none~1|skip_connect~2|")
    shared = [("edge01", "edge02"), ("edge01", "edge03")]
    assert difference(twice, two, shared) < 1e-10
    assert difference(two, twice, [("edge02", "edge01")]) > 1e-6
    assert difference(two, twice, [("edge03", "edge01")]) > 1e-6


def test_different_classes_of_the_same_convolutions_differ():
    """Pairs that could be one: as many convolutions of each kind."""
    rng = np.random.default_rng(3)
    alike: dict[tuple[int, ...], list] = defaultdict(list)
    for members in SPACE.classes.values():
        alike[tuple(map(len, convolutions(members[0]).values()))].append(members[0])
    several = [cells for count, cells in alike.items() if len(cells) > 1 and sum(count) <= 4]
    for _ in range(40):
        cells = several[rng.integers(len(several))]
        first, second = (cells[i] for i in rng.choice(len(cells), 2, replace=False))
        assert least_difference(first, second) > 1e-6, (SPACE.format(first), SPACE.format(second))


def test_a_network_that_is_not_pruned_computes_the_same_when_new():
    """Dead edges add nothing: batch norms are still as made, so that a convolution of zero is zero."""
    rng = np.random.default_rng(4)
    pictures = torch.randn(2, *SKELETON.input_shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    for _ in range(15):
        plan = SPACE.plan(SPACE.sample(rng), SKELETON)
        whole, pruned = (build.build_network(plan, 0, pruned=p).double().eval() for p in (False, True))
        for step in pruned.plan.steps[1:]:
            if pruned.step(step.name).state_dict():
                whole.step(step.name).load_state_dict(pruned.step(step.name).state_dict())
        with torch.no_grad():
            assert torch.allclose(whole(pictures), pruned(pictures), rtol=1e-10, atol=1e-12)
