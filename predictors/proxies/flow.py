"""Proxies that look at how much flows through the weights, whatever the images: synflow and the norm of the weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from predictors.probe import Probe
from predictors.proxies._passes import layer_weights, weights
from predictors.proxy import probe_proxy

if TYPE_CHECKING:
    import torch


@probe_proxy(better="higher")
def l2_norm(probe: Probe) -> float:
    """Sum over layers of the Euclidean norm of the weight.

    Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, as a baseline.
    """
    return sum(weight.detach().double().norm().item() for weight in weights(probe))


@probe_proxy(better="higher")
def synflow(probe: Probe) -> float:
    """Logarithm of the sum over weights of weight times gradient of the summed output, all weights positive.

    Tanaka, Kunin, Yamins and Ganguli, "Pruning Neural Networks without Any Data by Iteratively Conserving Synaptic
    Flow", NeurIPS 2020, equation 3. The input is one image of ones; without normalisation layers, as in Abdelfattah et
    al., and without biases, which are zero at the start. Values of each step are scaled to a largest of one and the
    logarithms of the scales added up, so that no depth overflows. Minus infinity where nothing flows.
    """
    import torch

    network = _positive(probe.copy())
    of = layer_weights(network)
    output, scale = _scaled_output(network, torch.ones_like(probe.images[:1], dtype=torch.float64))
    if not output.requires_grad:
        return -math.inf
    found = torch.autograd.grad(output.sum(), of, allow_unused=True)
    total = sum((w.detach() * g).sum().item() for w, g in zip(of, found, strict=True) if g is not None)
    return scale + (math.log(total) if total != 0 else -math.inf)


def _scaled_output(network: torch.nn.Module, ones: torch.Tensor) -> tuple[torch.Tensor, float]:
    """The output over its scale, and the scale's logarithm.

    Without biases every step is homogeneous: scaled inputs give the output with the same scale. A network that is no
    :class:`nasbench.networks.build.Network` has no steps to look between and runs in one go.
    """
    from nasbench.networks.build import Network

    if not isinstance(network, Network):
        return _largest_one(network(ones), 0.0)
    values = [(ones, 0.0)]
    for step in network.plan.steps[1:]:
        inputs = [values[source] for source in step.inputs]
        top = max(scale for _, scale in inputs)
        aligned = [value * math.exp(scale - top) for value, scale in inputs]
        values.append(_largest_one(network.step(step.name)(*aligned), top))
    return values[-1]


def _largest_one(value: torch.Tensor, scale: float) -> tuple[torch.Tensor, float]:
    largest = value.detach().abs().max().item()
    return (value, scale) if largest == 0 else (value / largest, scale + math.log(largest))


def _positive(network: torch.nn.Module) -> torch.nn.Module:
    """The network in double precision: weights positive, biases zero, batch norms replaced by nothing."""
    import torch

    for module in list(network.modules()):
        if hasattr(module, "inplace"):
            setattr(module, "inplace", False)  # noqa: B010 - what the batch norm before it gave is now somebody else's value
        for name, child in module.named_children():
            if isinstance(child, torch.nn.modules.batchnorm._BatchNorm):
                setattr(module, name, torch.nn.Identity())
    network.double()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.abs_()
            if name.rpartition(".")[2] == "bias":
                parameter.zero_()
    return network
