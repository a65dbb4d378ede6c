"""The report's section on the quality of surrogates: numbers as the fit noted them, each check a point."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reports.figures.surrogate_quality import check_words, compute_quality, draw_quality
from reports.report import make_report
from reports.result import Fit
from reports.results import read_result
from reports.sections.quality import make_sections
from reports.settings import Settings
from tests.reports.result_folders import make_fit

NAMES = ("r2", "kendall", "kendall_rounded", "mae", "bias")


def score(value: float | None) -> dict[str, float | None]:
    return {
        "value": value,
        "low": None if value is None else value - 0.1,
        "high": None if value is None else value + 0.2,
    }


def check(name: str, label: str, value: float | None) -> dict:
    scores = {metric: score(value) for metric in NAMES}
    return {
        "check": name,
        "label": label,
        "n_train": 400,
        "n_test": 100,
        "test_classes": 60,
        "scores": scores,
        "by_class": {"r2": 0.7, "kendall": value},
    }


def part(gain: float, nearer: str) -> dict:
    sides = {"surrogate": score(0.5), "single": score(0.5 + gain), "gain": score(gain)}
    scores = dict.fromkeys(("mae", "rmse", "kendall"), sides)
    return {"groups": 70, "trainings": 200, "mean": 90.0, "scores": scores, "nearer": dict.fromkeys(scores, nearer)}


def make_quality(folder: Path, single: bool = True, nearer: str = "surrogate") -> Fit:
    """A fit that noted four checks."""
    make_fit(folder)
    about = json.loads((folder / "result.json").read_text())
    about["quality"] = {
        "checks": [
            check("random_split", "", 0.8),
            check("left_out_group", "local_search", 0.05),
            check("top_within", "", None),
            check("top_beyond", "", 0.3),
        ],
        "checks_are_of": {"random_split": "classes drawn at random", "top_beyond": "the best tenth"},
        "single_training": None,
    }
    if single:
        parts = {"all": part(0.25, nearer), "better_half": part(-0.15, "undecided")}
        about["quality"]["single_training"] = {"source": "seeds", **parts}
    (folder / "result.json").write_text(json.dumps(about))
    result = read_result(folder)
    assert isinstance(result, Fit)
    return result


def test_numbers_are_the_fit_s(tmp_path: Path) -> None:
    report = make_report([make_quality(tmp_path / "fit")], Settings())
    (section,) = [section for section in report.sections if section.name == "quality"]
    checks, single = section.tables
    assert [row[0] for row in checks.texts()] == [
        "random split", "left out: local search", "top tenth of the split", "top tenth, never trained",
    ]  # fmt: skip
    assert checks.texts()[0][1:6] == ["400", "100", "60", "0.800 [0.700, 1.000]", "0.800 [0.700, 1.000]"]
    assert set(checks.texts()[2][4:9]) == {"–"}, "what is not defined is no number"
    assert single.texts()[0] == [
        "all", "70", "MAE [%]", "0.500 [0.400, 0.700]", "0.750 [0.650, 0.950]", "0.250 [0.150, 0.450]", "surrogate",
    ]  # fmt: skip
    assert checks.texts()[0][9:] == ["0.700", "0.800"]
    assert len(single.texts()) == 6
    text = " ".join(section.paragraphs)
    assert "Kendall τ is 0.800 [0.700, 1.000] on the random split, and least on left out: local search" in text
    assert "the surrogate is nearer than one training" in text and "+0.250 [+0.150, +0.450] (n = 70)" in text


@pytest.mark.parametrize(
    ("nearer", "words"), [("single", "one training is nearer"), ("undecided", "neither is surely")]
)
def test_a_surrogate_that_is_not_nearer_is_told(nearer: str, words: str, tmp_path: Path) -> None:
    (section,) = make_sections([make_quality(tmp_path / "fit", nearer=nearer)], Settings())
    assert words in section.paragraphs[1]


def test_a_point_for_each_check_that_is_defined(tmp_path: Path) -> None:
    ranks = compute_quality(make_quality(tmp_path / "fit"))
    assert [(rank.name, rank.kendall.value) for rank in ranks] == [
        ("random split", 0.8), ("left out: local search", 0.05), ("top tenth, never trained", 0.3),
    ]  # fmt: skip
    assert [rank.kendall.n for rank in ranks] == [100] * 3
    (axes,) = draw_quality(ranks).axes
    assert next(label.get_text() for label in axes.get_yticklabels()) == "random split (n = 100)"
    points = [line.get_xdata()[0] for line in axes.get_lines() if line.get_marker() == "o"]
    assert points == [0.8, 0.05, 0.3]
    assert check_words(check("random_split", "", 0.1)) == "random split"


def test_groups_that_were_too_small_are_told(tmp_path: Path) -> None:
    fit = make_quality(tmp_path / "fit")
    assert "Not measured" not in " ".join(make_sections([fit], Settings())[0].tables[0].notes)
    fit.info["quality"]["too_small"] = [{"label": "bohb", "n": 3, "classes": 1}]
    assert "bohb (n = 3, classes = 1)" in " ".join(make_sections([fit], Settings())[0].tables[0].notes)


def test_without_repeated_trainings_or_quality(tmp_path: Path) -> None:
    fit = make_quality(tmp_path / "fit", single=False)
    (section,) = make_sections([fit], Settings())
    assert len(section.tables) == 1 and "not compared with a single training" in section.paragraphs[1]
    plain = read_result(make_fit(tmp_path / "plain"))
    assert make_sections([plain], Settings()) == []
