"""An edge that holds every operation of a space: their sum, each times a weight.

What operations without weights of their own make of one value (rectified, pooled) is computed once for all edges that
read it. A weight is multiplied in where it costs least: into the scale of the batch norm that ends an operation, so
that no second copy of its output is kept for the gradient. An operation of weight zero is not computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.nn import functional

from nasbench.mixed_cells import MixedCells
from nasbench.networks.cell_operations import supernet_operation
from nasbench.networks.weightless import AvgPool

Weight = torch.Tensor | float
"""Of an operation: a number on the device; or 0.0, it is not computed, or 1.0, it is taken as it is."""

Made = dict[tuple[object, ...], torch.Tensor]
"""What has been made of one value, by what made it."""

WORKED_ON, PASSING_BY = ("worked on",), ("passing by",)


class BatchNorm(nn.Module):
    """Batch norm by the batch's own statistics, always, and without weights: an architecture is judged as it is."""

    def forward(self, x: torch.Tensor, weight: Weight = 1.0) -> torch.Tensor:
        """The normalised batch, times a number."""
        each = weight.expand(x.shape[1]).contiguous() if isinstance(weight, torch.Tensor) else None
        return functional.batch_norm(x, None, None, each, None, training=True)


class Chain(nn.Module):
    """One operation: modules in a row, of which the first may be without weights and shared with other edges.

    Args:
        operation: the whole, a sequence or a single module, perhaps nested.
    """

    def __init__(self, operation: nn.Module) -> None:
        super().__init__()
        layers = list(_layers(operation))
        names = [_name(layer) for layer in layers]
        shared = next((place for place, name in enumerate(names) if name is None), len(layers))
        self.keys = tuple(names[:shared])
        self.shared, self.own = nn.ModuleList(layers[:shared]), nn.ModuleList(layers[shared:])

    def forward(self, x: torch.Tensor, weight: Weight, made: Made) -> torch.Tensor:
        """The operation's output times its weight.

        Args:
            x: what the edge reads.
            weight: the operation's, not 0.
            made: what has been made of ``x`` so far; added to.
        """
        for place, module in enumerate(self.shared):
            key = self.keys[: place + 1]
            if key not in made:
                made[key] = module(x)
            x = made[key]
        for layer in self.own:
            if isinstance(layer, BatchNorm) and layer is self.own[-1]:
                normalised: torch.Tensor = layer(x, weight)
                return normalised
            x = layer(x)
        return x * weight if isinstance(weight, torch.Tensor) else x


class MixedEdge(nn.Module):
    """Every operation of a space on one edge.

    Args:
        cells: the operations.
        channels: of what the edge reads and gives.
        stride: what the size is divided by.
        part: only a share of 1 / ``part`` of the channels goes through the operations; the others pass by, pooled where
            the stride is 2, and all are shuffled (Xu et al., "PC-DARTS: Partial Channel Connections for
            Memory-Efficient Architecture Search", ICLR 2020).

    Raises:
        ValueError: the channels cannot be parted so.
    """

    def __init__(self, cells: MixedCells, channels: int, stride: int, part: int = 1) -> None:
        super().__init__()
        if channels % part:
            raise ValueError(f"{channels} channels cannot be parted by {part}: choose a multiple of it")
        self.stride, self.part = stride, part
        self.operations = nn.ModuleDict(
            {
                name: Chain(supernet_operation(name, channels // part, stride, cells.normalise_pools))
                for place, name in enumerate(cells.operations)
                if place != cells.none
            }
        )
        self._places = [(place, name) for place, name in enumerate(cells.operations) if place != cells.none]

    def forward(self, x: torch.Tensor, weights: Sequence[Weight], made: Made) -> torch.Tensor | None:
        """The weighted sum; None where it is zero.

        Args:
            x: what the edge reads, [images, channels, height, width].
            weights: one for each operation [O].
            made: what has been made of ``x`` so far; added to.
        """
        if self.part == 1:
            return self._sum(x, weights, made)
        if PASSING_BY not in made:
            split = x.shape[1] // self.part
            made[WORKED_ON], made[PASSING_BY] = x[:, :split], _strided(x[:, split:], self.stride)
        passing = made[PASSING_BY]
        total = self._sum(made[WORKED_ON], weights, made)
        if total is None:
            total = torch.zeros_like(passing[:, : x.shape[1] // self.part])
        return _shuffled(torch.cat([total, passing], dim=1), self.part)

    def _sum(self, x: torch.Tensor, weights: Sequence[Weight], made: Made) -> torch.Tensor | None:
        total: torch.Tensor | None = None
        for place, name in self._places:
            weight = weights[place]
            if isinstance(weight, torch.Tensor) or weight:
                term = self.operations[name](x, weight, made)
                total = term if total is None else total + term
        return total


def _strided(x: torch.Tensor, stride: int) -> torch.Tensor:
    return x if stride == 1 else functional.max_pool2d(x, stride, stride, ceil_mode=True)


def _shuffled(x: torch.Tensor, groups: int) -> torch.Tensor:
    """Channels dealt out, so that the next edge works on others (Zhang et al., "ShuffleNet", CVPR 2018)."""
    order = torch.arange(x.shape[1], device=x.device).view(groups, -1).t().reshape(-1)
    return x.index_select(1, order)


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """Modules that an operation runs, one after the other, with batch norms that take a weight."""
    if isinstance(module, nn.Sequential):
        for child in module:
            yield from _layers(child)
    elif isinstance(module, nn.BatchNorm2d):
        yield BatchNorm()
    elif not isinstance(module, nn.Identity):
        yield module


def _name(module: nn.Module) -> str | None:
    """Equal for modules without weights that compute the same; None for others."""
    if isinstance(module, nn.ReLU):
        return "relu"
    if isinstance(module, AvgPool):
        return f"mean {module.kernel} {module.stride}"
    return f"max {module.kernel_size} {module.stride}" if isinstance(module, nn.MaxPool2d) else None
