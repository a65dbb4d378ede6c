"""Numbers of NAS-Bench-201 that may change only on purpose: tables of users hold hashes, papers hold costs.

``nas_bench_201.json`` beside this file holds them. A hash that changes makes every table that was written before
unreadable by class; a sample that changes makes a build with the same seed another build.
"""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from nasbench import load_space
from nasbench.complexity import built_complexity, complexities, published_complexity
from nasbench.plan import Skeleton, prune
from nasbench.spaces.nas_bench_201 import OPERATIONS, published_text_form

GOLDEN = json.loads(Path(__file__).with_name("nas_bench_201.json").read_text())
SPACE = load_space("nas_bench_201")
CELLS = list(SPACE)
CHOICES = SPACE.choices_array(CELLS)


def formula(golden: dict[str, int]) -> np.ndarray:
    """Costs of all cells: a base, and a price for each convolution that is written down, dead or alive."""
    prices = np.array([golden.get(operation, 0) for operation in OPERATIONS])
    return golden["base"] + prices[CHOICES].sum(axis=1)


def test_counts():
    assert GOLDEN["counts"] == {
        "cells": len(CELLS),
        "exact_classes": len(SPACE.classes),
        "published_classes": len(set(map(published_text_form, CELLS))),
    }


def test_hashes():
    assert {text: SPACE.canonical_hash(SPACE.parse(text)) for text in GOLDEN["hashes"]} == GOLDEN["hashes"]
    everything = "\n".join(map(SPACE.canonical_hash, CELLS))
    assert hashlib.sha256(everything.encode()).hexdigest() == GOLDEN["sha256_of_all_hashes"]


def test_representatives():
    everything = "\n".join(SPACE.format(members[0]) for members in SPACE.classes.values())
    assert hashlib.sha256(everything.encode()).hexdigest() == GOLDEN["sha256_of_all_representatives"]


def test_moves_of_a_seed():
    rng = np.random.default_rng(0)
    drawn = [SPACE.sample(rng) for _ in range(3)]
    drawn += [SPACE.mutate(drawn[0], rng), SPACE.crossover(drawn[1], drawn[2], rng)]
    assert list(map(SPACE.format, drawn)) == GOLDEN["moves_of_seed_0"]


def test_plan_as_built():
    plan = prune(SPACE.plan(SPACE.parse(GOLDEN["plan"]["cell"]), Skeleton(channels=4, cells=1)))
    written = [f"{s.name} = {s.operation}{s.inputs} {dict(s.settings)}" for s in plan.steps]
    assert written == GOLDEN["plan"]["steps"]


def test_published_costs_are_the_formulas():
    parameters, flops = complexities(SPACE, CELLS, SPACE.published, built=False)
    assert np.array_equal(parameters, formula(GOLDEN["published_parameters"]))
    assert np.array_equal(flops, formula(GOLDEN["published_flops"]))
    for place in np.random.default_rng(0).choice(len(CELLS), 25, replace=False):
        cost = published_complexity(SPACE, CELLS[place], SPACE.published)
        assert (cost.parameters, cost.flops) == (parameters[place], flops[place])


def test_published_costs_are_the_published_table(shared_data):
    with open(shared_data("nb201/cifar10.csv"), newline="") as file:
        rows = list(csv.DictReader(file))
    parameters, flops = complexities(SPACE, [SPACE.parse(row["arch"]) for row in rows], SPACE.published, built=False)
    assert len(rows) == len(CELLS)
    assert np.allclose(parameters / 1e6, [float(row["params_m"]) for row in rows], rtol=0, atol=1e-9)
    assert np.allclose(flops / 1e6, [float(row["flops_m"]) for row in rows], rtol=0, atol=1e-9)


def test_costs_as_built():
    """Those that the class's representative was published with."""
    parameters, flops = complexities(SPACE, CELLS, SPACE.published, built=True)
    assert {"parameters": int(parameters.sum()), "flops": int(flops.sum())} == GOLDEN["sums_as_built"]
    for place in np.random.default_rng(1).choice(len(CELLS), 25, replace=False):
        cost = built_complexity(SPACE, CELLS[place], SPACE.published)
        assert (cost.parameters, cost.flops) == (parameters[place], flops[place])


@pytest.mark.slow
def test_costs_as_built_of_every_cell():
    """The short way, by representatives, against pruning every plan."""
    small = Skeleton(channels=4, cells=1, classes=10, input_shape=(3, 8, 8))
    parameters, flops = complexities(SPACE, CELLS, small, built=True)
    for cell, *counted in zip(CELLS, parameters, flops, strict=True):
        cost = built_complexity(SPACE, cell, small)
        assert [cost.parameters, cost.flops] == counted, SPACE.format(cell)
