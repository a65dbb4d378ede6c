"""Checks learn from no class that they test; a surrogate beats one training where it must and loses where not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from nasbench.__main__ import main
from predictors.ensemble import Ensemble, fit_ensemble
from predictors.labels import read_groups
from predictors.measured import Measured, read_measured
from predictors.measured_curves import read_curves
from predictors.metrics import kendall, mae, r2, rmse
from predictors.models.ridge import Ridge
from predictors.quality import CHECKS, bias, full_quality, quality_metrics
from predictors.repeats import Repeats
from predictors.single_training import against_single_training, others
from predictors.splits import holdout
from tests.predictors.examples import nas_bench_201, worth, write_table

GROUPS = [group[:3] for group in list(nas_bench_201().classes.values())[::25] if len(group) > 2]
SOME = [member for group in GROUPS for member in group]


def table(folder: Path, seeds: int = 1) -> Path:
    noise = 0.5 * np.random.default_rng(0).standard_normal((len(SOME), seeds))
    return write_table(folder / "some.h5", SOME, worth(SOME)[:, None] + noise)


def places(measured: Measured, architectures: list) -> np.ndarray:
    return np.array(sorted(measured.architectures.index(architecture) for architecture in architectures))


def write_labels(path: Path, labels: dict[str, list], columns: str = "architecture,label") -> Path:
    space = nas_bench_201()
    lines = [f"{space.format(a)},{label}" for label, members in labels.items() for a in members]
    path.write_text("\n".join([columns, *lines]) + "\n")
    return path


# -- checks -------------------------------------------------------------------------------------------------------


def checked(measured: Measured, folder: Path) -> tuple[dict, list[np.ndarray]]:
    """Full quality of a ridge, and the rows that each further fit learned from."""
    learned: list[np.ndarray] = []

    def fit(rows: np.ndarray) -> Ensemble:
        learned.append(rows)
        return fit_ensemble(Ridge("one_hot"), measured, rows, 1, 0)

    train, test = holdout(measured.classes, 0.3, np.random.default_rng(0))
    groups = read_groups(write_labels(folder / "labels.csv", {"first": SOME[:12], "last": SOME[-9:]}), measured)
    quality = full_quality(measured, fit, fit(train), train, test, 0, groups)
    return quality, learned


def test_no_check_learns_from_a_class_that_it_tests(tmp_path: Path) -> None:
    measured = read_measured(table(tmp_path))
    quality, learned = checked(measured, tmp_path)
    checks = {(check["check"], check["label"]): check for check in quality["checks"]}
    assert {name for name, _ in checks} == set(CHECKS)
    groups = {"first": places(measured, SOME[:12]), "last": places(measured, SOME[-9:])}
    for rows, (label, tested) in zip(learned[1:], groups.items(), strict=False):
        assert not set(measured.classes[rows]) & set(measured.classes[tested])
        check = checks["left_out_group", label]
        assert (check["n_train"], check["n_test"]) == (len(rows), len(tested))
        answers = (
            Ridge("one_hot")
            .fit(measured.of(rows), measured.y[rows], measured.classes[rows])
            .predict(measured.of(tested))
        )
        for name, metric in quality_metrics("val_accuracy").items():
            assert check["scores"][name]["value"] == pytest.approx(metric(measured.y[tested], answers), rel=1e-6)
    assert set(learned[1]) < set(learned[0]), "as the random split is, without the group"
    assert checks["left_out_group", "first"]["test_classes"] == len(set(measured.classes[groups["first"]].tolist()))
    names = measured.classes[tested]
    means = [[values[names == name].mean() for name in np.unique(names)] for values in (measured.y[tested], answers)]
    assert check["by_class"]["kendall"] == pytest.approx(kendall(*map(np.array, means)))


def test_the_top_is_the_best_tenth(tmp_path: Path) -> None:
    measured = read_measured(table(tmp_path))
    quality, learned = checked(measured, tmp_path)
    checks = {check["check"]: check for check in quality["checks"]}
    count = len(GROUPS)
    assert checks["top_beyond"]["test_classes"] == round(0.1 * count)
    means = {name: measured.y[measured.classes == name].mean() for name in set(measured.classes.tolist())}
    seen = max(means[name] for name in measured.classes[learned[-1]].tolist())
    best = sorted(means.values())[-round(0.1 * count) :]
    assert seen < min(best)
    n = checks["random_split"]["n_test"]
    assert 0.1 * n <= checks["top_within"]["n_test"] <= 0.1 * n + 1
    assert checks["top_within"]["n_train"] == checks["random_split"]["n_train"] == len(learned[0])


def test_metrics_of_a_check() -> None:
    actual, predicted = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 5.0])
    assert bias(actual, predicted) == 1.0
    assert np.isnan(bias(np.empty(0), np.empty(0)))
    assert list(quality_metrics("val_accuracy")) == ["r2", "kendall", "kendall_rounded", "mae", "bias"]
    assert "kendall_rounded" not in quality_metrics("val_loss"), "0.1 nats is no rounding"
    assert quality_metrics("val_accuracy")["r2"] is r2


def test_models_of_trainings_are_held_against_rows_never_seen(tmp_path: Path) -> None:
    path = table(tmp_path, seeds=3)
    measured = read_measured(path)
    train, test = holdout(measured.classes, 0.4, np.random.default_rng(0))

    def fit(rows: np.ndarray) -> Ensemble:
        return fit_ensemble(Ridge("one_hot"), measured, rows, 1, 0)

    found = full_quality(measured, fit, fit(train), train, test, 0, None, read_curves(path, measured))["trainings"]
    assert found["noise"]["ratio"] == pytest.approx(1.0, abs=0.2)
    assert found["noise"]["deviation"] == pytest.approx(0.5, rel=0.2)
    assert found["noise"]["groups"] == len(test)
    expected = mae(measured.y[test], fit(train).predict(measured.of(test)))
    assert found["curves"]["val_accuracy"] == pytest.approx(expected, rel=0.1), "these curves are moved by their end"


# -- against a single training ------------------------------------------------------------------------------------


def made_up(error: float, noise: float, groups: int = 400, trainings: int = 4) -> tuple[Repeats, np.ndarray]:
    """Trainings around a truth, and a surrogate whose error is known."""
    rng = np.random.default_rng(5)
    truth = rng.uniform(60, 90, groups)
    values = truth[:, None] + noise * rng.standard_normal((groups, trainings))
    places = np.repeat(np.arange(groups), trainings)
    repeats = Repeats("seeds", values.ravel(), places, np.tile(np.arange(trainings), groups), places, np.arange(groups))
    return repeats, truth + error * rng.standard_normal(groups)


@pytest.mark.parametrize(
    ("error", "noise", "nearer"), [(0.2, 1.0, "surrogate"), (3.0, 1.0, "single"), (1.0, 1.0, "undecided")]
)
def test_the_nearer_one_is_told_whichever_it_is(error: float, noise: float, nearer: str) -> None:
    repeats, predicted = made_up(error, noise)
    found = against_single_training(repeats, predicted, repeats.classes, 0)
    assert found is not None and found["source"] == "seeds"
    for part, groups in (("all", 400), ("better_half", 200)):
        assert found[part]["groups"] == groups and found[part]["trainings"] == 4 * groups
    assert set(found["all"]["nearer"].values()) == {nearer}
    of = found["all"]["scores"]["rmse"]
    reference = noise**2 / 3  # what the mean of the three others lacks of the truth
    assert of["surrogate"]["value"] == pytest.approx(np.sqrt(error**2 + reference), rel=0.1)
    assert of["single"]["value"] == pytest.approx(np.sqrt(noise**2 + reference), rel=0.1)
    for metric, sides in found["all"]["scores"].items():
        sign = 1 if metric == "kendall" else -1
        assert sides["gain"]["value"] == pytest.approx(sign * (sides["surrogate"]["value"] - sides["single"]["value"]))
        for side in sides.values():
            assert side["low"] <= side["value"] <= side["high"]


def test_others_leave_one_out() -> None:
    repeats = Repeats(
        "classes", np.array([1.0, 2.0, 6.0, 10.0, 20.0]), np.arange(5), np.full(5, -1), np.array([0, 0, 0, 1, 1]),
        np.array([7, 9]),
    )  # fmt: skip
    assert others(repeats).tolist() == [4.0, 3.5, 1.5, 20.0, 10.0]


def test_every_group_counts_once_however_often_it_was_trained() -> None:
    rng = np.random.default_rng(0)
    sizes = np.array([2] * 30 + [500])
    groups = np.repeat(np.arange(31), sizes)
    values = 50.0 + np.where(groups == 30, 0.0, rng.choice([-1.0, 1.0], len(groups)))
    repeats = Repeats("classes", values, np.arange(len(groups)), np.full(len(groups), -1), groups, np.arange(31))
    found = against_single_training(repeats, np.full(len(groups), 50.0), groups, 0)
    assert found is not None
    assert found["all"]["scores"]["mae"]["surrogate"]["value"] == pytest.approx(30 / 31)


def test_fewer_is_better_for_losses_and_few_groups_are_none() -> None:
    repeats, predicted = made_up(0.2, 1.0)
    high = against_single_training(repeats, predicted, repeats.classes, 0)
    low = against_single_training(repeats, predicted, repeats.classes, 0, higher_is_better=False)
    assert high is not None and low is not None
    assert high["better_half"]["mean"] > high["all"]["mean"] > low["better_half"]["mean"]
    assert against_single_training(*made_up(1.0, 1.0, groups=9), np.arange(9), 0) is None
    assert rmse(predicted, predicted) == 0 and kendall(predicted, predicted) == 1


# -- labels and the command ---------------------------------------------------------------------------------------


def test_labels_are_read(tmp_path: Path) -> None:
    measured = read_measured(table(tmp_path))
    elsewhere = [a for group in list(nas_bench_201().classes.values())[1::400] for a in group[:1] if a not in SOME]
    path = write_labels(tmp_path / "labels.csv", {"b": [*SOME[4:12], *elsewhere], "a": SOME[:6]})
    groups = read_groups(path, measured)
    assert list(groups) == ["b", "a"]
    assert groups["b"].tolist() == places(measured, SOME[4:12]).tolist(), "and nothing that was not measured"
    assert groups["a"].tolist() == places(measured, SOME[:6]).tolist(), "two rows are in both"


def test_a_group_of_one_class_is_listed_and_not_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = table(tmp_path), tmp_path / "fit"
    elsewhere = next(a for a in nas_bench_201() if a not in SOME)
    labels = write_labels(tmp_path / "labels.csv", {"bohb": SOME[:3], "first": SOME[:12], "nowhere": [elsewhere]})
    words = ["fit", str(path), "--predictor", "ridge", "--encoding", "one_hot", "--test-fraction", "0.4"]
    assert main([*words, "--out", str(out), "--groups", str(labels)]) == 0
    quality = json.loads((out / "result.json").read_text())["quality"]
    assert [check["label"] for check in quality["checks"] if check["check"] == "left_out_group"] == ["first"]
    assert quality["too_small"] == [
        {"label": "bohb", "n": 3, "classes": 1},
        {"label": "nowhere", "n": 0, "classes": 0},
    ]
    said = "Not measured, as a group needs 2 classes to be ranked: bohb (n = 3, classes = 1), nowhere (n = 0,"
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    ("labels", "columns", "message"),
    [
        ({"a": SOME[:6]}, "cell,label", "columns architecture,label; it has: cell, label"),
        ({"a": SOME[:3]}, "architecture,label", "no label of .* has 2 classes measured in .*: label more"),
        ({str(n): SOME[:6] for n in range(101)}, "architecture,label", "has 101 labels, expected 1 to 100"),
        ({}, "architecture,label", "has 0 labels"),
    ],
)
def test_labels_that_cannot_be_are_told(labels: dict, columns: str, message: str, tmp_path: Path) -> None:
    measured = read_measured(table(tmp_path))
    with pytest.raises(ValueError, match=message):
        read_groups(write_labels(tmp_path / "labels.csv", labels, columns), measured)


def test_the_command_writes_and_prints_all_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = table(tmp_path), tmp_path / "fit"
    labels = write_labels(tmp_path / "labels.csv", {"evolution": SOME[:12], "random_search": SOME[-9:]})
    words = ["fit", str(path), "--predictor", "ridge", "--encoding", "one_hot", "--test-fraction", "0.4"]
    words += ["--out", str(out)]
    assert main([*words, "--members", "2", "--groups", str(labels)]) == 0
    result = json.loads((out / "result.json").read_text())
    assert result["members"] == 2
    names = [(check["check"], check["label"]) for check in result["quality"]["checks"]]
    assert names[2:4] == [("left_out_group", "evolution"), ("left_out_group", "random_search")]
    with open(out / "quality.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 5 * len(names)
    first = result["quality"]["checks"][0]["scores"]["r2"]
    assert [float(rows[0][key]) for key in ("value", "low", "high")] == [first[key] for key in ("value", "low", "high")]
    single = result["quality"]["single_training"]
    printed = capsys.readouterr().out
    assert "left_out_group random_search" in printed and "has curves of val_accuracy" in printed
    assert "Against a single training" in printed and f"(n = {single['all']['groups']})" in printed
    assert json.loads((out / "surrogate.json").read_text())["quality"] == result["quality"], "it travels along"
    assert main(words) == 0
    assert json.loads((out / "result.json").read_text())["quality"] is None
    assert not (out / "quality.csv").exists(), "an earlier fit's"
