"""Calibration: ends by their definition, errors out of fold of no trained class, intervals that hold their promise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nasbench.space import Architecture
from predictors.conformal import calibrate, coverage, normal_intervals, plus_ends
from predictors.models.ridge import Ridge
from tests.predictors.examples import class_members, nas_bench_201, worth

SOME = class_members(400)
NUMBERS = np.arange(len(SOME))


class Sure(Ridge):
    """A ridge whose deviations are a hundred times too small."""

    def predict(self, architectures: Sequence[Architecture], return_std: bool = False) -> Any:
        mean, deviation = super().predict(architectures, return_std=True)
        return (mean, deviation / 100) if return_std else mean


def test_ends_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    residuals = [rng.random(7), rng.random(6), rng.random(6)]
    means, deviations = rng.standard_normal((3, 5)), rng.random((3, 5))
    found = plus_ends(means, deviations, residuals, (0.5, 0.9, 0.95, 0.96))
    for x in range(5):
        highs = sorted(means[k, x] + r * deviations[k, x] for k in range(3) for r in residuals[k])
        lows = sorted(means[k, x] - r * deviations[k, x] for k in range(3) for r in residuals[k])
        for (low, high), place in zip(found, (10, 18, 19), strict=False):  # of 19, counting the new one
            assert (low[x], high[x]) == pytest.approx((lows[19 - place], highs[place - 1]))
    assert all(np.isnan(end).all() for end in found[3])  # the largest of 19 holds the next in 19 of 20 cases


def test_coverage_counts() -> None:
    actual, low, high = (
        np.array([1.0, 2.0, 3.0, np.nan]),
        np.array([1.0, 2.5, 0.0, 0.0]),
        np.array([2.0, 4.0, 5.0, 1.0]),
    )
    assert coverage(actual, low, high) == pytest.approx((2 / 3, 7.5 / 3))
    assert coverage(actual, low, high, np.array([3.0, 1.0, 0.0, 1.0])) == pytest.approx((3 / 4, 4.5 / 4))
    assert all(math.isnan(value) for value in coverage(actual, low * np.nan, high))


def test_normal_intervals_cover_normal_errors() -> None:
    errors = np.random.default_rng(0).standard_normal(20_000) * 3
    for level in (0.5, 0.9):
        held, width = coverage(errors, *normal_intervals(np.zeros(20_000), np.full(20_000, 3.0), level))
        assert held == pytest.approx(level, abs=0.01)
    assert width == pytest.approx(2 * 1.6449 * 3, rel=1e-3)


@pytest.mark.parametrize("made", [Ridge(), Sure()], ids=["ridge", "sure"])
def test_calibrated_intervals_hold_what_they_promise(made: Ridge) -> None:
    y = worth(SOME, noise=2.0)
    held: dict[float, list[float]] = {0.5: [], 0.9: []}
    before = []
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(len(SOME))
        train, test = np.sort(order[:80]), order[80:]
        calibration = calibrate(made, [SOME[row] for row in train], y[train], NUMBERS[train], seed)
        fitted = made.fit([SOME[row] for row in train], y[train], NUMBERS[train])
        mean, deviation = fitted.predict([SOME[row] for row in test], return_std=True)
        ends = calibration.intervals([SOME[row] for row in test], list(held))
        for shares, (low, high) in zip(held.values(), ends, strict=True):
            shares.append(coverage(y[test], low, high)[0])
        before.append(coverage(y[test], *normal_intervals(mean, deviation, 0.9))[0])
    for level, shares in held.items():
        assert level - 0.03 < np.mean(shares) < level + 0.09
    if isinstance(made, Sure):
        assert np.mean(before) < 0.2


def test_errors_are_those_on_classes_that_were_not_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [group[:3] for group in list(nas_bench_201().classes.values())[:200:10]]
    rows = [member for group in groups for member in group]
    numbers = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    number_of = dict(zip(rows, numbers.tolist(), strict=True))
    met: dict[str, set[int]] = {}
    tested: list[Architecture] = []
    fit, predict = Ridge.fit, Ridge.predict

    def noted_fit(self: Ridge, architectures: Sequence[Architecture], *rest: Any) -> Ridge:
        met["trained"] = {number_of[one] for one in architectures}
        return fit(self, architectures, *rest)

    def noted_predict(self: Ridge, architectures: Sequence[Architecture], return_std: bool = False) -> Any:
        assert not {number_of[one] for one in architectures} & met["trained"]
        tested.extend(architectures)
        return predict(self, architectures, return_std)

    monkeypatch.setattr(Ridge, "fit", noted_fit)
    monkeypatch.setattr(Ridge, "predict", noted_predict)
    made = calibrate(Ridge(), rows, worth(rows, noise=1.0), numbers)
    assert sorted(tested, key=rows.index) == rows
    assert sum(len(part) for part in made.residuals) == len(rows)
    assert len(made.copies) == len(made.residuals) == 5


def test_the_predictor_is_left_as_it_is() -> None:
    y = worth(SOME[:40], noise=1.0)
    made = Ridge().fit(SOME[:40], y)
    before = made.predict(SOME).tolist()
    first = calibrate(made, SOME[:40], y, NUMBERS[:40], seed=1)
    assert made.predict(SOME).tolist() == before
    again = calibrate(made, SOME[:40], y, NUMBERS[:40], seed=1)
    assert [part.tolist() for part in again.residuals] == [part.tolist() for part in first.residuals]


def test_too_few_classes_are_told() -> None:
    with pytest.raises(ValueError, match="at least three classes, got 2"):
        calibrate(Ridge(), SOME[:2], np.array([1.0, 2.0]), np.array([0, 1]))
