"""Bootstrap intervals: repeatable, drawn by class, of the right width."""

from __future__ import annotations

import math

import numpy as np
import pytest

from predictors.intervals import bootstrap_interval
from predictors.metrics import kendall, mae


def interval(metric, actual, predicted, classes, seed=0, **options):
    return bootstrap_interval(metric, actual, predicted, classes, np.random.default_rng(seed), **options)


def test_it_is_repeatable_and_holds_the_value() -> None:
    rng = np.random.default_rng(1)
    actual = rng.standard_normal(80)
    predicted = actual + rng.standard_normal(80)
    low, high = interval(kendall, actual, predicted, np.arange(80))
    assert (low, high) == interval(kendall, actual, predicted, np.arange(80))
    assert low < kendall(actual, predicted) < high
    narrow = interval(kendall, actual, predicted, np.arange(80), level=0.5)
    assert low < narrow[0] < narrow[1] < high


def test_its_width_is_that_of_a_mean() -> None:
    rng = np.random.default_rng(2)
    errors = rng.exponential(size=400)
    low, high = interval(mae, errors, np.zeros(400), np.arange(400), resamples=4000)
    expected = 2 * 1.96 * errors.std() / math.sqrt(400)
    assert high - low == pytest.approx(expected, rel=0.1)


def test_rows_of_one_class_add_nothing() -> None:
    rng = np.random.default_rng(3)
    errors = rng.exponential(size=50)
    once = interval(mae, errors, np.zeros(50), np.arange(50))
    order = rng.permutation(500)
    tenfold, classes = np.repeat(errors, 10)[order], np.repeat(np.arange(50), 10)[order]
    assert interval(mae, tenfold, np.zeros(500), classes) == pytest.approx(once)
    pretended = interval(mae, tenfold, np.zeros(500), np.arange(500))
    assert pretended[1] - pretended[0] < 0.5 * (once[1] - once[0])


def test_there_is_none_without_two_classes() -> None:
    assert all(map(math.isnan, interval(mae, np.ones(4), np.zeros(4), np.zeros(4))))
    assert all(map(math.isnan, interval(kendall, np.ones(4), np.zeros(4), np.arange(4))))
