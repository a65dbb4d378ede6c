"""Studies: honest draws, the same numbers for any number of workers and kills, sentences for what does not fit."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from nasbench.__main__ import main
from predictors.conformal import calibrate, coverage, normal_intervals
from predictors.metrics import kendall
from predictors.models.ridge import Ridge
from predictors.predictor import Predictor
from predictors.splits import draw, draw_rows
from predictors.study import Study, run_study
from predictors.study_file import COLUMNS, COVERAGES, HEADER, LEVELS, StudyFile, StudyRow
from predictors.study_request import StudyRequest, check_sizes
from predictors.study_scores import study_scores
from tests.predictors.examples import SCHEDULE, nas_bench_201, worth, write_features, write_table

GROUPS = [group[:3] for group in list(nas_bench_201().classes.values())[::60]]
SOME = [member for group in GROUPS for member in group]
CLOCKS = ("fit_seconds", "predict_seconds")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    scores = np.stack([worth(SOME, noise=1.0, seed=seed) for seed in range(2)], axis=1)
    return write_table(tmp_path_factory.mktemp("study") / "some.h5", SOME, scores)


def request(table: Path, **changes) -> StudyRequest:
    return StudyRequest(**{"table": table, "predictors": ("ridge",), "sizes": (8, 20), "seeds": 3, **changes})


def complete(asked: StudyRequest, folder: Path) -> list[dict[str, str]]:
    for _ in run_study(asked, folder):
        pass
    return rows(folder)


def rows(folder: Path) -> list[dict[str, str]]:
    """The study's numbers, clocks aside."""
    with open(folder / "study.csv", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        assert tuple(reader.fieldnames or ()) == COLUMNS
        return [{key: value for key, value in row.items() if key not in CLOCKS} for row in reader]


def test_a_study(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["study", str(table), "--predictors", "ridge,xgboost", "--train-sizes", "20,8", "--seeds", "2"]
    assert main([*words, "--out", str(tmp_path / "study")]) == 0
    found = rows(tmp_path / "study")
    assert [(row["predictor"], row["n"], row["seed"]) for row in found] == [
        (name, size, seed) for name in ("ridge", "xgboost") for size in ("8", "20") for seed in ("0", "1")
    ]
    result = json.loads((tmp_path / "study" / "result.json").read_text())
    assert (result["kind"], result["complete"]) == ("study", True)
    assert result["predictors"] == ["ridge", "xgboost"]
    assert (result["train_sizes"], result["seeds"], result["schedule"]) == ([8, 20], 2, SCHEDULE)
    assert 0.5 < result["ceilings"]["perfect"]["rows"]["kendall"]["value"] < 1
    by_hand = [float(row["kendall"]) for row in found if (row["predictor"], row["n"]) == ("ridge", "20")]
    summary = next(entry for entry in result["summary"] if (entry["predictor"], entry["n"]) == ("ridge", 20))
    assert summary["kendall"]["mean"] == pytest.approx(np.mean(by_hand), abs=1e-6)
    assert summary["kendall"]["std"] == pytest.approx(np.std(by_hand, ddof=1), abs=1e-5)
    assert summary["kendall"]["standard_error"] == pytest.approx(np.std(by_hand, ddof=1) / 2**0.5, abs=1e-5)
    printed = capsys.readouterr().out
    assert f"{np.mean(by_hand):.3f}" in printed and "Noise ceiling" in printed


def test_a_row_is_what_it_says(table: Path) -> None:
    study = Study(table, "val_accuracy", None)
    row = study.run("ridge", 20, 7)
    measured = study.measured
    train, test = draw(measured.classes, 20, np.random.default_rng(np.random.SeedSequence(7)))
    guess = Ridge(seed=7).fit(measured.of(train), measured.y[train]).predict(measured.of(test))
    for name, score in study_scores(measured.y[test], guess).items():
        assert getattr(row, name) == pytest.approx(score)
    first = measured.classes[test]
    means = [[values[first == name].mean() for name in np.unique(first)] for values in (measured.y[test], guess)]
    assert row.kendall_by_class == pytest.approx(stats.kendalltau(*means)[0])
    assert row.tested == len(test)
    assert row.training_seconds == pytest.approx(measured.seconds[train].sum())
    assert np.isnan(row.coverages).all()
    assert row.key == ("ridge", 20, 7)
    assert row.fit_seconds > 0 and row.predict_seconds > 0


def test_intervals_are_judged_before_and_after_calibration(table: Path, tmp_path: Path) -> None:
    study = Study(table, "val_accuracy", None, coverage=True)
    row = study.run("ridge", 30, 1)
    measured = study.measured
    train, test = study.draw(30, 1)
    made = calibrate(Ridge(seed=1), measured.of(train), measured.y[train], measured.classes[train], 1)
    fitted = Ridge(seed=1).fit(measured.of(train), measured.y[train], measured.classes[train])
    mean, deviation = fitted.predict(measured.of(test), return_std=True)
    found = row.values()
    ends = made.intervals(measured.of(test), [level / 100 for level in LEVELS])
    for level, (low, high) in zip(LEVELS, ends, strict=True):
        before = coverage(measured.y[test], *normal_intervals(mean, deviation, level / 100))
        after = coverage(measured.y[test], low, high)
        assert (found[f"coverage_{level}"], found[f"width_{level}"]) == pytest.approx(before)
        assert (found[f"conformal_coverage_{level}"], found[f"conformal_width_{level}"]) == pytest.approx(after)
        inside, tested = (measured.y[test] >= low) & (measured.y[test] <= high), measured.classes[test]
        by_class = np.mean([inside[tested == name].mean() for name in np.unique(tested)])
        if not np.isnan(low).any():
            assert found[f"conformal_by_class_{level}"] == pytest.approx(by_class)
    assert found["conformal_coverage_50"] < found["conformal_coverage_90"]
    complete(request(table, sizes=(20,), seeds=1), tmp_path)
    with pytest.raises(ValueError, match="differs in coverage"):
        complete(request(table, sizes=(20,), seeds=1, coverage=True), tmp_path)


@pytest.mark.parametrize("split", ["disjoint", "random"])
def test_fewer_rows_are_tested_the_same_of_all_sizes(split: str, table: Path) -> None:
    whole, some = (Study(table, "val_accuracy", None, split=split, tested=tested) for tested in (None, 40))
    before: set[int] = set()
    for size in (30, 10):
        for train, all_others in [whole.draw(size, 2)]:
            assert some.draw(size, 2)[0].tolist() == train.tolist()
            tested = set(some.draw(size, 2)[1].tolist())
            assert len(tested) == 40 and tested <= set(all_others.tolist())
            assert len(tested & before) >= 30 * bool(before)
            before = tested
    assert set(some.draw(10, 3)[1].tolist()) != before
    assert some.run("ridge", 10, 2).tested == 40


def test_what_is_seen_of_trainings(table: Path, tmp_path: Path) -> None:
    asked = request(table, predictors=("ridge", "ridge[learning_curve]"), sizes=(20,), seeds=1, epochs_seen=(1, 3))
    found = complete(asked, tmp_path / "study")
    names = ["ridge", "ridge[learning_curve(epochs=1)]", "ridge[learning_curve(epochs=3)]"]
    assert [row["predictor"] for row in found] == names
    seen = json.loads((tmp_path / "study" / "result.json").read_text())["seen"]
    assert seen["ridge"] is None
    spent = Study(table, "val_accuracy", None).measured.seconds.mean()
    assert [seen[name]["epochs"] for name in names[1:]] == [1, 3]
    assert seen[names[2]] == {"epochs": 3, "schedule": SCHEDULE, "seconds": pytest.approx(spent)}
    assert seen[names[1]]["seconds"] == pytest.approx(spent / 3)


def test_training_and_testing_share_no_class(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space, met = nas_bench_201(), {}
    for name in ("fit", "predict"):
        method = getattr(Predictor, name)

        def noted(self, architectures, *rest, name=name, method=method, **options):
            met[name] = [space.canonical_hash(architecture) for architecture in architectures]
            return method(self, architectures, *rest, **options)

        monkeypatch.setattr(Predictor, name, noted)
    study = Study(table, "val_accuracy", None)
    for seed in range(3):
        study.run("ridge", 20, seed)
        assert len(set(met["fit"])) == len(met["fit"]) == 20
        assert not set(met["fit"]) & set(met["predict"])
        assert len(set(met["fit"]) | set(met["predict"])) == len(GROUPS)


def test_a_random_split_tests_on_all_other_rows(table: Path, tmp_path: Path) -> None:
    study = Study(table, "val_accuracy", None, split="random")
    train, test = draw_rows(len(SOME), 20, np.random.default_rng(np.random.SeedSequence(3)))
    measured = study.measured
    guess = Ridge(seed=3).fit(measured.of(train), measured.y[train]).predict(measured.of(test))
    assert study.run("ridge", 20, 3).kendall == pytest.approx(kendall(measured.y[test], guess))
    assert set(measured.classes[train]) & set(measured.classes[test])
    complete(request(table, seeds=1), tmp_path / "study")
    assert json.loads((tmp_path / "study" / "result.json").read_text())["leaked"] == {}
    with pytest.raises(ValueError, match="differs in split"):
        complete(request(table, seeds=1, split="random"), tmp_path / "study")
    complete(request(table, seeds=2, split="random"), tmp_path / "leaking")
    shares = []
    for seed in range(2):
        train, test = study.draw(20, seed)
        trained = set(measured.classes[train].tolist())
        shares.append(np.mean([number in trained for number in measured.classes[test].tolist()]))
    leaked = json.loads((tmp_path / "leaking" / "result.json").read_text())["leaked"]
    assert list(leaked) == ["8", "20"] and leaked["20"] == pytest.approx(np.mean(shares))
    with pytest.raises(ValueError, match=f"{len(SOME)} measured rows"):
        complete(request(table, sizes=(len(SOME),), split="random"), tmp_path / "random")


def test_rows_that_an_encoding_does_not_cover_are_left_out_for_all(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scored = write_features(tmp_path / "scored.h5", [member for group in GROUPS[:60] for member in group[:1]])
    words = ["study", str(table), "--predictors", "ridge,ridge[zero_cost(proxies=promise)]", "--features", str(scored)]
    assert main([*words, "--train-sizes", "20", "--seeds", "1", "--out", str(tmp_path / "study")]) == 0
    result = json.loads((tmp_path / "study" / "result.json").read_text())
    absent = sum(len(group) for group in GROUPS[60:])
    assert (result["rows"], result["classes"], result["uncovered"]) == (len(SOME) - absent, 60, absent)
    assert list(result["feature_tables"]) == ["--features"]
    assert f"{absent} architectures are left out" in capsys.readouterr().out
    plain, informed = rows(tmp_path / "study")
    assert float(informed["kendall"]) > float(plain["kendall"])
    alone = complete(request(table, sizes=(20,), seeds=1), tmp_path / "alone")[0]
    assert alone["kendall"] != plain["kendall"]
    with pytest.raises(LookupError, match="no zero-cost scores"):
        complete(request(table, predictors=("ridge[zero_cost]",), sizes=(20,)), tmp_path / "none")
    other = write_features(tmp_path / "other.h5", [group[0] for group in GROUPS[:61]])
    again = request(table, predictors=("ridge", "ridge[zero_cost(proxies=promise)]"), sizes=(20,), features=other)
    with pytest.raises(ValueError, match="differs in rows, feature tables of --features"):
        complete(again, tmp_path / "study")


def test_a_study_of_an_earlier_version_is_refused(table: Path, tmp_path: Path) -> None:
    complete(request(table, seeds=1), tmp_path)
    result = json.loads((tmp_path / "result.json").read_text())
    (tmp_path / "result.json").write_text(json.dumps({**result, "version": 1}))
    with pytest.raises(ValueError, match="an earlier version made"):
        complete(request(table, seeds=1), tmp_path)


def test_the_numbers_do_not_depend_on_workers(table: Path, tmp_path: Path) -> None:
    alone = complete(request(table, predictors=("ridge", "xgboost"), seeds=2), tmp_path / "one")
    together = complete(request(table, predictors=("ridge", "xgboost"), seeds=2, workers=2), tmp_path / "two")
    assert alone == together


def test_stopped_it_goes_on(table: Path, tmp_path: Path) -> None:
    whole = complete(request(table), tmp_path / "whole")
    steps = run_study(request(table), tmp_path / "stopped")
    for _ in range(3):
        next(steps)
    steps.close()
    assert len(rows(tmp_path / "stopped")) == 2
    assert json.loads((tmp_path / "stopped" / "result.json").read_text())["complete"] is False
    again = run_study(request(table), tmp_path / "stopped")
    assert next(again) == (2, 6, None)
    assert len(list(again)) == 4
    assert rows(tmp_path / "stopped") == whole
    assert next(run_study(request(table), tmp_path / "whole")) == (6, 6, None)


def test_more_of_it_extends_what_is_there(table: Path, tmp_path: Path) -> None:
    complete(request(table, seeds=1), tmp_path / "grown")
    before = (tmp_path / "grown" / "study.csv").read_text().splitlines()
    more = request(table, predictors=("ridge", "xgboost"), sizes=(8, 12, 20), seeds=2)
    steps = run_study(more, tmp_path / "grown")
    assert next(steps) == (2, 12, None)
    list(steps)
    after = (tmp_path / "grown" / "study.csv").read_text().splitlines()
    assert set(before) < set(after)
    assert rows(tmp_path / "grown") == complete(more, tmp_path / "fresh")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sizes": (8,)}, r"leaves out \(20\)"),
        ({"seeds": 2}, r"leaves out \(3 seeds\)"),
        ({"predictors": ("xgboost",)}, r"leaves out \(ridge\)"),
        ({"metric": "train_accuracy"}, "no metric|train_accuracy"),
        ({"seeds": 0}, "at least 1 seed"),
        ({"workers": 0}, "at least 1 worker"),
        ({"tested": 5}, "at least 10 tested rows"),
        ({"tested": 20}, "differs in tested"),
        ({"epochs_seen": (0,)}, "epochs seen of at least 1"),
        ({"split": "even"}, "disjoint or random"),
    ],
)
def test_other_settings_are_refused(changes: dict, message: str, table: Path, tmp_path: Path) -> None:
    complete(request(table), tmp_path)
    before = (tmp_path / "study.csv").read_text()
    with pytest.raises((ValueError, LookupError), match=message):
        complete(request(table, **{"sizes": (8, 20, 30), **changes}), tmp_path)
    assert (tmp_path / "study.csv").read_text() == before


def test_another_table_is_refused(table: Path, tmp_path: Path) -> None:
    complete(request(table), tmp_path / "study")
    other = write_table(tmp_path / "some.h5", SOME, worth(SOME))
    with pytest.raises(ValueError, match="differs in table_digest"):
        complete(request(other), tmp_path / "study")


@pytest.mark.slow
def test_killed_it_goes_on(table: Path, tmp_path: Path) -> None:
    asked = request(table, predictors=("xgboost",), sizes=(8, 20), seeds=6)
    whole = complete(asked, tmp_path / "whole")
    words = ["study", str(table), "--predictors", "xgboost", "--train-sizes", "8,20", "--seeds", "6", "--workers", "2"]
    command = [sys.executable, "-m", "nasbench", *words, "--out", str(tmp_path / "killed")]
    path = tmp_path / "killed" / "study.csv"
    for target in (2, 5):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            waited = time.monotonic() + 120
            while process.poll() is None and not (path.exists() and len(path.read_text().splitlines()) > target):
                assert time.monotonic() < waited
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
    with open(path, "ab") as file:
        file.write(b"xgboost,20,5,0.12")  # a line that the kill tore
    assert len(path.read_text().splitlines()) < 13
    assert subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    assert rows(tmp_path / "killed") == whole


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished(table: Path, tmp_path: Path) -> None:
    words = ["study", str(table), "--predictors", "xgboost", "--train-sizes", "20", "--seeds", "400", "--workers", "2"]
    command = [sys.executable, "-m", "nasbench", *words, "--out", str(tmp_path)]
    path = tmp_path / "study.csv"
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, process_group=0
    ) as process:
        waited = time.monotonic() + 120
        while not (path.exists() and len(path.read_text().splitlines()) > 3):
            assert process.poll() is None and time.monotonic() < waited
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command goes on" in told and "Traceback" not in told
    assert len(StudyFile(path).rows) >= 3


def test_sizes_that_do_not_fit_are_told(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["study", str(table), "--train-sizes", "32,75,500", "--seeds", "2", "--out", str(tmp_path / "study")]
    assert main(words) == 2
    told = capsys.readouterr().err
    count = len(GROUPS)
    assert "train sizes 500 do not fit" in told or "train sizes 75, 500 do not fit" in told
    assert f"{count} measured classes" in told and f"sizes from 2 to {count - 10} fit" in told and "32" in told
    assert not (tmp_path / "study").exists()
    check_sizes((2, 90), 100)
    for sizes, classes in (((1,), 100), ((91,), 100), ((5,), 11)):
        with pytest.raises(ValueError, match="do not fit"):
            check_sizes(sizes, classes)


def test_lines_that_kills_tear_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "study.csv"
    row = StudyRow("ridge", 8, 0, 0.5, 0.6, 0.7, float("nan"), 1.5, fit_seconds=0.01, predict_seconds=0.02)
    StudyFile(path).append(row)
    whole = path.read_text()
    numbers = "0.500000,0.600000,0.700000,,1.500000,,,,,,,,,,,,0.010000,0.020000"
    assert whole == HEADER + f"ridge,8,0,{numbers}{',' * len(COVERAGES)}\n"
    assert StudyFile(path).rows["ridge", 8, 0].line() == row.line()
    for cut in range(len(HEADER), len(whole)):
        path.write_text(whole[:cut])
        assert StudyFile(path).rows == {}
        assert path.read_text() == HEADER
    path.write_text(whole)
    assert np.isnan(StudyFile(path).rows["ridge", 8, 0].r2)
    path.write_text(whole.replace("0.6", "zero", 1))
    with pytest.raises(ValueError, match=r"line 2 of .* is damaged"):
        StudyFile(path)
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="not a study of ours"):
        StudyFile(path)


@pytest.mark.parametrize("words", [["--train-sizes", "8,x"], ["--predictors", ","], ["--seeds", "many"]])
def test_arguments_are_checked(words: list[str], table: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["study", str(table), *words, "--out", str(tmp_path / "study")])
    assert stopped.value.code == 2
