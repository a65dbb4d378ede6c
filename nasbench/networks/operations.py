"""Operations a plan may name, as torch modules. Each maker gets its step and the shapes of what the step reads.

Sizes follow NAS-Bench-201 and DARTS: convolutions without bias, batch norm with momentum 0.1 and epsilon 1e-5, average
pooling that does not count the padding.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from nasbench.networks.auxiliary import AuxiliaryHead
from nasbench.networks.cell_operations import ConvBN, DepthwiseBN, FactorizedReduce, SeparableConv
from nasbench.networks.drop_path import DropPath
from nasbench.networks.weightless import AvgPool, Concat, GlobalPool, MaxPool, Sum, Zero
from nasbench.plan import Step

Shape = tuple[int, int, int]


class ResidualBlock(nn.Module):
    """The published block between stages: two 3x3 convolutions beside average pooling and a 1x1 convolution."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = ConvBN(channels_in, channels, 3, stride)
        self.second = ConvBN(channels, channels, 3, 1)
        self.stride = stride
        self.shortcut = nn.Conv2d(channels_in, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The block's output, channels and size as set."""
        inner = self.second(functional.relu(self.first(functional.relu(x))))
        pooled = functional.avg_pool2d(x, self.stride, self.stride, ceil_mode=True)
        return inner + self.shortcut(pooled)


class BNReLU(nn.Sequential):
    """Batch norm and ReLU."""

    def __init__(self, channels: int) -> None:
        super().__init__(nn.BatchNorm2d(channels), nn.ReLU(inplace=True))


def _conv_bn(step: Step, shapes: list[Shape]) -> nn.Module:
    return ConvBN(shapes[0][0], _integer(step, "channels"), _integer(step, "kernel"), _integer(step, "stride"))


def _residual_block(step: Step, shapes: list[Shape]) -> nn.Module:
    return ResidualBlock(shapes[0][0], _integer(step, "channels"), _integer(step, "stride"))


def _sep_conv(step: Step, shapes: list[Shape]) -> nn.Module:
    return SeparableConv(shapes[0][0], _integer(step, "kernel"), _integer(step, "stride"))


def _dil_conv(step: Step, shapes: list[Shape]) -> nn.Module:
    return DepthwiseBN(shapes[0][0], _integer(step, "kernel"), _integer(step, "stride"), dilation=2)


def _auxiliary_head(step: Step, shapes: list[Shape]) -> nn.Module:
    return AuxiliaryHead(shapes[0], _integer(step, "features"), bool(step.setting("last_norm")))


def _linear(step: Step, shapes: list[Shape]) -> nn.Module:
    channels, height, width = shapes[0]
    return nn.Linear(channels * height * width, _integer(step, "features"))


def _integer(step: Step, name: str) -> int:
    return int(step.setting(name))


MAKERS: dict[str, Callable[[Step, list[Shape]], nn.Module]] = {
    "conv_bn": _conv_bn,
    "residual_block": _residual_block,
    "sep_conv": _sep_conv,
    "dil_conv": _dil_conv,
    "factorized_reduce": lambda step, shapes: FactorizedReduce(shapes[0][0], _integer(step, "channels")),
    "auxiliary_head": _auxiliary_head,
    "drop_path": lambda step, shapes: DropPath(),
    "linear": _linear,
    "bn_relu": lambda step, shapes: BNReLU(shapes[0][0]),
    "avg_pool": lambda step, shapes: AvgPool(_integer(step, "kernel"), _integer(step, "stride")),
    "max_pool": lambda step, shapes: MaxPool(_integer(step, "kernel"), _integer(step, "stride")),
    "concat": lambda step, shapes: Concat(),
    "global_pool": lambda step, shapes: GlobalPool(),
    "relu": lambda step, shapes: nn.ReLU(),
    "skip": lambda step, shapes: nn.Identity(),
    "zero": lambda step, shapes: Zero(int(step.setting("channels", shapes[0][0])), int(step.setting("stride", 1))),
    "sum": lambda step, shapes: Sum(),
}
"""A module for each operation."""
