"""Score against cost in a report: values by hand, the section, and its absence where no costs were named."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from reports.drawing import looks
from reports.figures.front_curves import compute_affordable_curves, compute_volume_curves, draw_front_curves
from reports.fronts import MEMBER, RUN, score_within, volume_after
from reports.report import make_report
from reports.result import Comparison
from reports.results import read_result, read_results
from reports.settings import Settings
from tests.reports.result_folders import make_comparison

SETTINGS = Settings(resamples=200)
SEARCHERS = ("random_search", "local_search")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two searchers, four seeds: local search's hypervolume is 10 larger, its front is 1 % better."""
    folder = make_comparison(tmp_path_factory.mktemp("r") / "costs", 4, 20, ("table",), searchers=SEARCHERS)
    about = json.loads((folder / "result.json").read_text())
    about["pareto"] = {"table: flops": {"costs": {"flops": 200.0}, "units": {"flops": "millions"}, "least": 0.0}}
    (folder / "result.json").write_text(json.dumps(about))
    grown, members = [[*RUN, "queries", "hypervolume"]], [[*MEMBER, "flops"]]
    for better, searcher in enumerate(SEARCHERS):
        for seed in range(4):
            run = ["table", searcher, seed]
            grown += [[*run, 2, 50 + seed], [*run, 20, 60 + seed + 10 * better]]
            members += [[*run, 2, "a", 80 + better, 10], [*run, 20, "b", 90 + better, 40 + seed]]
    for name, rows in (("hypervolume", grown), ("pareto", members)):
        with open(folder / f"{name}.csv", "w", newline="") as file:
            csv.writer(file).writerows(rows)
    return folder


@pytest.fixture(scope="module")
def comparison(folder: Path) -> Comparison:
    found = read_result(folder)
    assert isinstance(found, Comparison)
    return found


def test_what_a_run_had_after_each_query_and_within_each_budget(comparison: Comparison) -> None:
    front = next(each for each in comparison.fronts if (each.searcher, each.seed) == ("local_search", 3))
    assert volume_after(front, np.array([1, 2, 19, 20, 30])).tolist() == [0.0, 53.0, 53.0, 73.0, 73.0]
    within = score_within(front, "flops", np.array([9.0, 10.0, 42.9, 43.0]), 1.0)
    assert np.array_equal(within, [np.nan, 81.0, 81.0, 91.0], equal_nan=True)
    assert score_within(front, "flops", np.array([50.0]), -1.0).tolist() == [81.0], "of a loss the least"


def test_curves_are_means_over_runs(comparison: Comparison) -> None:
    first, second = compute_volume_curves(comparison, "table", SETTINGS)
    assert (first.searcher, first.runs, first.x[-1]) == ("random_search", 4, 20)
    assert first.band.value[[0, 1, 19]].tolist() == [0.0, 51.5, 61.5]
    assert second.band.value[-1] == 71.5
    first, second = compute_affordable_curves(comparison, "table", "flops", SETTINGS)
    assert (first.x[0], first.x[-1]) == (10.0, 43.0)
    assert (first.band.value[0], first.band.value[-1], second.band.value[-1]) == (80.0, 90.0, 91.0)
    style = looks(comparison.searchers)
    figure = draw_front_curves([first, second], style, x_label="flops", y_label="accuracy", log=False)
    assert len(figure.axes[0].lines) == 2


def test_the_section_names_the_largest_hypervolume(folder: Path) -> None:
    report = make_report(read_results([folder]), SETTINGS)
    section = next(part for part in report.sections if part.name == "fronts-costs")
    assert "flops [millions]" in section.paragraphs[0] and "scores counted from 0" in section.paragraphs[0]
    assert "local search has the largest hypervolume, 71.50" in section.paragraphs[1]
    (table,) = section.tables
    assert [row[1] for row in table.texts()] == ["random search", "local search"]
    assert [drawing.name for drawing in section.drawings] == ["costs-table-hypervolume", "costs-table-front-flops"]


def test_a_report_says_what_was_selected_by_and_what_is_reported(folder: Path, tmp_path: Path) -> None:
    penalised = tmp_path / "penalised"
    shutil.copytree(folder, penalised)
    about = json.loads((penalised / "result.json").read_text())
    about["evaluators"] = [{**each, "penalties": {"flops": 0.05}} for each in about["evaluators"]]
    (penalised / "result.json").write_text(json.dumps(about))
    for place, expected in ((folder, False), (penalised, True)):
        report = make_report(read_results([place]), SETTINGS)
        text = {part.name.split("-")[0]: part.paragraphs[0] for part in report.sections if part.paragraphs}
        assert ("best penalised score, " in text["comparison"]) == expected
        assert ("- 0.05 flops, so far" in text["comparison"]) == expected
        assert (", without penalties." in text["comparison"]) == expected
        assert ("without the penalties that it was selected by" in text["fronts"]) == expected


def test_without_costs_there_is_no_section(tmp_path: Path) -> None:
    plain = make_comparison(tmp_path / "plain", 2, 10, ("table",), searchers=SEARCHERS)
    assert not [part for part in make_report(read_results([plain]), SETTINGS).sections if part.name.startswith("front")]


def test_a_missing_file_is_said(folder: Path, tmp_path: Path) -> None:
    plain = make_comparison(tmp_path / "torn", 2, 10, ("table",), searchers=SEARCHERS)
    (plain / "result.json").write_text((folder / "result.json").read_text())
    with pytest.raises(ValueError, match=r"has no hypervolume\.csv"):
        read_result(plain)
