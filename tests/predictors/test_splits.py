"""Splits never part a class, use every row once, and are nested where they say so."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.splits import class_numbers, draw, draw_rows, folds, holdout
from tests.predictors.examples import nas_bench_201

CLASSES = st.lists(st.integers(0, 30), min_size=12, max_size=80).map(np.array)
SEEDS = st.integers(0, 2**32)


@given(CLASSES, SEEDS, st.floats(0.1, 0.9))
def test_holdout_is_disjoint_by_class(classes: np.ndarray, seed: int, fraction: float) -> None:
    count = len(np.unique(classes))
    held = round(fraction * count)
    if held < 2 or count - held < 2:
        with pytest.raises(ValueError, match="cannot be split"):
            holdout(classes, fraction, np.random.default_rng(seed))
        return
    train, test = holdout(classes, fraction, np.random.default_rng(seed))
    assert not set(classes[train]) & set(classes[test])
    assert sorted([*train, *test]) == list(range(len(classes)))
    assert len(set(classes[test])) == held


@pytest.mark.parametrize("fraction", [-0.1, 0.0, 1.0, 2.0, float("nan")])
def test_holdout_needs_a_fraction(fraction: float) -> None:
    with pytest.raises(ValueError, match="more than 0 and less than 1"):
        holdout(np.arange(20), fraction, np.random.default_rng(0))


@given(CLASSES, SEEDS, st.integers(1, 40))
def test_draw_takes_one_member_a_class(classes: np.ndarray, seed: int, count: int) -> None:
    names = np.unique(classes)
    if count >= len(names):
        with pytest.raises(ValueError, match=f"cannot draw {count} of {len(names)} classes"):
            draw(classes, count, np.random.default_rng(seed))
        return
    train, test = draw(classes, count, np.random.default_rng(seed))
    assert len(set(classes[train])) == len(train) == count
    assert set(test) == {row for row in range(len(classes)) if classes[row] not in set(classes[train])}


@given(CLASSES, SEEDS)
def test_draws_are_nested(classes: np.ndarray, seed: int) -> None:
    count = len(np.unique(classes))
    drawn = [set(draw(classes, n, np.random.default_rng(seed))[0].tolist()) for n in range(1, count)]
    assert all(small < large for small, large in pairwise(drawn))


def test_draws_reach_every_row() -> None:
    classes = np.array([0, 0, 0, 1, 1, 2, 3])
    met = {row for seed in range(200) for row in draw(classes, 2, np.random.default_rng(seed))[0].tolist()}
    assert met == set(range(7))
    counts = np.bincount([draw(classes, 1, np.random.default_rng(s))[0][0] for s in range(4000)], minlength=7)
    assert counts[:3].sum() == pytest.approx(1000, abs=120)  # a class is drawn as often as another
    assert counts[0] == pytest.approx(1000 / 3, abs=80)  # and so is a member of it


@given(st.integers(2, 60), SEEDS)
def test_rows_drawn_are_nested_and_all_others_tested(count: int, seed: int) -> None:
    before: set[int] = set()
    for n in range(1, count):
        train, test = draw_rows(count, n, np.random.default_rng(seed))
        assert sorted([*train, *test]) == list(range(count)) and len(train) == n
        assert list(train) == sorted(train) and list(test) == sorted(test)
        assert before < set(train.tolist())
        before = set(train.tolist())
    with pytest.raises(ValueError, match=f"cannot draw {count} of {count} rows"):
        draw_rows(count, count, np.random.default_rng(seed))


def test_rows_are_drawn_evenly() -> None:
    counts = np.bincount([draw_rows(5, 1, np.random.default_rng(s))[0][0] for s in range(4000)], minlength=5)
    assert np.abs(counts - 800).max() < 110


@given(CLASSES, SEEDS, st.integers(2, 12))
def test_folds_validate_each_row_once(classes: np.ndarray, seed: int, count: int) -> None:
    if len(np.unique(classes)) < 2:
        return
    pairs = list(folds(classes, count, np.random.default_rng(seed)))
    assert len(pairs) == min(count, len(np.unique(classes)))
    assert sorted(row for _, held in pairs for row in held.tolist()) == list(range(len(classes)))
    for inside, held in pairs:
        assert len(held)
        assert not set(classes[inside]) & set(classes[held])
        assert len(inside) + len(held) == len(classes)


def test_folds_need_two_classes() -> None:
    with pytest.raises(ValueError, match="at least two classes, got 1"):
        list(folds(np.zeros(5), 3, np.random.default_rng(0)))


def test_class_numbers_are_those_of_the_space() -> None:
    space = nas_bench_201()
    groups = list(space.classes.values())[:40]
    architectures = [member for group in groups for member in group[:3]]
    numbers = class_numbers(space, architectures)
    expected = [place for place, group in enumerate(groups) for _ in group[:3]]
    assert numbers.tolist() == expected
