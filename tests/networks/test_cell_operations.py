"""Operations of cells: shapes at every stride, the published compositions, the affine switch."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="networks need torch")

from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402

from nasbench.networks.cell_operations import (  # noqa: E402
    CELL_OPERATIONS,
    TwoGrids,
    supernet_operation,
)
from nasbench.networks.weightless import Zero  # noqa: E402

PUBLISHED_WEIGHTS = {
    "none": 0,
    "skip_connect": 0,
    "max_pool_3x3": 0,
    "avg_pool_3x3": 0,
    "sep_conv_3x3": 2 * (9 * 6 + 36),
    "sep_conv_5x5": 2 * (25 * 6 + 36),
    "dil_conv_3x3": 9 * 6 + 36,
    "dil_conv_5x5": 25 * 6 + 36,
    "nor_conv_1x1": 36,
    "nor_conv_3x3": 9 * 36,
}
"""Weights of the convolutions at six channels and stride one, by hand."""


def pictures(*size: int, channels: int = 6, seed: int = 0) -> torch.Tensor:
    return torch.randn(2, channels, *size, generator=torch.Generator().manual_seed(seed)).double()


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("size", [(8, 8), (7, 5), (1, 1), (2, 3)], ids=str)
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", CELL_OPERATIONS)
def test_channels_stay_and_size_is_divided(name: str, stride: int, size) -> None:
    module = CELL_OPERATIONS[name](6, stride, True).double()
    assert module(pictures(*size)).shape == (2, 6, -(-size[0] // stride), -(-size[1] // stride))


@pytest.mark.parametrize("name", CELL_OPERATIONS)
def test_weights_are_as_published(name: str) -> None:
    module = CELL_OPERATIONS[name](6, 1, False)
    assert parameters(module) == PUBLISHED_WEIGHTS[name]
    norms = [m for m in CELL_OPERATIONS[name](6, 1, True).modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == {"sep": 2, "dil": 1, "nor": 1}.get(name[:3], 0)
    assert parameters(CELL_OPERATIONS[name](6, 1, True)) == PUBLISHED_WEIGHTS[name] + 12 * len(norms)


@pytest.mark.parametrize("name", CELL_OPERATIONS)
def test_inputs_are_left_alone(name: str) -> None:
    x = pictures(5, 5)
    before = x.clone()
    CELL_OPERATIONS[name](6, 1, True).double()(x)
    assert torch.equal(x, before)


def test_pools_ignore_the_padding() -> None:
    x = pictures(6, 7)
    for stride in (1, 2):
        expected = functional.avg_pool2d(x, 3, stride, 1, count_include_pad=False)
        assert torch.allclose(CELL_OPERATIONS["avg_pool_3x3"](6, stride, True)(x), expected)
    assert torch.equal(CELL_OPERATIONS["max_pool_3x3"](6, 1, True)(x - 100), functional.max_pool2d(x - 100, 3, 1, 1))


def test_separable_is_two_depthwise_pairs() -> None:
    module = CELL_OPERATIONS["sep_conv_5x5"](6, 2, True).double().eval()
    x = pictures(8, 8)
    weights = [m.weight for m in module if isinstance(m, nn.Conv2d)]
    first = functional.conv2d(functional.relu(x), weights[0], stride=2, padding=2, groups=6)
    middle = functional.conv2d(first, weights[1]) / (1 + 1e-5) ** 0.5
    second = functional.conv2d(functional.relu(middle), weights[2], padding=2, groups=6)
    assert torch.allclose(module(x), functional.conv2d(second, weights[3]) / (1 + 1e-5) ** 0.5)


def test_dilated_reads_every_other_pixel() -> None:
    """A single bright pixel reaches those at a distance of 0 and 2 (and 4 with kernel 5), no odd one."""
    for name, reach in (("dil_conv_3x3", {-2, 0, 2}), ("dil_conv_5x5", {-4, -2, 0, 2, 4})):
        module = CELL_OPERATIONS[name](1, 1, False).eval()
        x = torch.zeros(1, 1, 11, 11)
        x[0, 0, 5, 5] = 1.0
        for part in module:
            if isinstance(part, nn.Conv2d):
                nn.init.ones_(part.weight)
        seen = {int(row) - 5 for row in torch.nonzero(module(x)[0, 0].sum(dim=1)).flatten()}
        assert seen == reach


def test_factorized_reduction_loses_no_pixel() -> None:
    """Channels of the first half read pixels at even places, the others those at odd places."""
    module = TwoGrids(1, 5)
    nn.init.ones_(module.even.weight)
    nn.init.ones_(module.odd.weight)
    x = torch.arange(1.0, 17.0).reshape(1, 1, 4, 4)
    reduced = module(x)[0]
    assert [channels.shape[0] for channels in (module.even.weight, module.odd.weight)] == [3, 2]
    assert torch.allclose(reduced[:3], x[0, :, ::2, ::2].expand(3, 2, 2))
    assert torch.allclose(reduced[3:], x[0, :, 1::2, 1::2].expand(2, 2, 2))
    assert TwoGrids(4, 1)(torch.ones(2, 4, 3, 3)).shape == (2, 1, 2, 2)


@pytest.mark.parametrize("name", CELL_OPERATIONS)
def test_candidates_of_supernets_have_no_affine_norm(name: str) -> None:
    for stride in (1, 2):
        module = supernet_operation(name, 6, stride)
        norms = [m for m in module.modules() if isinstance(m, nn.BatchNorm2d)]
        assert all(not norm.affine for norm in norms)
        if "pool" in name:
            values = module(pictures(8, 8).float())
            assert len(norms) == 1
            assert values.mean(dim=(0, 2, 3)).abs().max() < 1e-5
            bare = supernet_operation(name, 6, stride, normalise_pools=False)
            assert not any(isinstance(m, nn.BatchNorm2d) for m in bare.modules())
    assert isinstance(supernet_operation("none", 6, 2), Zero)
