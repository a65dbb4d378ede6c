"""Random forest: the arrays against scikit-learn's own walk, bags by class, and what is said out of the bag."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

from predictors.encoding import load_encoding
from predictors.forests import Forest, as_forest, mean_answer, unexplained
from predictors.models.random_forest import RandomForest, bags_of_classes
from tests.predictors.examples import class_members, nas_bench_201, worth

TRAINED, TESTED = class_members(90)[:60], class_members(90)[60:]


@pytest.mark.parametrize("kind", [DecisionTreeRegressor, ExtraTreeRegressor])
def test_forest_walks_as_scikit_learn_does(kind: type) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, size=(200, 7)) + rng.choice([0.0, 1e-7, 0.3], size=(200, 7)), rng.standard_normal(200)
    trees = [kind(random_state=seed, max_depth=depth).fit(x, y) for seed, depth in enumerate((None, 3, 1, None))]
    forest = as_forest(trees)
    new = rng.integers(0, 5, size=(500, 7)) + rng.choice([0.0, 1e-7, 0.3], size=(500, 7))
    edges = np.repeat(trees[0].tree_.threshold[trees[0].tree_.feature >= 0][:, None], 7, axis=1)  # on the very cuts
    for rows in (x, new, edges):
        assert np.array_equal(forest.predict(rows), np.stack([tree.predict(rows) for tree in trees]))
    assert forest.depths.tolist() == [tree.get_depth() for tree in trees]


def test_a_tree_without_a_split_is_a_number() -> None:
    forest = as_forest([DecisionTreeRegressor().fit(np.zeros((4, 2)), np.full(4, 7.0))])
    assert forest.predict(np.ones((3, 2))).tolist() == [[7.0, 7.0, 7.0]]
    assert Forest(**forest.arrays()).predict(np.ones((0, 2))).shape == (1, 0)


def test_answers_out_of_the_bag_by_hand() -> None:
    nan = float("nan")
    answers = np.array([[1.0, nan, nan], [3.0, 4.0, nan]])
    assert np.array_equal(mean_answer(answers), [2.0, 4.0, nan], equal_nan=True)
    actual = np.array([4.0, 7.0, 100.0])
    assert unexplained(answers, actual) == pytest.approx(((4 - 1) + (9 - 0)) / 2)
    assert unexplained(answers, np.array([2.0, 4.0, 0.0])) == 0.0
    assert unexplained(np.full((2, 2), nan), np.zeros(2)) == 0.0


def test_bags_hold_whole_classes() -> None:
    classes = np.array([0, 1, 0, 2, 1, 3])
    bags = bags_of_classes(classes, 400, np.random.default_rng(0))
    assert np.array_equal(bags[:, 0], bags[:, 2]) and np.array_equal(bags[:, 1], bags[:, 4])
    assert (bags[:, [0, 1, 3, 5]].sum(axis=1) == 4).all()
    assert (bags == 0).mean() == pytest.approx((3 / 4) ** 4, abs=0.05)


def test_forest_is_the_mean_of_its_trees() -> None:
    y = worth(TRAINED, noise=1.0)
    model = RandomForest("one_hot", trees=5, warp="identity", seed=3).fit(TRAINED, y)
    encoding = load_encoding("one_hot")
    inside, outside = (encoding.encode(nas_bench_201(), rows) for rows in (TRAINED, TESTED))
    bag_seed, tree_seed = np.random.SeedSequence(3).spawn(2)
    bags = bags_of_classes(np.arange(60), 5, np.random.default_rng(bag_seed))
    answers = []
    for bag, seed in zip(bags, tree_seed.generate_state(5), strict=True):
        tree = DecisionTreeRegressor(max_features=0.2, random_state=int(seed) % 2**31)
        answers.append(tree.fit(inside.repeat(bag.astype(int), axis=0), y.repeat(bag.astype(int))).predict(outside))
    mean, deviation = model.predict(TESTED, return_std=True)
    assert np.corrcoef(mean, np.mean(answers, axis=0))[0, 1] > 0.8  # weights and repeated rows split alike, ties aside
    own = model.forest_.predict(outside) * y.std() + y.mean()
    assert mean == pytest.approx(own.mean(axis=0))
    assert deviation == pytest.approx(np.sqrt(own.var(axis=0) + model.noise_ * y.var()))


def test_warp_and_noise_come_from_out_of_the_bag(monkeypatch: pytest.MonkeyPatch) -> None:
    y = worth(TRAINED, noise=4.0)
    noisy, quiet = (RandomForest("one_hot", trees=60, warp="identity").fit(TRAINED, s) for s in (y, worth(TRAINED)))
    assert noisy.noise_ >= quiet.noise_
    for agreements, wanted in (((0.3, 0.2), "identity"), ((0.1, 0.2), "logarithm"), ((0.1, 0.1), "identity")):
        given = iter(agreements)
        monkeypatch.setattr("predictors.models.random_forest.agreement", lambda actual, said, given=given: next(given))
        assert RandomForest("one_hot", trees=20).fit(TRAINED, y).warp_.name == wanted


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="trees and leaf must be at least 1, got 0 and 1"):
        RandomForest(trees=0).fit(TRAINED, worth(TRAINED))
    with pytest.raises(ValueError, match="warp must be one of"):
        RandomForest(warp="cubic").fit(TRAINED, worth(TRAINED))
