"""Support vectors: scikit-learn's own answers, what the duality promises, and choices by a slow way."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.svm import SVR

from predictors.metrics import kendall
from predictors.models import support_vectors
from predictors.models.support_vectors import SupportVectors
from predictors.rows import standardised
from predictors.splits import folds
from predictors.warps import fit_warp
from tests.predictors.examples import class_members, nas_bench_201, worth

TRAINED, TESTED = class_members(90)[:60], class_members(90)[60:]


def test_it_is_that_of_scikit_learn() -> None:
    y = worth(TRAINED, noise=1.0)
    model = SupportVectors("one_hot", penalty=5.0, rate=0.3, margin=0.15, warp="logarithm").fit(TRAINED, y)
    inside, outside = (standardised(model.encoder_.transform(rows), model.spread_) for rows in (TRAINED, TESTED))
    warp = fit_warp("logarithm", y)
    theirs = SVR(C=5.0, gamma=0.3 / inside.shape[1], epsilon=0.15).fit(inside, warp.forward(y))
    assert model.predict(TESTED) == pytest.approx(warp.back(theirs.predict(outside)), rel=1e-3)
    assert np.abs(model.weights_).max() <= 5.0 + 1e-9
    assert model.weights_.sum() == pytest.approx(0.0, abs=1e-6)


def test_a_margin_wider_than_the_scores_needs_no_vector() -> None:
    y = worth(TRAINED)
    model = SupportVectors("one_hot", penalty=1.0, rate=0.1, margin=100.0, warp="identity").fit(TRAINED, y)
    assert len(model.weights_) == 0
    assert np.ptp(model.predict(TESTED)) == 0


def test_parameters_are_those_that_rank_best_out_of_fold() -> None:
    y = worth(TRAINED, noise=2.0)
    model = SupportVectors("one_hot", margin=0.2, warp="identity", folds=3, seed=4).fit(TRAINED, y)
    z = standardised(model.encoder_.transform(TRAINED), model.spread_)
    rng = np.random.default_rng(4)
    rng.permutation(60)
    splits = list(folds(np.arange(60), 3, rng))
    t, found = (y - y.mean()) / y.std(), {}
    for penalty in support_vectors.PENALTIES:
        for rate in support_vectors.RATES:
            outside = np.empty(60)
            for inside, held in splits:
                machine = SVR(C=penalty, gamma=rate / z.shape[1], epsilon=0.2).fit(z[inside], t[inside])
                outside[held] = machine.predict(z[held])
            found[penalty, rate] = kendall(t, outside), ((outside - t) ** 2).mean()
    mine = found[model.penalty_, model.rate_]
    assert mine[0] == pytest.approx(max(value for value, _ in found.values()), abs=2e-3)
    assert model.noise_ == pytest.approx(mine[1], rel=1e-2)
    deviation = model.predict(TESTED, return_std=True)[1]
    assert deviation == pytest.approx(np.full(30, np.sqrt(model.noise_) * y.std()))


def test_very_many_rows_are_tuned_on_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    solved = support_vectors._solved

    def noted(covariance, *rest):
        sizes.append(len(covariance))
        return solved(covariance, *rest)

    monkeypatch.setattr(support_vectors, "_solved", noted)
    monkeypatch.setattr(support_vectors, "TUNED_ON", 20)
    model = SupportVectors("one_hot", penalty=1.0, rate=0.1, margin=0.1, warp="identity", folds=4)
    model.fit(TRAINED, worth(TRAINED))
    assert sizes == [15, 15, 15, 15, 60]


def test_members_of_a_class_are_never_parted(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(
        "predictors.models.support_vectors.folds",
        lambda classes, count, rng: (seen.append(classes), list(folds(classes, count, rng)))[1],
    )
    groups = [group[:4] for group in list(nas_bench_201().classes.values()) if len(group) >= 4][:30]
    architectures = [member for group in groups for member in group]
    SupportVectors().fit(architectures, worth(architectures))
    assert [classes.tolist() for classes in seen] == [np.repeat(np.arange(30), 4).tolist()]


@pytest.mark.parametrize("name", ["penalty", "rate", "margin"])
def test_nonsense_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be above 0, got 0"):
        SupportVectors(**{name: 0}).fit(TRAINED, worth(TRAINED))
