"""What anyone would write first: NAS-Bench-201's cell edge by edge, a DataLoader, PyTorch's defaults.

The alternative that training is measured against, and an independent reference for what networks compute.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from nasbench.spaces.nas_bench_201 import EDGES, OPERATIONS


class PlainCell(nn.Module):
    """All six edges, in order, each node the sum of its edges."""

    def __init__(self, choices: tuple[int, ...], channels: int) -> None:
        super().__init__()
        self.edges = nn.ModuleList(plain_operation(OPERATIONS[choice], channels) for choice in choices)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The last node's value."""
        nodes: list = [x, 0, 0, 0]
        for edge, (source, target) in zip(self.edges, EDGES, strict=True):
            nodes[target] = nodes[target] + edge(nodes[source])
        return nodes[3]


class PlainZero(nn.Module):
    """Zeros, computed."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Zeros of the input's shape."""
        return x.mul(0.0)


class PlainReduction(nn.Module):
    """The residual block between stages."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = relu_conv_bn(channels, 2 * channels, 3, 2)
        self.second = relu_conv_bn(2 * channels, 2 * channels, 3, 1)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(channels, 2 * channels, 1, bias=False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Half the size, twice the channels."""
        return self.shortcut(x) + self.second(self.first(x))


def plain_network(choices: tuple[int, ...], channels: int, cells: int, classes: int) -> nn.Sequential:
    """The whole network with every edge computed."""
    layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)]
    for stage in range(3):
        if stage:
            layers.append(PlainReduction(channels))
            channels *= 2
        layers += [PlainCell(choices, channels) for _ in range(cells)]
    layers += [nn.BatchNorm2d(channels), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*layers)


def plain_operation(name: str, channels: int) -> nn.Module:
    """The module of one edge."""
    return {
        "none": lambda: PlainZero(),
        "skip_connect": lambda: nn.Identity(),
        "nor_conv_1x1": lambda: relu_conv_bn(channels, channels, 1, 1),
        "nor_conv_3x3": lambda: relu_conv_bn(channels, channels, 3, 1),
        "avg_pool_3x3": lambda: nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
    }[name]()


def relu_conv_bn(channels_in: int, channels: int, kernel: int, stride: int) -> nn.Sequential:
    """ReLU, convolution, batch norm."""
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels_in, channels, kernel, stride=stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(channels),
    )


class MemoryLoader:
    """Batches of images that are in memory already: a DataLoader without its work."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, batch_size: int, seed: int) -> None:
        self.images, self.labels, self.batch_size = images, labels, batch_size
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return len(self.labels) // self.batch_size

    def __iter__(self):
        order = torch.randperm(len(self.labels), generator=self.generator)
        for chosen in order[: len(self) * self.batch_size].split(self.batch_size):
            yield self.images[chosen], self.labels[chosen]


def data_loader(train: Dataset, batch_size: int, seed: int) -> DataLoader:
    """PyTorch's loader, which makes each image anew."""
    generator = torch.Generator().manual_seed(seed)
    return DataLoader(train, batch_size, shuffle=True, drop_last=True, generator=generator)


def train_plainly(network: nn.Module, loader, recipe) -> None:
    """Trains in place on a loader's batches: SGD, the recipe's learning rates; no augmentation."""
    optimizer = torch.optim.SGD(
        network.parameters(),
        lr=recipe.learning_rate,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
    )
    network.train()
    for epoch in range(recipe.epochs):
        for step, (images, labels) in enumerate(loader):
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate_at((epoch * len(loader) + step) / (recipe.epochs * len(loader)))
            loss = functional.cross_entropy(network(images), labels, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


@torch.no_grad()
def plain_accuracy(network: nn.Module, test: Dataset) -> float:
    """Accuracy in percent."""
    network.eval()
    hits = [(network(images).argmax(1) == labels).sum().item() for images, labels in DataLoader(test, 500)]
    return 100.0 * sum(hits) / len(test)  # type: ignore[arg-type]
