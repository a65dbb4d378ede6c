"""The auxiliary classifier of NASNet and DARTS: a second output two thirds up the network, for training alone.

Its loss, weighted (0.4 in Liu, Simonyan and Yang, "DARTS", ICLR 2019), is added to the network's own. The published
head reads 8x8 pixels on CIFAR-10 and 7x7 on ImageNet and pools them to 2x2; windows for other sizes follow one rule.
"""

from __future__ import annotations

import math

from torch import nn

from nasbench.complexity import AUXILIARY_CHANNELS

Shape = tuple[int, int, int]


class AuxiliaryHead(nn.Sequential):
    """ReLU, average pooling to 2x2, 1x1 and 2x2 convolution with batch norm and ReLU, linear layer.

    Args:
        shape: (channels, height, width) of what is read; a side of one pixel stays one.
        features: number of classes.
        last_norm: whether batch norm follows the 2x2 convolution; the published ImageNet networks have none there.
    """

    def __init__(self, shape: Shape, features: int, last_norm: bool = True) -> None:
        channels, height, width = shape
        narrow, wide = AUXILIARY_CHANNELS
        kernels, strides = zip(pooling_window(height), pooling_window(width), strict=True)
        super().__init__(
            nn.ReLU(),
            nn.AvgPool2d(kernels, strides, count_include_pad=False),
            nn.Conv2d(channels, narrow, 1, bias=False),
            nn.BatchNorm2d(narrow),
            nn.ReLU(),
            nn.Conv2d(narrow, wide, (min(2, height), min(2, width)), bias=False),
            nn.BatchNorm2d(wide) if last_norm else nn.Identity(),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(wide, features),
        )


def pooling_window(side: int) -> tuple[int, int]:
    """Kernel and stride with which pooling turns a side into two pixels: 5 and 3 of 8, 5 and 2 of 7.

    The two windows begin and end at the borders and cover five eighths of the side each, as on CIFAR-10.
    """
    if side == 1:
        return 1, 1
    kernel = min(math.ceil(5 * side / 8), side - 1)
    return kernel, side - kernel
