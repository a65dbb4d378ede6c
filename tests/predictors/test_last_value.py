"""The last value: the column it reads, its calibration by another least squares, what it asks for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predictors.calibration import fit_calibration, line, read_calibration
from predictors.encoding import bind_table
from predictors.learning_curves import find_curves
from predictors.models.last_value import LastValue
from predictors.splits import folds
from predictors.study_presets import available
from predictors.warps import fit_warp
from tests.predictors.curve_tables import write_curves
from tests.predictors.examples import class_members, worth

TRAINED, TESTED = class_members(60)[:40], class_members(60)[40:]
SOME = [*TRAINED, *TESTED]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Accuracies that say more with each epoch, losses that say nothing."""
    rng = np.random.default_rng(0)
    accuracies = worth(SOME)[:, None] / 2 + rng.normal(0, (8.0, 4.0, 0.0), (60, 3))
    curves = {"val_accuracy": accuracies, "val_loss": rng.uniform(1, 2, (60, 3))}
    return write_curves(tmp_path_factory.mktemp("curves") / "curves.h5", SOME, curves)


def test_the_last_epoch_seen_in_the_unit_of_the_score(table: str) -> None:
    whole = LastValue(bind_table("learning_curve", table)).fit(TRAINED, worth(TRAINED))
    assert whole.predict(TESTED) == pytest.approx(worth(TESTED))
    first = LastValue(bind_table("one_hot+learning_curve(epochs=1)", table)).fit(TRAINED, worth(TRAINED))
    values = first.encoder_.transform(SOME)[:, -1]
    slope, level = np.polyfit(values[:40], worth(TRAINED), 1)
    assert first.feature_names_[-1].endswith(":val_accuracy@1")
    assert first.calibration_.warp.name == "identity"
    assert first.predict(TESTED) == pytest.approx(level + slope * values[40:])
    assert first.predict(TESTED, return_std=True)[1].min() > 1.0


def test_any_metric(table: str) -> None:
    model = LastValue(bind_table("learning_curve", table), metric="val_loss").fit(TRAINED, worth(TRAINED))
    values = model.encoder_.transform(TESTED)[:, list(model.feature_names_).index("val_loss@3")]
    order = np.argsort(model.predict(TESTED))
    assert order.tolist() in (np.argsort(values).tolist(), np.argsort(-values).tolist())


def test_a_curve_that_is_not_there_is_named(table: str) -> None:
    with pytest.raises(ValueError, match=r"curve of train_accuracy .* got curves of val_loss, val_accuracy only"):
        LastValue(bind_table("learning_curve", table), metric="train_accuracy").fit(TRAINED, worth(TRAINED))
    kept, left_out = available(("last_value", "last_value(metric=train_loss)"), (2,), Path(table))
    assert kept == ["last_value[learning_curve(epochs=2)]"]
    assert "needs the curve of train_loss" in next(iter(left_out.values()))


def test_curves_are_found_among_other_features() -> None:
    text = 'learning_curve(epochs=2,table="a:b@1/c.h5")'
    names = [f"{text}:val_loss@10", "one_hot:x", f"{text}:val_loss@2", "other:val_loss@1", "x@y"]
    found = [(curve.metric, curve.epochs, curve.columns) for curve in find_curves(names)]
    assert found == [("val_loss", (2, 10), (2, 0)), ("val_loss", (1,), (3,))]
    assert find_curves(["one_hot:x"]) == []


def test_calibration_bends_where_that_errs_less() -> None:
    y = 90 - np.exp(np.random.default_rng(2).normal(size=50))
    for s, name in ((3 * y + 2, "identity"), (-fit_warp("logarithm", y).forward(y), "logarithm")):
        made = fit_calibration(s, y, np.arange(50), 5, 0)
        assert made.warp.name == name
        assert made.predict(s)[0] == pytest.approx(y)
        assert read_calibration(made.to_json()) == made


def test_deviation_is_that_of_errors_out_of_fold() -> None:
    rng = np.random.default_rng(1)
    s = rng.normal(size=30)
    y = 5 * s + rng.normal(size=30)
    made = fit_calibration(s, y, np.arange(30), 5, 3)
    assert made.warp.name == "identity"
    errors = []
    for inside, held in folds(np.arange(30), 5, np.random.default_rng(3)):
        errors.extend(np.polyval(np.polyfit(s[inside], y[inside], 1), s[held]) - y[held])
    assert made.predict(s)[1] == pytest.approx(np.full(30, np.sqrt(np.mean(np.square(errors)))))


def test_equal_guesses_give_the_mean() -> None:
    assert line(np.full(3, 7.3), np.array([1.0, 2.0, 6.0]))[1:] == (0.0, 3.0)
    assert fit_calibration(np.full(3, 7.3), np.array([1.0, 2.0, 6.0]), np.arange(3), 5, 0).slope == 0.0
