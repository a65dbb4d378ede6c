"""What a report says of a study: ceilings by population, splits, coverage, the top of the ranking, epochs seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reports.figures.correlation_by_epochs import compute_correlation_by_epochs, family, fullest
from reports.rebuild import rebuild_command
from reports.report import make_report
from reports.result import Study
from reports.results import read_result
from reports.section import Section
from reports.settings import Settings
from reports.study_tables import ceiling, ceilings_table
from reports.table import Table
from tests.reports.result_folders import make_study

SEEN = {"epochs": 3, "schedule": 12, "seconds": 33.4}


def study_of(folder: Path, **about: object) -> Study:
    result = read_result(make_study(folder, **about))  # type: ignore[arg-type]
    assert isinstance(result, Study)
    return result


def section_of(study: Study, settings: Settings) -> Section:
    return next(part for part in make_report([study], settings).sections if part.name.startswith("study-"))


def table_of(section: Section, ending: str) -> Table:
    return next(table for table in section.tables if table.name.endswith(ending))


def test_a_disjoint_study_says_how_it_drew(tmp_path: Path, settings: Settings) -> None:
    part = section_of(study_of(tmp_path / "study"), settings)
    text = " ".join(part.paragraphs)
    assert "one member of each of n canonical classes" in text and "leaks" not in text
    assert "0.909 over all rows" in text and "every class counts once it is 0.919" in text
    assert "A second training of each row would reach 0.880" in text
    assert [table.name for table in part.tables] == [
        f"study-{ending}" for ending in ("scores", "kendall-full", "top", "ceilings", "coverage")
    ]
    assert [drawing.name for drawing in part.drawings] == ["study-kendall", "study-spearman", "study-coverage"]


def test_a_random_study_says_that_it_leaks(tmp_path: Path, settings: Settings) -> None:
    part = section_of(
        study_of(tmp_path / "study", split="random", tested=200, uncovered=1234, leaked={"32": 0.256}), settings
    )
    text = " ".join(part.paragraphs)
    assert "Trained on n drawn rows, scored on 200 drawn other rows: this leaks" in text
    assert "(26 % at n = 32 of the scored)" in text
    assert "1,234 measured architectures are left out for all predictors" in text
    assert "random split" in part.title
    assert "trained rows" in part.drawings[0].caption


def test_a_score_in_full(tmp_path: Path, settings: Settings) -> None:
    study = study_of(tmp_path / "study")
    table = table_of(section_of(study, settings), "kendall-full")
    values = study.scores["kendall"][(study.predictor == "xgboost") & (study.size == 500)]
    row = next(row for row in table.rows if row[:2] == (500, "xgboost"))
    _, _, seeds, mean, error, low, high, share = row
    assert (seeds, mean) == (10, pytest.approx(values.mean()))
    assert error == pytest.approx(values.std(ddof=1) / 10**0.5)
    estimate = settings.estimate(values)
    assert (low, high) == (estimate.low, estimate.high)
    assert share == pytest.approx(100 * values.mean() / 0.909)


def test_coverage_by_level(tmp_path: Path, settings: Settings) -> None:
    study = study_of(tmp_path / "study")
    table = table_of(section_of(study, settings), "coverage")
    assert len(table.rows) == 2 * 3 * 4
    row = dict(zip([column.name for column in table.columns], table.cells()[2], strict=True))
    rows = (study.predictor == "ridge") & (study.size == 32)
    assert row["level"].value == 90
    for name, scale in (("coverage", 100), ("conformal_by_class", 100), ("conformal_width", 1)):
        found = row[name].value
        assert not isinstance(found, int | float | str | None)
        assert found.value == pytest.approx(scale * np.mean(study.scores[f"{name}_90"][rows]))


def test_ceilings_by_population(tmp_path: Path) -> None:
    study = study_of(tmp_path / "study")
    table = ceilings_table(study)
    assert table is not None
    held = {row[0]: row[1:] for row in table.rows}
    assert held["all rows"][:3] == (15625, 86.5, 0.909) and held["all rows"][-2:] == (None, None)
    assert held["rows of classes of several members"][-2] == 0.9
    assert held["classes of several members, one each"][-2] == 0.887
    assert "classes of one function" in table.notes[0]
    assert ceiling(study, "kendall", "two_trainings", "classes") == pytest.approx(0.89)
    assert ceiling(study, "kendall", "perfect", "weeks") is None
    for ceilings in (None, {}, {"perfect": {"rows": None}}):
        nothing = study_of(tmp_path / "nothing", ceilings=ceilings)
        assert ceiling(nothing, "kendall") is None and ceilings_table(nothing) is None


def test_what_was_seen_of_trainings(tmp_path: Path, settings: Settings) -> None:
    part = section_of(study_of(tmp_path / "study", seen={"ridge": None, "xgboost": SEEN}), settings)
    table = table_of(part, "seen")
    assert {row[1] for row in table.rows} == {"xgboost"}
    assert table.rows[0][3:5] == (3, 33.4)


def test_epochs_seen_make_a_curve(tmp_path: Path, settings: Settings) -> None:
    names = ("ridge[learning_curve(epochs=12)]", "ridge[learning_curve(epochs=3)]")
    study = study_of(tmp_path / "study", names=names, seen={names[0]: {**SEEN, "epochs": 12}, names[1]: SEEN})
    (curve,) = compute_correlation_by_epochs(study, "kendall", settings)
    assert (curve.predictor, curve.size, curve.epochs) == ("ridge[learning_curve]", 500, (3, 12))
    rows = (study.predictor == names[1]) & (study.size == 500)
    assert curve.estimates[0].value == pytest.approx(study.scores["kendall"][rows].mean())
    assert fullest(study) == [names[0]]
    drawings = {drawing.name: drawing for drawing in section_of(study, settings).drawings}
    assert "study-epochs" in drawings and "the one that sees the most is drawn" in drawings["study-kendall"].caption
    labels = drawings["study-kendall"].figure.axes[0].get_legend_handles_labels()[1]
    assert labels == ["ridge [learning curve(epochs=12)]"]
    alone = study_of(tmp_path / "alone", names=names, seen={names[0]: None, names[1]: SEEN})
    assert compute_correlation_by_epochs(alone, "kendall", settings) == []
    assert fullest(alone) == list(names)


def test_families_of_predictors() -> None:
    assert family("a[learning_curve(epochs=5)+one_hot]") == "a[learning_curve+one_hot]"
    assert family('a[b(epochs=1,table="t.h5")]') == 'a[b(table="t.h5")]'
    assert family("a(depth=2)[b(a=1,epochs=3)]") == "a(depth=2)[b(a=1)]"
    assert family("ridge") == "ridge"


def test_it_can_be_made_again(tmp_path: Path) -> None:
    study = study_of(
        tmp_path / "study",
        names=("ridge", "stacked[program+zero_cost]"),
        table="t.h5",
        split="random",
        features="scores.h5",
        tested=200,
        coverage=True,
    )
    assert rebuild_command(study) == (
        "nasbench study t.h5 --predictors 'ridge,stacked[program+zero_cost]' --train-sizes 32,128,500 --seeds 10 "
        "--split random --features scores.h5 --test-size 200 --coverage --out study"
    )
