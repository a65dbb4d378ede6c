"""Operations on the edges of cells, by the names that the field publishes: what networks and supernets are made of.

Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, and its predecessors from NASNet on;
NAS-Bench-201's two convolutions are of the same kind. All keep the number of channels and divide the size by the
stride, rounding up. The classes leave out the ReLU that comes first, which several may share; the table of makers has
it. Batch norm comes last; ``affine`` says whether batch norms learn a scale and a
shift: they do in networks that are trained, and do not in supernets, where a scale could hide an operation's weight.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from nasbench.networks.weightless import AvgPool, MaxPool, Zero

Maker = Callable[[int, int, bool], nn.Module]
"""(channels, stride, affine) -> module."""


class ConvBN(nn.Sequential):
    """Convolution and batch norm; size is kept, or divided by the stride."""

    def __init__(self, channels_in: int, channels: int, kernel: int, stride: int, affine: bool = True) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels, kernel, stride=stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(channels, affine=affine),
        )


class DepthwiseBN(nn.Sequential):
    """Depthwise convolution, pointwise convolution, batch norm; with dilation 2 DARTS' dilated convolution."""

    def __init__(self, channels: int, kernel: int, stride: int, affine: bool = True, dilation: int = 1) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels, affine=affine),
        )


class SeparableConv(nn.Sequential):
    """Depthwise and pointwise convolution and batch norm, twice with ReLU between; the first time with the stride."""

    def __init__(self, channels: int, kernel: int, stride: int, affine: bool = True) -> None:
        super().__init__(
            *DepthwiseBN(channels, kernel, stride, affine), nn.ReLU(), *DepthwiseBN(channels, kernel, 1, affine)
        )


class FactorizedReduce(nn.Sequential):
    """Half the size without a loss of pixels: two 1x1 convolutions of stride two beside each other, batch norm."""

    def __init__(self, channels_in: int, channels: int, affine: bool = True) -> None:
        super().__init__(TwoGrids(channels_in, channels), nn.BatchNorm2d(channels, affine=affine))


class TwoGrids(nn.Module):
    """Half of the channels from the pixels at even places, by a 1x1 convolution, the others from those at odd places.

    Where the size is odd the second half reads a zero past the border, so that both give as much.
    """

    def __init__(self, channels_in: int, channels: int) -> None:
        super().__init__()
        self.even = nn.Conv2d(channels_in, channels - channels // 2, 1, stride=2, bias=False)
        self.odd = nn.Conv2d(channels_in, channels // 2, 1, stride=2, bias=False) if channels > 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tensor of shape (images, channels, half the height, half the width), rounded up."""
        if self.odd is None:
            even: torch.Tensor = self.even(x)
            return even
        height, width = x.shape[2:]
        shifted = functional.pad(x, (0, width % 2, 0, height % 2))[:, :, 1:, 1:]
        return torch.cat([self.even(x), self.odd(shifted)], dim=1)


def _skip(channels: int, stride: int, affine: bool) -> nn.Module:
    return nn.Identity() if stride == 1 else _after_relu(FactorizedReduce(channels, channels, affine))


def _after_relu(modules: nn.Sequential) -> nn.Module:
    return nn.Sequential(nn.ReLU(), *modules)


CELL_OPERATIONS: dict[str, Maker] = {
    "none": lambda channels, stride, affine: Zero(channels, stride),
    "skip_connect": _skip,
    "max_pool_3x3": lambda channels, stride, affine: MaxPool(3, stride),
    "avg_pool_3x3": lambda channels, stride, affine: AvgPool(3, stride),
    "sep_conv_3x3": lambda channels, stride, affine: _after_relu(SeparableConv(channels, 3, stride, affine)),
    "sep_conv_5x5": lambda channels, stride, affine: _after_relu(SeparableConv(channels, 5, stride, affine)),
    "dil_conv_3x3": lambda channels, stride, affine: _after_relu(DepthwiseBN(channels, 3, stride, affine, 2)),
    "dil_conv_5x5": lambda channels, stride, affine: _after_relu(DepthwiseBN(channels, 5, stride, affine, 2)),
    "nor_conv_1x1": lambda channels, stride, affine: _after_relu(ConvBN(channels, channels, 1, stride, affine)),
    "nor_conv_3x3": lambda channels, stride, affine: _after_relu(ConvBN(channels, channels, 3, stride, affine)),
}
"""A maker for each operation, by its published name. Skips of stride two are factorized reductions."""


def supernet_operation(name: str, channels: int, stride: int = 1, normalise_pools: bool = True) -> nn.Module:
    """One candidate of a supernet's edge: batch norms without scale and shift.

    Args:
        name: one of :data:`CELL_OPERATIONS`.
        channels: of input and output.
        stride: what the size is divided by.
        normalise_pools: a pooling is followed by such a batch norm, as in DARTS; NAS-Bench-201's supernets have none.
    """
    operation = CELL_OPERATIONS[name](channels, stride, False)
    if normalise_pools and isinstance(operation, AvgPool | MaxPool):
        return nn.Sequential(operation, nn.BatchNorm2d(channels, affine=False))
    return operation
