"""The report's section on transfers: numbers as written, words on cost and worth, a curve each."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports.figures.transfer_curves import compute_transfer_curves, draw_transfer_curves
from reports.report import make_report
from reports.results import read_result
from reports.settings import Settings
from tests.reports.result_folders import ENVIRONMENT, HASH, write_json


def make_transfer(folder: Path, complete: bool = True) -> Path:
    """A transfer over two sizes and four seeds."""

    def told(*values: float) -> dict[str, object]:
        return {"mean": sum(values) / len(values), "standard_error": 0.01, "by_seed": list(values)}

    sizes = [
        {
            "n": 8,
            "alone": told(0.3, 0.4, 0.5, 0.4),
            "carried": told(0.6, 0.7, 0.7, 0.6),
            "source": told(0.6, 0.6, 0.6, 0.6),
            "difference": told(0.3, 0.3, 0.2, 0.2),
            "p": 0.02,
            "helps": "yes",
            "worth_rows": {"rows": 20, "bound": "about"},
        },
        {
            "n": 64,
            "alone": told(0.8, 0.8, 0.81, 0.79),
            "carried": told(0.81, 0.81, 0.8, 0.82),
            "source": told(0.6, 0.6, 0.62, 0.62),
            "difference": told(0.01, 0.01, -0.01, 0.03),
            "p": 0.4,
            "helps": "not told apart",
            "worth_rows": {"rows": 64, "bound": "more"},
        },
    ]
    source = {
        "rows": 121,
        "table": "cheap.h5",
        "metric": "val_accuracy",
        "schedule": 5,
        "epochs": 605,
        "seconds": 6727.0,
    }
    about = {
        "kind": "transfer",
        "complete": complete,
        "predictor": "stacked",
        "split": "disjoint",
        "table": "dear.h5",
        "table_digest": HASH,
        "metric": "val_accuracy",
        "schedule": 200,
        "seeds": 4,
        "source": source,
        "sizes": sizes,
        "verdict": "the source helps at n = 8",
        **ENVIRONMENT,
    }
    write_json(folder / "result.json", about)
    return folder


def test_section_says_worth_and_cost(tmp_path: Path) -> None:
    report = make_report([read_result(make_transfer(tmp_path / "moved"))], Settings())
    (section,) = [section for section in report.sections if section.name == "transfers"]
    assert "whose training took 605 epochs and 6,727 s" in section.paragraphs[0]
    assert section.paragraphs[0].endswith("the source helps at n = 8.")
    (table,) = section.tables
    first, second = table.texts()
    assert first[0] == "8" and first[1].startswith("0.40") and first[-1] == "yes"
    assert first[-2] == "20 rows" and second[-2] == "more than 64 rows"
    assert [drawing.name for drawing in section.drawings] == ["moved-transfer"]


def test_curves_are_the_seeds_means(tmp_path: Path) -> None:
    result = read_result(make_transfer(tmp_path / "moved"))
    curves = compute_transfer_curves(result, Settings())  # type: ignore[arg-type]
    assert curves.sizes == (8, 64)
    assert [estimate.value for estimate in curves.carried] == pytest.approx([0.65, 0.81])
    assert curves.source == pytest.approx(0.605)
    (axes,) = draw_transfer_curves(curves).axes
    assert any(line.get_linestyle() == ":" and line.get_ydata()[0] == pytest.approx(0.605) for line in axes.lines)


def test_a_transfer_under_way_is_missing(tmp_path: Path) -> None:
    report = make_report([read_result(make_transfer(tmp_path / "moved", complete=False))], Settings())
    assert [section.name for section in report.sections if section.name == "transfers"] == []
    assert report.missing == ("moved: it is not complete: run it again.",)
