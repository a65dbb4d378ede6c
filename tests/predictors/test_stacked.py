"""The stacked ensemble: weights by hand, members as asked for, and an ensemble better than its members."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from predictors.encodings.one_hot import OneHot
from predictors.models.ridge import Ridge
from predictors.models.stacked import Stacked
from predictors.splits import folds
from tests.predictors.examples import class_members, worth

CHEAP = "ridge(without=program)+xgboost(depth=3,members=1,rounds=20)"


def test_members_stand_with_and_without_guesses_and_never_twice() -> None:
    trained = class_members(20)
    table = str(Path(__file__).parents[1] / "golden" / "cifar10_reduced.h5")
    members = "ridge+ridge(without=program)+extra_trees(folds=1,trees=5)"
    encoding = f"program+prediction(source={table})"
    fitted = Stacked(members=members, encoding=encoding).fit(trained, worth(trained))
    seen = [
        (type(member).__name__, len(columns)) for member, columns in zip(fitted.members_, fitted.columns_, strict=True)
    ]
    every = len(fitted.feature_names_)
    assert seen == [
        ("Ridge", every - 1),
        ("Ridge", every),
        ("Ridge", 1),
        ("ExtraTrees", every - 1),
        ("ExtraTrees", every),
    ]
    assert len(Stacked(members=members, encoding="program").fit(trained, worth(trained)).members_) == 2


def test_a_guess_of_the_score_is_believed_and_one_of_nothing_is_not() -> None:
    trained, rng = class_members(120), np.random.default_rng(0)
    y = worth(trained, noise=8.0)
    for guess, kind in ((y + 0.1 * rng.standard_normal(120), "truth"), (rng.standard_normal(120), "nothing")):
        fitted = Stacked(members="ridge", encoding="one_hot", warp="identity")
        features = OneHot().fit(trained).transform(trained)
        fitted.feature_names_ = (*(f"one_hot:{i}" for i in range(features.shape[1])), "zero_cost:guess")
        fitted.feature_guesses_ = np.arange(len(fitted.feature_names_)) == features.shape[1]
        seen = np.column_stack([features, guess])
        fitted.feature_spread_ = np.stack([seen.mean(axis=0), seen.std(axis=0)])
        fitted.fit_features(seen, y, np.arange(120))
        without, with_guess = fitted.weights_
        assert with_guess > 4 * without if kind == "truth" else without > 0.8 * with_guess


def test_members_see_what_they_may_and_have_the_parameters_given() -> None:
    trained = class_members(30)
    fitted = Stacked(members=CHEAP, encoding="one_hot+program", seed=4).fit(trained, worth(trained))
    ridge, trees = fitted.members_
    assert all(name.startswith("one_hot:") for name in ridge.feature_names_)
    assert len(trees.feature_names_) == len(fitted.feature_names_) > len(ridge.feature_names_)
    assert (trees.rounds_, trees.depth_, trees.seed, ridge.warp) == (20, 3, 4, "identity")
    alone = Stacked(members=CHEAP, encoding="program").fit(trained, worth(trained))
    assert alone.members_[0].feature_names_ == alone.feature_names_  # nothing else is left to look at


def test_one_member_is_itself_but_for_the_pull() -> None:
    trained, tested = class_members(80)[:60], class_members(80)[60:]
    y = worth(trained, noise=1.0)
    one = Stacked(members="ridge", encoding="one_hot", warp="identity", seed=3).fit(trained, y)
    ridge = Ridge(encoding="one_hot", warp="identity", seed=3)
    assert np.allclose(
        one.predict(tested) - y.mean(), one.weights_[0] * (ridge.fit(trained, y).predict(tested) - y.mean())
    )


def test_deviations_are_in_proportion_to_errors_out_of_fold() -> None:
    trained = class_members(80)
    y = worth(trained, noise=2.0)
    fitted = Stacked(members="ridge", encoding="one_hot", warp="identity", folds=4, seed=1).fit(trained, y)
    errors = np.empty((2, len(y)))
    for inside, held in folds(np.arange(80), 4, np.random.default_rng(1)):
        some = [trained[place] for place in inside]
        standard = (y - y.mean()) / y.std()
        ridge = Ridge(encoding="one_hot", warp="identity", seed=1).fit(some, standard[inside])
        mean, deviation = ridge.predict([trained[place] for place in held], return_std=True)
        errors[:, held] = (standard[held] - fitted.weights_[0] * mean) ** 2, deviation**2
    assert fitted.scale_ == pytest.approx(np.sqrt((errors[0] / errors[1]).mean()), rel=1e-6)


def test_the_ensemble_ranks_better_than_the_mean_member() -> None:
    architectures = class_members(500)
    trained, tested = architectures[:100], architectures[100:]
    fitted = Stacked(members=CHEAP, encoding="one_hot+program", seed=0).fit(trained, worth(trained, noise=3.0))
    features = fitted.encoder_.transform(tested)
    single = [stats.kendalltau(answer, worth(tested))[0] for answer in fitted._answers(features)[0].T]
    assert stats.kendalltau(fitted.predict(tested), worth(tested))[0] > np.mean(single)


def test_foreign_members_are_told() -> None:
    trained = class_members(10)
    with pytest.raises(LookupError, match="no predictor is called 'ridges'"):
        Stacked(members="ridges").fit(trained, worth(trained))
    with pytest.raises(ValueError, match="Invalid parameter 'depht'"):
        Stacked(members="xgboost(depht=3)").fit(trained, worth(trained))
