"""Searches that really train: into the table, once a class, to the scores that the table then gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from searchers.trace import Trace

pytest.importorskip("torch", reason="trains networks")
pytestmark = pytest.mark.slow
BUILD = "--dataset digits --sample 3 --seeds 1 --epochs 1 --channels 2 --cells 1 --train-images 200 --batch-size 50"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("built") / "digits.h5"
    assert main(["build", str(path), *BUILD.split()]) == 0
    return path


def copy(built: Path, to: Path) -> Path:
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_bytes(built.read_bytes())
    return to


def search(evaluator: str, out: Path, *words: object) -> Trace:
    told = ["--searcher", "regularized_evolution", "--set", "regularized_evolution.population_size=3", *words]
    assert main(["search", *map(str, told), "--evaluator", evaluator, "--out", str(out)]) == 0
    return Trace.load(out / "trace.npz")


def test_what_was_trained_is_in_the_table_and_answers_the_same(built: Path, tmp_path: Path) -> None:
    path = copy(built, tmp_path / "t.h5")
    before = len(nasbench.open_table(path))
    trained = search(f"training={path}", tmp_path / "trained", "--queries", 8)
    table = nasbench.open_table(path)
    space = table.space
    classes = {space.canonical_hash(space.architecture(choices)) for choices in trained.choices.tolist()}
    assert classes <= set(table.class_hashes.tolist())
    assert before < len(table) <= before + len(classes)
    assert np.isfinite(trained.true_test).all(), "test results come with the training"
    assert trained.meta["clock"] == "recorded"
    looked_up = search(f"table={path}", tmp_path / "looked_up", "--queries", 8, "--candidates", "space")
    for array in ("choices", "score", "seconds", "true_val", "true_test", "unique"):
        np.testing.assert_array_equal(getattr(looked_up, array), getattr(trained, array), err_msg=array)


def test_a_search_that_trains_goes_on_exactly(built: Path, tmp_path: Path) -> None:
    whole = search(f"training={copy(built, tmp_path / 'a' / 't.h5')}", tmp_path / "whole", "--queries", 6)
    other = copy(built, tmp_path / "b" / "t.h5")
    search(f"training={other}", tmp_path / "halves", "--queries", 3)
    halves = search(f"training={other}", tmp_path / "halves", "--queries", 6)
    for array in ("choices", "score", "true_val", "true_test", "unique"):
        np.testing.assert_array_equal(getattr(halves, array), getattr(whole, array), err_msg=array)


def test_a_comparison_with_all_kinds(built: Path, tmp_path: Path) -> None:
    path = copy(built, tmp_path / "t.h5")
    words = ["--evaluator", f"table={path}", "--evaluator", f"training={path}", "--candidates", "space"]
    words += ["--searchers", "random_search", "--seeds", "2", "--workers", "2", "--out", str(tmp_path / "out")]
    assert main(["compare", *words, "--queries", "2"]) == 0
    assert main(["compare", *words, "--queries", "3"]) == 0, "the table that it trains into may have grown"
    about = json.loads((tmp_path / "out" / "result.json").read_text())
    assert [each["digest"] for each in about["evaluators"]] == [None, None]
    for seed in range(2):
        trace = Trace.load(tmp_path / "out" / "traces" / "training" / "random_search" / f"{seed:04d}.npz")
        assert np.isfinite(trace.true_test).all()
        assert trace.meta["failures"] == 0


def test_an_imported_table_cannot_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.searchers import kit

    path = kit.build_table(tmp_path / "t.h5", kit.sample(3))
    words = ["--searcher", "random_search", "--evaluator", f"training={path}", "--out", str(tmp_path / "out")]
    assert main(["search", *words]) == 2
    assert "no recipe" in capsys.readouterr().err
