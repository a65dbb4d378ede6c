"""Fitting a table: the held-out score is honest, the surrogate is fitted to all, and files say both."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from predictors.fit import fit_surrogate, make_predictor
from predictors.measured import read_measured
from predictors.metrics import METRICS
from predictors.predictor import Predictor
from predictors.surrogate import SurrogateBenchmark
from tests.predictors.examples import SCHEDULE, class_members, nas_bench_201, worth, write_table

GROUPS = [group[:3] for group in list(nas_bench_201().classes.values())[::60]]
SOME = [member for group in GROUPS for member in group]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_table(tmp_path / "some.h5", SOME, worth(SOME, noise=1.0), failed=class_members(3, seed=9)[1:])


def heldout(folder: Path) -> list[dict[str, str]]:
    with open(folder / "heldout.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["ridge", "xgboost"])
def test_a_fit(name: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fit"
    assert main(["fit", str(table), "--predictor", name, "--out", str(out), "--seed", "3"]) == 0
    result = json.loads((out / "result.json").read_text())
    assert (result["kind"], result["predictor"], result["encoding"]) == ("fit", name, "one_hot+graph_features")
    assert (result["metric"], result["schedule"], result["table"]) == ("val_accuracy", SCHEDULE, "some.h5")
    assert result["table_digest"] == nasbench.open_table(table).digest
    assert result["left_out"] == {"failed": 2, "absent": 0}
    assert result["n_train"] + result["n_test"] == result["rows"] == len(SOME)
    assert result["test_classes"] == round(0.2 * len(GROUPS))
    assert result["versions"]["scikit-learn"] and result["hardware"]["cores"]

    rows = heldout(out)
    actual, predicted, std = (np.array([float(row[key]) for row in rows]) for key in ("actual", "predicted", "std"))
    assert list(result["scores"]) == list(METRICS)
    for metric, score in result["scores"].items():
        assert score["value"] == pytest.approx(METRICS[metric](actual, predicted))
        assert score["low"] <= score["value"] <= score["high"]
    assert result["scores"]["kendall"]["value"] > 0.5
    assert result["scores_by_class"]["kendall"] > 0.5
    assert (std > 0).all()
    space = nas_bench_201()
    with nasbench.open_table(table) as opened:
        for row in rows:
            architecture = space.parse(row["architecture"])
            assert float(row["actual"]) == opened.query(architecture)
            assert row["class_hash"] == space.canonical_hash(architecture)

    printed = capsys.readouterr().out
    assert "left out: 2 failed, 0 absent" in printed
    assert f"{result['scores']['kendall']['value']:.3f}" in printed
    assert f"then fitted to all {len(SOME)} architectures" in printed
    assert "all 252 rows" in result["surrogate_is"] or str(len(SOME)) in result["surrogate_is"]


def test_the_score_is_of_classes_never_seen(table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learned: list[list] = []
    fit = Predictor.fit

    def noted(self, architectures, y, classes=None):
        learned.append(list(architectures))
        return fit(self, architectures, y, classes)

    monkeypatch.setattr(Predictor, "fit", noted)
    fit_surrogate(read_measured(table), "ridge", tmp_path / "fit")
    space = nas_bench_201()
    held = {row["class_hash"] for row in heldout(tmp_path / "fit")}
    tried, tried_clock, all_clock, final = learned
    for before_scoring in (tried, tried_clock):
        assert not held & {space.canonical_hash(architecture) for architecture in before_scoring}
    for surrogate in (all_clock, final):
        assert sorted(surrogate) == sorted(SOME)


def test_the_surrogate_is_the_predictor_fitted_to_all(table: Path, tmp_path: Path) -> None:
    measured = read_measured(table)
    about = fit_surrogate(measured, "ridge", tmp_path / "fit", seed=5)
    surrogate = SurrogateBenchmark.load(tmp_path / "fit")
    expected = make_predictor("ridge", 5).fit(measured.architectures, measured.y)
    assert surrogate.values() == pytest.approx(expected.predict(list(nas_bench_201())), rel=1e-9)
    assert surrogate.about["heldout"]["kendall"] == about["scores"]["kendall"]["value"]
    assert surrogate.about["table_digest"] == measured.digest
    spent = np.array([surrogate.seconds(architecture) for architecture in measured.architectures])
    assert np.abs(spent / measured.seconds - 1).mean() < 0.2
    assert about["seconds"]["heldout_spearman"] > 0.8
    assert about["seconds"]["heldout_relative_error"] < 0.3


def test_a_table_without_times_gives_no_seconds(tmp_path: Path) -> None:
    table = write_table(tmp_path / "some.h5", SOME, worth(SOME), seconds=False)
    about = fit_surrogate(read_measured(table), "ridge", tmp_path / "fit")
    assert about["seconds"] is None
    assert np.isnan(SurrogateBenchmark.load(tmp_path / "fit").seconds(SOME[0]))


def test_it_repeats_itself_and_replaces_a_fit(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fit", str(table), "--predictor", "ridge", "--encoding", "paths", "--out", str(tmp_path / "fit")]
    assert main([*words, "--seed", "1"]) == 0
    first = (tmp_path / "fit" / "heldout.csv").read_text()
    assert main([*words, "--seed", "2", "--test-fraction", "0.4"]) == 0
    assert "will be replaced" in capsys.readouterr().out
    second = json.loads((tmp_path / "fit" / "result.json").read_text())
    assert second["encoding"] == "paths" and second["test_classes"] == round(0.4 * len(GROUPS))
    assert (tmp_path / "fit" / "heldout.csv").read_text() != first
    assert main([*words, "--seed", "1"]) == 0
    assert (tmp_path / "fit" / "heldout.csv").read_text() == first


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--predictor", "xgbost"], "did you mean 'xgboost'"),
        (["--metric", "test_accuracy"], "test_accuracy is hidden"),
        (["--metric", "val_loss"], "val_loss"),
        (["--schedule", "200"], "no schedule of 200 epochs; it has: 3"),
        (["--test-fraction", "1.5"], "more than 0 and less than 1"),
        (["--test-fraction", "0.001"], "at least two classes each"),
        (["--encoding", "onehot"], "did you mean 'one_hot'"),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    words: list[str], message: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(table), "--out", str(tmp_path / "fit"), *words]) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1
    assert not (tmp_path / "fit").exists()


def test_other_folders_are_left_alone(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("all of it")
    assert main(["fit", str(table), "--predictor", "ridge", "--out", str(out)]) == 2
    assert "holds files and no result.json" in capsys.readouterr().err
    (out / "result.json").write_text('{"kind": "compare"}')
    assert main(["fit", str(table), "--predictor", "ridge", "--out", str(out)]) == 2
    assert "holds a result of compare, not of fit" in capsys.readouterr().err
    assert sorted(file.name for file in out.iterdir()) == ["result.json", "thesis.txt"]


def test_too_few_architectures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = write_table(tmp_path / "few.h5", class_members(3), np.array([1.0, 2.0, 3.0]))
    assert main(["fit", str(table), "--out", str(tmp_path / "fit")]) == 2
    assert "3 classes of architectures cannot be split" in capsys.readouterr().err
