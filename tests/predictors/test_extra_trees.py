"""Extra trees: the mean of scikit-learn's trees, the warp that ranks best out of fold, noise from there."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.tree import ExtraTreeRegressor

from predictors.encoding import load_encoding
from predictors.forests import unexplained
from predictors.metrics import kendall
from predictors.models.extra_trees import ExtraTrees
from predictors.splits import folds
from predictors.warps import WARPS, fit_warp
from tests.predictors.examples import class_members, nas_bench_201, worth

TRAINED, TESTED = class_members(90)[:60], class_members(90)[60:]


def features(names: str) -> tuple[np.ndarray, np.ndarray]:
    encoding = load_encoding(names)
    return encoding.encode(nas_bench_201(), TRAINED), encoding.encode(nas_bench_201(), TESTED)


def test_forest_is_the_mean_of_its_trees() -> None:
    y = worth(TRAINED, noise=1.0)
    model = ExtraTrees("one_hot", trees=4, warp="identity", seed=3).fit(TRAINED, y)
    inside, outside = features("one_hot")
    seeds = np.random.SeedSequence(3).spawn(2)[1].generate_state(4)
    trees = [ExtraTreeRegressor(max_features=0.5, min_samples_leaf=2, random_state=int(seed) % 2**31) for seed in seeds]
    answers = [tree.fit(inside, y).predict(outside) for tree in trees]
    mean, deviation = model.predict(TESTED, return_std=True)
    assert mean == pytest.approx(np.mean(answers, axis=0))
    assert deviation == pytest.approx(np.sqrt(np.var(answers, axis=0) + model.noise_ * y.var()))


def test_many_trees_are_those_of_scikit_learn() -> None:
    y = worth(TRAINED, noise=1.0)
    mine = ExtraTrees("one_hot", trees=400, warp="identity").fit(TRAINED, y).predict(TESTED)
    inside, outside = features("one_hot")
    theirs = ExtraTreesRegressor(400, max_features=0.5, min_samples_leaf=2, random_state=9).fit(inside, y)
    assert np.abs(mine - theirs.predict(outside)).max() < 0.25 * y.std()


def test_the_warp_is_the_one_that_ranks_best_out_of_fold() -> None:
    y = worth(TRAINED, noise=2.0)
    model = ExtraTrees("one_hot", trees=10, folds=3, seed=1).fit(TRAINED, y)
    inside, _ = features("one_hot")
    split_seed, tree_seed = np.random.SeedSequence(1).spawn(2)
    rng = np.random.default_rng(split_seed)
    rng.permutation(60)
    splits = list(folds(np.arange(60), 3, rng))
    seeds = tree_seed.generate_state(10)
    found = {}
    for name in WARPS:
        t = fit_warp(name, y).forward(y)
        answers = np.empty((10, 60))
        for place, seed in enumerate(seeds):
            for rows, held in splits:
                tree = ExtraTreeRegressor(max_features=0.5, min_samples_leaf=2, random_state=int(seed) % 2**31)
                answers[place, held] = tree.fit(inside[rows], t[rows]).predict(inside[held])
        found[name] = kendall(y, answers.mean(axis=0)), unexplained(answers, t)
    assert model.warp_.name == max(WARPS, key=lambda name: found[name][0])
    assert model.noise_ == pytest.approx(found[model.warp_.name][1])


def test_members_of_a_class_are_never_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "predictors.models.extra_trees.folds",
        lambda classes, count, rng: (seen.append(classes), list(folds(classes, count, rng)))[1],
    )
    groups = [group[:4] for group in list(nas_bench_201().classes.values()) if len(group) >= 4][:30]
    architectures = [member for group in groups for member in group]
    ExtraTrees("one_hot", trees=3).fit(architectures, worth(architectures))
    assert [classes.tolist() for classes in seen] == [np.repeat(np.arange(30), 4).tolist()]


def test_many_rows_are_tuned_on_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    grown = ExtraTrees._grown

    def noted(self, inside, *rest):
        sizes.append(len(inside))
        return grown(self, inside, *rest)

    monkeypatch.setattr(ExtraTrees, "_grown", noted)
    monkeypatch.setattr("predictors.models.extra_trees.TUNED_ON", 20)
    ExtraTrees("one_hot", trees=3, warp="identity", folds=4).fit(TRAINED, worth(TRAINED))
    assert sizes == [15, 15, 15, 15, 60]


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="trees and leaf must be at least 1, got 300 and 0"):
        ExtraTrees(leaf=0).fit(TRAINED, worth(TRAINED))
    with pytest.raises(ValueError, match="warp must be one of"):
        ExtraTrees(warp="cubic").fit(TRAINED, worth(TRAINED))
