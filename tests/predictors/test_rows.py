"""What models do with rows: standard features, equal rows once, distances, rankings."""

from __future__ import annotations

import numpy as np
import pytest

from predictors.metrics import kendall
from predictors.rows import agreement, different_rows, scaled, scales, squared_distances, standardised


def test_features_are_standard_over_the_space() -> None:
    rows = np.array([[1.0, 5.0, 8.0, 0.3], [3.0, 5.5, 0.0, 0.0]])
    spread = np.array([[2.0, 5.0, 4.0, 0.1], [0.5, 0.0, 4.0, 0.2]])  # the median of what varies is 0.5
    assert standardised(rows, spread) == pytest.approx(np.array([[-2.0, 0.0, 1.0, 0.4], [2.0, 1.0, -1.0, -0.2]]))
    assert scaled(rows, spread) == pytest.approx(rows / np.array([0.5, 0.5, 4.0, 0.5]))
    assert standardised(rows, np.zeros((2, 4))).tolist() == rows.tolist()


def test_equal_rows_are_found_once_in_order() -> None:
    rows = np.array([[2.0, 1.0], [0.0, 1.0], [2.0, 1.0], [3.0, 3.0], [0.0, 1.0]])
    different, place = different_rows(rows)
    assert different.tolist() == [[2.0, 1.0], [0.0, 1.0], [3.0, 3.0]]
    assert place.tolist() == [0, 1, 0, 2, 1]
    empty, nowhere = different_rows(np.zeros((0, 2)))
    assert empty.shape == (0, 2) and nowhere.shape == (0,)
    turned, place = different_rows(np.asfortranarray(rows))
    assert np.array_equal(turned[place], rows)


def test_distances_by_hand() -> None:
    a, b = np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[0.0, 2.0], [1.0, 2.0], [3.0, 0.0]])
    assert squared_distances(a, b) == pytest.approx(np.array([[2.0, 2.5, 4.5], [0.5, 0.0, 4.0]]))
    assert squared_distances(np.zeros((1, 0)), np.zeros((2, 0))).tolist() == [[0.0, 0.0]]


def test_agreement_is_kendall_where_it_exists() -> None:
    actual, guess = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 3.0, 2.0, 5.0])
    assert agreement(actual, guess) == kendall(actual, guess)
    assert agreement(actual, np.zeros(4)) == -1.0


def test_measured_features_keep_units_of_their_own() -> None:
    spread = np.array([[0.0, 0.0, 0.0, 5.0, 1.0], [2.0, 4.0, 0.1, 0.01, 0.0]])
    assert scales(spread).tolist() == [2.0, 4.0, 1.05, 1.05, 1.05]  # the median of 2, 4, 0.1 and 0.01
    guesses = np.array([False, False, False, True, True])
    assert scales(spread, guesses).tolist() == [2.0, 4.0, 2.0, 0.01, 2.0]  # the last does not vary: it has no unit
