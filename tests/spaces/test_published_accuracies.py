"""Published accuracies of cells that the exact form merges differ by no more than those of one cell over its seeds."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from nasbench import load_space
from nasbench.spaces.nas_bench_201 import published_text_form

SPACE = load_space("nas_bench_201")
SEEDS = ("test_200_seed0", "test_200_seed1", "test_200_seed2")


@pytest.fixture(scope="module")
def published(shared_data) -> dict[str, np.ndarray]:
    """Exact and published class of each cell, its mean test accuracy, and each seed's (NaN where never trained)."""
    with open(shared_data("nb201/cifar10.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    cells = [SPACE.parse(row["arch"]) for row in rows]
    return {
        "exact": np.array([SPACE.canonical_hash(cell) for cell in cells]),
        "published": np.array([published_text_form(cell) for cell in cells]),
        "mean": np.array([float(row["test_200"]) for row in rows]),
        "seeds": np.array([[float(row[seed] or "nan") for seed in SEEDS] for row in rows]),
    }


def differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Absolute differences, without those of accuracies that do not exist."""
    gaps = np.abs(first - second)
    return gaps[~np.isnan(gaps)]


def follow(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places of each pair of neighbours among the members of one key."""
    order = np.argsort(keys, kind="stable")
    same = keys[order[1:]] == keys[order[:-1]]
    return order[:-1][same], order[1:][same]


def test_merged_cells_differ_by_seed_noise(published):
    seeds = published["seeds"]
    noise = differences(seeds[:, 0], seeds[:, 1])
    first, second = follow(published["exact"])
    merged = np.concatenate([differences(seeds[first, i], seeds[second, j]) for i, j in ((0, 1), (1, 0))])
    means = differences(published["mean"][first], published["mean"][second])
    ratio = merged.mean() / noise.mean()
    print(
        f"\ntest accuracy, points: two seeds of one cell differ by {noise.mean():.3f} (median {np.median(noise):.3f}, "
        f"{len(noise):,} pairs), a seed each of two cells of one class by {merged.mean():.3f} "
        f"(median {np.median(merged):.3f}, {len(merged):,} pairs), ratio {ratio:.3f}; "
        f"means over seeds of two such cells by {means.mean():.3f}"
    )
    assert len(first) == 15_625 - 5_044
    assert ratio < 1.05
    assert np.median(merged) <= 1.05 * np.median(noise)
    assert np.percentile(merged, 90) <= 1.05 * np.percentile(noise, 90)
    assert means.mean() < noise.mean()


def test_the_comparison_sees_cells_that_are_merged_wrongly(published):
    """Cells of one published form and different exact classes differ by more than noise."""
    noise = differences(published["seeds"][:, 0], published["seeds"][:, 1])
    first, second = follow(published["published"])
    wrong = published["exact"][first] != published["exact"][second]
    gaps = differences(published["seeds"][first[wrong], 0], published["seeds"][second[wrong], 1])
    print(f"\n{len(gaps)} pairs that only the published form merges differ by {gaps.mean():.3f} points")
    assert gaps.mean() > 1.3 * noise.mean()
