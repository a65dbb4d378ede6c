"""Ridge and XGBoost: their arithmetic by a second way, their tuning by a slow one."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.preprocessing import StandardScaler

from predictors.encoding import load_encoding
from predictors.metrics import kendall
from predictors.models import xgboost as trees
from predictors.models.ridge import ALPHAS, Ridge
from predictors.models.xgboost import DEPTHS, ROUNDS, XGBoost
from predictors.splits import folds
from predictors.warps import WARPS, fit_warp
from tests.predictors.examples import class_members, nas_bench_201, worth

TRAINED, TESTED = class_members(90)[:60], class_members(90)[60:]


def features(names: str) -> tuple[np.ndarray, np.ndarray]:
    encoding = load_encoding(names)
    return encoding.encode(nas_bench_201(), TRAINED), encoding.encode(nas_bench_201(), TESTED)


@pytest.mark.parametrize("warp", WARPS)
def test_ridge_is_that_of_scikit_learn(warp: str) -> None:
    y = worth(TRAINED, noise=1.0)
    mine = Ridge("graph_features", alpha=3.0, warp=warp).fit(TRAINED, y)
    inside, outside = features("graph_features")
    scaler, bend = StandardScaler().fit(inside), fit_warp(warp, y)
    theirs = SklearnRidge(alpha=3.0).fit(scaler.transform(inside), bend.forward(y))
    assert mine.predict(TESTED) == pytest.approx(bend.back(theirs.predict(scaler.transform(outside))), rel=1e-6)


def test_ridge_gives_the_deviation_of_its_posterior() -> None:
    y = worth(TRAINED, noise=1.0)
    mine = Ridge("one_hot", alpha=2.0, warp="identity").fit(TRAINED, y)
    inside, outside = features("one_hot")
    scaler = StandardScaler().fit(inside)
    z, x = scaler.transform(inside), scaler.transform(outside)
    inverse = np.linalg.inv(z.T @ z + 2.0 * np.eye(z.shape[1]))
    spread = 1 + np.einsum("nf,fg,ng->n", x, inverse, x)
    deviation = mine.predict(TESTED, return_std=True)[1]
    assert deviation == pytest.approx(np.sqrt(mine.noise_ * spread) * y.std(), rel=1e-6)
    covered = np.abs(mine.predict(TESTED) - worth(TESTED, noise=1.0, seed=1)) < 2 * deviation
    assert covered.mean() > 0.8


def test_ridge_chooses_the_penalty_that_predicts_best_out_of_fold() -> None:
    y = worth(TRAINED, noise=3.0)
    chosen = Ridge("one_hot", warp="identity", folds=5, seed=4).fit(TRAINED, y)
    inside, _ = features("one_hot")
    z, t = StandardScaler().fit_transform(inside), (y - y.mean()) / y.std()
    errors = []
    for alpha in ALPHAS:
        outside = np.empty(len(t))
        for rows, held in folds(np.arange(len(t)), 5, np.random.default_rng(4)):
            outside[held] = SklearnRidge(alpha=alpha).fit(z[rows], t[rows]).predict(z[held])
        errors.append(((outside - t) ** 2).mean())
    assert chosen.alpha_ == pytest.approx(ALPHAS[int(np.argmin(errors))])
    assert ALPHAS[0] < chosen.alpha_ < ALPHAS[-1]


def test_ridge_sees_a_long_tail_through_the_logarithm() -> None:
    straight = worth(class_members(200))
    bent = 90 - np.exp((70 - straight) / 8)
    assert Ridge("one_hot").fit(class_members(200), bent).warp_.name == "logarithm"
    assert Ridge("one_hot").fit(class_members(200), straight).warp_.name == "identity"


def test_ridge_refuses_a_penalty_that_is_none() -> None:
    with pytest.raises(ValueError, match="alpha must be above 0, got 0"):
        Ridge(alpha=0).fit(TRAINED, worth(TRAINED))


def test_equal_features_get_equal_predictions() -> None:
    space = nas_bench_201()
    architectures = list(space)[::7]
    encoded = load_encoding("graph_features").encode(space, architectures)
    _, first, place = np.unique(encoded, axis=0, return_index=True, return_inverse=True)
    assert len(first) < len(architectures)
    for model in (Ridge("graph_features"), XGBoost("graph_features", depth=3, rounds=20)):
        predicted = model.fit(TRAINED, worth(TRAINED)).predict(architectures)
        assert np.array_equal(predicted, predicted[first][place])


def test_xgboost_is_the_mean_of_its_members() -> None:
    y = worth(TRAINED)
    model = XGBoost("one_hot", depth=3, rounds=30, members=2, seed=5).fit(TRAINED, y)
    _, outside = features("one_hot")
    answers = [booster.predict(xgboost.DMatrix(outside)) * y.std() + y.mean() for booster in model.boosters_]
    mean, deviation = model.predict(TESTED, return_std=True)
    assert len(answers) == 2 and not np.array_equal(*answers)
    assert mean == pytest.approx(np.mean(answers, axis=0), rel=1e-5)
    between = np.var(answers, axis=0)
    assert deviation == pytest.approx(np.sqrt(between + model.noise_ * y.var()), rel=1e-4)


def test_xgboost_chooses_what_ranks_best_out_of_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    grown = XGBoost._grown

    def noted(self, inside, t, depth, rounds, seed):
        asked.append((depth, rounds))
        return grown(self, inside, t, depth, rounds, seed)

    monkeypatch.setattr(XGBoost, "_grown", noted)
    y = worth(TRAINED, noise=2.0)
    model = XGBoost("one_hot", folds=3, members=1).fit(TRAINED, y)
    assert asked == [(depth, max(ROUNDS)) for depth in DEPTHS for _ in range(3)] + [(model.depth_, model.rounds_)]
    assert model.depth_ in DEPTHS and model.rounds_ in ROUNDS

    found = {}
    inside, _ = features("one_hot")
    t = (y - y.mean()) / y.std()
    for depth in DEPTHS:
        for rounds in ROUNDS:
            rng = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[0])
            splits = list(folds(np.arange(len(t)), 3, rng))
            seed = int(rng.integers(2**31))
            outside = np.empty(len(t))
            for rows, held in splits:
                booster = grown(model, inside[rows], t[rows], depth, rounds, seed)
                outside[held] = booster.predict(xgboost.DMatrix(inside[held]))
            found[depth, rounds] = kendall(t, outside), ((outside - t) ** 2).mean()
    assert found[model.depth_, model.rounds_][0] == pytest.approx(max(tau for tau, _ in found.values()))
    assert model.noise_ == pytest.approx(found[model.depth_, model.rounds_][1], rel=1e-4)


def test_xgboost_is_tuned_on_a_part_of_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    grown = XGBoost._grown

    def noted(self, inside, *rest):
        sizes.append(len(inside))
        return grown(self, inside, *rest)

    monkeypatch.setattr(XGBoost, "_grown", noted)
    monkeypatch.setattr(trees, "TUNED_ON", 20)
    XGBoost("one_hot", depth=2, rounds=5, folds=4, members=1).fit(TRAINED, worth(TRAINED))
    assert sizes == [15, 15, 15, 15, 60]


@pytest.mark.parametrize("model", [Ridge("one_hot"), XGBoost("one_hot", rounds=20)], ids=["ridge", "xgboost"])
def test_seeds_reach_the_folds(model, monkeypatch: pytest.MonkeyPatch) -> None:
    y = worth(TRAINED, noise=5.0)
    noises = {model.set_params(seed=seed).fit(TRAINED, y).noise_ for seed in range(5)}
    assert len(noises) == 5


def test_members_of_a_class_are_never_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [group[:4] for group in list(nas_bench_201().classes.values()) if len(group) >= 4][:30]
    architectures = [member for group in groups for member in group]
    expected = np.repeat(np.arange(30), 4)
    for module, model in (("models.ridge", Ridge("one_hot")), ("boosting", XGBoost("one_hot", depth=2, rounds=5))):
        seen = []
        monkeypatch.setattr(
            f"predictors.{module}.folds",
            lambda classes, count, rng, seen=seen: (seen.append(classes), list(folds(classes, count, rng)))[1],
        )
        model.fit(architectures, worth(architectures))
        assert [classes.tolist() for classes in seen] == [expected.tolist()]
