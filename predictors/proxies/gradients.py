"""Proxies that look at gradients of a network that was never trained.

Abdelfattah, Mehrotra, Dudziak and Lane, "Zero-Cost Proxies for Lightweight NAS", ICLR 2021. Only weights of
convolutions and linear layers count, biases and batch norm do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from predictors.proxy import network_proxy

if TYPE_CHECKING:
    import torch


@network_proxy(better="higher")
def grad_norm(network: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Sum over layers of the Euclidean norm of the gradient of the batch's mean cross-entropy."""
    import torch

    weights = list(_weights(network))
    loss = torch.nn.functional.cross_entropy(network(images), labels)
    gradients = torch.autograd.grad(loss, weights, allow_unused=True)
    return float(sum(gradient.double().norm().item() for gradient in gradients if gradient is not None))


@network_proxy(better="higher")
def synflow(network: torch.nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    """Sum over weights of weight times gradient of the summed output, all weights positive, the input all ones.

    Tanaka, Kunin, Yamins and Ganguli, "Pruning Neural Networks without Any Data by Iteratively Conserving Synaptic
    Flow", NeurIPS 2020, equation 3. In double precision and without normalisation layers, as in Abdelfattah et al.:
    values reach 1e70 and more. The batch gives its shape only.
    """
    import torch

    network = _without_normalisation(network).double()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.abs_()
    weights = list(_weights(network))
    total = network(torch.ones_like(images[:1], dtype=torch.float64)).sum()
    gradients = torch.autograd.grad(total, weights, allow_unused=True)
    flows = [(w * g).sum() for w, g in zip(weights, gradients, strict=True) if g is not None]
    return float(sum(flow.item() for flow in flows))


def _weights(network: torch.nn.Module) -> Iterator[torch.Tensor]:
    """Weights of convolutions and linear layers."""
    import torch

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            yield module.weight


def _without_normalisation(network: torch.nn.Module) -> torch.nn.Module:
    """The network, every batch norm in it replaced by nothing, and nothing done in place: values are then shared."""
    import torch

    for module in list(network.modules()):
        if isinstance(module, torch.nn.ReLU | torch.nn.ReLU6 | torch.nn.LeakyReLU | torch.nn.SiLU | torch.nn.Hardswish):
            module.inplace = False
        for name, child in module.named_children():
            if isinstance(child, torch.nn.modules.batchnorm._BatchNorm):
                setattr(module, name, torch.nn.Identity())
    return network
