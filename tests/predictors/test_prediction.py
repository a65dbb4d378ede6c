"""Knowledge carried from one table to another as a feature: its scale, its sources, and what it is good for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from predictors.encoding import load_encoding
from predictors.encodings.prediction import Prediction
from predictors.models.ridge import Ridge
from predictors.predictor import load_fitted
from predictors.source import load_source
from tests.predictors.examples import class_members, nas_bench_201, worth, write_table

SOURCE, TRAINED, TESTED = class_members(300)[:100], class_members(300)[100:108], class_members(300)[108:]


@pytest.fixture(scope="module")
def cheap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of short trainings: another unit, bent, and noise."""
    scores = 10 + np.exp(worth(SOURCE, noise=0.5) / 20)
    return write_table(tmp_path_factory.mktemp("cheap") / "cheap.h5", SOURCE, scores)


def test_feature_is_the_normal_score_of_the_source_s_guess(cheap: Path) -> None:
    space = nas_bench_201()
    everything = [members[0] for members in space.classes.values()]
    column = Prediction(str(cheap)).encode(space, everything)[:, 0]
    guesses = load_source(cheap).predict(everything)
    assert stats.spearmanr(column, guesses)[0] > 0.9999
    assert abs(column.mean()) < 0.1 and abs(column.std() - 1) < 0.1
    middle = column[np.argsort(guesses)[len(guesses) // 2]]
    assert abs(middle) < 0.1


def test_few_rows_and_a_cheap_table_are_better_than_either(cheap: Path) -> None:
    y = worth(TRAINED, noise=0.5)
    alone = Ridge(encoding="one_hot").fit(TRAINED, y).predict(TESTED)
    carried = Ridge(encoding=f'prediction(source="{cheap}")').fit(TRAINED, y).predict(TESTED)
    agreement = [stats.kendalltau(guess, worth(TESTED))[0] for guess in (alone, carried)]
    assert agreement[1] > agreement[0] + 0.1
    assert np.abs(carried - worth(TESTED)).mean() < 2.5


def test_folder_of_a_predictor_is_a_source_as_well(cheap: Path, tmp_path: Path) -> None:
    space = nas_bench_201()
    load_source(cheap).save(tmp_path / "predictor")
    from_table = Prediction(str(cheap)).encode(space, TESTED)
    for folder in (tmp_path, tmp_path / "predictor"):
        assert np.array_equal(Prediction(str(folder)).encode(space, TESTED), from_table)
    assert load_source(tmp_path) is load_source(tmp_path / "predictor")


def test_a_saved_predictor_needs_the_source_no_more(cheap: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved.h5"
    moved.write_bytes(cheap.read_bytes())
    fitted = Ridge(encoding=f'one_hot+prediction(source="{moved}")').fit(TRAINED, worth(TRAINED))
    fitted.save(tmp_path / "kept")
    before = fitted.predict(TESTED)
    moved.unlink()
    assert np.array_equal(load_fitted(tmp_path / "kept").predict(TESTED), before)


def test_some_rows_of_the_source(cheap: Path) -> None:
    few, same, all_rows = (load_source(cheap, rows=rows).predict(TESTED) for rows in (20, 20, 0))
    assert np.array_equal(few, same)
    truth = worth(TESTED)
    assert stats.kendalltau(few, truth)[0] < stats.kendalltau(all_rows, truth)[0]
    assert not np.array_equal(few, load_source(cheap, rows=20, seed=1).predict(TESTED))


def test_a_missing_source_is_told(cheap: Path, tmp_path: Path) -> None:
    space = nas_bench_201()
    with pytest.raises(ValueError, match=r"say which, as in prediction\(source=FILE.h5\)"):
        load_encoding("prediction").encode(space, TESTED)
    with pytest.raises(FileNotFoundError):
        load_encoding(f'prediction(source="{tmp_path / "none.h5"}")').encode(space, TESTED)
    with pytest.raises(LookupError, match="schedule"):
        load_encoding(f'prediction(source="{cheap}",schedule=77)').encode(space, TESTED)
