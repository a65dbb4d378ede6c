"""BANANAS: the loss of the paper, members' mean and deviation, path encoding."""

from __future__ import annotations

import numpy as np
import pytest

from predictors import perceptrons
from predictors.metrics import kendall
from predictors.models.bananas import Bananas, row_weights
from tests.predictors.examples import class_members, worth

TRAINED, TESTED = class_members(120)[:90], class_members(120)[90:]


def test_percentage_error_weighs_the_best_most() -> None:
    y = np.array([90.0, 80.0, 70.0, 10.0])  # quartiles 55 and 82.5: the bound is 117.5
    wanted = 1 / np.array([27.5, 37.5, 47.5, 107.5])
    assert row_weights(y) == pytest.approx(wanted / wanted.mean())
    assert row_weights(5 - 1000 * y) == pytest.approx(row_weights(y))
    assert row_weights(np.full(3, 42.0)) == pytest.approx(np.ones(3))


def test_loss_is_the_mean_absolute_percentage_error() -> None:
    y = worth(TRAINED)
    said = y + np.random.default_rng(0).standard_normal(90)
    bound = y.max() + np.subtract(*np.percentile(y, [75, 25]))
    if ((y - y.mean()) ** 3).sum() > 0:
        bound = y.min() - np.subtract(*np.percentile(y, [75, 25]))
    percentage = np.abs((bound - said) / (bound - y) - 1)  # equation of section 4, with errors for scores
    weighed = row_weights(y) * np.abs(said - y)
    assert weighed / weighed.mean() == pytest.approx(percentage / percentage.mean())


def test_weights_reach_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    trained = perceptrons.train

    def noted(theta, sizes, x, targets, weights, rows, decay, schedule, rng):
        seen.append((weights, schedule.absolute, len(sizes)))
        return trained(theta, sizes, x, targets, weights, rows, decay, schedule, rng)

    monkeypatch.setattr(perceptrons, "train", noted)
    y = worth(TRAINED)
    for percentage in (True, False):
        Bananas(steps=3, percentage=percentage).fit(TRAINED, y)
    assert np.array_equal(seen[0][0], row_weights(y)) and np.array_equal(seen[1][0], np.ones(90))
    assert seen[0][1:] == (True, 12)


def test_it_is_mean_and_deviation_of_its_members() -> None:
    y = worth(TRAINED, noise=1.0)
    model = Bananas(steps=200, members=3, depth=2).fit(TRAINED, y)
    x = model.encoder_.transform(TESTED).astype(np.float32)
    said = perceptrons.answers(model.theta_, (x.shape[1], 20, 20, 1), x) * y.std() + y.mean()
    mean, deviation = model.predict(TESTED, return_std=True)
    assert mean == pytest.approx(said.mean(axis=0), rel=1e-5)
    assert deviation == pytest.approx(said.std(axis=0), rel=1e-3, abs=1e-4)


def test_it_learns_what_is_there() -> None:
    assert kendall(worth(TESTED), Bananas("one_hot").fit(TRAINED, worth(TRAINED)).predict(TESTED)) > 0.7


@pytest.mark.parametrize("name", ["width", "depth", "members", "steps"])
def test_nonsense_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        Bananas(**{name: 0}).fit(TRAINED, worth(TRAINED))
