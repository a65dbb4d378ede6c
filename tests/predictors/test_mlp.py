"""MLP: the mean of its members, decay and warp by what they say out of fold."""

from __future__ import annotations

import numpy as np
import pytest

from predictors import perceptrons
from predictors.metrics import kendall, mae
from predictors.models.mlp import DECAYS, MLP
from predictors.splits import folds
from predictors.warps import WARPS
from tests.predictors.examples import class_members, nas_bench_201, worth

TRAINED, TESTED = class_members(120)[:90], class_members(120)[90:]


def test_it_is_the_mean_of_its_members() -> None:
    y = worth(TRAINED, noise=1.0)
    model = MLP("one_hot", width=8, steps=60, members=3, decay=0.1, warp="identity").fit(TRAINED, y)
    features = model.encoder_.transform(TESTED)
    _, deviation = model.spread_
    x = (features / np.maximum(deviation, np.median(deviation))).astype(np.float32)
    said = perceptrons.answers(model.theta_, (x.shape[1], 8, 8, 1), x) * y.std() + y.mean()
    mean, spread = model.predict(TESTED, return_std=True)
    assert mean == pytest.approx(said.mean(axis=0), rel=1e-5)
    assert spread == pytest.approx(np.sqrt(said.var(axis=0) + model.noise_ * y.var()), rel=1e-4)
    assert not np.array_equal(said[0], said[1])


def test_it_learns_what_is_there() -> None:
    model = MLP("one_hot").fit(TRAINED, worth(TRAINED))
    assert kendall(worth(TESTED), model.predict(TESTED)) > 0.8
    assert mae(worth(TESTED), model.predict(TESTED)) < 0.4 * worth(TESTED).std()


def test_choices_follow_what_was_said_out_of_fold(monkeypatch: pytest.MonkeyPatch) -> None:
    y, given = worth(TRAINED, noise=2.0), {}
    trained = perceptrons.train

    def noted(theta, sizes, x, targets, weights, rows, decay, schedule, rng):
        made = trained(theta, sizes, x, targets, weights, rows, decay, schedule, rng)
        given.setdefault("first", (made, sizes, x, targets, rows, decay))
        return made

    monkeypatch.setattr(perceptrons, "train", noted)
    model = MLP("one_hot", width=8, steps=60, folds=3).fit(TRAINED, y)
    theta, sizes, x, targets, rows, decay = given["first"]
    assert len(theta) == 3 * len(DECAYS) * len(WARPS)
    said, found = perceptrons.answers(theta, sizes, x.astype(np.float32)), {}
    for place in range(0, len(theta), 3):
        outside = np.full(90, np.nan)
        for member in range(place, place + 3):
            held = np.setdiff1d(np.arange(90), rows[member])
            assert np.isnan(outside[held]).all()
            outside[held] = said[member, held]
        key = float(decay[place]), WARPS[place // 3 % 2]
        found[key] = kendall(y, outside), ((outside - targets[place]) ** 2).mean()
    best = max(found, key=lambda key: found[key][0])
    assert (model.decay_, model.warp_.name) == best
    assert model.noise_ == pytest.approx(found[best][1], rel=1e-4)


def test_very_many_rows_are_tuned_on_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predictors.models.mlp.TUNED_ON", 20)
    sizes: list[int] = []
    trained = MLP._trained

    def noted(self, z, *rest):
        sizes.append(len(z))
        return trained(self, z, *rest)

    monkeypatch.setattr(MLP, "_trained", noted)
    MLP("one_hot", width=4, steps=5).fit(TRAINED, worth(TRAINED))
    assert sizes == [20, 90]


def test_members_of_a_class_are_never_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "predictors.models.mlp.folds",
        lambda classes, count, rng: (seen.append(classes), list(folds(classes, count, rng)))[1],
    )
    groups = [group[:4] for group in list(nas_bench_201().classes.values()) if len(group) >= 4][:30]
    architectures = [member for group in groups for member in group]
    MLP("one_hot", width=4, steps=5).fit(architectures, worth(architectures))
    assert [classes.tolist() for classes in seen] == [np.repeat(np.arange(30), 4).tolist()]


@pytest.mark.parametrize("name", ["width", "depth", "members", "steps"])
def test_nonsense_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        MLP(**{name: 0}).fit(TRAINED, worth(TRAINED))
