"""The table of zero-cost scores that the figures of ``predictors/README.md`` are of: whole, and what it says it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.plan import Skeleton
from nasbench.registry import PROXIES

TABLE = Path(__file__).with_name("nb201_proxies.h5")


def test_every_class_is_scored_by_every_proxy() -> None:
    with nasbench.open_table(TABLE) as table:
        assert table.proxies == {name: PROXIES.load(name).better for name in PROXIES.names()}
        assert (table.proxy_settings["images"], table.proxy_settings["cells"], table.proxy_settings["channels"]) == (
            32,
            1,
            16,
        )
        space = nasbench.load_space("nas_bench_201")
        first = np.unique(table.for_search().class_index, return_index=True)[1]
        assert len(first) == len(space.classes) == 5044
        empty = [table.architectures[place] for place in first[np.isnan(table.proxy("synflow")[first])].tolist()]
        assert [space.canonical(architecture) for architecture in empty] == [space.architecture((0,) * 6)]
        failed = {name for name in table.proxies if np.isnan(table.proxy(name)[first]).any()}
        assert failed == {"epe_nas", "jacob_cov", "naswot", "synflow", "zen", "zico"}


@pytest.mark.parametrize("name", ["params", "flops"])
def test_sizes_are_those_of_today(name: str) -> None:
    space = nasbench.load_space("nas_bench_201")
    everything = list(space)[::7]
    with nasbench.open_table(TABLE) as table:
        places = {architecture: place for place, architecture in enumerate(table.architectures)}
        noted = table.proxy(name)[[places[architecture] for architecture in everything]]
    assert np.array_equal(noted, PROXIES.load(name).scores(space, everything, Skeleton(16, 1)))
