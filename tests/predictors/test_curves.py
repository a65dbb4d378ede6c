"""Predicted curves have the shapes that were measured and end at the score; their noise is that of the trainings."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.curve_noise import fit_curve_noise, last_place
from predictors.curves import MOST_COMPONENTS, CurveModel, fit_curves, possible, principal_components
from predictors.measured import read_measured
from predictors.measured_curves import MeasuredCurves, read_curves
from predictors.noise import NoiseModel, fit_noise
from predictors.repeats import Repeats
from tests.predictors.examples import class_members, worth, write_table

EPOCHS = (1, 2, 4, 8)
N = 200


def truth(final: np.ndarray, features: np.ndarray) -> dict[str, np.ndarray]:
    """Curves that follow from the last value and one feature alone, in a straight line."""
    steps = np.array([-20.0, -10.0, -5.0, 0.0])
    lag = np.array([1.0, 0.5, 0.2, 0.0])
    accuracy = final[:, None] + steps + features[:, :1] * lag
    return {"train_loss": 3.0 - 0.02 * accuracy, "val_accuracy": accuracy}


def measured(noise: float = 0.0) -> tuple[MeasuredCurves, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features, final = rng.standard_normal((N, 3)), rng.uniform(40, 80, N)
    means = truth(final, features)
    return (
        MeasuredCurves(
            "val_accuracy", dict.fromkeys(means, EPOCHS), means, {name: c[:, None] for name, c in means.items()}
        ),
        features,
        final,
    )


def fitted() -> tuple[CurveModel, np.ndarray, np.ndarray]:
    curves, features, final = measured()
    half = np.arange(N // 2)
    model = fit_curves(curves, half, features[half], final[half], half, 0)
    assert model is not None
    return model, features, final


def test_known_curves_are_found_again_for_rows_never_seen() -> None:
    model, features, final = fitted()
    rest = np.arange(N // 2, N)
    answers = model.predict(features[rest], final[rest])
    for name, curve in truth(final[rest], features[rest]).items():
        assert answers[name] == pytest.approx(curve, abs=0.05 * np.ptp(curve))
    assert model.arrays["val_accuracy.components"].shape == (1, 4), "one shape is enough for these"


def test_curves_end_exactly_at_the_score() -> None:
    model, features, final = fitted()
    asked = np.concatenate([final[:50], [0.1, 99.9, 12.345678901234567]])
    answers = model.predict(np.vstack([features[:50], features[:3]]), asked)
    assert np.array_equal(answers["val_accuracy"][:, -1], asked)
    assert (answers["val_accuracy"] >= 0).all() and (answers["val_accuracy"] <= 100).all()


def test_nothing_to_learn_from_is_none() -> None:
    curves, features, final = measured()
    some = np.arange(10)
    assert fit_curves(curves, some, features[some], final[some], np.zeros(10, dtype=int), 0) is None
    absent = MeasuredCurves(
        "val_accuracy", curves.epochs, {n: c * np.nan for n, c in curves.means.items()}, curves.seeds
    )
    assert fit_curves(absent, some, features[some], final[some], some, 0) is None


def test_components_explain_the_curves() -> None:
    rng = np.random.default_rng(1)
    y = rng.standard_normal((50, 2)) @ rng.standard_normal((2, 9)) + 5
    mean, components = principal_components(y)
    assert len(components) == 2 and components @ components.T == pytest.approx(np.eye(2))
    assert mean + (y - mean) @ components.T @ components == pytest.approx(y)
    assert len(principal_components(rng.standard_normal((50, 30)))[1]) == MOST_COMPONENTS
    assert len(principal_components(np.ones((5, 3)))[1]) == 1, "curves that are all the same"


def test_values_stay_what_a_metric_can_be() -> None:
    assert possible("val_accuracy", np.array([-1.0, 50.0, 101.0])).tolist() == [0.0, 50.0, 100.0]
    assert possible("val_loss", np.array([-1.0, 101.0])).tolist() == [0.0, 101.0]


def noisy(count: int = 1500) -> tuple[CurveModel, MeasuredCurves, Repeats, NoiseModel, np.ndarray, np.ndarray]:
    """Two trainings each of curves whose noise has a known covariance."""
    model, features, final = fitted()
    rng = np.random.default_rng(2)
    root = np.tril(rng.uniform(0.2, 1.0, (8, 8)))
    root /= np.linalg.norm(root[-1])  # so that the last value has a deviation of 1
    final, features = rng.uniform(40, 80, count), rng.standard_normal((count, 3))
    center = np.hstack(list(truth(final, features).values()))
    single = center[:, None] + rng.standard_normal((count, 2, 8)) @ root.T
    seeds = {"train_loss": single[..., :4], "val_accuracy": single[..., 4:]}
    curves = MeasuredCurves("val_accuracy", model.epochs, {n: c.mean(axis=1) for n, c in seeds.items()}, seeds)
    places = np.repeat(np.arange(count), 2)
    repeats = Repeats("seeds", single[..., -1].ravel(), places, np.tile([0, 1], count), places, np.arange(count))
    return model, curves, repeats, fit_noise(repeats, final[places]), final[places], root @ root.T


def test_covariance_over_epochs_and_metrics_is_found_again() -> None:
    model, curves, repeats, noise, predicted, covariance = noisy()
    found = fit_curve_noise(model, curves, repeats, noise, predicted)
    assert found is not None
    assert found.covariance() == pytest.approx(covariance, abs=0.12 * covariance.max())
    rng = np.random.default_rng(0)
    drawn = np.array([found.draw(noise.standard(rng), 2.0, rng) for _ in range(4000)])
    assert np.cov(drawn.T) == pytest.approx(4 * found.covariance(), abs=0.5 * covariance.max())


def test_a_noisy_curve_ends_at_the_noisy_score() -> None:
    model, curves, repeats, noise, predicted, _ = noisy(300)
    found = fit_curve_noise(model, curves, repeats, noise, predicted)
    assert found is not None and last_place(model) == 7
    assert found.draw(1.25, 0.5, np.random.default_rng(0))[7] == 1.25 * 0.5


def test_curves_that_are_absent_or_never_differ_give_no_noise() -> None:
    model, curves, repeats, noise, predicted, _ = noisy(50)
    absent = {name: seeds * np.nan for name, seeds in curves.seeds.items()}
    without = MeasuredCurves("val_accuracy", curves.epochs, curves.means, absent)
    assert fit_curve_noise(model, without, repeats, noise, predicted) is None
    same = {name: np.repeat(seeds[:, :1], 2, axis=1) for name, seeds in curves.seeds.items()}
    steady = MeasuredCurves("val_accuracy", curves.epochs, curves.means, same)
    assert fit_curve_noise(model, steady, repeats, noise, predicted) is None


def test_an_architecture_counts_with_all_its_trainings_or_not_at_all() -> None:
    model, curves, repeats, noise, predicted, _ = noisy(400)
    curves.seeds["train_loss"][::2, 1] = np.nan
    found = fit_curve_noise(model, curves, repeats, noise, predicted)
    rows = np.arange(1, 400, 2)
    kept = np.isin(repeats.rows, rows)
    places = np.repeat(np.arange(200), 2)
    half = Repeats("seeds", repeats.values[kept], repeats.rows[kept], repeats.columns[kept], places, rows)
    alone = fit_curve_noise(model, curves, half, noise, predicted[kept])
    assert found is not None and alone is not None
    assert found.covariance() == pytest.approx(alone.covariance())


def test_curves_are_read_from_a_table(tmp_path) -> None:
    some = class_members(12)
    path = write_table(tmp_path / "some.h5", some, np.stack([worth(some), worth(some) + 1], axis=1))
    table = read_measured(path)
    curves = read_curves(path, table)
    assert curves is not None and curves.epochs == {"val_accuracy": (1, 2, 3)}, "seconds are no curve, test is hidden"
    assert curves.means["val_accuracy"] == pytest.approx(table.y[:, None] + [-2, -1, 0])
    assert curves.seeds["val_accuracy"].shape == (12, 2, 3)
    assert np.array_equal(curves.seeds["val_accuracy"][:, :, -1], table.per_seed)
