"""Result folders are read as they stand: what is missing is said, what is foreign or broken is one clear sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from reports.result import Comparison, Fit, Study, number_ranges
from reports.results import read_result, read_results
from tests.reports.result_folders import make_comparison, make_fit, make_study, make_trace


def test_a_fit(folders: dict[str, Path]) -> None:
    fit = read_result(folders["fit"])
    assert isinstance(fit, Fit)
    assert (fit.kind, fit.name, fit.predictor, len(fit.actual), fit.missing) == ("fit", "fit", "xgboost", 120, ())
    assert np.corrcoef(fit.actual, fit.predicted)[0, 1] > 0.99
    assert set(fit.std) == {0.7}


def test_a_fit_without_deviations(tmp_path: Path) -> None:
    fit = read_result(make_fit(tmp_path / "fit", with_std=False))
    assert isinstance(fit, Fit)
    assert np.isnan(fit.std).all()


def test_a_study(folders: dict[str, Path]) -> None:
    study = read_result(folders["study"])
    assert isinstance(study, Study)
    assert study.predictors == ["ridge", "xgboost"]
    assert sorted(study.by_seed("ridge", 128, "kendall")) == list(range(10))
    assert study.by_seed("ridge", 7, "kendall") == {}
    assert study.missing == ()


def test_an_interrupted_study(tmp_path: Path) -> None:
    left_out = (("ridge", 500, 8), ("ridge", 500, 9), ("xgboost", 32, 4))
    folder = make_study(tmp_path / "study", left_out=left_out)
    assert read_result(folder).missing == (
        "2 fits of ridge at n = 500 classes (seeds 8-9)",
        "1 fit of xgboost at n = 32 classes (seed 4)",
    )
    path = folder / "study.csv"
    path.write_text(path.read_text().removesuffix("\n")[:-9])
    torn = read_result(folder)
    assert torn.missing[-1] == "1 fit of xgboost at n = 500 classes (seed 9)"
    assert isinstance(torn, Study)
    assert len(torn.size) == 60 - 4


def test_a_comparison(folders: dict[str, Path]) -> None:
    comparison = read_result(folders["compare"])
    assert isinstance(comparison, Comparison)
    assert comparison.evaluators == {"table": "table", "surrogate": "surrogate"}
    assert comparison.searchers == ("random_search", "regularized_evolution", "local_search")
    assert len(comparison.runs) == 2 * 3 * 8
    assert (str(comparison.select), str(comparison.report)) == ("val_accuracy@200", "test_accuracy@200")
    assert comparison.worth == "true_test"
    trace = make_trace("surrogate", "local_search", 5, 60)
    run = comparison.of("surrogate", "local_search")[5]
    assert run.seed == 5
    np.testing.assert_array_equal(run.score, np.maximum.accumulate(trace.score))
    np.testing.assert_array_equal(run.true_test, trace.true_test)
    assert comparison.finals("surrogate", "true_test")["local_search"][5] == trace.true_test[-1]


def test_an_interrupted_comparison(folders: dict[str, Path]) -> None:
    stopped = read_result(folders["stopped"])
    assert stopped.missing == ("2 runs of local_search on surrogate (seeds 2-3)",)


def test_runs_that_cannot_be_compared_are_left_out_and_named(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "compare", seeds=3, queries=20)
    traces = folder / "traces" / "table" / "random_search"
    make_trace("table", "random_search", 0, 12).save(traces / "0000.npz")
    (traces / "0001.npz").write_bytes(b"not a trace")
    paused = make_trace("table", "random_search", 2, 20)
    paused.meta["stopped"] = None
    paused.save(traces / "0002.npz")
    comparison = read_result(folder)
    assert isinstance(comparison, Comparison)
    assert comparison.of("table", "random_search") == []
    assert comparison.missing[0] == "3 runs of random_search on table (seeds 0-2)"
    assert any("0001.npz is not a trace" in sentence for sentence in comparison.missing)
    assert any("ended after 12 queries, before the budget" in sentence for sentence in comparison.missing)


def test_a_comparison_that_has_only_begun(tmp_path: Path) -> None:
    left_out = tuple(("table", s, i) for s in ("random_search", "local_search") for i in range(2))
    folder = make_comparison(tmp_path / "c", 2, 10, ("table",), left_out, searchers=("random_search", "local_search"))
    comparison = read_result(folder)
    assert isinstance(comparison, Comparison)
    assert comparison.runs == ()
    assert len(comparison.missing) == 2


def test_a_loss_is_better_when_smaller(tmp_path: Path) -> None:
    folder = make_comparison(tmp_path / "c", 1, 10, ("table",), searchers=("random_search",))
    info = json.loads((folder / "result.json").read_text())
    (folder / "result.json").write_text(json.dumps({**info, "select": "val_loss@200"}))
    comparison = read_result(folder)
    assert isinstance(comparison, Comparison)
    (run,) = comparison.runs
    score = make_trace("table", "random_search", 0, 10).score
    np.testing.assert_array_equal(run.score, np.minimum.accumulate(score))


def test_folders_are_read_once_under_names_of_their_own(tmp_path: Path) -> None:
    first, second = make_fit(tmp_path / "a" / "fit"), make_fit(tmp_path / "b" / "fit")
    named = [result.name for result in read_results([first, second, first / ".." / "fit"])]
    assert named == ["a-fit", "b-fit"]
    odd = make_fit(tmp_path / "my fit: 3%")
    assert read_results([odd])[0].name == "my-fit-3"


def broken(folder: Path, name: str, text: str | None) -> Path:
    """The folder with one file replaced, or without it."""
    (folder / name).unlink()
    if text is not None:
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("kind", "name", "text", "message"),
    [
        ("fit", "result.json", None, "has no result.json"),
        ("fit", "result.json", "{", "is not JSON"),
        ("fit", "result.json", "[1]", "JSON object"),
        ("fit", "result.json", '{"kind": "search"}', "kind 'search'"),
        ("fit", "result.json", "{}", "kind None"),
        ("fit", "heldout.csv", None, "has no heldout.csv"),
        ("fit", "heldout.csv", "actual,guess\n1,2\n", "lacks the column 'predicted'"),
        ("fit", "heldout.csv", "actual,predicted\n1,2\n1\n", "longer or shorter"),
        ("fit", "heldout.csv", "actual,predicted\n1,many\n", "should hold numbers"),
        ("study", "study.csv", "", "lacks the column 'predictor'"),
        ("compare", "result.json", '{"kind": "compare"}', "under 'select'"),
        ("compare", "result.json", '{"kind": "compare", "select": "val_accuracy", "report": 3}', "under 'report'"),
    ],
)
def test_broken_folders_are_one_sentence(tmp_path: Path, kind: str, name: str, text: str | None, message: str) -> None:
    make = {"fit": make_fit, "study": make_study, "compare": lambda folder: make_comparison(folder, 1, 5)}[kind]
    folder = broken(make(tmp_path / "damaged"), name, text)
    with pytest.raises(ValueError, match=message) as error:
        read_results([folder])
    assert "damaged" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_of_results_is_not_a_result(tmp_path: Path) -> None:
    make_fit(tmp_path / "all" / "fit")
    with pytest.raises(ValueError, match="name the folders in it instead: fit"):
        read_results([tmp_path / "all"])
    with pytest.raises(ValueError, match="is not a folder"):
        read_results([tmp_path / "nowhere"])


def test_number_ranges() -> None:
    assert number_ranges([]) == ""
    assert number_ranges([4, 1, 2, 3, 9]) == "1-4, 9"
