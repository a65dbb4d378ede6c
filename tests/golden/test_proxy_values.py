"""What every proxy says of a few networks: where one says something else its version must rise.

``python -m tests.golden.test_proxy_values`` writes the file anew; first raise ``predictors.proxy.VERSION``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import nasbench
from nasbench.plan import Skeleton
from nasbench.registry import PROXIES
from predictors.batches import random_batch
from predictors.proxy import VERSION
from predictors.scores import score_architecture

FILE = Path(__file__).with_name("proxy_values.json")
CELLS = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|",
    "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|none~1|skip_connect~2|",
    "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|nor_conv_3x3~0|skip_connect~1|none~2|",
)
SKELETON = Skeleton(channels=4, cells=1, classes=5, input_shape=(3, 16, 16))


def values(cell: str) -> dict[str, float]:
    """Every proxy of a cell, with seeds of 0."""
    space, batch = nasbench.load_space("nas_bench_201"), random_batch(SKELETON, 8)
    scores = score_architecture(PROXIES.names(), space, space.parse(cell), SKELETON, batch, 0)
    return {name: score.value for name, score in scores.items()}


def golden() -> dict[str, Any]:
    told: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return told


@pytest.mark.parametrize("cell", CELLS)
def test_proxies_say_what_their_version_said(cell: str) -> None:
    """To a thousandth: the order of sums is another one on other machines."""
    wanted, found = golden()["values"][cell], values(cell)
    assert {*wanted} <= {*found}
    for name, value in wanted.items():
        told = f"{name} has changed: raise VERSION of predictors/proxy.py, and write this golden file anew"
        assert found[name] == pytest.approx(value, rel=1e-3), told


def test_every_proxy_is_in_the_file_of_this_version() -> None:
    assert golden()["version"] == VERSION, "write the golden file anew: python -m tests.golden.test_proxy_values"
    assert {frozenset(one) for one in golden()["values"].values()} == {frozenset(PROXIES.names())}


if __name__ == "__main__":
    FILE.write_text(
        json.dumps({"version": VERSION, "values": {cell: values(cell) for cell in CELLS}}, indent=1) + "\n",
        encoding="utf-8",
    )
