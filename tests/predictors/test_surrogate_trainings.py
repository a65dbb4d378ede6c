"""A surrogate's curves end at its scores; its noise is off unless asked for, is the seed's, and survives files."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from nasbench.space import Architecture
from predictors.ensemble import Ensemble
from predictors.measured import read_measured
from predictors.measured_curves import read_curves
from predictors.models.ridge import Ridge
from predictors.noisy_view import Draws
from predictors.surrogate import SurrogateBenchmark
from predictors.trainings import encoded, fit_trainings
from searchers.evaluators.surrogate import SurrogateEvaluator
from tests.predictors.examples import Chain, class_members, nas_bench_201, worth, write_table

SOME = class_members(90)
DEVIATION = 0.8


@cache
def made(members: int = 2) -> SurrogateBenchmark:
    """Fitted to three seeds each of architectures whose noise is known."""
    noise = DEVIATION * np.random.default_rng(1).standard_normal((len(SOME), 3))
    with TemporaryDirectory() as folder:
        path = write_table(Path(folder) / "some.h5", SOME, worth(SOME)[:, None] + noise)
        measured = read_measured(path)
        curves = read_curves(path, measured)
    fitted = tuple(
        Ridge("one_hot").fit(measured.of(np.arange(place, len(measured))), measured.y[place:])
        for place in range(members)
    )
    ensemble = Ensemble(fitted)
    trainings = fit_trainings(measured, curves, np.arange(len(measured)), ensemble, 0)
    about = {"metric": "val_accuracy", "schedule": 3, "table": "some.h5", "table_digest": measured.digest}
    return SurrogateBenchmark(ensemble, None, trainings, about)


def drawn(surrogate: SurrogateBenchmark, count: int = 400) -> np.ndarray:
    return np.array([surrogate.query(SOME[5], noise=True, seed=seed) for seed in range(count)])


def test_noise_is_off_by_default_and_the_seeds_when_on() -> None:
    surrogate = made()
    expected = surrogate.values()[list(nas_bench_201()).index(SOME[5])]
    assert surrogate.query(SOME[5]) == surrogate.query(SOME[5]) == expected
    first = surrogate.query(SOME[5], noise=True, seed=3)
    surrogate.query(SOME[6], noise=True, seed=9)
    assert first == surrogate.query(SOME[5], noise=True, seed=3) == surrogate.noisy(3).query(SOME[5])
    assert len(set(drawn(surrogate, 50))) == 50
    offsets = [surrogate.query(a, noise=True, seed=3) - surrogate.query(a) for a in SOME]
    assert len(set(offsets)) == len(SOME), "each architecture has its own noise"


def test_noise_is_as_large_as_it_was_among_seeds() -> None:
    surrogate = made()
    noise = drawn(surrogate) - surrogate.query(SOME[5])
    assert abs(noise.mean()) < 4 * DEVIATION / np.sqrt(400)
    assert noise.std() == pytest.approx(DEVIATION, rel=0.25)


def test_all_members_of_a_class_are_one_training() -> None:
    surrogate, space = made(), nas_bench_201()
    classes = [members for members in space.classes.values() if len(members) > 2][:30]
    for members in classes:
        assert len({surrogate.query(member) for member in members}) > 1, "what is expected is each one's own"
        for seed in (0, 1):
            assert len({surrogate.query(member, noise=True, seed=seed) for member in members}) == 1
            assert len({surrogate.curve(member, noise=True, seed=seed).tobytes() for member in members}) == 1
    first = [surrogate.query(members[-1], noise=True, seed=0) - surrogate.query(members[0]) for members in classes]
    assert len(set(first)) == len(classes), "each class has its own noise"
    again = SurrogateBenchmark(surrogate.ensemble, None, surrogate.trainings, surrogate.about)  # asked backwards
    backwards = [again.query(members[0], noise=True, seed=0) for members in reversed(classes)]
    assert backwards[::-1] == [surrogate.query(members[0], noise=True, seed=0) for members in classes]


def test_a_space_too_large_draws_the_noise_of_a_class_too() -> None:
    space = Chain()
    one = space.sample(np.random.default_rng(0))
    draws = Draws(space)
    trained, chance = draws.training(one, True, 3)
    assert trained == one
    same, other = (draws.training(one, True, seed)[1].random() for seed in (3, 4))
    assert chance.random() == same != other
    number = int(space.canonical_hash(one), 16)
    assert same == np.random.default_rng(np.random.SeedSequence([3, number])).random()


def test_curves_of_all_architectures_are_predicted_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one encoding, and as each is by itself."""
    known = made()
    surrogate = SurrogateBenchmark(known.ensemble, None, known.trainings, known.about)
    encodings: list[int] = []

    def counted(ensemble: Ensemble, architectures: list[Architecture]) -> np.ndarray:
        encodings.append(len(architectures))
        return encoded(ensemble, architectures)

    monkeypatch.setattr("predictors.surrogate.encoded", counted)
    some = list(nas_bench_201())[::1500]
    curves = [surrogate.curve(each) for each in some]
    assert encodings == [15_625]
    for each, curve in zip(some, curves, strict=True):
        model = surrogate.trainings.curves
        alone = model.predict(encoded(surrogate.ensemble, [each]), np.array([surrogate.query(each)]))
        np.testing.assert_allclose(curve, alone["val_accuracy"][0], rtol=0, atol=1e-9)


def test_curves_are_read_not_computed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made()
    before.save(tmp_path)
    after = SurrogateBenchmark.load(tmp_path)
    monkeypatch.setattr("predictors.surrogate.encoded", None)
    assert np.array_equal(before.curve(SOME[3]), after.curve(SOME[3]))


def test_folders_without_curves_of_all_are_read(tmp_path: Path) -> None:
    before = made()
    before.save(tmp_path)
    path, described = tmp_path / "answers.npz", json.loads((tmp_path / "surrogate.json").read_text())
    with np.load(path) as file:
        answers = file["answers"]
    np.savez_compressed(path, answers=answers)
    described["answers"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "surrogate.json").write_text(json.dumps(described))
    after = SurrogateBenchmark.load(tmp_path)
    np.testing.assert_allclose(before.curve(SOME[3]), after.curve(SOME[3]), rtol=0, atol=1e-9)


def test_curves_end_exactly_at_the_score() -> None:
    surrogate = made()
    assert surrogate.epochs == {"val_accuracy": (1, 2, 3)}
    for architecture in SOME[:20]:
        curve = surrogate.curve(architecture)
        assert curve[-1] == surrogate.query(architecture)
        assert curve == pytest.approx(curve[-1] + np.array([-2.0, -1.0, 0.0]), abs=1e-6)
        for seed in range(3):
            noisy = surrogate.curve(architecture, noise=True, seed=seed)
            assert noisy[-1] == surrogate.query(architecture, noise=True, seed=seed)
            assert np.array_equal(noisy, surrogate.noisy(seed).curve(architecture))
            assert noisy == pytest.approx(noisy[-1] + np.array([-2.0, -1.0, 0.0]), abs=1e-6), "noise moves all epochs"


@pytest.mark.parametrize("members", [1, 3])
def test_files_hold_noise_and_curves_bit_for_bit(members: int, tmp_path: Path) -> None:
    before = made(members)
    before.save(tmp_path)
    after = SurrogateBenchmark.load(tmp_path)
    assert len(after.ensemble.members) == members
    assert np.array_equal(before.values(), after.values())
    assert np.array_equal(drawn(before, 30), drawn(after, 30))
    for architecture in SOME[:5]:
        for noise in ({}, {"noise": True, "seed": 4}):
            assert np.array_equal(before.curve(architecture, **noise), after.curve(architecture, **noise))
    assert before.trainings.description() == after.trainings.description()
    assert after.about == before.about
    assert not [file for file in tmp_path.rglob("*") if file.suffix not in ("", ".json", ".npz", ".ubj")]


def test_what_cannot_be_is_refused() -> None:
    surrogate = made()
    with pytest.raises(ValueError, match="needs a seed"):
        surrogate.query(SOME[0], noise=True)
    with pytest.raises(ValueError, match="got -1"):
        surrogate.noisy(-1)
    for ask in (surrogate.query, surrogate.curve):
        with pytest.raises(ValueError, match="not asked for"):
            ask(SOME[0], seed=1)
    with pytest.raises(LookupError, match="no curve of train_loss; it has: val_accuracy"):
        surrogate.curve(SOME[0], "train_loss")
    with pytest.raises(ValueError, match="expected an architecture of"):
        surrogate.curve(class_members(1)[0].__class__("other", (0,) * 6))


def test_tables_that_do_not_tell_give_neither(tmp_path: Path) -> None:
    measured = read_measured(write_table(tmp_path / "one.h5", SOME, worth(SOME)))
    ensemble = Ensemble((Ridge("one_hot").fit(SOME, measured.y),))
    trainings = fit_trainings(measured, None, np.arange(len(measured)), ensemble, 0)
    about = {"metric": "val_accuracy", "schedule": 3}
    surrogate = SurrogateBenchmark(ensemble, None, trainings, about)
    with pytest.raises(LookupError, match="has no noise: its table had fewer than 10"):
        surrogate.noisy(0)
    with pytest.raises(LookupError, match="no learning curves"):
        surrogate.curve(SOME[0])


def test_searchers_can_be_given_a_noisy_view() -> None:
    view = made().noisy(2)
    evaluator = SurrogateEvaluator("noisy", view, None)
    assert evaluator.find(SOME[3]).score == view.query(SOME[3]) != made().query(SOME[3])
