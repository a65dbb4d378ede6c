"""Extrapolated curves: the truth where it is a family's, least squares by a slow way, one or two epochs, horizons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import optimize

import nasbench
from predictors import parametric_curves
from predictors.encoding import bind_table
from predictors.learning_curves import Seen
from predictors.metrics import kendall
from predictors.models.curve_fit import CurveFit
from predictors.models.last_value import LastValue
from predictors.parametric_curves import FAMILIES, Habits, extrapolate, fit_habits
from tests.predictors.curve_tables import write_curves
from tests.predictors.examples import class_members, worth

TRAINED, TESTED = class_members(60)[:40], class_members(60)[40:]
SOME = [*TRAINED, *TESTED]
GOLDEN = Path(__file__).parents[1] / "golden" / "cifar10_reduced.h5"
EPOCHS = np.arange(1.0, 11.0)
PERCENT = (0.0, 100.0)

TRUTHS = {
    "pow3": lambda x: 80 - 50 * x**-1.0,
    "pow4": lambda x: 90 - 60 * (x / 10 + 0.5) ** -0.5,
    "exp3": lambda x: 70 - 40 * np.exp(-0.2 * x),
    "exp4": lambda x: 70 - 60 * np.exp(-1.0 * (x / 10) ** 0.5),
    "log_power": lambda x: 75 - 60 / (1 + (x / 2)),
}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Curves that cross: what ends higher begins lower."""
    end = worth(SOME)[:, None] + 15
    values = end - (end - 20) * np.arange(1, 16) ** -(1.5 - (end - 69) / 18)
    return write_curves(tmp_path_factory.mktemp("curves") / "curves.h5", SOME, {"val_accuracy": values})


def even(sigma: float) -> Habits:
    """Every family as likely as any other, and so are the shapes of each."""
    counts = [len(shapes(EPOCHS)) for shapes in parametric_curves.FAMILIES.values()]
    return Habits(np.concatenate([np.full(count, 1 / count / len(counts)) for count in counts]), sigma)


@pytest.mark.parametrize("name", TRUTHS)
def test_a_curve_of_a_family_is_followed(name: str) -> None:
    values = TRUTHS[name](EPOCHS)[None]
    reached = extrapolate(values, EPOCHS, 40.0, even(0.01), True, PERCENT)
    assert reached == pytest.approx(TRUTHS[name](40.0), abs=0.5)
    falling = extrapolate(5 - values / 20, EPOCHS, 40.0, even(0.01 / 20), False, (0.0, np.inf))
    assert falling == pytest.approx(5 - reached / 20)


def test_least_squares_by_a_slow_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """One shape alone is the straight regression on it, one family that of an optimiser but for the grid's steps."""
    rng = np.random.default_rng(0)
    values = 80 - 50 * EPOCHS ** -rng.uniform(0.5, 1.0, 4)[:, None] + rng.normal(0, 0.05, (4, 10))
    monkeypatch.setattr(parametric_curves, "FAMILIES", {"one": lambda u: (u**-0.7)[None]})
    slope, level = np.polyfit(EPOCHS**-0.7, values.T, 1)
    assert extrapolate(values, EPOCHS, 30.0, even(1.0), True, PERCENT) == pytest.approx(level + slope * 30**-0.7)
    monkeypatch.setattr(parametric_curves, "FAMILIES", {"pow3": FAMILIES["pow3"]})
    guess = extrapolate(values, EPOCHS, 20.0, even(0.1), True, PERCENT)
    for row, mine in zip(values, guess, strict=True):
        held, _ = optimize.curve_fit(lambda x, c, a, power: c - a * x**-power, EPOCHS, row, (80, 50, 0.7))
        assert mine == pytest.approx(held[0] - held[1] * 20.0 ** -held[2], abs=0.7)


def test_curves_that_do_not_learn_stay_where_they_are() -> None:
    flat, falling = np.full((1, 5), 10.0), 50 - 5 * EPOCHS[None, :5]
    assert extrapolate(flat, EPOCHS[:5], 50.0, even(1.0), True, PERCENT) == pytest.approx(10.0)
    assert extrapolate(falling, EPOCHS[:5], 50.0, even(1.0), True, PERCENT) == pytest.approx(falling.mean())
    assert fit_habits(flat, EPOCHS[:5], True).sigma == 1.0
    assert fit_habits(flat, EPOCHS[:5], True).prior == pytest.approx(even(1.0).prior)
    steep = 20 * EPOCHS[None, :4]
    assert 80 < extrapolate(steep, EPOCHS[:4], 1e4, even(0.1), True, PERCENT)[0] <= 100


def test_habits_are_those_of_the_curves() -> None:
    rng = np.random.default_rng(1)
    clean = rng.uniform(60, 90, (80, 1)) - rng.uniform(40, 60, (80, 1)) * np.exp(-0.2 * EPOCHS)
    count = {name: len(shapes(EPOCHS)) for name, shapes in FAMILIES.items()}
    for noise in (0.1, 1.0):
        habits = fit_habits(clean + rng.normal(0, noise, clean.shape), EPOCHS, True)
        assert habits.sigma == pytest.approx(noise, rel=0.15)
        assert habits.prior.sum() == pytest.approx(1.0)
        assert (habits.prior > 0).all()
        first = sum(list(count.values())[: list(count).index("exp3")])
        if noise == 0.1:
            assert habits.prior[first : first + count["exp3"]].sum() > 0.5


def test_a_real_training_is_followed() -> None:
    """Of three and four epochs of real trainings, nearer to the fifth than the last value seen by more than half."""
    with nasbench.open_table(GOLDEN) as opened:
        values = np.stack([opened.for_search().values("val_accuracy", 5, epoch) for epoch in range(1, 6)], axis=1)
    for count in (3, 4):
        epochs, seen = EPOCHS[:count], values[:, :count]
        guess = extrapolate(seen, epochs, 5.0, fit_habits(seen, epochs, True), True, PERCENT)
        assert np.abs(guess - values[:, 4]).mean() < np.abs(seen[:, -1] - values[:, 4]).mean() / 2


def test_one_or_two_epochs_are_their_last_value() -> None:
    model, values = CurveFit(), np.array([[10.0, 30.0], [20.0, 25.0]])
    for count in (1, 2):
        seen = Seen("val_accuracy", (3, 5)[:count], (0, 1)[:count])
        model.prepare(seen, values[:, :count], np.array([1.0, 2.0]))
        assert model.boil(seen, values[:, :count]).tolist() == values[:, count - 1].tolist()


def test_crossing_curves_are_ranked_by_where_they_end(table: str) -> None:
    text = bind_table("learning_curve", table)
    last = kendall(worth(TESTED), LastValue(text).fit(TRAINED, worth(TRAINED)).predict(TESTED))
    for model in (CurveFit(text), CurveFit(text, horizon=60)):
        assert kendall(worth(TESTED), model.fit(TRAINED, worth(TRAINED)).predict(TESTED)) > last
        assert model.horizon_ > 15


def test_nonsense_is_refused(table: str) -> None:
    text = bind_table("learning_curve", table)
    with pytest.raises(ValueError, match="horizon must be no earlier than epoch 15, the last one seen, got 5"):
        CurveFit(text, horizon=5).fit(TRAINED, worth(TRAINED))
    with pytest.raises(ValueError, match="curve_fit needs the curve of speed"):
        CurveFit(text, metric="speed").fit(TRAINED, worth(TRAINED))
