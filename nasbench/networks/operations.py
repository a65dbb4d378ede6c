"""Operations a plan may name, as torch modules. Each maker gets its step and the shapes of what the step reads.

Sizes follow NAS-Bench-201: convolutions without bias, batch norm with momentum 0.1 and epsilon 1e-5, average pooling
that does not count the padding.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional

from nasbench.plan import Step

Shape = tuple[int, int, int]


class ConvBN(nn.Sequential):
    """Convolution and batch norm; size is kept, or divided by the stride."""

    def __init__(self, channels_in: int, channels: int, kernel: int, stride: int) -> None:
        super().__init__(
            nn.Conv2d(channels_in, channels, kernel, stride=stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(channels),
        )


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


class AvgPool(nn.Module):
    """Average pooling that keeps the size (over the stride) and leaves the padding out of the mean."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The pooled input."""
        if x.device.type == "cpu" and (self.kernel, self.stride) == (3, 1):
            return _BoxMean.apply(x)
        return functional.avg_pool2d(x, self.kernel, self.stride, self.kernel // 2, count_include_pad=False)


class _BoxMean(torch.autograd.Function):
    """3x3 mean without the padding, by sums of shifted images: on a CPU three times as fast as the library's.

    The box sum S is symmetric and the mean is D S with D the diagonal of one over the number of pixels in the box, so
    the gradient of g is S D g.
    """

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: torch.Tensor) -> torch.Tensor:
        return _box_sum(x).mul_(_box_weights(x))

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: torch.Tensor) -> torch.Tensor:
        return _box_sum(gradients[0] * _box_weights(gradients[0]))


def _box_sum(x: torch.Tensor) -> torch.Tensor:
    for axis in (2, 3):
        size = x.shape[axis]
        total = x.clone()
        if size > 1:
            total.narrow(axis, 1, size - 1).add_(x.narrow(axis, 0, size - 1))
            total.narrow(axis, 0, size - 1).add_(x.narrow(axis, 1, size - 1))
        x = total
    return x


def _box_weights(x: torch.Tensor) -> torch.Tensor:
    """One over the pixels in the 3x3 box around each pixel: shape (1, channels, height, width), laid out as ``x``."""
    rows, columns = (_box_counts(size, x) for size in x.shape[2:])
    weights = (1.0 / (rows[:, None] * columns[None, :])).expand(1, *x.shape[1:])
    layout = torch.channels_last if x.is_contiguous(memory_format=torch.channels_last) else torch.contiguous_format
    return weights.contiguous(memory_format=layout)


def _box_counts(size: int, x: torch.Tensor) -> torch.Tensor:
    counts = torch.full((size,), 3.0, dtype=x.dtype)
    counts[0] -= 1
    counts[-1] -= 1
    return counts


class GlobalPool(nn.Module):
    """Mean over height and width."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Tensor of shape (images, channels)."""
        return x.mean(dim=(2, 3))


class Sum(nn.Module):
    """Sum of all inputs."""

    def forward(self, first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
        """A new tensor."""
        for other in others:
            first = first + other
        return first


class Zero(nn.Module):
    """Zeros with these channels, of the input's size over the stride."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.stride = channels, stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Zeros that carry no gradient."""
        return torch.zeros_like(x[:, :1, :: self.stride, :: self.stride]).expand(-1, self.channels, -1, -1)


def _conv_bn(step: Step, shapes: list[Shape]) -> nn.Module:
    return ConvBN(shapes[0][0], _integer(step, "channels"), _integer(step, "kernel"), _integer(step, "stride"))


def _residual_block(step: Step, shapes: list[Shape]) -> nn.Module:
    return ResidualBlock(shapes[0][0], _integer(step, "channels"), _integer(step, "stride"))


def _linear(step: Step, shapes: list[Shape]) -> nn.Module:
    channels, height, width = shapes[0]
    return nn.Linear(channels * height * width, _integer(step, "features"))


def _integer(step: Step, name: str) -> int:
    return int(step.setting(name))


MAKERS: dict[str, Callable[[Step, list[Shape]], nn.Module]] = {
    "conv_bn": _conv_bn,
    "residual_block": _residual_block,
    "linear": _linear,
    "bn_relu": lambda step, shapes: BNReLU(shapes[0][0]),
    "avg_pool": lambda step, shapes: AvgPool(_integer(step, "kernel"), _integer(step, "stride")),
    "global_pool": lambda step, shapes: GlobalPool(),
    "relu": lambda step, shapes: nn.ReLU(),
    "skip": lambda step, shapes: nn.Identity(),
    "zero": lambda step, shapes: Zero(int(step.setting("channels", shapes[0][0])), int(step.setting("stride", 1))),
    "sum": lambda step, shapes: Sum(),
}
"""A module for each operation."""
