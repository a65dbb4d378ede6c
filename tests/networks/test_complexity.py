"""Parameters, FLOPs and shapes by arithmetic equal what the modules hold, compute and give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nasbench import load_space
from nasbench.complexity import (
    Complexity,
    built_complexity,
    complexities,
    complexity,
    infer_shapes,
    published_complexity,
)
from nasbench.plan import PlanWriter, Skeleton

torch = pytest.importorskip("torch", reason="networks need torch")

from nasbench.networks.build import build_network  # noqa: E402

SPACE = load_space("nas_bench_201")

architectures = st.tuples(*(st.integers(0, 4) for _ in range(6))).map(SPACE.architecture)
skeletons = st.builds(
    Skeleton,
    channels=st.integers(1, 7),
    cells=st.integers(1, 2),
    classes=st.integers(2, 12),
    input_shape=st.tuples(st.integers(1, 4), st.integers(1, 17), st.integers(1, 17)),
)


def measured(network, input_shape) -> tuple[Complexity, list[tuple[int, ...]]]:
    """Parameters held, multiply-adds and biases of a forward pass as hooks see them, and each step's shape."""
    flops, shapes = [0], [tuple(input_shape)]

    def count(module, inputs, output) -> None:
        per_output = module.weight[0].numel()
        flops[0] += output[0].numel() * (per_output + (module.bias is not None))

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(count)
    for module in network.operations.values():
        module.register_forward_hook(lambda module, inputs, output: shapes.append(tuple(output.shape[1:])))
    with torch.no_grad():
        network.eval()(torch.zeros(1, *input_shape))
    return Complexity(sum(p.numel() for p in network.parameters()), flops[0]), shapes


@settings(max_examples=25)
@given(architectures, skeletons)
@example(SPACE.architecture((0,) * 6), Skeleton(cells=1, input_shape=(1, 8, 8)))
@example(SPACE.architecture((3,) * 6), Skeleton(channels=2, cells=2, input_shape=(3, 5, 9)))
def test_arithmetic_equals_the_module(architecture, skeleton) -> None:
    plan = SPACE.plan(architecture, skeleton)
    for pruned, count in ((True, built_complexity), (False, published_complexity)):
        network = build_network(plan, 0, pruned)
        held, shapes = measured(network, skeleton.input_shape)
        assert held == count(SPACE, architecture, skeleton) == complexity(network.plan)
        inferred = infer_shapes(network.plan)
        flat = [shape if len(shape) == 3 else (*shape, 1, 1) for shape in shapes]
        assert inferred == flat


@settings(max_examples=10)
@given(st.lists(architectures, min_size=1, max_size=5), skeletons)
def test_many_at_once_equal_one_by_one(cells, skeleton) -> None:
    for built, count in ((True, built_complexity), (False, published_complexity)):
        one_by_one = [count(SPACE, cell, skeleton) for cell in cells]
        parameters, flops = complexities(SPACE, cells, skeleton, built)
        assert parameters.dtype == flops.dtype == np.int64
        if built:  # a class costs what its representative does
            one_by_one = [count(SPACE, SPACE.canonical(cell), skeleton) for cell in cells]
        assert [Complexity(*pair) for pair in zip(parameters.tolist(), flops.tolist(), strict=True)] == one_by_one


def test_zeros_have_the_shape_that_they_stand_for() -> None:
    """Where an operation reads a zero that a stride and more channels lead to."""
    write = PlanWriter((2, 9, 6))
    stem = write.add("stem", "conv_bn", 0, kernel=3, stride=1, channels=3)
    zero = write.add("zero", "zero", stem, stride=2)
    wide = write.add("wide", "conv_bn", zero, kernel=3, stride=2, channels=5)
    write.add("last", "bn_relu", wide)
    network = build_network(write.plan(), 0)
    assert [step.operation for step in network.plan.steps] == ["input", "conv_bn", "zero", "bn_relu"]
    held, shapes = measured(network, (2, 9, 6))
    assert shapes == infer_shapes(network.plan) == [(2, 9, 6), (3, 9, 6), (5, 3, 2), (5, 3, 2)]
    assert held == complexity(network.plan)


def test_no_architecture_costs_nothing() -> None:
    assert [len(values) for values in complexities(SPACE, [], Skeleton(), True)] == [0, 0]


def test_an_operation_of_unknown_cost_is_named() -> None:
    write = PlanWriter((3, 8, 8))
    write.add("odd", "convolution_of_the_seventh_kind", 0)
    with pytest.raises(KeyError, match="convolution_of_the_seventh_kind"):
        complexity(write.plan())
