"""Proxies that look at how a network tells the images of a batch apart, and how it answers to noise.

jacob_cov and epe_nas read the gradient of the summed logits with respect to each image, naswot which rectified units
each image switches on, zen by how much the last feature map moves when the input does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from predictors.probe import Probe, in_layout
from predictors.proxies._passes import forward, jacobian, layer_weights
from predictors.proxy import probe_proxy

if TYPE_CHECKING:
    import torch

EPSILON = 1e-5
"""Keeps logarithms and reciprocals finite, as published."""

MANY_CLASSES = 100
"""Above this number of classes epe_nas compares classes with one another, as published."""

NOISE = 0.01
"""Size of zen's perturbation, as published."""


@probe_proxy(better="higher")
def jacob_cov(probe: Probe) -> float:
    """Minus the sum over eigenvalues v of log(v + k) + 1 / (v + k), of the correlation of the images' gradients.

    Mellor, Turner, Storkey and Crowley, "Neural Architecture Search without Training", arXiv 2006.04647v1, k = 1e-5.
    """
    correlation = _correlation(jacobian(probe).cpu().numpy())
    if not np.isfinite(correlation).all():
        return math.nan
    shifted = np.linalg.eigvalsh(correlation) + EPSILON
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(-np.sum(np.log(shifted) + 1 / shifted))


@probe_proxy(better="higher")
def epe_nas(probe: Probe) -> float:
    """Sum over classes of |sum over pairs of log(|correlation| + k)|, of the gradients of the class's images.

    Lopes, Alirezazadeh and Alexandre, "EPE-NAS: Efficient Performance Estimation without Training for Neural
    Architecture Search", ICANN 2021, k = 1e-5. With more than 100 classes in the batch each class's sum is divided by
    its number of images, and the differences between classes are summed and divided by the number of classes.
    """
    found, labels = jacobian(probe).cpu().numpy(), probe.labels.cpu().numpy()
    sums, sizes = [], []
    for label in np.unique(labels):
        correlation = _correlation(found[labels == label])
        sums.append(float(np.log(np.abs(correlation) + EPSILON).sum()))
        sizes.append(len(correlation))
    if len(sums) <= MANY_CLASSES:
        return float(np.abs(sums).sum())
    means = np.array(sums) / np.array(sizes)
    return float(np.abs(means[:, None] - means).sum() / len(means))


@probe_proxy(better="higher")
def naswot(probe: Probe) -> float:
    """Logarithm of the determinant of K, with K[i, j] the number of rectified units that images i and j agree in.

    Mellor, Turner, Storkey and Crowley, "Neural Architecture Search without Training", ICML 2021, equation 2.
    """
    passed = forward(probe)
    if passed.logits.isnan().any():
        return math.nan
    return float(np.linalg.slogdet(passed.agreement.cpu().numpy())[1])


@probe_proxy(better="higher")
def zen(probe: Probe) -> float:
    """log(mean over images of the L1 distance of f(x) and f(x + 0.01 e)) + sum over batch norms of log(deviation).

    Lin et al., "Zen-NAS: A Zero-Shot NAS for High-Performance Image Recognition", ICCV 2021, algorithm 1: x and e are
    standard normal images, as many as in the batch, weights standard normal, f the last feature map, deviation the
    root of the mean over channels of the variance that the batch norm divides by. One repetition; skip connections
    stay, as in NAS-Bench-Suite-Zero.
    """
    import torch

    network, generator = in_layout(probe.copy()), probe.generator()
    norms = [m for m in network.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm)]
    with torch.no_grad():
        for weight in layer_weights(network):
            weight.copy_(torch.randn(weight.shape, generator=generator))
        for norm in norms:
            norm.momentum = 1.0  # the running variance is then the last batch's
        x, noise = (torch.randn(probe.images.shape, generator=generator).to(probe.images) for _ in range(2))
        moved, still = _last_map(network, x + NOISE * noise), _last_map(network, x)
        distance = (moved - still).double().flatten(1).abs().sum(dim=1).mean().item()
        variances = [norm.running_var for norm in norms if norm.running_var is not None]
        spread = sum(float(variance.double().mean().sqrt().log()) for variance in variances)
    return _log(distance) + spread


def _last_map(network: torch.nn.Module, images: torch.Tensor) -> torch.Tensor:
    """The last value of four dimensions that the network computes, before pooling; its output where there is none."""
    from predictors.proxies._watch import Watch

    last: list[torch.Tensor] = []

    def see(output: torch.Tensor) -> None:
        if output.ndim == 4:
            last[:] = [output]

    with Watch({None: see}):
        output: torch.Tensor = network(images)
    return last[0] if last else output


def _correlation(rows: np.ndarray) -> np.ndarray:
    """Correlation matrix [n, n] of rows [n, inputs]; NaN for a row that is constant."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.atleast_2d(np.corrcoef(rows))


def _log(value: float) -> float:
    return math.log(value) if value != 0 else -math.inf
