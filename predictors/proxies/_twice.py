"""Batch norm and convolution whose gradients have cheap gradients, for proxies that differentiate twice.

Values and first gradients are those of torch, from the same kernels. Second gradients of a batch norm take six passes
over its values instead of about thirty; those of a convolution are convolutions and their gradients again, where torch
convolves with kernels as large as the image. Scales and shifts of norms and biases of convolutions get no gradients.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional


def batch_norm(x: torch.Tensor, running_mean: Any, running_var: Any, **named: Any) -> torch.Tensor:
    """What :func:`torch.nn.functional.batch_norm` gives; running statistics are left alone in training."""
    if x.ndim != 4 or not named.get("training"):
        return functional.batch_norm(x, running_mean, running_var, **named)
    output: torch.Tensor = _Norm.apply(x, named["weight"], named["bias"], named["eps"])
    return output


def conv2d(x: torch.Tensor, weight: torch.Tensor, *arguments: Any, **named: Any) -> torch.Tensor:
    """What :func:`torch.conv2d` gives."""
    if len(arguments) != 5 or named or not all(isinstance(size, tuple) for size in arguments[1:4]):
        return torch.conv2d(x, weight, *arguments, **named)
    output: torch.Tensor = _Convolution.apply(x, weight, *arguments)
    return output


INSTEAD: dict[Any, Any] = {functional.batch_norm: batch_norm, torch.conv2d: conv2d}
"""What stands in for which function."""


class _Norm(torch.autograd.Function):
    """y = w h + b with h = (x - mean) r and r = 1 / sqrt(variance + eps), over images and pixels of each channel."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: Any, bias: Any, eps: float) -> torch.Tensor:
        y, mean, r = torch.native_batch_norm(x, weight, bias, None, None, True, 0.0, eps)
        ctx.save_for_backward(x, weight, mean, r)
        ctx.eps = eps
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        return _NormGradient.apply(gradients[0], *ctx.saved_tensors, ctx.eps), None, None, None


class _NormGradient(torch.autograd.Function):
    """P(g) w r with P(g) = g - mean(g) - h mean(g h): the gradient of x when that of y is g.

    For v in place of the gradient of the result, the gradient of g is P(v) w r, since P is symmetric. That of x follows
    from dh = P(dx) r and dr = -r^2 mean(h dx): with means over images and pixels,
    -w r^2 (mean(g h) P(v) + mean(v h) P(g) + h (mean(v g) - mean(v) mean(g) - mean(v h) mean(g h))).
    """

    @staticmethod
    def forward(ctx: Any, g: torch.Tensor, x: torch.Tensor, weight: Any, mean: Any, r: Any, eps: float) -> torch.Tensor:
        result, gh, g_sum = _kernel(g, x, weight, mean, r, eps)
        ctx.save_for_backward(g, x, weight, mean, r, gh, g_sum)
        ctx.eps = eps
        return result

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        (v,) = gradients
        g, x, weight, mean, r, gh, g_sum = ctx.saved_tensors
        of_g, vh, v_sum = _kernel(v, x, weight, mean, r, ctx.eps)
        count = x.numel() / x.shape[1]
        vg, (gh, g_mean, vh, v_mean) = (v * g).sum(dim=(0, 2, 3)) / count, (s / count for s in (gh, g_sum, vh, v_sum))
        factor = -r.square() if weight is None else -weight.detach() * r.square()
        along_h = factor * (vg - v_mean * g_mean - 3 * vh * gh) * r
        shift = -factor * (gh * v_mean + vh * g_mean) - along_h * mean
        shape = (1, -1, 1, 1)
        of_x = torch.addcmul(shift.view(shape), v, (factor * gh).view(shape))
        of_x.addcmul_(g, (factor * vh).view(shape)).addcmul_(x, along_h.view(shape))
        return of_g, of_x, None, None, None, None


def _kernel(g: torch.Tensor, x: torch.Tensor, weight: Any, mean: Any, r: Any, eps: float) -> Any:
    """The gradient of x, and sums over images and pixels of g h and of g."""
    return torch.ops.aten.native_batch_norm_backward(g, x, weight, None, None, mean, r, True, eps, [True, True, True])


class _Convolution(torch.autograd.Function):
    """y = x * w, bilinear; so are both of its gradients."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, w: torch.Tensor, bias: Any, *how: Any) -> torch.Tensor:
        ctx.save_for_backward(x, w)
        ctx.how = how
        return torch.conv2d(x, w, bias, *how)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        wanted = ctx.needs_input_grad[:2]
        return (
            *_ConvolutionGradient.apply(gradients[0], *ctx.saved_tensors, ctx.how, wanted),
            None,
            None,
            None,
            None,
            None,
        )


class _ConvolutionGradient(torch.autograd.Function):
    """Gradients of x and w when that of y is g; for v and u in their place, v * w + x * u is the gradient of g."""

    @staticmethod
    def forward(ctx: Any, g: torch.Tensor, x: torch.Tensor, w: torch.Tensor, how: Any, wanted: Any) -> Any:
        ctx.save_for_backward(g, x, w)
        ctx.how = how
        ctx.set_materialize_grads(False)
        return _slopes(g, x, w, how, *wanted)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor | None) -> Any:
        v, u = gradients
        g, x, w = ctx.saved_tensors
        of_g = of_x = of_w = None
        if v is not None:
            of_g = torch.conv2d(v, w, None, *ctx.how)
            of_w = _slopes(g, v, w, ctx.how, False, True)[1]
        if u is not None:
            more = torch.conv2d(x, u, None, *ctx.how)
            of_g = more if of_g is None else of_g.add_(more)
            of_x = _slopes(g, x, u, ctx.how, True, False)[0] if ctx.needs_input_grad[1] else None
        return of_g, of_x, of_w, None, None


def _slopes(g: torch.Tensor, x: torch.Tensor, w: torch.Tensor, how: Any, of_x: bool, of_w: bool) -> Any:
    """Gradients of x and w, None for what is not wanted."""
    stride, padding, dilation, groups = how
    return torch.ops.aten.convolution_backward(
        g, x, w, None, stride, padding, dilation, False, (0, 0), groups, [of_x, of_w, False]
    )[:2]
