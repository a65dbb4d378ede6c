"""Passes through an untrained network that several proxies read: pieces of a probe.

All run on the working network in training mode, so that batch norm uses the batch's own statistics, as the published
measurements do. Layers are convolutions and linear layers; their weights count, biases and batch norm do not. Torch is
imported where it is used: the names of all proxies are listed without it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from predictors.probe import Probe, shared

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Forward:
    """A forward pass with its graph.

    Args:
        images: the input, a leaf that wants a gradient.
        logits: [images, classes].
        outputs: what each layer gave, in order of computation.
        agreement: float64 [images, images], in how many rectified units two images are both on or both off.
    """

    images: torch.Tensor
    logits: torch.Tensor
    outputs: list[torch.Tensor]
    agreement: torch.Tensor


@shared
def weights(probe: Probe) -> list[torch.Tensor]:
    """Weights of all layers, in the network's order."""
    return layer_weights(probe.network)


def layer_weights(network: torch.nn.Module) -> list[torch.Tensor]:
    """Weights of convolutions and linear layers, in the network's order."""
    import torch

    return [m.weight for m in network.modules() if isinstance(m, torch.nn.Conv2d | torch.nn.Linear)]


@shared
def forward(probe: Probe) -> Forward:
    """The forward pass of the whole batch."""
    import torch

    from predictors.proxies._twice import INSTEAD
    from predictors.proxies._watch import LAYERS, RELUS, Watch

    images = probe.images.requires_grad_()
    outputs: list[torch.Tensor] = []
    agreement = torch.zeros(len(images), len(images), dtype=torch.float64, device=probe.device)

    def count(output: torch.Tensor) -> None:
        signs = torch.where(output.detach().flatten(1) > 0, 1.0, -1.0)
        agreement.add_((signs.shape[1] + signs @ signs.T) / 2)

    with Watch({**dict.fromkeys(RELUS, count), **dict.fromkeys(LAYERS, outputs.append)}, INSTEAD):
        logits = probe.network(images)
    return Forward(images, logits, outputs, agreement)


@dataclass(frozen=True)
class Slopes:
    """Gradients of the batch's mean cross-entropy, with their graph; None for what the loss does not depend on.

    Args:
        weights: of each layer's weight, in the network's order.
        outputs: of each layer's output, in order of computation.
    """

    weights: list[torch.Tensor | None]
    outputs: list[torch.Tensor | None]


@shared
def slopes(probe: Probe) -> Slopes:
    """Gradients of the loss of the whole batch."""
    import torch

    passed, of = forward(probe), weights(probe)
    loss = torch.nn.functional.cross_entropy(passed.logits, probe.labels)
    found = torch.autograd.grad(loss, [*of, *passed.outputs], create_graph=True, allow_unused=True)
    return Slopes(list(found[: len(of)]), list(found[len(of) :]))


@shared
def products(probe: Probe) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(weight, gradient) of each layer that the loss depends on, float64, without graph."""
    pairs = zip(weights(probe), slopes(probe).weights, strict=True)
    return [(weight.detach().double(), slope.detach().double()) for weight, slope in pairs if slope is not None]


@shared
def jacobian(probe: Probe) -> torch.Tensor:
    """Gradient of the sum of all logits with respect to each image: float64 [images, inputs]."""
    import torch

    passed = forward(probe)
    if not passed.logits.requires_grad:
        return torch.zeros_like(passed.images).flatten(1).double()
    (found,) = torch.autograd.grad(passed.logits.sum(), passed.images, retain_graph=True, allow_unused=True)
    return (torch.zeros_like(passed.images) if found is None else found).flatten(1).double()
