"""A second, slow network: NAS-Bench-201 networks in NumPy, float64, by loops and formulas, without torch or gradients.

Gradients come from small steps. Batch norm uses the batch's statistics, its scale is one and its shift zero, as in a
network that was never trained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from nasbench.networks.build import Network

Weights = dict[str, np.ndarray]


@dataclass
class Pass:
    """What a pass through the network showed, in order of computation."""

    logits: np.ndarray
    relus: list[np.ndarray] = field(default_factory=list)
    variances: list[np.ndarray] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    last_map: np.ndarray | None = None


class ByHand:
    """The network of a plan. ``scales[layer]`` [images, channels] multiplies what a layer gives."""

    def __init__(self, network: Network) -> None:
        self.plan = network.plan
        self.known: dict[bytes, Weights] = {}
        self.weights: Weights = {
            name: parameter.detach().double().numpy().copy()
            for name, parameter in network.named_parameters()
            if name.endswith("weight") and parameter.ndim > 1
        }

    def run(self, images: np.ndarray, weights: Weights | None = None, scales: Weights | None = None) -> Pass:
        self.passed = Pass(np.zeros(0))
        self.at, self.scales = weights or self.weights, scales or {}
        values = [images]
        for step in self.plan.steps[1:]:
            read, name = [values[source] for source in step.inputs], f"operations.{step.name.replace('.', '/')}"
            x = read[0]
            if step.operation == "conv_bn":
                x = self.batch_norm(self.conv(x, f"{name}.0.weight"))
            elif step.operation == "residual_block":
                inner = self.batch_norm(self.conv(self.relu(x), f"{name}.first.0.weight", stride=2))
                inner = self.batch_norm(self.conv(self.relu(inner), f"{name}.second.0.weight"))
                n, c, h, w = x.shape
                pooled = x.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5))
                x = inner + self.conv(pooled, f"{name}.shortcut.weight")
            elif step.operation == "avg_pool":
                x = average(x)
            elif step.operation == "relu":
                x = self.relu(x)
            elif step.operation == "bn_relu":
                x = self.passed.last_map = self.relu(self.batch_norm(x))
            elif step.operation == "global_pool":
                x = x.mean(axis=(2, 3))
            elif step.operation == "linear":
                x = self.layer(np.einsum("ni,oi->no", x, self.at[f"{name}.weight"]), f"{name}.weight")
            else:
                assert step.operation in ("sum", "skip")
                x = sum(read)
            values.append(x)
        self.passed.logits = values[-1]
        return self.passed

    def conv(self, x: np.ndarray, name: str, stride: int = 1) -> np.ndarray:
        w = self.at[name]
        kernel, edge = w.shape[-1], w.shape[-1] // 2
        padded = np.pad(x, ((0, 0), (0, 0), (edge, edge), (edge, edge)))
        height, width = ((size - 1) // stride + 1 for size in x.shape[2:])
        total = np.zeros((len(x), len(w), height, width))
        for i in range(kernel):
            for j in range(kernel):
                part = padded[:, :, i : i + stride * height : stride, j : j + stride * width : stride]
                total += np.einsum("nchw,oc->nohw", part[:, :, :height, :width], w[:, :, i, j])
        return self.layer(total, name)

    def layer(self, x: np.ndarray, name: str) -> np.ndarray:
        self.passed.layers.append(name)
        if name not in self.scales:
            return x
        return x * self.scales[name].reshape(x.shape[:2] + (1,) * (x.ndim - 2))

    def relu(self, x: np.ndarray) -> np.ndarray:
        self.passed.relus.append(x)
        return np.maximum(x, 0)

    def batch_norm(self, x: np.ndarray) -> np.ndarray:
        self.passed.variances.append(x.var(axis=(0, 2, 3)))
        return (x - x.mean(axis=(0, 2, 3), keepdims=True)) / np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + 1e-5)

    def loss(self, images: np.ndarray, labels: np.ndarray, weights: Weights | None = None, **others: Weights) -> float:
        """Mean cross-entropy."""
        logits = self.run(images, weights, **others).logits
        return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]))

    def gradients(self, images: np.ndarray, labels: np.ndarray) -> Weights:
        """Gradient of the loss with respect to every weight, by small steps."""
        key = images.tobytes()
        if key not in self.known:
            at = {name: values.copy() for name, values in self.weights.items()}
            found = {name: slopes(lambda: self.loss(images, labels, at), values) for name, values in at.items()}
            self.known[key] = found
        return self.known[key]


def slopes(function: Callable[[], float], at: np.ndarray, step: float = 1e-5) -> np.ndarray:
    """Derivative of a function of an array with respect to each of its entries, which are moved one by one."""
    found = np.zeros(at.shape)
    for place in np.ndindex(at.shape):
        kept = at[place]
        values = []
        for moved in (kept + step, kept - step):
            at[place] = moved
            values.append(function())
        at[place] = kept
        found[place] = (values[0] - values[1]) / (2 * step)
    return found


def average(x: np.ndarray) -> np.ndarray:
    """3x3 mean of the pixels that are there."""
    found = np.zeros(x.shape)
    for i, j in np.ndindex(x.shape[2:]):
        found[:, :, i, j] = x[:, :, max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2].mean(axis=(2, 3))
    return found


def batch(images: int, seed: int, shape: tuple[int, ...], classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels as arrays."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((images, *shape)), rng.permutation(np.arange(images) % classes)


def tensors(images: np.ndarray, labels: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """The same as tensors, float64 and int64."""
    return torch.from_numpy(images), torch.from_numpy(labels)
