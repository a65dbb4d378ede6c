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

from nasbench.complexity import infer_shapes
from nasbench.mixed_cells import MixedCells
from nasbench.networks.operations import MAKERS
from nasbench.plan import WEIGHTLESS, PlanWriter, Step

Weight = torch.Tensor | float
"""Of an operation: a number on the device; or 0.0, it is not computed, or 1.0, it is taken as it is."""

Made = dict[tuple[object, ...], torch.Tensor]
"""What has been made of one value, by what made it."""

WORKED_ON, PASSING_BY = ("worked on",), ("passing by",)


class BatchNorm(nn.Module):
    """Batch norm by the batch's own statistics, always, and without weights: an architecture is judged as it is."""

    def forward(self, x: torch.Tensor, weight: Weight = 1.0) -> torch.Tensor:
        """The normalised batch, times a number."""
        each = weight.expand(x.shape[1]) if isinstance(weight, torch.Tensor) else None
        return functional.batch_norm(x, None, None, each, None, training=True)


class Chain(nn.Module):
    """One operation: modules in a row, of which the first may be without weights and shared with other edges.

    Args:
        steps: the steps of the operation, each of which reads the one before.
        modules: their modules.
    """

    def __init__(self, steps: Sequence[Step], modules: Sequence[nn.Module]) -> None:
        super().__init__()
        shared = 0
        while shared < len(steps) and steps[shared].operation in WEIGHTLESS:
            shared += 1
        self.shared = nn.ModuleList(modules[:shared])
        self.keys = tuple((step.operation, step.settings) for step in steps[:shared])
        self.own = nn.ModuleList(layer for module in modules[shared:] for layer in _layers(module))

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
        shape: (channels, height, width) of what the edge reads.
        channels: of what it gives.
        stride: of what it gives.
        part: only a share of 1 / ``part`` of the channels goes through the operations; the others pass by, pooled where
            the stride is 2, and all are shuffled (Xu et al., "PC-DARTS: Partial Channel Connections for
            Memory-Efficient Architecture Search", ICLR 2020).

    Raises:
        ValueError: the channels cannot be parted so.
    """

    def __init__(
        self, cells: MixedCells, shape: tuple[int, int, int], channels: int, stride: int, part: int = 1
    ) -> None:
        super().__init__()
        if part > 1 and (channels % part or channels != shape[0]):
            raise ValueError(f"{channels} channels cannot be parted by {part}: choose a multiple of it")
        self.stride, self.part = stride, part
        inner = (shape[0] // part, *shape[1:])
        self.operations = nn.ModuleDict(
            {
                name: _chain(cells, place, inner, channels // part, stride)
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


def _chain(cells: MixedCells, operation: int, shape: tuple[int, int, int], channels: int, stride: int) -> Chain:
    write = PlanWriter(shape)
    cells.write(write, "edge", operation, 0, channels, stride)
    plan = write.plan()
    if any(step.inputs != (place,) for place, step in enumerate(plan.steps[1:])):
        raise ValueError(f"operation {cells.operations[operation]} must be steps in a row, each reads the one before")
    shapes = infer_shapes(plan)
    steps = plan.steps[1:]
    modules = [without_weights(MAKERS[step.operation](step, [shapes[step.inputs[0]]])) for step in steps]
    if cells.operations[operation] in cells.normalised:
        modules.append(BatchNorm())
    return Chain(steps, modules)


def without_weights(module: nn.Module) -> nn.Module:
    """The module with every batch norm in it replaced by one without weights."""
    if isinstance(module, nn.BatchNorm2d):
        return BatchNorm()
    for name, child in module.named_children():
        setattr(module, name, without_weights(child))
    return module


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """Modules that a sequence runs, one after the other."""
    if isinstance(module, nn.Sequential):
        for child in module:
            yield from _layers(child)
    else:
        yield module
