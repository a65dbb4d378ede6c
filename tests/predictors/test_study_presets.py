"""Presets: the published sizes and fidelities, what a table lacks left out and said, arguments that override."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nasbench.__main__ import main
from nasbench.registry import PREDICTORS
from predictors.study_presets import LOGARITHMIC, PRESETS, available, fitting_sizes, load_preset, preset_epochs
from tests.predictors.examples import SCHEDULE, class_members, worth, write_features, write_table

SOME = class_members(120)


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_features(tmp_path_factory.mktemp("presets") / "scored.h5", SOME)


def test_sizes_and_fidelities_are_even_on_a_logarithmic_axis() -> None:
    assert tuple(int(size) for size in np.logspace(np.log10(5.1), 3, 11) + 1e-9) == LOGARITHMIC
    white = PRESETS["white2021"]
    assert (white.seeds, white.tested, white.split) == (100, 200, "random")
    assert white.epochs_seen(200) == (1, 2, 3, 5, 7, 9, 13, 19, 26, 37, 52, 73, 102, 142, 199)
    assert white.epochs_seen(3) == (1, 2)
    assert white.epochs_seen(1) == PRESETS["suite_zero"].epochs_seen(200) == ()
    assert set(PREDICTORS.names()) <= set(white.predictors)


def test_unknown_presets_are_told() -> None:
    with pytest.raises(LookupError, match="suite_zero"):
        load_preset("suite_zer")


def test_what_a_table_lacks_is_left_out(scored: Path, tmp_path: Path) -> None:
    bare = write_table(tmp_path / "bare.h5", SOME, worth(SOME))
    texts = ("ridge", "ridge[zero_cost]", "ridge[learning_curve]", "riddle")
    kept, left_out = available(texts, (2, 99), scored)
    assert kept == ["ridge", "ridge[zero_cost]", *(f"ridge[learning_curve(epochs={seen})]" for seen in (2, 99))]
    assert list(left_out) == ["riddle"]
    kept, left_out = available(texts, (), bare)
    assert kept == ["ridge", "ridge[learning_curve]"]
    assert "no zero-cost scores" in left_out["ridge[zero_cost]"]
    assert preset_epochs(PRESETS["white2021"], scored) == (1, 2)
    assert fitting_sizes(PRESETS["white2021"], scored, "val_accuracy", None, 40) == (5, 8, 14, 24, 42, 71)


def test_arguments_override_a_preset(scored: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["study", str(scored), "--preset", "suite_zero", "--seeds", "1", "--train-sizes", "14", "--test-size", "50"]
    assert main([*words, "--out", str(tmp_path / "zero")]) == 0
    result = json.loads((tmp_path / "zero" / "result.json").read_text())
    assert result["predictors"] == ["xgboost[one_hot]", "xgboost[zero_cost]", "xgboost[one_hot+zero_cost]"]
    assert (result["split"], result["tested"], result["seeds"], result["train_sizes"]) == ("random", 50, 1, [14])
    words = ["study", str(scored), "--preset", "white2021", "--seeds", "1", "--predictors", "ridge", "--split"]
    assert main([*words, "disjoint", "--test-size", "60", "--out", str(tmp_path / "white")]) == 0
    result = json.loads((tmp_path / "white" / "result.json").read_text())
    assert (result["split"], result["train_sizes"]) == ("disjoint", [5, 8, 14, 24, 42])
    assert "Left out: train sizes 71, 121, 205, 347, 589, 1000" in capsys.readouterr().out
    assert result["schedule"] == SCHEDULE


def test_what_sees_curves_is_left_out_of_a_table_of_scores_with_a_clear_reason() -> None:
    scores = Path(__file__).parents[1] / "golden" / "nb201_proxies.h5"
    kept, left_out = available(["ridge", "ridge[learning_curve]"], (), scores)
    assert kept == ["ridge"]
    assert "holds no training, so no learning curves" in left_out["ridge[learning_curve]"]
