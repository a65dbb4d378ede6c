"""An ensemble's mean and mixture variance, the classes its members see, and its files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from predictors.ensemble import Ensemble, fit_ensemble, load_ensemble
from predictors.measured import Measured, read_measured
from predictors.models.ridge import Ridge
from predictors.models.xgboost import XGBoost
from predictors.predictor import Predictor
from predictors.source import load_source
from predictors.surrogate import SurrogateBenchmark
from predictors.trainings import Trainings
from tests.predictors.examples import class_members, nas_bench_201, worth, write_table

MEMBERS = [member for group in list(nas_bench_201().classes.values())[::200] for member in group[:3]]


@pytest.fixture
def measured(tmp_path: Path) -> Measured:
    return read_measured(write_table(tmp_path / "some.h5", MEMBERS, worth(MEMBERS, noise=1.0)))


def test_mean_and_variance_are_those_of_the_mixture(measured: Measured) -> None:
    ensemble = fit_ensemble(Ridge("one_hot"), measured, np.arange(len(measured)), 3, 0)
    asked = class_members(20, seed=4)
    mean, deviation = ensemble.predict(asked, return_std=True)
    answers = [member.predict(asked, return_std=True) for member in ensemble.members]
    rng = np.random.default_rng(0)
    drawn = np.concatenate([m + s * rng.standard_normal((40_000, 20)) for m, s in answers])
    assert drawn.mean(axis=0) == pytest.approx(mean, abs=5 * deviation.max() / np.sqrt(len(drawn)))
    assert drawn.std(axis=0) == pytest.approx(deviation, rel=0.03)
    assert np.array_equal(ensemble.predict(asked), mean)


def test_each_class_is_unseen_by_exactly_one_member(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    fit = Predictor.fit
    monkeypatch.setattr(Predictor, "fit", lambda self, a, y, c: seen.append(set(c.tolist())) or fit(self, a, y, c))
    fit_ensemble(Ridge("one_hot"), measured, np.arange(len(measured)), 4, 0)
    everything = set(measured.classes.tolist())
    assert len(seen) == 4
    assert all(sum(name not in classes for classes in seen) == 1 for name in everything)


def test_one_member_is_the_predictor_itself(measured: Measured) -> None:
    rows = np.arange(0, len(measured), 2)
    asked = class_members(20, seed=4)
    ensemble = fit_ensemble(Ridge("one_hot"), measured, rows, 1, 0)
    alone = Ridge("one_hot").fit(measured.of(rows), measured.y[rows], measured.classes[rows])
    assert np.array_equal(ensemble.predict(asked), alone.predict(asked))


def test_seeds_differ_and_repeat(measured: Measured) -> None:
    rows = np.arange(len(measured))
    plain = XGBoost("one_hot", depth=2, rounds=5, members=1, folds=1)
    first, again, other = (fit_ensemble(plain, measured, rows, 3, seed) for seed in (0, 0, 1))
    seeds = [[member.seed for member in ensemble.members] for ensemble in (first, again, other)]
    assert len(set(seeds[0])) == 3 and seeds[0] == seeds[1] != seeds[2]
    assert np.array_equal(first.predict(MEMBERS), again.predict(MEMBERS))
    assert plain.seed == 0 and not hasattr(plain, "space_"), "what is copied is left as it was"


def test_few_classes_have_fewer_members(measured: Measured) -> None:
    few = np.flatnonzero(np.isin(measured.classes, np.unique(measured.classes)[:5]))
    assert len(fit_ensemble(Ridge("one_hot"), measured, few, 9, 0).members) == 2
    with pytest.raises(ValueError, match="at least one member, got 0"):
        fit_ensemble(Ridge("one_hot"), measured, few, 0, 0)


def test_files_hold_it(measured: Measured, tmp_path: Path) -> None:
    ensemble = fit_ensemble(Ridge("one_hot"), measured, np.arange(len(measured)), 3, 0)
    ensemble.save(tmp_path / "kept")
    after = load_ensemble(tmp_path / "kept", 3)
    for one, other in zip(ensemble.predict(MEMBERS, True), after.predict(MEMBERS, True), strict=True):
        assert np.array_equal(one, other)
    with pytest.raises(FileNotFoundError):
        load_ensemble(tmp_path / "kept", 4)


def test_members_are_of_one_space() -> None:
    members = [SimpleNamespace(space_=name) for name in ("nas_bench_201", "chain")]
    for wrong in ((), tuple(members)):
        with pytest.raises(ValueError, match="of one space"):
            Ensemble(wrong)  # type: ignore[arg-type]


def test_a_source_is_one_predictor_not_several(measured: Measured, tmp_path: Path) -> None:
    about = {"metric": "val_accuracy", "schedule": 3}
    for count in (1, 2):
        ensemble = fit_ensemble(Ridge("one_hot"), measured, np.arange(len(measured)), count, 0)
        SurrogateBenchmark(ensemble, None, Trainings("val_accuracy"), about).save(tmp_path / str(count))
    assert np.array_equal(load_source(tmp_path / "1").predict(MEMBERS[:5]), ensemble_of_one(measured)[:5])
    with pytest.raises(ValueError, match=r"holds an ensemble of 2.*--members 1"):
        load_source(tmp_path / "2")


def ensemble_of_one(measured: Measured) -> np.ndarray:
    return fit_ensemble(Ridge("one_hot"), measured, np.arange(len(measured)), 1, 0).predict(MEMBERS)
