"""The stacked ensemble: weights by hand, members as asked for, and an ensemble better than its members."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from predictors.models import stacked
from predictors.models.ridge import Ridge
from predictors.models.stacked import Stacked, weights
from predictors.splits import folds
from tests.predictors.examples import class_members, worth

CHEAP = "ridge(without=program)+xgboost(depth=3,members=1,rounds=20)"


def test_weights_are_the_least_squares_pulled_towards_equal_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    t = rng.standard_normal(50)
    outside = np.stack([t + 0.2 * rng.standard_normal(50), rng.standard_normal(50), -t], axis=1)
    monkeypatch.setattr(stacked, "PULL", 5.0)
    found = weights(outside, t)

    def cost(w: np.ndarray) -> float:
        return float(((t - outside @ w) ** 2).sum() + 5 * ((w - 1 / 3) ** 2).sum())

    slow = optimize.minimize(cost, np.full(3, 0.3), bounds=[(0, None)] * 3).x
    assert np.allclose(found, slow, atol=1e-4)
    assert found[2] == 0 and found[0] > 0.7
    monkeypatch.setattr(stacked, "PULL", 1e12)
    assert np.allclose(weights(outside, t), 1 / 3, atol=1e-6)


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
