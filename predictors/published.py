"""Rank correlations of zero-cost proxies that others published, to set beside our own.

They are Spearman's, of NAS-Bench-201 on CIFAR-10, and hold for that space and those images alone.
"""

from __future__ import annotations

from dataclasses import dataclass

SPACE = "nas_bench_201"
"""The space of all published numbers here."""
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""Classes of CIFAR-10, by which its images are known under any name of their folder."""


SETTINGS = "16 channels, 5 cells a stage, weights as torch draws them, 64 images, test accuracy after 200 epochs"
"""How they were measured; where ours are measured otherwise they may differ."""


@dataclass(frozen=True)
class Source:
    """A publication: its name in tables, which architectures it ranked, and Spearman's rho by proxy."""

    name: str
    population: str
    spearman: dict[str, float]


SOURCES = (
    Source(
        "Abdelfattah 2021",
        "all 15,625 rows; Zero-Cost Proxies for Lightweight NAS, ICLR 2021",
        {"synflow": 0.737, "jacob_cov": 0.731, "snip": 0.596, "grad_norm": 0.594, "grasp": 0.514, "fisher": 0.360},
    ),
    Source(
        "Suite-Zero 2022",
        "9,445 rows; NAS-Bench-Suite-Zero, NeurIPS 2022",
        {"jacob_cov": 0.80, "fisher": 0.50},
    ),
)
"""In the order in which they are shown."""


def published_spearman(proxy: str, space: str, classes: tuple[str, ...]) -> dict[str, float]:
    """Published values of a proxy by source; none for another space or other images than CIFAR-10's.

    >>> published_spearman("fisher", "nas_bench_201", CIFAR10)
    {'Abdelfattah 2021': 0.36, 'Suite-Zero 2022': 0.5}
    >>> published_spearman("fisher", "nas_bench_201", ("0", "1"))
    {}
    """
    if space != SPACE or classes != CIFAR10:
        return {}
    return {source.name: source.spearman[proxy] for source in SOURCES if proxy in source.spearman}
