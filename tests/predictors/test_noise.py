"""The noise of single trainings is found again in tables made with a noise that is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predictors.measured import Measured, read_measured
from predictors.noise import MOST_BINS, fit_noise
from predictors.repeats import LEAST, Repeats, find_repeats
from tests.predictors.examples import class_members, nas_bench_201, worth, write_table


def repeats_of(levels: np.ndarray, values: np.ndarray) -> tuple[Repeats, np.ndarray]:
    """Trainings [groups, trainings] as repeats, and the level of each."""
    groups, count = values.shape
    places = np.repeat(np.arange(groups), count)
    return Repeats("seeds", values.ravel(), places, np.tile(np.arange(count), groups), places, np.arange(groups)), (
        levels[places]
    )


def test_a_deviation_that_falls_with_the_score_is_found_again() -> None:
    rng = np.random.default_rng(0)
    levels = rng.uniform(20, 90, 4000)
    true = 4.0 - 0.04 * levels
    repeats, expected = repeats_of(levels, levels[:, None] + true[:, None] * rng.standard_normal((4000, 3)))
    noise = fit_noise(repeats, expected)
    asked = np.linspace(25, 85, 7)
    assert noise.deviation(asked) == pytest.approx(4.0 - 0.04 * asked, rel=0.1)
    assert len(noise.levels) == MOST_BINS
    assert (noise.source, noise.trainings, noise.groups) == ("seeds", 12_000, 4000)
    assert noise.deviation(0.0) == noise.deviation(noise.levels[0]), "beyond the last bin as in it"
    assert noise.summary()["kurtosis"] == pytest.approx(3.0, abs=0.3), "normal tails"


@pytest.mark.parametrize("trainings", [2, 3, 6])
def test_few_seeds_do_not_bias_it(trainings: int) -> None:
    rng = np.random.default_rng(1)
    repeats, expected = repeats_of(np.full(3000, 50.0), 50 + 0.7 * rng.standard_normal((3000, trainings)))
    assert fit_noise(repeats, expected).deviation(50.0) == pytest.approx(0.7, rel=0.03)


def test_long_tails_stay_long_and_draws_have_the_variance() -> None:
    rng = np.random.default_rng(2)
    repeats, expected = repeats_of(np.full(4000, 50.0), 50 + rng.standard_t(4, (4000, 6)))
    noise = fit_noise(repeats, expected)
    drawn = noise.standard(np.random.default_rng(3), 100_000)
    assert drawn.mean() == pytest.approx(0, abs=0.02) and drawn.std() == pytest.approx(1, abs=0.02)
    assert (drawn**4).mean() > 3.5
    assert np.array_equal(drawn, noise.standard(np.random.default_rng(3), 100_000))


def test_trainings_that_never_differ_have_no_noise() -> None:
    repeats, expected = repeats_of(np.arange(20.0), np.repeat(np.arange(20.0)[:, None], 2, axis=1))
    noise = fit_noise(repeats, expected)
    assert (noise.deviation(np.arange(30.0)) == 0).all()
    assert np.isfinite(noise.standard(np.random.default_rng(0)))


def several(tmp_path: Path, seeds: int, classes: int = 40) -> Measured:
    """A table of two members of each class."""
    members = [m for group in list(nas_bench_201().classes.values()) if len(group) > 1 for m in group[:2]][
        : 2 * classes
    ]
    noise = np.random.default_rng(0).standard_normal((len(members), seeds))
    return read_measured(write_table(tmp_path / "some.h5", members, worth(members)[:, None] + noise))


def test_repeats_are_seeds_where_there_are_some_and_members_where_not(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    by_seed = find_repeats(several(tmp_path / "a", 3))
    assert by_seed is not None and by_seed.source == "seeds"
    assert (by_seed.sizes == 3).all() and len(by_seed.values) == 240
    (tmp_path / "b").mkdir()
    measured = several(tmp_path / "b", 1)
    by_class = find_repeats(measured)
    assert by_class is not None and by_class.source == "classes"
    assert (by_class.sizes == 2).all() and np.array_equal(by_class.values, measured.y[by_class.rows])
    assert (measured.classes[by_class.rows] == by_class.classes[by_class.groups]).all()


def test_few_repeats_are_none(tmp_path: Path) -> None:
    measured = several(tmp_path, 1, LEAST - 1)
    assert find_repeats(measured) is None
    alone = class_members(30)
    assert find_repeats(read_measured(write_table(tmp_path / "alone.h5", alone, worth(alone)))) is None


def test_groups_are_within_rows_with_all_their_trainings_or_not_at_all(tmp_path: Path) -> None:
    repeats = find_repeats(several(tmp_path, 1))
    assert repeats is not None
    kept = repeats.rows[repeats.groups < 5]
    inside = repeats.within(kept)
    assert inside is not None and set(inside.rows) == set(kept) and len(inside.classes) == 5
    assert np.array_equal(inside.classes, repeats.classes[:5])
    without_one = repeats.within(kept[1:])
    assert without_one is not None and len(without_one.classes) == 4
    assert repeats.within(kept[:1]) is None
