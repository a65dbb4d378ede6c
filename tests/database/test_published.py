"""The published NAS-Bench-201 numbers through `nasbench import csv`: every one of them, against the file itself."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from nasbench.complexity import complexities
from nasbench.table import PUBLISHED, Table

COLUMNS = {
    "val_accuracy@200": "valid_200",
    "test_accuracy@200": "test_200",
    "val_accuracy@12": "valid_12",
    "test_accuracy@12": "test_12",
    "test_accuracy@200#0": "test_200_seed0",
    "test_accuracy@200#1": "test_200_seed1",
    "test_accuracy@200#2": "test_200_seed2",
}


@pytest.fixture(scope="module")
def published(shared_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Table, list[dict]]:
    """The imported table, and the lines of the file."""
    source = shared_data("nb201/cifar10.csv")
    path = tmp_path_factory.mktemp("published") / "nb201.h5"
    words = [word for target, column in COLUMNS.items() for word in ("--column", f"{target}={column}")]
    costs = ["--cost", "flops=flops_m*1000000", "--cost", "parameters=params_m*1000000"]
    assert main(["import", "csv", str(source), str(path), "--space", "nas_bench_201", *words, *costs]) == 0
    with open(source, newline="") as file:
        return nasbench.open_table(path), list(csv.DictReader(file))


def test_all_numbers_are_there_and_no_other(published: tuple[Table, list[dict]]) -> None:
    table, lines = published
    assert len(table) == len(lines) == 15_625
    assert len(table.classes) == 5_044
    at = {table.space.format(arch): place for place, arch in enumerate(table)}
    places = [at[line["arch"]] for line in lines]
    for target, column in COLUMNS.items():
        name, _, rest = target.partition("@")
        schedule, _, seed = rest.partition("#")
        ours = table.values(name, int(schedule), seed=int(seed) if seed else PUBLISHED)[places]
        theirs = [float(line[column]) if line[column] else math.nan for line in lines]
        np.testing.assert_array_equal(ours, theirs)
    for name, column in (("flops", "flops_m"), ("parameters", "params_m")):
        np.testing.assert_allclose(table.cost(name)[places] / 1e6, [float(line[column]) for line in lines], rtol=1e-12)


def test_missing_seeds_are_absent(published: tuple[Table, list[dict]]) -> None:
    table, lines = published
    for seed in range(3):
        missing = sum(not line[f"test_200_seed{seed}"] for line in lines)
        assert np.isnan(table.values("test_accuracy", 200, seed=seed)).sum() == missing
        assert (table.contents.status(200)[:, 1 + seed] == 0).sum() == missing
    assert not np.isnan(table.values("test_accuracy", 200)).any()


def test_published_costs_are_those_of_the_formulas(published: tuple[Table, list[dict]]) -> None:
    table, _ = published
    parameters, flops = complexities(table.space, table.architectures, table.space.published, built=False)
    np.testing.assert_array_equal(table.cost("parameters"), parameters)
    np.testing.assert_array_equal(table.cost("flops"), flops)


def test_a_latency_file_can_be_added(
    published: tuple[Table, list[dict]], shared_data: Callable[[str], Path], tmp_path: Path
) -> None:
    table, _ = published
    assert table.path is not None
    path = tmp_path / "nb201.h5"
    path.write_bytes(table.path.read_bytes())
    source = shared_data("nb201/latency_ms.csv")
    words = ["--space", "nas_bench_201", "--add", "--cost", "latency_pixel2=pixel2*0.001"]
    assert main(["import", "csv", str(source), str(path), *words]) == 0
    with nasbench.open_table(path) as both:
        assert both.digest == table.digest
        assert both.costs["latency_pixel2"] == "seconds"
        assert np.nanmin(both.cost("latency_pixel2")) > 0
        assert np.nanmax(both.cost("latency_pixel2")) < 0.1
