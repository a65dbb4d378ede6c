"""Sums of training losses: which epochs are summed, that less is better is learned, what it asks for."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.encoding import bind_table
from predictors.learning_curves import Seen
from predictors.models.sum_of_losses import SumOfLosses
from tests.predictors.curve_tables import write_curves
from tests.predictors.examples import class_members, worth

TRAINED, TESTED = class_members(60)[:40], class_members(60)[40:]
SOME = [*TRAINED, *TESTED]
EPOCHS = Seen("train_loss", (1, 2, 3), (0, 1, 2))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Losses whose sum tells the score and no single epoch does."""
    parts = np.random.default_rng(0).dirichlet((1, 1, 1), 60)
    losses = (100 - worth(SOME))[:, None] / 30 * parts
    return write_curves(tmp_path_factory.mktemp("curves") / "curves.h5", SOME, {"train_loss": losses})


@pytest.mark.parametrize(("last", "sums"), [(0, [6.0, 9.0]), (1, [3.0, 1.0]), (2, [5.0, 4.0]), (9, [6.0, 9.0])])
def test_which_epochs_are_summed(last: int, sums: list[float]) -> None:
    values = np.array([[1.0, 2.0, 3.0], [5.0, 3.0, 1.0]])
    model = SumOfLosses(last=last)
    model.prepare(EPOCHS, values, np.array([1.0, 2.0]))
    assert model.boil(EPOCHS, values).tolist() == sums


def test_as_many_epochs_are_summed_as_rank_best() -> None:
    rng = np.random.default_rng(0)
    y, epochs = rng.normal(size=40), Seen("train_loss", tuple(range(1, 7)), tuple(range(6)))
    for told in (1, 2, 4, 6):
        values = rng.normal(size=(40, 6))
        values[:, -1] = -y - values[:, 6 - told : -1].sum(axis=1)
        model = SumOfLosses()
        model.prepare(epochs, values, y)
        assert model.last_ == told
    values[:, 3:] = 0.5  # as of losses that all ended alike
    values[:, 2] = y
    model.prepare(epochs, values, y)
    assert model.last_ == 4
    model.prepare(epochs, values, np.full(40, 3.0))
    assert model.last_ == 1


def test_the_sum_tells_the_score(table: str) -> None:
    model = SumOfLosses(bind_table("learning_curve", table)).fit(TRAINED, worth(TRAINED))
    assert model.calibration_.slope < 0
    assert model.predict(TESTED) == pytest.approx(worth(TESTED))
    other = SumOfLosses(bind_table("learning_curve", table), last=1).fit(TRAINED, worth(TRAINED))
    assert np.abs(other.predict(TESTED) - worth(TESTED)).mean() > 1


def test_it_says_what_it_needs(table: str, tmp_path) -> None:
    bare = write_curves(tmp_path / "bare.h5", SOME, {"val_accuracy": np.ones((60, 2))})
    with pytest.raises(ValueError, match=r"sum_of_losses needs the curve of train_loss .* got curves of val_accuracy"):
        SumOfLosses(bind_table("learning_curve", bare)).fit(TRAINED, worth(TRAINED))
    with pytest.raises(ValueError, match="last must be a number of epochs, or 0 for all of them, got -1"):
        SumOfLosses(bind_table("learning_curve", table), last=-1).fit(TRAINED, worth(TRAINED))
