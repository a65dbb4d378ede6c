"""Proxies that look at gradients of a network that was never trained.

Abdelfattah, Mehrotra, Dudziak and Lane, "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, made scores of networks of
what pruning had as scores of weights. Loss is the mean cross-entropy of the batch; only weights of convolutions and
linear layers count. w is a layer's weight, g the loss's gradient with respect to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from predictors.probe import Probe, shared
from predictors.proxies._passes import forward, products, slopes, weights
from predictors.proxy import probe_proxy

if TYPE_CHECKING:
    import torch


@probe_proxy(better="higher")
def grad_norm(probe: Probe) -> float:
    """Sum over layers of the Euclidean norm of g."""
    return sum(g.norm().item() for _, g in products(probe))


@probe_proxy(better="higher")
def snip(probe: Probe) -> float:
    """Sum over weights of |w g|.

    Lee, Ajanthan and Torr, "SNIP: Single-shot Network Pruning based on Connection Sensitivity", ICLR 2019, equation 6.
    """
    return sum((w * g).abs().sum().item() for w, g in products(probe))


@probe_proxy(better="higher")
def plain(probe: Probe) -> float:
    """Sum over weights of w g.

    A convolution followed by batch norm adds almost nothing, since its scale does not matter to the loss: what is
    summed comes from the classifier and from convolutions without batch norm.
    """
    return sum((w * g).sum().item() for w, g in products(probe))


@probe_proxy(better="higher")
def grasp(probe: Probe) -> float:
    """Minus the sum over weights of w times H g, with H the Hessian of the loss.

    Wang, Zhang and Grosse, "Picking Winning Tickets Before Training by Preserving Gradient Flow", ICLR 2020,
    equation 8; temperature 1, on the whole batch.
    """
    import torch

    of, found = weights(probe), [g for g in slopes(probe).weights if g is not None]
    squared = torch.stack([(g * g.detach()).sum() for g in found]).sum()
    products_of = torch.autograd.grad(squared, of, retain_graph=True, allow_unused=True)
    pairs = zip(of, products_of, strict=True)
    return -sum((w.detach().double() * h.double()).sum().item() for w, h in pairs if h is not None)


@probe_proxy(better="higher")
def fisher(probe: Probe) -> float:
    """Sum over channels of half the mean over images of (sum over pixels of a layer's output times its gradient)^2.

    Theis, Korshunova, Tejani and Huszar, "Faster gaze prediction with dense networks and Fisher pruning", 2018,
    equation 5; Turner et al., "BlockSwap", ICLR 2020.
    """
    total = 0.0
    for output, slope in zip(forward(probe).outputs, slopes(probe).outputs, strict=True):
        if output._version:
            raise ValueError("fisher reads what layers give; this network overwrites it in place")
        if slope is not None:
            product = output.detach() * slope.detach()
            of_channels = product.sum(dim=tuple(range(2, product.ndim))) if product.ndim > 2 else product
            total += of_channels.double().square().mean(dim=0).sum().item() / 2
    return total


@shared
def _half_slopes(probe: Probe) -> list[tuple[torch.Tensor, ...]]:
    """Gradients of the loss of each half of the batch."""
    import torch

    images, labels = probe.images, probe.labels
    if len(images) < 2:
        raise ValueError("zico compares the gradients of two halves of a batch; the batch must hold 2 images or more")
    middle, found = len(images) // 2, []
    for half in (slice(None, middle), slice(middle, None)):
        loss = torch.nn.functional.cross_entropy(probe.network(images[half]), labels[half])
        of = torch.autograd.grad(loss, weights(probe), allow_unused=True)
        found.append(tuple(torch.zeros(1, device=probe.device) if g is None else g.double() for g in of))
    return found


@probe_proxy(better="higher")
def zico(probe: Probe) -> float:
    """Sum over layers of log(sum over weights of mean |g| / deviation of g), over the two halves of the batch.

    Li, Yang, Bhardwaj and Marculescu, "ZiCo: Zero-shot NAS via Inverse Coefficient of Variation on Gradients", ICLR
    2023, equation 17, with the deviation of g itself as in the published code. Weights whose gradient is the same in
    both halves are left out, and so are layers of nothing else.
    """
    terms = []
    for first, second in zip(*_half_slopes(probe), strict=True):
        deviation = (first - second).abs() / 2
        varies = deviation != 0
        ratios = ((first.abs() + second.abs()) / 2)[varies] / deviation[varies]
        if len(ratios):
            terms.append(ratios.sum().log().item())
    return sum(terms) if terms else -math.inf
