"""Ceilings against truths that are known because they were made up, and against pairs that a table holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from predictors.ceilings import POPULATIONS, class_means, find_ceilings
from predictors.deconvolution import find_true_scores
from predictors.measured import Measured, read_measured
from predictors.metrics import kendall, spearman
from tests.predictors.examples import SCHEDULE, nas_bench_201, worth, write_table

GROUPS = [group[:4] for group in list(nas_bench_201().classes.values())[::12]]
ROWS = [member for group in GROUPS for member in group]
NOISE = 1.5


def truth() -> np.ndarray:
    """One true score for each class."""
    return np.repeat(worth([group[0] for group in GROUPS]), [len(group) for group in GROUPS])


def made_up(seeds: int = 0, seed: int = 0) -> Measured:
    """What a table would hold of :data:`ROWS`: seeds each, or with 0 one aggregate."""
    rng = np.random.default_rng(seed)
    scores = truth()[:, None] + NOISE * rng.standard_normal((len(ROWS), max(seeds, 1)))
    numbers = np.repeat(np.arange(len(GROUPS)), [len(group) for group in GROUPS])
    return Measured(
        space=nas_bench_201(),
        architectures=ROWS,
        y=scores.mean(axis=1),
        classes=numbers,
        class_hashes=numbers.astype(str),
        seconds=np.full(len(ROWS), np.nan),
        per_seed=scores[:, :seeds],
        metric="val_accuracy",
        schedule=SCHEDULE,
        failed=0,
        absent=0,
        table="made up",
        digest="",
    )


def test_it_finds_what_the_truth_would_reach() -> None:
    measured = made_up()
    found = find_ceilings(measured)
    assert found is not None and found["source"] == "classes"
    again = made_up(seed=1).y
    sizes = np.bincount(measured.classes)[measured.classes]
    several = sizes > 1
    first = np.unique(measured.classes, return_index=True)[1]
    for name, rows in {
        "rows": np.arange(len(ROWS)),
        "classes": first,
        "rows_of_several": np.flatnonzero(several),
        "classes_of_several": first[several[first]],
    }.items():
        true, y = truth()[rows], measured.y[rows]
        for score, metric in (("kendall", kendall), ("spearman", spearman)):
            assert found["perfect"][name][score]["value"] == pytest.approx(metric(true, y), abs=0.04)
            assert found["two_trainings"][name][score]["value"] == pytest.approx(metric(again[rows], y), abs=0.05)
            assert found["two_trainings"][name][score]["value"] < found["perfect"][name][score]["value"]
        assert found["perfect"][name]["n"] == len(rows)
    assert list(found["perfect"]) == list(POPULATIONS)


def test_what_is_simulated_agrees_with_what_is_counted() -> None:
    for seeds in (0, 2):
        found = find_ceilings(made_up(seeds))
        assert found is not None
        if not seeds:
            simulated = found["two_trainings"]
            for counted, name in (("trainings", "rows_of_several"), ("groups", "classes_of_several")):
                value = found["counted"][counted]["kendall"]["value"]
                assert simulated[name]["kendall"]["value"] == pytest.approx(value, abs=0.04)
                assert simulated[name]["n"] == found["counted"][counted]["n"]


def test_seeds_tell_of_noise_and_their_mean_has_less_of_it() -> None:
    one, four = find_ceilings(made_up(0)), find_ceilings(made_up(4))
    assert one is not None and four is not None
    assert (four["source"], four["trainings"], four["groups"]) == ("seeds", 4 * len(ROWS), len(ROWS))
    assert four["noise"]["deviations"] == pytest.approx([NOISE] * len(four["noise"]["levels"]), rel=0.35)
    measured = made_up(4)
    assert four["perfect"]["rows"]["kendall"]["value"] == pytest.approx(kendall(truth(), measured.y), abs=0.03)
    assert four["perfect"]["rows"]["kendall"]["value"] > one["perfect"]["rows"]["kendall"]["value"] + 0.02
    expected = np.mean([kendall(measured.per_seed[:, a], measured.per_seed[:, b]) for a in range(4) for b in range(a)])
    assert four["counted"]["groups"]["kendall"]["value"] == pytest.approx(expected, abs=0.02)


def test_the_same_seed_gives_the_same_ceilings() -> None:
    assert find_ceilings(made_up(), seed=3) == find_ceilings(made_up(), seed=3)
    assert find_ceilings(made_up(), seed=3) != find_ceilings(made_up(), seed=4)


def test_no_ceiling_of_a_table_without_repeated_trainings(tmp_path: Path) -> None:
    some = [group[0] for group in GROUPS[:40]]
    assert find_ceilings(read_measured(write_table(tmp_path / "some.h5", some, worth(some)))) is None


def test_class_means() -> None:
    measured = made_up()
    for number in range(5):
        rows = measured.classes == number
        assert class_means(measured)[rows] == pytest.approx(measured.y[rows].mean())


@pytest.mark.parametrize("shape", ["skewed", "two heaps"])
def test_true_scores_scatter_less_than_means_and_more_than_shrunken_ones(shape: str) -> None:
    rng = np.random.default_rng(0)
    if shape == "skewed":
        true = 91 - rng.gamma(2.0, 1.0, 1500)
    else:
        true = np.where(rng.random(1500) < 0.5, 85.0, 90.0) + rng.standard_normal(1500)
    y = true + rng.standard_normal(1500)
    found = find_true_scores(y, np.arange(1500), np.ones_like, np.ones(1500))
    drawn = found.draw(np.random.default_rng(1))
    assert found.mean().std() < drawn.std() < y.std()
    assert drawn.std() == pytest.approx(true.std(), rel=0.06)
    assert kendall(drawn, y) == pytest.approx(kendall(true, y), abs=0.03)
    assert np.allclose(found.chances.sum(axis=1), 1) and found.weights.sum() == pytest.approx(1)


def test_without_noise_true_scores_are_the_measured_ones() -> None:
    y = np.linspace(10, 20, 50)
    found = find_true_scores(y, np.arange(50), np.zeros_like, np.ones(50))
    assert found.mean() == pytest.approx(y, abs=0.03)
    assert kendall(found.draw(np.random.default_rng(0)), y) > 0.99


def test_many_trainings_of_a_group_pin_its_true_score() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(80, 2, 300)
    y = true[:, None] + rng.standard_normal((300, 64))
    found = find_true_scores(y.ravel(), np.repeat(np.arange(300), 64), np.ones_like, np.ones(300 * 64))
    assert np.abs(found.mean() - true).max() < 0.6
    as_means = find_true_scores(y.mean(axis=1), np.arange(300), np.ones_like, np.full(300, 64.0))
    assert as_means.mean() == pytest.approx(found.mean(), abs=1e-6)
