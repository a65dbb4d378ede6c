"""The promises of encodings and predictors, over every file of ``predictors/encodings`` and ``predictors/models``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

import nasbench
from nasbench.registry import ENCODINGS, PREDICTORS
from nasbench.space import Space
from predictors.encoding import Encoding, bind_table, load_encoding
from predictors.predictor import Predictor, load_fitted
from tests.predictors.examples import Chain, TwoCells, class_members, nas_bench_201, worth, write_features

TRAINED, TESTED = class_members(160)[:100], class_members(160)[100:]


@pytest.fixture(scope="module")
def looked_up(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A table of every architecture of NAS-Bench-201 that is encoded here, for encodings that look things up."""
    space = nas_bench_201()
    drawn = [space.sample(rng) for rng in map(np.random.default_rng, range(3)) for _ in range(50)]
    return str(write_features(tmp_path_factory.mktemp("features") / "features.h5", [*TRAINED, *TESTED, *drawn]))


@pytest.fixture(params=[*ENCODINGS.names(), "one_hot+graph_features"])
def encoding(request: pytest.FixtureRequest, looked_up: str) -> Encoding:
    if request.param == "prediction":
        return load_encoding(f'prediction(source="{looked_up}")')
    return load_encoding(bind_table(request.param, looked_up))


@pytest.fixture(params=[nas_bench_201, TwoCells, Chain], ids=["nas_bench_201", "two_cells", "long_chain"])
def space(request: pytest.FixtureRequest, encoding: Encoding) -> Space:
    space: Space = made(request.param)
    if encoding.guesses and space.name != "nas_bench_201":
        pytest.skip("what was measured is of one space")
    return space


@cache
def made(factory: Callable[[], Space]) -> Space:
    """One of each, so that it is surveyed once."""
    return factory()


@pytest.fixture(params=PREDICTORS.names(), scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def predictor(name: str, looked_up: str) -> Predictor:
    made: Predictor = nasbench.load_predictor(name)
    return made.set_params(encoding=bind_table(made.encoding, looked_up))


@pytest.fixture(scope="module")
def fitted(name: str, looked_up: str) -> Predictor:
    """Fitted to scores with noise; nobody may fit it again."""
    made: Predictor = nasbench.load_predictor(name)
    made.set_params(encoding=bind_table(made.encoding, looked_up))
    return made.fit(TRAINED, worth(TRAINED, noise=1.0))


# -- encodings ----------------------------------------------------------------------------------------------------


def test_encoding_is_an_array_with_a_name_for_each_column(encoding: Encoding, space: Space) -> None:
    rng = np.random.default_rng(0)
    some = [space.sample(rng) for _ in range(50)]
    features = encoding.encode(space, some)
    names = encoding.feature_names(space)
    assert features.shape == (50, len(names))
    assert features.dtype == np.float64
    assert np.isfinite(features).all()
    assert len(set(names)) == len(names)
    assert encoding.encode(space, []).shape == (0, len(names))


def test_encoding_of_an_architecture_depends_on_nothing_else(encoding: Encoding, space: Space) -> None:
    rng = np.random.default_rng(1)
    some = [space.sample(rng) for _ in range(20)]
    together = encoding.compute(space, some)
    assert np.array_equal(together[::-1], encoding.compute(space, some[::-1]))
    for place, architecture in enumerate(some):
        assert np.array_equal(together[place : place + 1], encoding.compute(space, [architecture]))
    assert np.array_equal(together, encoding.encode(space, some))
    assert np.array_equal(together, type(encoding)(**encoding.get_params()).encode(type(space)(), some))


def test_encoding_knows_how_its_features_spread_over_classes(encoding: Encoding, space: Space) -> None:
    mean, deviation = encoding.spread(space)
    assert mean.shape == deviation.shape == (len(encoding.feature_names(space)),)
    assert (deviation >= 0).all() and deviation.max() > 0
    rng = np.random.default_rng(0)
    drawn = {space.canonical_hash(a): a for a in [space.sample(rng) for _ in range(50)]}
    away = np.abs(encoding.encode(space, list(drawn.values())) - mean)
    assert ((away / np.where(deviation > 0, deviation, 1.0)).mean(axis=0) < 2).mean() > 0.9


def test_encoding_hands_out_arrays_of_its_own(encoding: Encoding, space: Space) -> None:
    some = [space.sample(np.random.default_rng(2)) for _ in range(4)]
    before = encoding.encode(space, some)
    kept = before.copy()
    before[:] = -77.0
    assert np.array_equal(encoding.encode(space, some), kept)


def test_encoding_tells_architectures_apart(encoding: Encoding) -> None:
    space = nas_bench_201()
    features = encoding.encode(space, TRAINED)
    assert len(np.unique(features, axis=0)) > len(TRAINED) / 2


def test_encoding_refuses_another_space(encoding: Encoding) -> None:
    with pytest.raises(ValueError, match="expected architectures of two_cells"):
        encoding.encode(TwoCells(), TRAINED)


def test_encoding_is_a_transformer(encoding: Encoding) -> None:
    pipeline = Pipeline([("encoding", clone(encoding)), ("model", SklearnRidge())])
    pipeline.fit(TRAINED, worth(TRAINED))
    assert stats.kendalltau(pipeline.predict(TESTED), worth(TESTED))[0] > 0.4
    names = pipeline["encoding"].get_feature_names_out()
    assert names.tolist() == list(encoding.feature_names(nas_bench_201()))


# -- predictors ---------------------------------------------------------------------------------------------------


def test_predictor_learns_in_the_unit_of_the_scores(predictor: Predictor, fitted: Predictor) -> None:
    predicted = fitted.predict(TESTED)
    assert predicted.shape == (len(TESTED),)
    assert stats.kendalltau(predicted, worth(TESTED))[0] > 0.4
    assert abs(predicted.mean() - worth(TESTED).mean()) < 3
    turned = predictor.fit(TRAINED, -1000 * worth(TRAINED) - 7).predict(TESTED)
    assert stats.kendalltau(turned, worth(TESTED))[0] < -0.4
    assert abs(turned.mean() + 1000 * worth(TESTED).mean()) < 3000


def test_predictor_gives_deviations(fitted: Predictor) -> None:
    mean, deviation = fitted.predict(TESTED, return_std=True)
    assert np.array_equal(mean, fitted.predict(TESTED))
    assert deviation.shape == mean.shape
    assert (deviation >= 0).all() and np.isfinite(deviation).all()
    assert deviation.max() > 0


def test_predictor_repeats_itself_and_leaves_things_alone(predictor: Predictor, fitted: Predictor) -> None:
    trained, y = list(TRAINED), worth(TRAINED, noise=1.0)
    before = np.random.get_state(), torch.random.get_rng_state()  # noqa: NPY002 - what must not change
    assert np.array_equal(predictor.fit(trained, y).predict(TESTED), fitted.predict(TESTED))
    after = np.random.get_state()  # noqa: NPY002
    assert all(np.array_equal(a, b) for a, b in zip(before[0], after, strict=True))
    assert torch.equal(before[1], torch.random.get_rng_state())
    assert trained == TRAINED and np.array_equal(y, worth(TRAINED, noise=1.0))


def test_predictor_predicts_each_alone(fitted: Predictor) -> None:
    together = fitted.predict(TESTED)
    assert np.allclose(together[3:8], fitted.predict(TESTED[3:8]), rtol=1e-6)
    assert fitted.predict([]).shape == (0,)
    twice = fitted.predict([TESTED[0], *TESTED[:7], TESTED[0]])
    assert twice[0] == twice[1] == twice[-1]


def test_predictor_follows_scikit_learn(predictor: Predictor, fitted: Predictor) -> None:
    parameters = predictor.get_params()
    assert "encoding" in parameters
    assert json.loads(json.dumps(parameters)) == parameters
    copy = clone(predictor)
    assert copy.get_params() == parameters
    with pytest.raises(NotFittedError):
        clone(fitted).predict(TESTED)
    assert fitted.get_params() == parameters
    assert fitted.score(TESTED, worth(TESTED)) > 0.3
    assert {name for name in vars(fitted) if not name.endswith("_")} == set(parameters)


def test_predictor_works_in_a_grid_search(predictor: Predictor, looked_up: str) -> None:
    pipeline = Pipeline([("predictor", predictor)])
    needed = [bind_table(predictor.needs, looked_up)] if predictor.needs else []
    encodings = ["+".join([*needed, other]) for other in ("one_hot", "paths")]
    search = GridSearchCV(pipeline, {"predictor__encoding": encodings}, cv=2)
    search.fit(TRAINED[:40], worth(TRAINED[:40]))
    assert search.best_params_["predictor__encoding"] in encodings
    assert search.predict(TESTED).shape == (len(TESTED),)


def test_predictor_says_which_encoding_it_needs(predictor: Predictor) -> None:
    if not predictor.needs:
        pytest.skip("any encoding will do")
    with pytest.raises(ValueError, match=f"needs .* put {predictor.needs} among its encodings"):
        predictor.set_params(encoding="one_hot").fit(TRAINED[:10], worth(TRAINED[:10]))


def test_predictor_survives_saving(fitted: Predictor, tmp_path: Path) -> None:
    fitted.save(tmp_path / "kept")
    loaded = load_fitted(tmp_path / "kept")
    assert type(loaded) is type(fitted)
    assert loaded.get_params() == fitted.get_params()
    for mine, its in zip(fitted.predict(TESTED, return_std=True), loaded.predict(TESTED, return_std=True), strict=True):
        assert np.array_equal(mine, its)
    for file in (tmp_path / "kept").iterdir():
        assert file.suffix in (".json", ".npz", ".ubj")
    with np.load(tmp_path / "kept" / "arrays.npz", allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_damage_is_told(fitted: Predictor, tmp_path: Path) -> None:
    fitted.save(tmp_path)
    for file in tmp_path.iterdir():
        whole = file.read_bytes()
        for content in (whole[: len(whole) // 2], b"", whole.replace(b"1", b"2", 1) + b" "):
            if file.suffix == ".json" and content and content != whole[: len(whole) // 2]:
                continue  # a changed description may still be a true one
            file.write_bytes(content)
            with pytest.raises(ValueError, match=r"cannot read the predictor .* fit it again"):
                load_fitted(tmp_path)
        file.write_bytes(whole)
    assert load_fitted(tmp_path).predict(TESTED).shape == (len(TESTED),)


@pytest.mark.parametrize(
    ("rows", "y", "message"),
    [
        (slice(0, 3), [1.0, float("nan"), 2.0], "1 of 3 scores are not finite"),
        (slice(0, 3), [1.0, 2.0], "one score for each of 3"),
        (slice(0, 1), [1.0], "at least two classes"),
        (slice(0, 0), [], "empty list"),
    ],
)
def test_predictor_refuses_what_it_cannot_learn_from(
    predictor: Predictor, rows: slice, y: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        predictor.fit(TRAINED[rows], y)


def test_predictor_refuses_one_class_and_another_space(predictor: Predictor, fitted: Predictor) -> None:
    members = next(group for group in nas_bench_201().classes.values() if len(group) >= 3)
    with pytest.raises(ValueError, match="at least two classes"):
        predictor.fit(members[:3], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="expected architectures of nas_bench_201"):
        fitted.predict([dataclasses.replace(TESTED[0], space="two_cells")])


def test_predictor_learns_from_very_few(predictor: Predictor) -> None:
    for count in (2, 3, 5):
        y = worth(TRAINED[:count])
        predicted = clone(predictor).fit(TRAINED[:count], y).predict(TESTED)
        assert np.isfinite(predicted).all()
    constant = clone(predictor).fit(TRAINED[:20], np.full(20, 42.0)).predict(TESTED)
    assert np.allclose(constant, 42.0, atol=1e-3)
