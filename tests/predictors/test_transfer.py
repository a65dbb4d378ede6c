"""Transfer from a cheap table: what it is worth, what it cost, and what may not be called a transfer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nasbench.__main__ import main
from predictors.transfer import verdict, worth_rows
from tests.predictors.examples import class_members, worth, write_table


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A target, a source that knows it, and one that knows nothing."""
    folder = tmp_path_factory.mktemp("tables")
    members = class_members(150)
    write_table(folder / "target.h5", members, worth(members, noise=0.5))
    write_table(folder / "cheap.h5", members[:60], worth(members[:60], noise=2.0, seed=1) / 3)
    noise = np.random.default_rng(2).normal(60, 5, size=60)
    write_table(folder / "noise.h5", members[:60], noise)
    return folder


def transferred(tables: Path, out: Path, source: str, *more: str) -> dict[str, Any]:
    words = ["--predictor", "ridge[one_hot]", "--train-sizes", "6,60", "--seeds", "8", "--out", str(out)]
    assert main(["transfer", str(tables / source), str(tables / "target.h5"), *words, *more]) == 0
    found: dict[str, Any] = json.loads((out / "result.json").read_text())
    return found


def test_a_source_that_knows_helps_few_rows(tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = transferred(tables, tmp_path / "out", "cheap.h5")
    few, many = result["sizes"]
    assert (few["n"], few["helps"]) == (6, "yes")
    assert few["carried"]["mean"] > few["alone"]["mean"] + 0.1
    assert few["difference"]["mean"] == pytest.approx(few["carried"]["mean"] - few["alone"]["mean"])
    assert 6 < few["worth_rows"]["rows"] <= 60 and few["p"] < 0.05
    assert few["source"]["mean"] > few["alone"]["mean"]
    assert many["alone"]["mean"] > 0.8
    assert result["source"]["rows"] == 60 and result["source"]["classes_in_target"] == 60
    assert result["source"]["seconds"] > 60 and result["source"]["epochs"] == 180
    told = capsys.readouterr().out
    assert "helps at n = 6" in told and "its training took 180 epochs" in told
    assert result["verdict"].startswith("the source helps at n = 6")


def test_a_source_of_noise_does_not(tables: Path, tmp_path: Path) -> None:
    result = transferred(tables, tmp_path / "out", "noise.h5")
    assert all(entry["helps"] != "yes" for entry in result["sizes"])
    assert abs(result["sizes"][0]["source"]["mean"]) < 0.3


def test_it_goes_on_where_it_stopped(tables: Path, tmp_path: Path) -> None:
    whole = transferred(tables, tmp_path / "whole", "cheap.h5", "--source-rows", "30")
    assert whole["source"]["rows"] == 30
    part = tmp_path / "part"
    transferred(tables, part, "cheap.h5", "--source-rows", "30")
    lines = (part / "study" / "study.csv").read_text().splitlines(keepends=True)
    (part / "study" / "study.csv").write_text("".join(lines[:-5]))
    again = transferred(tables, part, "cheap.h5", "--source-rows", "30")
    assert again["sizes"] == whole["sizes"]


def test_the_same_numbers_are_no_source(tables: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--train-sizes", "6", "--seeds", "2", "--out", str(tmp_path / "out")]
    assert main(["transfer", str(tables / "target.h5"), str(tables / "target.h5"), *words]) == 2
    assert "source and target are the same numbers" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_worth_of_a_score_in_rows() -> None:
    known = [(8, 0.4), (32, 0.6), (128, 0.7)]
    assert worth_rows(known, 0.65) == {"rows": 64, "bound": "about"}
    assert worth_rows(known, 0.71) == {"rows": 128, "bound": "more"}
    assert worth_rows(known, 0.3) == {"rows": 8, "bound": "less"}
    assert worth_rows([(8, 0.5), (32, 0.4), (128, 0.7)], 0.6)["rows"] == 64  # a dip by chance counts as level


def test_verdict_says_where_it_helps_and_hurts() -> None:
    def entry(n: int, helps: str, source: float) -> dict[str, Any]:
        return {"n": n, "helps": helps, "source": {"mean": source}, "alone": {"mean": 0.5}, "carried": {"mean": 0.59}}

    told = verdict([entry(8, "yes", 0.6), entry(32, "not told apart", 0.4), entry(128, "no, it hurts", 0.4)])
    assert told == (
        "the source helps at n = 8 and hurts at n = 128; alone, without a target row, it ranks better than n = 8 "
        "target rows, and better than both together at n = 8: so few rows spoil it"
    )
    assert verdict([entry(8, "not told apart", 0.1)]) == "the source helps at no n"
