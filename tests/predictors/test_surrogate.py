"""Surrogates answer for the whole space, the same before and after files, and refuse what they cannot know."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from predictors.ensemble import Ensemble
from predictors.models.ridge import Ridge
from predictors.surrogate import SurrogateBenchmark
from predictors.trainings import Trainings
from tests.predictors.examples import Chain, class_members, nas_bench_201, worth

ABOUT = {
    "metric": "val_accuracy",
    "schedule": 12,
    "table": "t.h5",
    "table_digest": "d" * 64,
    "heldout": {"kendall": 0.7},
}
TRAINED = class_members(80)


def make(clock: bool = True) -> SurrogateBenchmark:
    predictor = Ridge("one_hot").fit(TRAINED, worth(TRAINED))
    timer = Ridge("one_hot", warp="identity").fit(TRAINED, np.log(2 + np.arange(80.0))) if clock else None
    return SurrogateBenchmark(Ensemble((predictor,)), timer, Trainings("val_accuracy"), dict(ABOUT))


def test_it_answers_what_its_predictor_says() -> None:
    surrogate, space = make(), nas_bench_201()
    everything = list(space)
    mean, deviation = surrogate.ensemble.predict(everything, return_std=True)
    assert np.array_equal(surrogate.values(), mean)
    for place in (0, 1, 7, 15_624):
        assert surrogate.query(everything[place]) == surrogate.query(space.format(everything[place])) == mean[place]
        assert surrogate.query(everything[place], "val_accuracy") == mean[place]
        assert surrogate.std(everything[place]) == deviation[place]
        assert surrogate.seconds(everything[place]) == pytest.approx(
            math.exp(surrogate.clock.predict([everything[place]])[0])
        )
    assert (surrogate.space.name, surrogate.metric, surrogate.schedule) == (space.name, "val_accuracy", 12)


@pytest.mark.parametrize("clock", [True, False])
def test_files_hold_all_of_it(clock: bool, tmp_path: Path) -> None:
    before = make(clock)
    before.save(tmp_path)
    after = SurrogateBenchmark.load(tmp_path)
    assert np.array_equal(before.values(), after.values())
    some = [*nas_bench_201()][::500]
    for answer in (SurrogateBenchmark.std, SurrogateBenchmark.seconds):
        assert np.array_equal([answer(before, a) for a in some], [answer(after, a) for a in some], equal_nan=True)
    assert np.isnan(after.seconds(some[0])) != clock
    assert {key: after.about[key] for key in ABOUT} == ABOUT
    assert np.array_equal(before.predict(some), after.predict(some), equal_nan=True)
    assert not [file for file in tmp_path.rglob("*") if file.suffix not in ("", ".json", ".npz", ".ubj")]
    described = json.loads((tmp_path / "surrogate.json").read_text())
    assert (described["version"], described["space"]) == (2, "nas_bench_201")
    make(not clock).save(tmp_path)
    assert np.isnan(SurrogateBenchmark.load(tmp_path).seconds(some[0])) == clock


def test_stored_answers_are_read_not_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make().save(tmp_path)
    surrogate = SurrogateBenchmark.load(tmp_path)
    monkeypatch.setattr(SurrogateBenchmark, "predict", None)
    assert len(surrogate.values()) == 15_625


def test_queries_are_fast() -> None:
    surrogate, everything = make(), list(nas_bench_201())
    surrogate.query(everything[0])
    query, rates = surrogate.query, []
    for _ in range(3):
        began = time.process_time()
        for architecture in everything:
            query(architecture)
        rates.append(len(everything) / (time.process_time() - began))
    assert max(rates) > 100_000


def test_it_refuses_what_it_cannot_know() -> None:
    surrogate = make()
    with pytest.raises(LookupError, match="answers val_accuracy, not test_accuracy"):
        surrogate.query(TRAINED[0], "test_accuracy")
    for wrong in (Architecture("nas_bench_201", (9,) * 6), Architecture("other", (0,) * 6)):
        with pytest.raises(ValueError, match="expected an architecture of nas_bench_201"):
            surrogate.query(wrong)
    with pytest.raises(ValueError, match="cannot read"):
        surrogate.query("|what|")


@pytest.mark.parametrize(
    "file", ["surrogate.json", "answers.npz", "trainings.npz", "predictor/predictor.json", "clock/arrays.npz"]
)
@pytest.mark.parametrize("keep", [0.0, 0.6])
def test_damage_is_told(file: str, keep: float, tmp_path: Path) -> None:
    make().save(tmp_path)
    content = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(content[: int(keep * len(content))])
    with pytest.raises(ValueError, match=r"cannot read the .*fit it again"):
        SurrogateBenchmark.load(tmp_path)
    (tmp_path / file).unlink()
    with pytest.raises(FileNotFoundError):
        SurrogateBenchmark.load(tmp_path)


def test_newer_and_foreign_files_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no surrogate"):
        SurrogateBenchmark.load(tmp_path)
    make().save(tmp_path)
    described = json.loads((tmp_path / "surrogate.json").read_text())
    for change, message in (
        ({"version": 3}, "newer than 2"),
        ({"format": "x"}, "something else"),
        ({"space": "chain"}, "says it is of chain"),
        ({"clock": 0}, None),
    ):
        (tmp_path / "surrogate.json").write_text(json.dumps({**described, **change}))
        if message is None:
            assert SurrogateBenchmark.load(tmp_path).clock is None
        else:
            with pytest.raises(ValueError, match=message):
                SurrogateBenchmark.load(tmp_path)


def test_a_kill_while_saving_leaves_no_half_of_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make().save(tmp_path)

    def killed(self, folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(Ridge, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        make(clock=False).save(tmp_path)
    with pytest.raises(FileNotFoundError, match="run `nasbench fit`"):
        SurrogateBenchmark.load(tmp_path)


def test_a_space_too_large_is_answered_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    space = Chain()
    monkeypatch.setitem(nasbench._SPACES, space.name, space)
    rng = np.random.default_rng(0)
    some = [space.sample(rng) for _ in range(60)]
    y = np.array([float(sum(architecture.choices)) for architecture in some])
    predictor = Ridge("one_hot").fit(some[:50], y[:50])
    SurrogateBenchmark(Ensemble((predictor,)), None, Trainings("val_accuracy"), dict(ABOUT)).save(tmp_path)
    surrogate = SurrogateBenchmark.load(tmp_path)
    assert not (tmp_path / "answers.npz").exists()
    assert surrogate.query(some[55]) == pytest.approx(predictor.predict([some[55]])[0])
    assert surrogate.query(some[55]) == surrogate.query(space.format(some[55]))
    assert np.isnan(surrogate.seconds(some[55]))
    with pytest.raises(ValueError, match="too large to enumerate"):
        surrogate.values()


def test_folders_of_the_first_version_are_read(tmp_path: Path) -> None:
    before = make()
    before.save(tmp_path)
    described = json.loads((tmp_path / "surrogate.json").read_text())
    old = {key: value for key, value in described.items() if key not in ("members", "trainings", "trainings_digest")}
    (tmp_path / "surrogate.json").write_text(json.dumps({**old, "version": 1}))
    (tmp_path / "trainings.npz").unlink()
    after = SurrogateBenchmark.load(tmp_path)
    assert np.array_equal(before.values(), after.values())
    assert after.about == ABOUT and after.epochs == {}
    with pytest.raises(LookupError, match="has no noise"):
        after.query(TRAINED[0], noise=True, seed=0)
