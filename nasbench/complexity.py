"""Parameters and FLOPs by arithmetic on a plan; no torch.

One multiply-add of a convolution or linear layer is one FLOP, a bias one more, as NAS-Bench-201 counts; batch norm,
pooling, activations and sums count nothing. *Published* counting takes every edge that is written down; *built*
counting only what is really computed. An auxiliary classifier, there for training alone, is left out unless asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from nasbench.plan import Plan, Skeleton, Step, prune
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space

MANY = 500
"""From this number of architectures on it pays to list the members of all classes first."""

AUXILIARY_CHANNELS = (128, 768)
"""Channels of the two convolutions of an auxiliary classifier."""

Shape = tuple[int, int, int]
"""(channels, height, width)."""


@dataclass(frozen=True, slots=True)
class Complexity:
    """Trainable parameters of a network and the FLOPs of one input's forward pass, as counts."""

    parameters: int
    flops: int


def complexity(plan: Plan, auxiliary: bool = False) -> Complexity:
    """Parameters and FLOPs of every step of a plan; its auxiliary classifier counts with ``auxiliary`` alone.

    Raises:
        KeyError: the plan holds an operation of unknown cost.
    """
    costs = _step_costs(plan)
    if plan.auxiliary is not None and not auxiliary:
        del costs[plan.auxiliary]
    return Complexity(sum(parameters for _, parameters, _ in costs), sum(flops for _, _, flops in costs))


def infer_shapes(plan: Plan) -> list[Shape]:
    """(channels, height, width) of what each step of a plan gives."""
    return [shape for shape, _, _ in _step_costs(plan)]


def _step_costs(plan: Plan) -> list[tuple[Shape, int, int]]:
    costs: list[tuple[Shape, int, int]] = [(plan.input_shape, 0, 0)]
    for step in plan.steps[1:]:
        costs.append(_COSTS[step.operation](step, [costs[source][0] for source in step.inputs]))
    return costs


def published_complexity(space: Space, architecture: Architecture, skeleton: Skeleton) -> Complexity:
    """Parameters and FLOPs with every written edge counted, as NAS-Bench-201 published them."""
    return complexity(space.plan(architecture, skeleton))


def built_complexity(space: Space, architecture: Architecture, skeleton: Skeleton) -> Complexity:
    """Parameters and FLOPs of the network as built, equal to what its module holds and computes."""
    return complexity(prune(space.plan(architecture, skeleton)))


def complexities(
    space: Space, architectures: Iterable[Architecture], skeleton: Skeleton, built: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Parameters and FLOPs of many architectures: two int64 arrays of shape (architectures,).

    In a space whose published cost is a sum over choices (``space.additive``) one look-up a choice replaces the plans;
    there a class's representative has no step to spare, so that its published cost is the class's cost as built.
    """
    architectures = list(architectures)
    if not space.additive:
        count = built_complexity if built else published_complexity
        costs = [count(space, architecture, skeleton) for architecture in architectures]
        return np.array([c.parameters for c in costs], np.int64), np.array([c.flops for c in costs], np.int64)
    if built:
        architectures = _representatives(space, architectures)
    base, steps = _additive_costs(space, skeleton)
    choices = space.choices_array(architectures)
    totals = base + sum(table[choices[:, place]] for place, table in enumerate(steps))
    return totals[:, 0], totals[:, 1]


def _representatives(space: Space, architectures: list[Architecture]) -> list[Architecture]:
    """The representative of each architecture's class: of many from a list of all, of few one by one."""
    if len(architectures) < MANY or space.count() > LARGEST_ENUMERATED:
        return [space.canonical(architecture) for architecture in architectures]
    first = {member.choices: group[0] for group in space.classes.values() for member in group}
    return [first[architecture.choices] for architecture in architectures]


def _additive_costs(space: Space, skeleton: Skeleton) -> tuple[np.ndarray, list[np.ndarray]]:
    """Cost of the first architecture, and what each option of each choice adds: arrays of shape (options, 2)."""
    first = space.from_index(0)

    def cost(architecture: Architecture) -> np.ndarray:
        counted = published_complexity(space, architecture, skeleton)
        return np.array([counted.parameters, counted.flops], np.int64)

    base = cost(first)
    tables = []
    for place, count in enumerate(space.options):
        options = [first.choices[:place] + (option,) + first.choices[place + 1 :] for option in range(count)]
        tables.append(np.array([cost(Architecture(space.name, choices)) - base for choices in options]))
    return base, tables


def _integer(step: Step, name: str) -> int:
    return int(step.setting(name))


def _strided(size: int, stride: int) -> int:
    return (size + stride - 1) // stride


def _same(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    return inputs[0], 0, 0


def _zero(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    """Zeros of the input's shape, or of the channels and stride that are set."""
    stride = int(step.setting("stride", 1))
    channels, height, width = inputs[0]
    return (int(step.setting("channels", channels)), _strided(height, stride), _strided(width, stride)), 0, 0


def _concat(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    return (sum(channels for channels, _, _ in inputs), *inputs[0][1:]), 0, 0


def _convolution(source: Shape, channels: int, kernel: int, stride: int) -> tuple[Shape, int, int]:
    """Shape, parameters and FLOPs of a convolution without bias."""
    shape = (channels, _strided(source[1], stride), _strided(source[2], stride))
    weights = source[0] * channels * kernel * kernel
    return shape, weights, weights * shape[1] * shape[2]


def _conv_bn(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    channels = _integer(step, "channels")
    shape, weights, flops = _convolution(inputs[0], channels, _integer(step, "kernel"), _integer(step, "stride"))
    return shape, weights + 2 * channels, flops


def _depthwise(source: Shape, kernel: int, stride: int) -> tuple[Shape, int, int]:
    """A depthwise convolution, a pointwise one and batch norm; the number of channels stays."""
    channels = source[0]
    shape = (channels, _strided(source[1], stride), _strided(source[2], stride))
    weights = channels * kernel * kernel + channels * channels
    return shape, weights + 2 * channels, weights * shape[1] * shape[2]


def _dil_conv(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    return _depthwise(inputs[0], _integer(step, "kernel"), _integer(step, "stride"))


def _sep_conv(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    kernel = _integer(step, "kernel")
    middle, first, first_flops = _depthwise(inputs[0], kernel, _integer(step, "stride"))
    shape, second, second_flops = _depthwise(middle, kernel, 1)
    return shape, first + second, first_flops + second_flops


def _factorized_reduce(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    """Two 1x1 convolutions of stride two that share the channels between them, and batch norm."""
    channels = _integer(step, "channels")
    shape, weights, flops = _convolution(inputs[0], channels, 1, 2)
    return shape, weights + 2 * channels, flops


def _auxiliary_head(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    """Pooling to two by two pixels, 1x1 and 2x2 convolutions of 128 and 768 channels, a linear layer."""
    narrow, wide, features = AUXILIARY_CHANNELS[0], AUXILIARY_CHANNELS[1], _integer(step, "features")
    rows, columns = (min(2, size) for size in inputs[0][1:])
    first, second, third = inputs[0][0] * narrow, narrow * wide * rows * columns, (wide + 1) * features
    norms = 2 * narrow + 2 * wide * _integer(step, "last_norm")
    return (features, 1, 1), first + second + third + norms, first * rows * columns + second + third


def _pool(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    stride = _integer(step, "stride")
    channels, height, width = inputs[0]
    return (channels, _strided(height, stride), _strided(width, stride)), 0, 0


def _residual_block(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    """Two 3x3 convolutions with batch norm, and a shortcut of average pooling and a 1x1 convolution without one."""
    channels, stride = _integer(step, "channels"), _integer(step, "stride")
    middle, first, first_flops = _convolution(inputs[0], channels, 3, stride)
    shape, second, second_flops = _convolution(middle, channels, 3, 1)
    pooled = (inputs[0][0], shape[1], shape[2])
    _, shortcut, shortcut_flops = _convolution(pooled, channels, 1, 1)
    return shape, first + second + shortcut + 4 * channels, first_flops + second_flops + shortcut_flops


def _bn_relu(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    return inputs[0], 2 * inputs[0][0], 0


def _global_pool(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    return (inputs[0][0], 1, 1), 0, 0


def _linear(step: Step, inputs: list[Shape]) -> tuple[Shape, int, int]:
    channels, height, width = inputs[0]
    features = _integer(step, "features")
    weights = channels * height * width * features
    return (features, 1, 1), weights + features, weights + features


_COSTS: dict[str, Callable[[Step, list[Shape]], tuple[Shape, int, int]]] = {
    "relu": _same,
    "skip": _same,
    "zero": _zero,
    "sum": _same,
    "drop_path": _same,
    "concat": _concat,
    "conv_bn": _conv_bn,
    "dil_conv": _dil_conv,
    "sep_conv": _sep_conv,
    "factorized_reduce": _factorized_reduce,
    "auxiliary_head": _auxiliary_head,
    "avg_pool": _pool,
    "max_pool": _pool,
    "residual_block": _residual_block,
    "bn_relu": _bn_relu,
    "global_pool": _global_pool,
    "linear": _linear,
}
