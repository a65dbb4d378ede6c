"""The supernet: one-hot weights give the network of an architecture, mixtures the plain weighted sum, nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from nasbench import load_space
from nasbench.plan import Skeleton

torch = pytest.importorskip("torch", reason="networks need torch")

from torch.nn import functional  # noqa: E402

from nasbench.networks.build import build_network  # noqa: E402
from nasbench.networks.mixed import BatchNorm, Chain  # noqa: E402
from nasbench.networks.supernet import Supernet  # noqa: E402

SPACE = load_space("nas_bench_201")
CELLS = SPACE.mixed_cells()
SKELETON = Skeleton(channels=4, cells=2, classes=5, input_shape=(3, 8, 8))
RNG = np.random.default_rng(0)
ALIKE = [SPACE.architecture((operation,) * 6) for operation in range(5)]


def supernet(part: int = 1, seed: int = 3) -> Supernet:
    return Supernet(CELLS, SKELETON, seed, part).double()


def images(count: int = 6):
    return torch.randn(count, 3, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def weights_of(architecture):
    return torch.from_numpy(CELLS.one_hot(architecture))


def copied(network, shared: Supernet, architecture) -> None:
    """Gives a network the weights that the supernet has for it."""
    mine = dict(zip([step.name for step in shared._plan.steps[1:]], shared.steps, strict=True))
    for step in network.plan.steps[1:]:
        module = mine.get(step.name)
        if step.operation == "conv_bn" and ".edge" in step.name:
            edge = int(module_place(step.name))
            chain = module.operations[CELLS.operations[architecture.choices[edge]]]
            network.step(step.name)[0].weight.data.copy_(chain.own[0].weight.data)
        elif module is not None:
            network.step(step.name).load_state_dict(module.state_dict(), strict=False)


def module_place(name: str) -> int:
    return [f"edge{source}{target}" for source, target in CELLS.edges].index(name.split(".")[-1])


@pytest.mark.parametrize("architecture", [*ALIKE, *(SPACE.sample(RNG) for _ in range(12))], ids=str)
def test_one_hot_weights_give_the_network_of_the_architecture(architecture) -> None:
    shared, x = supernet(), images()
    network = build_network(SPACE.plan(architecture, SKELETON), 9, pruned=False).double()
    copied(network, shared, architecture)
    network.train()
    torch.testing.assert_close(shared(x, weights_of(architecture)), network(x), rtol=1e-10, atol=1e-12)
    shared.eval()
    torch.testing.assert_close(shared(x, weights_of(architecture)), network(x), rtol=1e-10, atol=1e-12)


def plainly(shared: Supernet, x, weights):
    """The supernet written out: every operation of every edge, one after the other, times its weight."""
    values = [x]
    for step, module in zip(shared._plan.steps[1:], shared.steps, strict=True):
        read = [values[source] for source in step.inputs]
        if step.operation != "mixed":
            values.append(module(*read))
            continue
        total = torch.zeros_like(read[0])
        for place, name in enumerate(CELLS.operations):
            y = torch.zeros_like(read[0])
            if name != "none":
                y = read[0]
                for layer in [*module.operations[name].shared, *module.operations[name].own]:
                    y = (
                        functional.batch_norm(y, None, None, training=True)
                        if isinstance(layer, BatchNorm)
                        else layer(y)
                    )
            total = total + weights[0, step.setting("edge"), place] * y
        values.append(total)
    return values[-1]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_mixture_is_the_weighted_sum_and_so_are_its_gradients(layout) -> None:
    shared, x = supernet().to(memory_format=layout), images().contiguous(memory_format=layout)
    alphas = torch.randn(1, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(2), requires_grad=True)
    wanted = [alphas, *shared.parameters()]
    answers = []
    for forward in (lambda w: shared(x, w), lambda w: plainly(shared, x, w)):
        logits = forward(alphas.softmax(-1))
        loss = functional.cross_entropy(logits, torch.arange(6) % 5)
        answers.append([logits, *torch.autograd.grad(loss, wanted)])
    for mine, theirs in zip(*answers, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("part", [1, 4])
def test_operations_of_weight_zero_are_not_computed(part: int) -> None:
    shared, computed = supernet(part), []
    names = {
        id(chain): (step.name, name)
        for step, module in zip(shared._plan.steps[1:], shared.steps, strict=True)
        if step.operation == "mixed"
        for name, chain in module.operations.items()
    }
    for module in shared.modules():
        if isinstance(module, Chain):
            module.register_forward_hook(lambda module, *_: computed.append(names[id(module)]))
    cell = SPACE.parse("|nor_conv_3x3~0|+|none~0|nor_conv_1x1~1|+|skip_connect~0|avg_pool_3x3~1|none~2|")
    shared(images(), weights_of(cell))
    expected = [
        (f"stage{stage}.cell{place}.edge{source}{target}", CELLS.operations[choice])
        for stage in range(3)
        for place in range(2)
        for choice, (source, target) in zip(cell.choices, CELLS.edges, strict=True)
        if choice
    ]
    assert computed == expected
    computed.clear()
    shared(images(), torch.full((1, 6, 5), 0.2))
    assert len(computed) == 3 * 2 * 6 * 4


def test_what_has_no_weights_is_made_once_for_all_edges() -> None:
    shared, counts = supernet(), {"ReLU": 0, "AvgPool": 0}
    for module in shared.modules():
        if type(module).__name__ in counts and not isinstance(module, Supernet):
            module.register_forward_hook(
                lambda module, *_: counts.update({type(module).__name__: counts[type(module).__name__] + 1})
            )
    shared(images(), torch.full((1, 6, 5), 0.2))
    assert counts == {"ReLU": 3 * 6 + 1, "AvgPool": 3 * 6}, "one of each for a node, and the last of the network"


def test_a_dead_node_is_not_computed_and_nothing_breaks_where_all_is_none() -> None:
    shared = supernet()
    logits = shared(images(), weights_of(ALIKE[0]))
    torch.testing.assert_close(logits, logits[:1].expand_as(logits), msg="nothing of the image is left")
    after_none = SPACE.parse("|none~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|")
    only_skip = SPACE.parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|")
    x = images()
    assert torch.equal(shared(x, weights_of(after_none)), shared(x, weights_of(only_skip)))


def test_weights_of_exactly_one_hot_that_ask_for_gradients_get_them() -> None:
    shared = supernet()
    cell = SPACE.architecture((3, 1, 3, 4, 2, 3))
    weights = weights_of(cell).requires_grad_()
    (gradient,) = torch.autograd.grad(shared(images(), weights).square().sum(), [weights])
    assert ((gradient != 0).numpy() == (CELLS.one_hot(cell) > 0)).all()


def test_edges_are_weighted() -> None:
    shared, x = supernet(), images()
    weights = torch.rand(1, 6, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    edges = torch.rand(1, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    torch.testing.assert_close(shared(x, weights, edges), shared(x, weights * edges[:, :, None]))


def test_partial_channels() -> None:
    """A skip everywhere and one edge: only the shuffle is left, and a pool of the first quarter is what it is."""
    shared = supernet(part=4)
    edge, x = shared.edge("stage0.cell0.edge01"), torch.randn(2, 4, 8, 8, dtype=torch.float64)
    assert edge.operations["nor_conv_3x3"].own[0].weight.shape == (1, 1, 3, 3)
    skipped = edge(x, [0.0, 1.0, 0.0, 0.0, 0.0], {})
    assert torch.equal(skipped, x[:, [0, 1, 2, 3]])
    pooled = edge(x, [0.0, 0.0, 0.0, 0.0, 1.0], {})
    mean = functional.avg_pool2d(x[:, :1], 3, 1, 1, count_include_pad=False)
    torch.testing.assert_close(pooled, torch.cat([mean, x[:, 1:]], dim=1))
    assert torch.equal(edge(x, [1.0, 0.0, 0.0, 0.0, 0.0], {})[:, 0], torch.zeros(2, 8, 8, dtype=torch.float64))
    wide = Supernet(CELLS, Skeleton(channels=8, cells=1, classes=2, input_shape=(3, 8, 8)), 0, part=4)
    x = torch.arange(8.0).view(1, 8, 1, 1).expand(1, 8, 8, 8)
    order = wide.edge("stage0.cell0.edge01")(x, [0.0, 1.0, 0.0, 0.0, 0.0], {})[0, :, 0, 0].tolist()
    assert order == [0, 2, 4, 6, 1, 3, 5, 7]
    with pytest.raises(ValueError, match="cannot be parted by 4"):
        Supernet(CELLS, Skeleton(channels=6, cells=1), 0, part=4)


def test_weights_come_from_the_seed_alone_and_chance_is_left_alone() -> None:
    before = torch.get_rng_state()
    first, second, other = supernet(), supernet(), supernet(seed=4)
    assert torch.equal(torch.get_rng_state(), before)
    mine, theirs = first.state_dict(), second.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
    assert not torch.equal(first.steps[0][0].weight, other.steps[0][0].weight)
    assert not [name for name in mine if "running" in name]


def test_bfloat16_under_autocast() -> None:
    shared, x = Supernet(CELLS, SKELETON, 0), images().float()
    weights = torch.full((1, 6, 5), 0.2)
    with torch.autocast("cpu", torch.bfloat16):
        rough = shared(x, weights)
    assert rough.dtype == torch.bfloat16
    assert (rough.float() - shared(x, weights)).abs().max() < 0.1 * shared(x, weights).abs().max()


def test_in_cells_of_darts_no_batch_norm_has_a_scale_or_a_shift() -> None:
    """As published: only the stem's has them; what prepares a cell's inputs has none, as operations have none."""
    cells = load_space("darts").mixed_cells()
    skeleton = Skeleton(channels=4, cells=3, classes=5, input_shape=(3, 8, 8))
    shared = Supernet(cells, skeleton, 3)
    scaled = {
        step.name
        for step, module in zip(shared._plan.steps[1:], shared.steps, strict=True)
        for norm in module.modules()
        if isinstance(norm, torch.nn.BatchNorm2d) and norm.weight is not None
    }
    assert scaled == {"stem"}
    logits = shared(images().float(), torch.full(cells.shape, 1 / 8))
    assert logits.shape == (6, 5) and logits.isfinite().all()
