"""k nearest: weights by hand, k by a slow way."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.metrics import kendall
from predictors.models.k_nearest import NEAREST, NEIGHBORS, KNearest, weighted
from predictors.rows import standardised
from predictors.splits import folds
from tests.predictors.examples import class_members, nas_bench_201, worth

TRAINED, TESTED = class_members(90)[:60], class_members(90)[60:]


def slow(rows: np.ndarray, scores: np.ndarray, new: np.ndarray, k: int) -> np.ndarray:
    """One row at a time, neighbours sorted."""
    said = []
    for row in new:
        distances = np.sqrt(((rows - row) ** 2).mean(axis=1))
        near = np.argsort(distances, kind="stable")[:k]
        said.append(np.average(scores[near], weights=1 / np.maximum(distances[near], NEAREST) ** 2))
    return np.array(said)


def test_weights_by_hand() -> None:
    squares = np.array([[0.0, 1.0, 4.0], [9.0, 0.25, 1.0]])
    mean, variance = weighted(squares, np.array([10.0, 20.0, 40.0]), 2)
    near = 1 / NEAREST**2
    assert mean == pytest.approx([(10 * near + 20) / (near + 1), (20 * 4 + 40) / 5])
    assert variance[1] == pytest.approx(((20 - 24) ** 2 * 4 + (40 - 24) ** 2) / 5)
    alone, none = weighted(squares, np.array([10.0, 20.0, 40.0]), 1)
    assert alone.tolist() == [10.0, 20.0] and none.tolist() == [0.0, 0.0]


def test_all_neighbours_are_a_weighted_mean_of_everything() -> None:
    y = worth(TRAINED)
    model = KNearest("graph_features", neighbors=1000).fit(TRAINED, y)
    assert model.k_ == 60
    new = standardised(model.encoder_.transform(TESTED), model.spread_)
    assert model.predict(TESTED) == pytest.approx(slow(model.rows_, y, new, 60))


def test_k_is_the_one_that_ranks_best_out_of_fold() -> None:
    y = worth(TRAINED, noise=3.0)
    model = KNearest("graph_features", folds=5, seed=2).fit(TRAINED, y)
    found = {}
    for k in NEIGHBORS:
        outside = np.empty(60)
        for inside, held in folds(np.arange(60), 5, np.random.default_rng(2)):
            outside[held] = slow(model.rows_[inside], y[inside], model.rows_[held], k)
        found[k] = kendall(y, outside)
    assert found[model.k_] == pytest.approx(max(found.values()), abs=0.01)  # ties of distances may fall otherwise
    assert model.k_ > 1


def test_deviation_is_the_neighbours_and_the_noise_out_of_fold() -> None:
    noisy, quiet = (KNearest("one_hot", neighbors=5).fit(TRAINED, worth(TRAINED, noise=n)) for n in (9.0, 0.0))
    assert noisy.noise_ > quiet.noise_
    deviation = noisy.predict(TESTED, return_std=True)[1]
    assert (deviation >= np.sqrt(noisy.noise_)).all() and np.ptp(deviation) > 0


def test_members_of_a_class_are_never_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "predictors.models.k_nearest.folds",
        lambda classes, count, rng: (seen.append(classes), list(folds(classes, count, rng)))[1],
    )
    groups = [group[:4] for group in list(nas_bench_201().classes.values()) if len(group) >= 4][:30]
    architectures = [member for group in groups for member in group]
    KNearest().fit(architectures, worth(architectures))
    assert [classes.tolist() for classes in seen] == [np.repeat(np.arange(30), 4).tolist()]


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="neighbors must be at least 1, got 0"):
        KNearest(neighbors=0).fit(TRAINED, worth(TRAINED))
