"""Building: weights come from the seed alone, what cannot matter is left out, values are let go of."""

from __future__ import annotations

import math
import weakref

import pytest

from nasbench import load_space
from nasbench.plan import Plan, PlanWriter, Skeleton

torch = pytest.importorskip("torch", reason="networks need torch")

from nasbench.networks.build import build_network  # noqa: E402

SPACE = load_space("nas_bench_201")
SKELETON = Skeleton(channels=4, cells=1, classes=3, input_shape=(1, 8, 8))
CELL = SPACE.parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|")


def network_of(text_or_cell, seed: int = 0, **options):
    cell = SPACE.parse(text_or_cell) if isinstance(text_or_cell, str) else text_or_cell
    return build_network(SPACE.plan(cell, SKELETON), seed, **options)


def equal(first, second) -> bool:
    mine, theirs = first.state_dict(), second.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


# -- weights ------------------------------------------------------------------------------------------------------


def test_weights_depend_on_the_seed_alone() -> None:
    first = network_of(CELL, 7)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(123)
        torch.rand(5)
        assert equal(network_of(CELL, 7), first)
    assert not equal(network_of(CELL, 8), first)


def test_global_random_state_is_left_alone() -> None:
    before = torch.get_rng_state()
    network_of(CELL)
    assert torch.equal(torch.get_rng_state(), before)


def test_weights_are_drawn_as_published() -> None:
    """He's normal over outputs for convolutions, 0.01 for the classifier, batch norms as made."""
    skeleton = Skeleton(channels=48, cells=1, classes=100, input_shape=(3, 8, 8))
    network = build_network(SPACE.plan(SPACE.architecture((3,) * 6), skeleton), 0)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            deviation = math.sqrt(2 / (module.out_channels * module.kernel_size[0] ** 2))
            spread = 4 / math.sqrt(2 * module.weight.numel())
            assert abs(module.weight.std().item() / deviation - 1) < spread
            assert abs(module.weight.mean().item()) < 4 * deviation / math.sqrt(module.weight.numel())
        elif isinstance(module, torch.nn.Linear):
            assert abs(module.weight.std().item() / 0.01 - 1) < 0.05
            assert not module.bias.any()
        elif isinstance(module, torch.nn.BatchNorm2d):
            assert (module.eps, module.momentum) == (1e-5, 0.1)
            assert module.weight.eq(1).all() and not module.bias.any()


def test_no_two_convolutions_begin_alike() -> None:
    network = network_of(SPACE.architecture((3,) * 6))
    weights = [m.weight.flatten()[:9] for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len({tuple(values.tolist()) for values in weights}) == len(weights)


# -- what is left out -----------------------------------------------------------------------------------------------


def test_dead_edges_are_not_there() -> None:
    """Edge 0-1 leads to a node that nobody reads; edge 2-3 reads a node that is zero."""
    network = network_of("|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|")
    edges = [step.name for step in network.plan.steps if "cell" in step.name and step.operation != "relu"]
    assert edges == [f"stage{stage}.cell0.edge03" for stage in range(3)]
    with pytest.raises(KeyError):
        network.step("stage0.cell0.edge01")
    whole = network_of("|nor_conv_3x3~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|nor_conv_3x3~2|", pruned=False)
    assert whole.step("stage0.cell0.edge01")[0].weight.shape == (4, 4, 3, 3)


def test_a_relu_that_two_convolutions_read_is_computed_once() -> None:
    network = network_of("|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|nor_conv_3x3~0|skip_connect~1|skip_connect~2|")
    assert sum(step.operation == "relu" for step in network.plan.steps) == 3


def test_skips_alone_leave_no_step() -> None:
    network = network_of("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    assert not [step.name for step in network.plan.steps if "cell" in step.name]


@pytest.mark.parametrize(
    "cell",
    [
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|none~0|none~1|none~2|",
        "|none~0|+|none~0|nor_conv_3x3~1|+|none~0|avg_pool_3x3~1|nor_conv_3x3~2|",
    ],
)
def test_cells_that_give_zero_make_a_network_that_sees_nothing(cell: str) -> None:
    """It answers the same for every image, and can be trained none the less."""
    network = network_of(cell)
    images = torch.randn(6, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    logits = network(images)
    assert torch.equal(logits, logits[:1].expand_as(logits))
    logits.square().sum().backward()
    assert network.step("classifier").bias.grad is not None
    assert not any("edge" in step.name and step.operation == "conv_bn" for step in network.plan.steps)


# -- running --------------------------------------------------------------------------------------------------------


def test_values_are_let_go_of_after_their_last_reader() -> None:
    write = PlanWriter((2, 4, 4))
    first = value = write.add("first", "conv_bn", 0, kernel=1, stride=1, channels=2)
    for place in range(6):
        value = write.add(f"step{place}", "conv_bn", value, kernel=1, stride=1, channels=2)
    write.add("end", "sum", [first, value])
    network = build_network(write.plan(), 0)
    seen: list[weakref.ref] = []
    alive: list[list[int]] = []
    for module in network.operations.values():
        module.register_forward_hook(lambda module, inputs, output: seen.append(weakref.ref(output)))
        module.register_forward_pre_hook(
            lambda module, inputs: alive.append([i for i, value in enumerate(seen) if value() is not None])
        )
    with torch.no_grad():
        network(torch.ones(1, 2, 4, 4))
    assert alive == [[], [0], [0, 1], [0, 2], [0, 3], [0, 4], [0, 5], [0, 6]]


def test_a_network_can_be_run_twice() -> None:
    network = network_of(CELL).eval()
    images = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(network(images), network(images))


def test_an_unknown_operation_is_named() -> None:
    write = PlanWriter((3, 8, 8))
    write.add("odd", "convolution_of_the_seventh_kind", 0)
    with pytest.raises(KeyError, match="convolution_of_the_seventh_kind"):
        build_network(write.plan(), 0)


def test_a_plan_of_the_input_alone_gives_the_input() -> None:
    plan = Plan(PlanWriter((1, 2, 2)).plan().steps, (1, 2, 2))
    x = torch.ones(1, 1, 2, 2)
    assert build_network(plan, 0)(x) is x
