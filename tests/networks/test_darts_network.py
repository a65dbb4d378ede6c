"""Networks of DARTS: costs as published and as built, stems, classifiers, classes, a step of training."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest

from nasbench import load_space
from nasbench.complexity import Complexity, complexity, infer_shapes
from nasbench.darts_cells import NODES
from nasbench.plan import PlanWriter, Skeleton, prune

torch = pytest.importorskip("torch", reason="networks need torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from nasbench.networks.auxiliary import AuxiliaryHead, pooling_window  # noqa: E402
from nasbench.networks.build import build_network  # noqa: E402

SPACE = load_space("darts")
SMALL = Skeleton(channels=4, cells=4, classes=5, input_shape=(3, 16, 16))
IMAGENET = Skeleton(channels=5, cells=3, classes=4, input_shape=(3, 67, 50), stem="imagenet", auxiliary=True)
SKELETONS = [
    SMALL,
    dataclasses.replace(SMALL, cells=1, input_shape=(1, 5, 9)),
    dataclasses.replace(SMALL, cells=2, channels=3, auxiliary=True),
    dataclasses.replace(SMALL, cells=7, channels=1, input_shape=(2, 1, 1), auxiliary=True),
    IMAGENET,
]


def drawn(count: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return [SPACE.sample(rng) for _ in range(count)]


def images(skeleton: Skeleton, count: int = 2, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, *skeleton.input_shape, generator=torch.Generator().manual_seed(seed))


def measured(network, x: torch.Tensor) -> Complexity:
    """Parameters that get a gradient, and multiply-adds and biases of one image's forward pass as hooks see them."""
    flops = [0]

    def count(module, inputs, output) -> None:
        flops[0] += output[0].numel() * (module.weight[0].numel() + (module.bias is not None))

    hooks = [
        module.register_forward_hook(count) for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    network.train()(x).sum().backward()
    for hook in hooks:
        hook.remove()
    return Complexity(sum(p.numel() for p in network.parameters() if p.grad is not None), flops[0])


# -- costs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skeleton", SKELETONS, ids=lambda s: f"{s.stem}-{s.cells}-{s.channels}")
def test_arithmetic_equals_the_module(skeleton: Skeleton) -> None:
    for architecture, pruned in zip(drawn(4), (True, False, True, False), strict=True):
        plan = SPACE.plan(architecture, skeleton)
        network = build_network(plan, 0, pruned)
        assert measured(network, images(skeleton)) == complexity(plan) == complexity(network.plan)
        whole = complexity(network.plan, auxiliary=True)
        assert whole.parameters == sum(p.numel() for p in network.parameters())
        seen = [tuple(skeleton.input_shape)]
        for module in network.operations.values():
            module.register_forward_hook(lambda _, inputs, output, seen=seen: seen.append(tuple(output.shape[1:])))
        network.forward_both(images(skeleton))
        assert [(*shape, 1, 1)[: max(3, len(shape))] for shape in seen] == infer_shapes(network.plan)


def test_flops_of_the_auxiliary_classifier_are_counted_when_asked() -> None:
    network = build_network(SPACE.plan(drawn(1)[0], IMAGENET), 0)
    head = network.step("auxiliary")
    shape = infer_shapes(network.plan)[network.plan.steps[network.plan.auxiliary].inputs[0]]
    alone = measured(head, torch.randn(2, *shape, generator=torch.Generator().manual_seed(0)))
    both, bare = (complexity(network.plan, auxiliary=auxiliary) for auxiliary in (True, False))
    assert (both.parameters - bare.parameters, both.flops - bare.flops) == (alone.parameters, alone.flops)


def test_an_auxiliary_classifier_changes_nothing_else() -> None:
    architecture = drawn(1)[0]
    with_head, without = (dataclasses.replace(SMALL, auxiliary=auxiliary) for auxiliary in (True, False))
    assert complexity(SPACE.plan(architecture, with_head)) == complexity(SPACE.plan(architecture, without))
    network = build_network(SPACE.plan(architecture, with_head), 0)
    before, calls = images(SMALL), []
    network.step("auxiliary").register_forward_hook(lambda *_: calls.append(1))
    network.eval()
    logits, extra = network.forward_both(before)
    assert extra.shape == logits.shape == (2, 5)
    assert torch.equal(network(before), logits)
    assert len(calls) == 1
    assert build_network(SPACE.plan(architecture, without), 0).forward_both(before)[1] is None


# -- what is built --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "reductions"), [(1, [0]), (2, [0, 1]), (3, [1, 2]), (4, [1, 2]), (8, [2, 5]), (20, [6, 13])]
)
def test_reductions_are_at_one_and_two_thirds(cells: int, reductions: list[int]) -> None:
    skeleton = dataclasses.replace(SMALL, cells=cells, input_shape=(3, 32, 32), auxiliary=True)
    plan = SPACE.plan(SPACE.from_index(0), skeleton)
    shapes = dict(zip((step.name for step in plan.steps), infer_shapes(plan), strict=True))
    sizes = [shapes["stem"][1], *(shapes[f"cell{place}.output"][1] for place in range(cells))]
    assert [place for place in range(cells) if sizes[place + 1] < sizes[place]] == reductions
    assert shapes[f"cell{cells - 1}.output"] == (4 * 4 * 2 ** len(reductions), *(32 // 2 ** len(reductions),) * 2)
    head = next(step for step in plan.steps if step.name == "auxiliary")
    assert plan.steps[head.inputs[0]].name == f"cell{2 * cells // 3}.output"


def test_imagenet_stem_divides_by_eight_and_its_first_cell_sees_two_sizes() -> None:
    skeleton = dataclasses.replace(IMAGENET, input_shape=(3, 224, 224), channels=48, cells=14)
    plan = SPACE.plan(SPACE.from_index(0), skeleton)
    shapes = dict(zip((step.name for step in plan.steps), infer_shapes(plan), strict=True))
    assert [shapes[f"stem{place}"] for place in range(3)] == [(24, 112, 112), (48, 56, 56), (48, 28, 28)]
    assert shapes["cell0.input0"] == shapes["cell0.input1"] == (48, 28, 28)
    assert shapes["cell13.output"] == (768, 7, 7)


@pytest.mark.parametrize(("side", "window"), [(8, (5, 3)), (7, (5, 2)), (1, (1, 1)), (2, (1, 1)), (16, (10, 6))])
def test_auxiliary_pooling_is_the_published_one_and_scales(side: int, window: tuple[int, int]) -> None:
    assert pooling_window(side) == window
    assert AuxiliaryHead((3, side, side), 7).eval()(torch.ones(2, 3, side, side)).shape == (2, 7)


def test_auxiliary_pooling_gives_two_pixels_of_every_side() -> None:
    for side in range(2, 60):
        kernel, stride = pooling_window(side)
        assert stride >= 1
        assert (side - kernel) // stride + 1 == 2


def test_other_skeletons_are_refused() -> None:
    for wrong in ({"stem": "mnist"}, {"channels": 0}):
        with pytest.raises(ValueError, match="skeleton"):
            Skeleton(**wrong)
    write = PlanWriter((3, 8, 8))
    write.add("classifier", "linear", 0, features=2)
    with pytest.raises(ValueError, match="before the last"):
        write.plan(auxiliary=1)
    for wrong in ({"stem": "imagenet"}, {"auxiliary": True}):
        with pytest.raises(ValueError, match="have the stem cifar and no auxiliary"):
            Skeleton(**wrong).check_plain("some_space")
    Skeleton().check_plain("some_space")


def test_pruning_keeps_the_auxiliary_classifier_and_computes_the_same() -> None:
    skeleton = dataclasses.replace(SMALL, auxiliary=True)
    for architecture in drawn(3, seed=5):
        plan = SPACE.plan(architecture, skeleton)
        whole, pruned = (build_network(plan, 0, pruned=p).double().eval() for p in (False, True))
        assert prune(prune(plan)) == prune(plan) == pruned.plan
        for step in pruned.plan.steps[1:]:
            whole.step(step.name).load_state_dict(pruned.step(step.name).state_dict())
        with torch.no_grad():
            pairs = zip(*(network.forward_both(images(SMALL).double()) for network in (whole, pruned)), strict=True)
            assert all(torch.allclose(first, second, rtol=1e-10) for first, second in pairs)


# -- classes --------------------------------------------------------------------------------------------------------


def randomised(architecture, seed: int):
    """In double precision and evaluation mode, with batch norms that have seen something."""
    network = build_network(SPACE.plan(architecture, SMALL), seed).double().eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.3, generator=generator)
                module.running_var.uniform_(0.5, 2, generator=generator)
                module.weight.uniform_(0.5, 1.5, generator=generator)
                module.bias.normal_(0, 0.3, generator=generator)
    return network


def renamed(cell, order):
    """The cell with nodes in another order and where each went, or None where an edge would lead back."""
    place = {0: 0, 1: 1, **{2 + old: 2 + new for new, old in enumerate(order)}}
    moved = {place[node]: [(o, place[s]) for o, s in pair] for node, pair in zip(NODES, cell, strict=True)}
    if any(source >= node for node, pair in moved.items() for _, source in pair):
        return None
    return tuple(tuple(moved[node]) for node in NODES), place


def moved_weights(source, target, places) -> None:
    """Copies weights along a renaming of nodes: edges by name, readers of cells' outputs part by part."""
    kinds = [int(cell in (1, 2)) for cell in range(SMALL.cells)]
    for step in source.plan.steps[1:]:
        head, _, tail = step.name.partition(".")
        name, read = step.name, None
        if tail.startswith("edge"):
            place = places[kinds[int(head[4:])]]
            name = f"{head}.edge{place[int(tail[4])]}{place[int(tail[5])]}{tail[6:]}"
        elif tail in ("input0", "input1"):
            read = int(head[4:]) - (2 if tail == "input0" else 1)
        elif head == "classifier":
            read = SMALL.cells - 1
        if not source.step(step.name).state_dict():
            continue
        state = dict(source.step(step.name).state_dict())
        if read is not None and read >= 0:
            for key, value in state.items():
                if value.dim() > 1:
                    parts = value.chunk(4, dim=1)
                    order = sorted(range(4), key=lambda part: places[kinds[read]][part + 2])
                    state[key] = torch.cat([parts[part] for part in order], dim=1)
        target.step(name).load_state_dict(state)


def test_cells_that_differ_in_the_order_of_nodes_compute_the_same() -> None:
    rng = np.random.default_rng(6)
    tried = 0
    while tried < 6:
        cells = SPACE.cells(SPACE.sample(rng))
        ways = [[renamed(cell, order) for order in itertools.permutations(range(4))] for cell in cells]
        chosen = [[way for way in found if way is not None][-1] for found in ways]
        if any(place[node] == node for _, place in chosen for node in (4,)):
            continue
        first, second = SPACE.of_cells(cells), SPACE.of_cells([cell for cell, _ in chosen])
        source, target = randomised(first, 1), randomised(second, 2)
        x = images(SMALL).double()
        with torch.no_grad():
            wanted = source(x)
            assert not torch.allclose(target(x), wanted, rtol=1e-3)
            moved_weights(source, target, [place for _, place in chosen])
            assert torch.allclose(target(x), wanted, rtol=1e-9)
        assert SPACE.canonical_hash(first) == SPACE.canonical_hash(second)
        assert complexity(source.plan) == complexity(target.plan)
        tried += 1


# -- training -------------------------------------------------------------------------------------------------------


def test_a_step_of_training_moves_every_weight() -> None:
    """Four cells of eight channels, auxiliary loss and drop path as published."""
    skeleton = dataclasses.replace(SMALL, channels=8, auxiliary=True)
    for architecture in drawn(1, seed=7):
        network = build_network(SPACE.plan(architecture, skeleton), 0)
        network.set_drop_path(0.2, torch.Generator().manual_seed(0))
        optimizer = torch.optim.SGD(network.parameters(), lr=0.025, momentum=0.9, weight_decay=3e-4)
        before = [p.detach().clone() for p in network.parameters()]
        x, labels, losses = images(skeleton, 8), torch.arange(8) % 5, []
        for _ in range(12):
            logits, extra = network.forward_both(x)
            loss = functional.cross_entropy(logits, labels) + 0.4 * functional.cross_entropy(extra, labels)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            optimizer.step()
            losses.append(loss.item())
        assert all(not torch.equal(p, old) for p, old in zip(network.parameters(), before, strict=True))
        assert sum(losses[-4:]) < sum(losses[:4])
