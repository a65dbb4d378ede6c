"""XGBoost on pairs: only order is learned, the map back into scores by hand, choices by a slow way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from predictors.encoding import load_encoding
from predictors.metrics import kendall
from predictors.models import xgboost_rank
from predictors.models.xgboost_rank import DEPTHS, ROUNDS, XGBoostRank, increasing_map, mapped
from predictors.splits import folds
from tests.predictors.examples import class_members, nas_bench_201, worth

TRAINED, TESTED = class_members(90)[:60], class_members(90)[60:]


def test_map_by_hand() -> None:
    knots = increasing_map(np.array([3.0, 0.0, 1.0, 2.0]), np.array([9.0, 1.0, 5.0, 3.0]))  # 5 and 3 pool to 4
    assert knots[:2] == pytest.approx(np.array([[0.0, 1.5, 3.0], [1.0, 4.0, 9.0]]))
    slope = stats.linregress([3.0, 0.0, 1.0, 2.0], [9.0, 1.0, 5.0, 3.0]).slope
    said = np.array([0.75, 2.25, 4.0, -1.0])
    assert mapped(knots, said) == pytest.approx([2.5, 6.5, 9.0 + slope, 1.0 - slope])


def test_map_keeps_the_order_of_what_is_said() -> None:
    rng = np.random.default_rng(0)
    said = rng.standard_normal(80).round(1)  # with ties
    knots = increasing_map(said, said + rng.standard_normal(80))
    assert (np.diff(knots[0]) > 0).all() and (np.diff(knots[1]) > 0).all()
    new = np.sort(rng.standard_normal(500) * 2)
    assert (np.diff(mapped(knots, new)) > 0).all()


def test_map_of_nothing_said_is_the_mean() -> None:
    knots = increasing_map(np.zeros(5), np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    assert mapped(knots, np.array([-1.0, 0.0, 1.0])).tolist() == [3.0, 3.0, 3.0]
    turned = increasing_map(np.arange(4.0), np.array([4.0, 3.0, 2.0, 1.0]))
    assert mapped(turned, np.array([-9.0, 9.0])) == pytest.approx([2.5, 2.5])


def test_trees_see_order_alone() -> None:
    y = worth(TRAINED, noise=1.0)
    settings = {"encoding": "one_hot", "depth": 2, "rounds": 20, "members": 1}
    straight, bent = (XGBoostRank(**settings).fit(TRAINED, scores) for scores in (y, np.exp(y / 10)))
    raw = [
        model.boosters_[0].inplace_predict(load_encoding("one_hot").encode(nas_bench_201(), TESTED))
        for model in (straight, bent)
    ]
    assert np.array_equal(*raw)
    assert straight.predict(TESTED) != pytest.approx(bent.predict(TESTED))


def test_it_is_the_mean_of_its_members_through_the_map() -> None:
    y = worth(TRAINED)
    model = XGBoostRank("one_hot", depth=3, rounds=30, members=2, seed=5).fit(TRAINED, y)
    outside = load_encoding("one_hot").encode(nas_bench_201(), TESTED)
    said = [booster.inplace_predict(outside) for booster in model.boosters_]
    assert not np.array_equal(*said)
    mean, deviation = model.predict(TESTED, return_std=True)
    assert mean == pytest.approx(mapped(model.scores_map_, np.mean(said, axis=0)), rel=1e-5)
    between = np.var([mapped(model.scores_map_, one) for one in said], axis=0)
    assert deviation == pytest.approx(np.sqrt(between + model.noise_), rel=1e-4)


def test_it_chooses_what_ranks_best_out_of_fold() -> None:
    y = worth(TRAINED, noise=2.0)
    model = XGBoostRank("one_hot", folds=3, members=1).fit(TRAINED, y)
    inside = load_encoding("one_hot").encode(nas_bench_201(), TRAINED)
    rng = np.random.default_rng(np.random.SeedSequence(0).spawn(2)[0])
    rng.permutation(60)
    splits = list(folds(np.arange(60), 3, rng))
    seed, found = int(rng.integers(2**31)), {}
    for depth in DEPTHS:
        for rounds in ROUNDS:
            outside = np.empty(60)
            for rows, held in splits:
                outside[held] = model._grown(inside[rows], y[rows], depth, rounds, seed).inplace_predict(inside[held])
            error = ((mapped(increasing_map(outside, y), outside) - y) ** 2).mean()
            found[depth, rounds] = kendall(y, outside), error
    mine = found[model.depth_, model.rounds_]
    assert mine[0] == pytest.approx(max(tau for tau, _ in found.values()))
    assert model.noise_ == pytest.approx(mine[1], rel=1e-4)


def test_many_rows_are_tuned_on_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    grown = XGBoostRank._grown

    def noted(self, inside, *rest):
        sizes.append(len(inside))
        return grown(self, inside, *rest)

    monkeypatch.setattr(XGBoostRank, "_grown", noted)
    monkeypatch.setattr(xgboost_rank, "TUNED_ON", 20)
    XGBoostRank("one_hot", depth=2, rounds=5, folds=4, members=1).fit(TRAINED, worth(TRAINED))
    assert sizes == [15, 15, 15, 15, 60]


def test_members_of_a_class_are_never_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "predictors.boosting.folds",
        lambda classes, count, rng: (seen.append(classes), list(folds(classes, count, rng)))[1],
    )
    groups = [group[:4] for group in list(nas_bench_201().classes.values()) if len(group) >= 4][:30]
    architectures = [member for group in groups for member in group]
    XGBoostRank("one_hot", depth=2, rounds=5).fit(architectures, worth(architectures))
    assert [classes.tolist() for classes in seen] == [np.repeat(np.arange(30), 4).tolist()]
