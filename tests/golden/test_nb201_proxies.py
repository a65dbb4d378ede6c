"""The table of zero-cost scores that the figures of ``predictors/README.md`` are of: whole, and what it says it is."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import nasbench
from nasbench.plan import Skeleton
from nasbench.registry import PROXIES

TABLE = Path(__file__).with_name("nb201_proxies.h5")
PUBLISHED = {
    "synflow": 0.737,
    "jacob_cov": 0.731,
    "snip": 0.596,
    "grad_norm": 0.594,
    "grasp": 0.514,
    "fisher": 0.360,
}
"""Spearman with accuracy on CIFAR-10, Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR 2021."""


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


def test_at_published_settings_proxies_rank_as_published(published_accuracies: dict[str, float]) -> None:
    with nasbench.open_table(TABLE.with_name("nb201_proxies_five_cells.h5")) as table:
        settings = table.proxy_settings
        assert (settings["cells"], settings["images"], settings["initialisation"]) == (5, 64, "torch")
        architectures = [table.space.format(architecture) for architecture in table.architectures]
        truth = np.array([published_accuracies[text] for text in architectures])
        scored = ~np.isnan(table.proxy("synflow"))
        found = {name: stats.spearmanr(table.proxy(name)[scored], truth[scored])[0] for name in PUBLISHED}
    assert scored.sum() == 895
    assert all(abs(found[name] - value) < 0.15 for name, value in PUBLISHED.items())
    assert min(found.values()) > 0.4


@pytest.fixture
def published_accuracies(shared_data: Callable[[str], Path]) -> dict[str, float]:
    """Validation accuracy after 200 epochs of each cell's published text."""
    with open(shared_data("nb201/cifar10.csv"), newline="") as file:
        return {row["arch"]: float(row["valid_200"]) for row in csv.DictReader(file)}
