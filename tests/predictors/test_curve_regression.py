"""Regression on curves: the differences it sees, what stands behind it, the same by hand, what it asks for."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.encoding import bind_table
from predictors.learning_curves import Seen
from predictors.metrics import kendall
from predictors.models.curve_regression import REGRESSIONS, CurveRegression, with_differences
from predictors.models.ridge import Ridge
from tests.predictors.curve_tables import write_curves
from tests.predictors.examples import class_members, worth

TRAINED, TESTED = class_members(90)[:50], class_members(90)[50:]
SOME = [*TRAINED, *TESTED]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The level of a curve says nothing, how much it bends everything."""
    rng = np.random.default_rng(0)
    start, step, bend = rng.uniform(20, 80, (90, 1)), rng.uniform(-1, 1, (90, 1)), (worth(SOME)[:, None] - 60) / 100
    x = np.arange(4)
    curves = {"val_accuracy": start + step * x + bend * x**2, "train_loss": rng.uniform(1, 2, (90, 4))}
    return write_curves(tmp_path_factory.mktemp("curves") / "curves.h5", SOME, curves)


def test_differences_of_each_curve() -> None:
    features = np.array([[9.0, 1.0, 4.0, 6.0, 2.0], [9.0, 0.0, 0.0, 1.0, 5.0]])
    curves = [Seen("val_accuracy", (1, 2, 3), (1, 2, 3)), Seen("val_loss", (1,), (4,))]
    assert with_differences(features, curves)[:, 5:].tolist() == [[3.0, 2.0, -1.0], [0.0, 1.0, 1.0]]
    assert with_differences(features, [])[:, 5:].shape == (2, 0)


@pytest.mark.parametrize("regression", REGRESSIONS)
def test_a_bend_is_seen(table: str, regression: str) -> None:
    model = CurveRegression(bind_table("learning_curve", table), regression).fit(TRAINED, worth(TRAINED))
    assert [type(one) for one in model.models_] == [REGRESSIONS[regression]]
    assert kendall(worth(TESTED), model.predict(TESTED)) > 0.8


def test_the_same_by_hand(table: str) -> None:
    text = bind_table("learning_curve(epochs=3)+one_hot", table)
    model = CurveRegression(text, "ridge", folds=4, seed=2).fit(TRAINED, worth(TRAINED))
    features = model.encoder_.transform(SOME)
    loss, accuracy = features[:, :3], features[:, 3:6]
    assert model.feature_names_[3].endswith(":val_accuracy@1")
    whole = np.hstack([features, np.diff(loss), np.diff(loss, 2), np.diff(accuracy), np.diff(accuracy, 2)])
    ridge = Ridge(folds=4, seed=2)
    ridge.fit_features(whole[:50], worth(TRAINED), np.arange(50))
    assert model.predict(TESTED) == pytest.approx(ridge.predict_features(whole[50:])[0])


def test_several_regressions_are_a_mixture(table: str) -> None:
    text = bind_table("learning_curve", table)
    one, other, both = (
        CurveRegression(text, name).fit(TRAINED, worth(TRAINED)).predict(TESTED, return_std=True)
        for name in ("ridge", "support_vectors", "ridge+support_vectors")
    )
    assert both[0] == pytest.approx((one[0] + other[0]) / 2)
    second_moment = (one[0] ** 2 + one[1] ** 2 + other[0] ** 2 + other[1] ** 2) / 2
    assert both[1] == pytest.approx(np.sqrt(second_moment - both[0] ** 2))


def test_units_do_not_matter(table: str, tmp_path) -> None:
    features = (
        CurveRegression(bind_table("learning_curve", table)).fit(TRAINED, worth(TRAINED)).encoder_.transform(SOME)
    )
    curves = {"train_loss": features[:, :4] * 1000, "val_accuracy": features[:, 4:]}
    other = write_curves(tmp_path / "other.h5", SOME, curves)
    mine, its = (
        CurveRegression(bind_table("learning_curve", one)).fit(TRAINED, worth(TRAINED)) for one in (table, other)
    )
    assert mine.predict(TESTED) == pytest.approx(its.predict(TESTED))


def test_other_features_count(table: str) -> None:
    y = worth(SOME) + 5 * np.array([architecture.choices[0] for architecture in SOME])
    found = [
        kendall(y[50:], CurveRegression(bind_table(text, table)).fit(TRAINED, y[:50]).predict(TESTED))
        for text in ("learning_curve", "learning_curve+one_hot")
    ]
    assert found[1] > found[0] + 0.1


def test_nonsense_is_refused(table: str) -> None:
    with pytest.raises(ValueError, match=r"regression must be made of support_vectors, ridge, .* got 'rigde'"):
        CurveRegression(bind_table("learning_curve", table), "ridge+rigde").fit(TRAINED, worth(TRAINED))
    with pytest.raises(ValueError, match="curve_regression needs the beginning of a learning curve"):
        CurveRegression("one_hot").fit(TRAINED, worth(TRAINED))
