"""Fronts and hypervolumes of finished runs: what is written, what it means, and that a later command adds it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from searchers.costs import cost_values, largest_costs
from searchers.hints import Hints
from searchers.trace import Trace
from searchers.volumes import Objectives
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
CELLS = kit.sample(60)
HINTS = Hints(NB201)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return kit.build_table(tmp_path_factory.mktemp("t") / "t.h5", CELLS)


def command(name: str, table: Path, out: Path, *words: object) -> int:
    return main([name, *map(str, ["--evaluator", f"table={table}", "--out", out, *words])])


def read(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def affordable(asked: list, largest: float) -> float:
    """Best score within a budget, averaged over budgets, by counting 20,000 budgets."""
    costs = cost_values(HINTS, NB201, ("flops",), asked)[:, 0] / largest
    scores = np.array([kit.val(cell, 0, 2) for cell in asked])
    budgets = (np.arange(20_000) + 0.5) / 20_000
    return float(np.mean([scores[costs <= budget].max(initial=0.0) for budget in budgets]))


def test_a_search_says_its_hypervolume_after_each_query(table: Path, tmp_path: Path) -> None:
    assert command("search", table, tmp_path, "--searcher", "random_search", "--queries", 40, "--pareto", "flops") == 0
    about, trace = json.loads((tmp_path / "result.json").read_text()), Trace.load(tmp_path / "trace.npz")
    asked = [NB201.architecture(row) for row in trace.choices.tolist()]
    largest = float(cost_values(HINTS, NB201, ("flops",), CELLS).max())
    said = about["pareto"]["table: flops"]
    assert said == {"costs": {"flops": pytest.approx(largest)}, "units": {"flops": "millions"}, "least": 0.0}
    steps = about["hypervolume"]
    for queries, volume in (steps[0], steps[len(steps) // 2], steps[-1]):
        assert volume == pytest.approx(affordable(asked[:queries], largest), abs=0.02)
    assert steps[-1][0] == 40
    front = read(tmp_path / "pareto.csv")
    values = [(float(row["flops"]), float(row["score"])) for row in front]
    assert values == sorted(values) and sorted(score for _, score in values) == [score for _, score in values]
    costs = cost_values(HINTS, NB201, ("flops",), asked)[:, 0].tolist()
    everything = [(cost, kit.val(cell, 0, 2)) for cell, cost in zip(asked, costs, strict=True)]
    assert set(values) == {
        (c, s) for c, s in everything if not any(d <= c and t >= s and (d, t) != (c, s) for d, t in everything)
    }
    first = front[0]
    assert asked[int(first["query"]) - 1] == NB201.parse(first["architecture"])


def test_fronts_of_penalised_searches_are_of_the_measure_itself(table: Path, tmp_path: Path) -> None:
    """Selected by the penalised score, reported by what was measured: as the same queries without penalties are."""
    words = ("--searcher", "random_search", "--queries", 40, "--pareto", "flops")
    assert command("search", table, tmp_path / "plain", *words) == 0
    assert command("search", table, tmp_path / "less", *words, "--penalty", "flops=0.5") == 0
    plain, less = (Trace.load(tmp_path / name / "trace.npz") for name in ("plain", "less"))
    assert np.array_equal(plain.choices, less.choices) and (less.score < plain.score).any()
    first, second = (read(tmp_path / name / "pareto.csv") for name in ("plain", "less"))
    assert [row["architecture"] for row in first] == [row["architecture"] for row in second]
    for one, other in zip(first, second, strict=True):
        assert float(other["score"]) == pytest.approx(float(one["score"]), abs=1e-8)
    steps = [json.loads((tmp_path / name / "result.json").read_text())["hypervolume"] for name in ("plain", "less")]
    np.testing.assert_allclose(steps[0], steps[1], atol=1e-7)


def test_nsga2_needs_no_option_and_others_need_one(table: Path, tmp_path: Path) -> None:
    words = ["--searchers", "nsga2,random_search", "--queries", 30, "--seeds", 2, "--workers", 1]
    assert command("compare", table, tmp_path, *words) == 0
    assert {row["searcher"] for row in read(tmp_path / "hypervolume.csv")} == {"nsga2"}
    assert command("compare", table, tmp_path, *words, "--pareto", "flops+parameters") == 0
    rows = read(tmp_path / "hypervolume.csv")
    assert {(row["searcher"], row["seed"]) for row in rows} == {
        (name, seed) for name in ("nsga2", "random_search") for seed in "01"
    }
    assert all(row["parameters"] and row["flops"] for row in read(tmp_path / "pareto.csv"))
    assert command("compare", table, tmp_path / "none", "--searchers", "random_search", *words[2:]) == 0
    assert not (tmp_path / "none" / "pareto.csv").exists()
    assert "pareto" not in json.loads((tmp_path / "none" / "result.json").read_text())


def test_what_cannot_be_measured_is_said_before_the_search(table: Path, tmp_path: Path, capsys) -> None:
    words = ["--searcher", "random_search", "--queries", 5]
    assert command("search", table, tmp_path / "a", *words, "--pareto", "latency") != 0
    assert "no cost is called 'latency'" in capsys.readouterr().err
    assert command("search", table, tmp_path / "b", *words, "--pareto", "flops", "--select", "val_loss") != 0
    assert "--pareto-from" in capsys.readouterr().err
    assert not (tmp_path / "a" / "trace.npz").exists() and not (tmp_path / "b" / "trace.npz").exists()
    more = ["--pareto", "flops", "--select", "val_loss", "--pareto-from", 100]
    assert command("search", table, tmp_path / "c", *words, *more) == 0
    assert json.loads((tmp_path / "c" / "result.json").read_text())["hypervolume"][-1][1] > 0


def test_units_of_a_hypervolume_are_those_of_the_score() -> None:
    """One architecture of score 90 at a quarter of the largest cost: 90 for three quarters of all budgets."""
    objectives = Objectives(("flops",), (200.0,), 0.0, 1.0)
    points = objectives.points(np.array([90.0, np.nan, 94.0]), np.array([[50.0], [1.0], [200.0]]))
    assert objectives.volumes(points) == pytest.approx([67.5, 67.5, 67.5])
    loss = Objectives(("flops",), (200.0,), 3.0, -1.0)
    assert loss.volumes(loss.points(np.array([1.0]), np.array([[50.0]]))) == pytest.approx([1.5])


def test_the_largest_cost_of_a_large_space_is_that_of_fixed_draws(monkeypatch) -> None:
    monkeypatch.setattr("searchers.costs.LARGEST_ENUMERATED", 100)
    first, second = (largest_costs(HINTS, NB201, ("flops", "parameters")) for _ in range(2))
    assert first.tolist() == second.tolist()
    assert first[0] <= 7.78305 + 6 * 35.38944
