"""Operations against torch's own: average pooling by sums, the residual block, zeros and sums."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="networks need torch")

from torch.nn import functional  # noqa: E402

from nasbench.networks.operations import MAKERS, ResidualBlock  # noqa: E402
from nasbench.networks.weightless import AvgPool, Sum, Zero  # noqa: E402

SIZES = [(1, 1), (1, 2), (1, 7), (6, 1), (2, 2), (2, 5), (3, 3), (5, 4), (8, 8), (13, 9)]
LAYOUTS = [torch.contiguous_format, torch.channels_last]


def pictures(size: tuple[int, int], dtype=torch.float64, layout=torch.contiguous_format, count: int = 2):
    generator = torch.Generator().manual_seed(sum(size))
    images = torch.randn(count, 3, *size, dtype=torch.float64, generator=generator)
    return images.to(dtype).contiguous(memory_format=layout)


def library_pool(x):
    return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


# -- average pooling ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS, ids=["contiguous", "channels last"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pooling_and_its_gradient_are_the_librarys(size, layout) -> None:
    mine, theirs = (pictures(size, layout=layout).requires_grad_() for _ in range(2))
    pooled, expected = AvgPool(3, 1)(mine), library_pool(theirs)
    assert torch.allclose(pooled, expected, rtol=1e-12, atol=1e-14)
    weights = pictures(size, layout=layout).cos()
    pooled.backward(weights)
    expected.backward(weights)
    assert torch.allclose(mine.grad, theirs.grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("size", [(1, 1), (1, 4), (2, 3), (4, 4)], ids=str)
def test_gradients_of_pooling_agree_with_differences(size) -> None:
    x = pictures(size, count=1)[:, :2].clone().requires_grad_()
    assert torch.autograd.gradcheck(AvgPool(3, 1), (x,))
    assert torch.autograd.gradgradcheck(AvgPool(3, 1), (x,))


@pytest.mark.parametrize("layout", LAYOUTS, ids=["contiguous", "channels last"])
def test_pooling_keeps_layout_and_input(layout) -> None:
    x = pictures((6, 5), torch.float32, layout)
    before = x.clone()
    assert AvgPool(3, 1)(x).is_contiguous(memory_format=layout)
    assert torch.equal(x, before)


def test_pooling_takes_strided_views() -> None:
    """Neither contiguous nor channels last."""
    x = pictures((8, 8))[:, :, ::2, 1:6].requires_grad_()
    y = x.detach().contiguous().requires_grad_()
    assert torch.allclose(AvgPool(3, 1)(x), library_pool(y))
    AvgPool(3, 1)(x).square().sum().backward(inputs=[x])
    library_pool(y).square().sum().backward()
    assert torch.allclose(x.grad, y.grad)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pooling_in_bfloat16_is_as_near_as_its_digits_allow(size) -> None:
    """Eight bits of mantissa; five roundings on the way."""
    x = pictures(size, torch.bfloat16)
    pooled = AvgPool(3, 1)(x)
    assert pooled.dtype == torch.bfloat16
    largest = library_pool(x.double().abs())
    assert ((pooled.double() - library_pool(x.double())).abs() <= 5 * 2**-8 * largest).all()


def test_pooling_of_a_constant_is_the_constant() -> None:
    """The padding is not counted, in the corners either."""
    assert torch.allclose(AvgPool(3, 1)(torch.full((1, 2, 4, 5), 3.0)), torch.full((1, 2, 4, 5), 3.0))


@pytest.mark.parametrize(("kernel", "stride"), [(5, 1), (3, 2), (1, 1)])
def test_other_kernels_and_strides_are_the_librarys(kernel: int, stride: int) -> None:
    x = pictures((9, 8))
    expected = functional.avg_pool2d(x, kernel, stride, kernel // 2, count_include_pad=False)
    assert torch.equal(AvgPool(kernel, stride)(x), expected)


# -- the others ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "half"), [((8, 8), (4, 4)), ((7, 5), (4, 3)), ((1, 2), (1, 1))])
def test_residual_block_halves_any_size_and_is_its_two_paths(size, half) -> None:
    block = ResidualBlock(3, 6, 2).double().eval()
    x = pictures(size)
    pooled = functional.avg_pool2d(x, 2, 2, ceil_mode=True)
    inner = block.second(functional.relu(block.first(functional.relu(x))))
    assert block(x).shape == (2, 6, *half)
    assert torch.allclose(block(x), inner + functional.conv2d(pooled, block.shortcut.weight))


def test_sum_leaves_its_inputs_alone() -> None:
    parts = [pictures((3, 3)) + shift for shift in range(3)]
    before = [part.clone() for part in parts]
    assert torch.allclose(Sum()(*parts), before[0] + before[1] + before[2])
    assert all(torch.equal(part, copy) for part, copy in zip(parts, before, strict=True))


@pytest.mark.parametrize(("channels", "stride", "size"), [(2, 1, (3, 5)), (4, 2, (2, 3)), (1, 4, (1, 2))])
def test_zero_is_zero_whatever_comes(channels: int, stride: int, size) -> None:
    x = torch.full((2, 2, 3, 5), float("nan"), requires_grad=True)
    zeros = Zero(channels, stride)(x)
    assert torch.equal(zeros, torch.zeros(2, channels, *size))
    assert not zeros.requires_grad


def test_each_operation_of_a_plan_can_be_built_and_counted() -> None:
    from nasbench.complexity import _COSTS

    assert set(MAKERS) <= set(_COSTS)
