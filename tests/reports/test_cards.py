"""The report's section on proxies: numbers as written, the best first, marks where something was published."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reports.figures.proxy_correlations import compute_proxy_bars, draw_proxy_bars
from reports.report import make_report
from reports.result import Told
from reports.results import read_result
from reports.section import Section
from reports.settings import Settings
from tests.reports.result_folders import ENVIRONMENT, HASH, write_json


def card(proxy: str, spearman: float, partial: float | None, alike: float | None, **published: float) -> dict[str, Any]:
    rows = {"n": 200, "spearman": spearman, "kendall": spearman / 2, "partial": partial}
    rows |= {"spearman_low": spearman - 0.05, "spearman_high": spearman + 0.02}
    rows |= {f"partial_{end}": None if partial is None else partial + by for end, by in (("low", -0.1), ("high", 0.1))}
    return {
        "proxy": proxy,
        "better": "higher",
        "seconds": 0.5,
        "scored": 100,
        "failed": 3,
        "seeds": 1 if alike is None else 2,
        "seed_spearman": alike,
        "deviation": None if alike is None else 0.0 if proxy == "params" else 0.125,
        "rows": rows,
        "classes": {
            **rows,
            "n": 50 if proxy == "params" else 40,
            "spearman": -spearman,
            "spearman_low": -spearman - 0.1,
            "spearman_high": 0.1 - spearman,
        },
        "published": published,
    }


def make_cards(
    folder: Path, alike: tuple[float | None, float | None] = (0.75, 0.5), with_published: bool = True
) -> Path:
    """Cards of three proxies."""
    published = {"Somebody": 0.7} if with_published else {}
    about = {
        "kind": "cards",
        "scores_table": "scores.h5",
        "scores_digest": HASH,
        "settings": {"images": 64, "dataset": "digits", "channels": 16, "cells": 5, "initialisation": "torch"},
        "table": "nb201.h5",
        "table_digest": HASH,
        "metric": "val_accuracy",
        "schedule": 200,
        "intervals": {"level": 0.95, "resamples": 1000, "seed": 0, "drawn": "classes"},
        "published": [{"name": "Somebody", "population": "all rows"}] if with_published else [],
        "command": ["cards", "scores.h5", "--truth", "nb201.h5", "--out", "cards"],
        "cards": [
            card("grad_norm", 0.3, -0.2, alike[0]),
            card("params", 0.6, None, alike[1]),
            card("jacob_cov", 0.8, 0.4, alike[1], **published),
        ],
        **ENVIRONMENT,
    }
    write_json(folder / "result.json", about)
    return folder


def read(folder: Path) -> Told:
    result = read_result(folder)
    assert isinstance(result, Told)
    return result


def section(folder: Path, settings: Settings) -> Section:
    return next(one for one in make_report([read(folder)], settings).sections if one.name == "cards-cards")


def test_bars_are_sorted_and_what_is_not_defined_is_nan(tmp_path: Path) -> None:
    result = read(make_cards(tmp_path / "cards"))
    rows, classes = compute_proxy_bars(result, "rows"), compute_proxy_bars(result, "classes")
    assert rows.proxies == ("jacob_cov", "params", "grad_norm") and classes.proxies == rows.proxies[::-1]
    np.testing.assert_array_equal(rows.raw, [0.8, 0.6, 0.3])
    np.testing.assert_array_equal(rows.less_size, [0.4, math.nan, -0.2])
    np.testing.assert_array_equal(rows.published["Somebody"], [0.7, math.nan, math.nan])
    np.testing.assert_allclose(rows.raw_ends, [[0.75, 0.55, 0.25], [0.82, 0.62, 0.32]])
    np.testing.assert_allclose(rows.less_size_ends, [[0.3, math.nan, -0.3], [0.5, math.nan, -0.1]])
    assert classes.published == {}, "published values are of rows"


def test_the_drawing_has_a_pair_of_bars_for_each_proxy_and_marks(tmp_path: Path) -> None:
    bars = compute_proxy_bars(read(make_cards(tmp_path / "cards")), "rows")
    (axes,) = draw_proxy_bars(bars).axes
    widths = [bar.get_width() for bar in axes.patches]
    assert widths == [0.8, 0.6, 0.3, 0.4, 0.0, -0.2]
    places = [bar.get_y() + bar.get_height() / 2 for bar in axes.patches]
    assert places[:3] == pytest.approx([-0.18, 0.82, 1.82]) and places[3:] == pytest.approx([0.18, 1.18, 2.18])
    raw, less_size = ([path.vertices for path in lines.get_paths()] for lines in axes.collections)
    np.testing.assert_allclose(raw[0], [[0.75, -0.18], [0.82, -0.18]])
    np.testing.assert_allclose(less_size[2], [[-0.3, 2.18], [-0.1, 2.18]])
    marks = next(line for line in axes.lines if line.get_label() == "Somebody")
    assert marks.get_xdata()[0] == 0.7
    assert [label.get_text() for label in axes.get_yticklabels()] == ["jacob cov", "params", "grad norm"]


def test_cells_of_darts_are_said_to_be_all(tmp_path: Path, settings: Settings) -> None:
    folder = make_cards(tmp_path / "cards")
    said = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**said, "space": "darts"}))
    assert "of 16 channels and 5 cells in all, with" in "\n".join(section(folder, settings).paragraphs)


def test_the_section_says_who_ranks_best_and_how_it_was_measured(tmp_path: Path, settings: Settings) -> None:
    part = section(make_cards(tmp_path / "cards"), settings)
    text = "\n".join(part.paragraphs)
    assert "64 images of digits through untrained networks of 16 channels and 5 cells a stage" in text
    assert "weights drawn as torch does" in text and "validation accuracy after 200 epochs in nb201.h5" in text
    assert (
        "Of 200 architectures as they are written down, jacob cov ranks best, Spearman ρ 0.800 [0.750, 0.820]; after"
        in text
    )
    assert "taken out jacob cov does, 0.400 [0.300, 0.500]." in text
    assert (
        "Of 40 to 50 classes of those that compute the same, grad norm ranks best, Spearman ρ −0.300 [−0.400, −0.200]"
        in text
    )
    assert "jacob cov agrees least, Spearman ρ 0.500, grad norm most, 0.750" in text
    about, ranking = part.tables
    assert about.texts()[0] == ["grad norm", "higher", "0.5000", "100", "3", "2", "0.750", "12.5"]
    row = dict(zip((column.name for column in ranking.columns), ranking.texts()[2], strict=True))
    assert (row["rows_n"], row["rows_spearman"], row["rows_kendall"], row["rows_partial"]) == (
        "200",
        "0.800 [0.750, 0.820]",
        "0.400",
        "0.400 [0.300, 0.500]",
    )
    assert row["published_0"] == "0.700" and ranking.texts()[1][-1] == "–"
    assert "Somebody: all rows" in ranking.notes[-1]
    assert len(part.drawings) == 2


def test_one_initialisation_and_nothing_published_is_said(tmp_path: Path, settings: Settings) -> None:
    part = section(make_cards(tmp_path / "cards", (None, None), with_published=False), settings)
    assert "There is one initialisation of each network" in part.paragraphs[-1]
    assert len(part.tables[1].columns) == 9 and len(part.tables[1].notes) == 2
    assert "published" not in part.drawings[0].caption


def test_cards_that_are_older_than_intervals_are_shown_without(tmp_path: Path, settings: Settings) -> None:
    folder = make_cards(tmp_path / "cards")
    about = json.loads((folder / "result.json").read_text())
    del about["intervals"]
    for one in about["cards"]:
        for over in ("rows", "classes"):
            one[over] = {name: value for name, value in one[over].items() if not name.endswith(("_low", "_high"))}
    write_json(folder / "result.json", about)
    part = section(folder, settings)
    assert "Spearman ρ 0.800; after" in "".join(part.paragraphs) and "interval" not in part.drawings[0].caption
    assert part.tables[1].texts()[2][2] == "0.800" and len(part.tables[1].notes) == 2


def test_the_report_says_how_to_make_cards_again(tmp_path: Path, settings: Settings) -> None:
    made_of = make_report([read(make_cards(tmp_path / "cards"))], settings).sections[-1]
    assert "nasbench cards scores.h5 --truth nb201.h5 --out cards" in made_of.commands[0]
    told = {row[0]: row[1] for row in made_of.tables[0].rows}
    assert told["scores table"] == "scores.h5" and "cards" not in told
