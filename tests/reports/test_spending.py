"""Reports of comparisons within epochs or FLOPs: looked at by what was paid, estimates said to be estimates."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nasbench.__main__ import main
from nasbench.database.writer import TableWriter
from reports.figures.rank_curves import compute_rank_curves
from reports.figures.search_curves import compute_search_curves
from reports.result import Comparison, Run
from reports.results import read_result
from reports.section import Section
from reports.sections.comparisons import make_sections
from reports.settings import Settings
from reports.spending import FLOPS, axes_of, checkpoints, scale, value_after
from tests.searchers import kit

CELLS = kit.sample(300)
SEARCHERS = "random_search,hyperband,asha"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Curves of nine epochs and FLOPs, no seconds."""
    path = kit.build_table(tmp_path_factory.mktemp("t") / "t.h5", CELLS, schedules=(9,), timed=False, train_images=100)
    with TableWriter(path) as writer:
        writer.set_costs("flops", {cell.choices: 1e6 * (1 + sum(cell.choices)) for cell in CELLS[3:]})
    return path


def compared(table: Path, out: Path, *budget: object) -> Comparison:
    words = ["--evaluator", f"table={table}", "--searchers", SEARCHERS, "--seeds", 4, "--workers", 1, "--out", out]
    assert main(["compare", *map(str, [*words, *budget])]) == 0
    result = read_result(out)
    assert isinstance(result, Comparison)
    return result


@pytest.fixture(scope="module")
def within_epochs(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(table, tmp_path_factory.mktemp("c") / "epochs", "--epochs", 120)


@pytest.fixture(scope="module")
def within_flops(table: Path, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return compared(table, tmp_path_factory.mktemp("c") / "flops", "--flops", 1e11)


def section(made: Comparison) -> Section:
    (found,) = make_sections([made], Settings(resamples=100))
    return found


def by_loop(run: Run, over: str, amount: float) -> float:
    """The incumbent's true value after the last query that was paid for by then."""
    spent = run.spent(over)
    return float(run.true_test[max(place for place in range(len(spent)) if spent[place] <= amount)])


def test_runs_of_different_lengths_stand_on_one_axis(within_epochs: Comparison, settings: Settings) -> None:
    assert (within_epochs.over, within_epochs.most, within_epochs.missing) == ("epochs", 120, ())
    assert len({len(run.score) for run in within_epochs.runs}) > 2
    assert axes_of(within_epochs, "table") == ["epochs", "flops"], "queries do not tell what was spent"
    curves = compute_search_curves(within_epochs, "table", "true_test", settings, "epochs")
    assert [curve.searcher for curve in curves] == SEARCHERS.split(",")
    for curve in curves:
        runs = within_epochs.of("table", curve.searcher)
        for place in (0, 99, 199):
            expected = np.mean([by_loop(run, "epochs", float(curve.x[place]) * (1 + 1e-12)) for run in runs])
            assert curve.band.value[place] == pytest.approx(expected)
    ranks = compute_rank_curves(within_epochs, "table", settings)
    assert ranks is not None
    assert ranks.x[0] == max(run.spent("epochs")[0] for run in within_epochs.runs) == 9


def test_the_table_on_the_way_looks_at_epochs_paid(within_epochs: Comparison) -> None:
    assert checkpoints(within_epochs) == [10, 20, 50, 100, 120]
    anytime = next(table for table in section(within_epochs).tables if table.name.endswith("anytime"))
    assert [column.header for column in anytime.columns[2:]] == [f"{stop} epochs" for stop in (10, 20, 50, 100, 120)]
    row = next(row for row in anytime.rows if row[1] == "hyperband")
    expected = np.mean([by_loop(run, "epochs", 50) for run in within_epochs.of("table", "hyperband")])
    assert row[4].value.value == pytest.approx(expected)  # type: ignore[union-attr]


def test_what_was_spent_beyond_a_run_keeps_its_last_incumbent(within_epochs: Comparison) -> None:
    run = within_epochs.runs[0]
    assert value_after(run, "true_test", "epochs", np.array([1e9])).tolist() == [run.true_test[-1]]


def test_flops_are_said_to_be_estimated_wherever_they_stand(within_flops: Comparison) -> None:
    assert within_flops.over == "flops"
    found = section(within_flops)
    drawing = next(drawing for drawing in found.drawings if drawing.name.endswith("-flops"))
    label = drawing.figure.axes[0].get_xlabel().replace("\n", " ")
    assert label == f"{FLOPS} [{scale('flops', max(run.spent('flops')[-1] for run in within_flops.runs))[1]}]"
    assert "estimated from FLOPs x epochs" in label
    assert "estimated from FLOPs x epochs" in drawing.caption
    assert "cost in FLOPs of" in drawing.caption, "three cells have none"
    ranks = next(drawing for drawing in found.drawings if drawing.name.endswith("-ranks"))
    assert "estimated" in ranks.figure.axes[0].get_xlabel()
    cost = next(table for table in found.tables if table.name.endswith("cost"))
    assert cost.columns[-1].header == "training, estimated [GFLOPs]"
    assert not [drawing for drawing in found.drawings if drawing.name.endswith("-seconds")]


def test_a_run_that_ended_before_a_larger_budget_is_left_out(table: Path, tmp_path: Path) -> None:
    made = compared(table, tmp_path / "out", "--epochs", 40)
    path = tmp_path / "out" / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "epochs": 80}))
    longer = read_result(tmp_path / "out")
    assert isinstance(longer, Comparison)
    assert (len(made.runs), len(longer.runs)) == (12, 0)
    assert any("before the budget was used up" in sentence for sentence in longer.missing)
