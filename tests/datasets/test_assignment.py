"""Splits: one seeded order, stratified and nested, without an image in two of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.assignment import Pool, Wanted, assign, stratified_order

seeds = st.integers(0, 2**32)
class_sizes = st.lists(st.integers(1, 60), min_size=2, max_size=6)


def pool(labels: np.ndarray, keys: np.ndarray | None = None) -> Pool:
    """A pool whose images are all different, unless keys are given."""
    return Pool(labels, np.arange(len(labels)) if keys is None else keys)


@given(class_sizes, seeds)
def test_the_order_is_a_permutation_and_every_prefix_has_each_class_in_its_share(sizes: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    order = stratified_order(labels, seed)
    assert sorted(order) == list(range(len(labels)))
    counts = np.cumsum(labels[order][:, None] == np.arange(len(sizes)), axis=0)
    share = np.array(sizes) / len(labels)
    expected = np.arange(1, len(labels) + 1)[:, None] * share
    assert np.abs(counts - expected).max() <= 0.5 + len(sizes) / 2


@given(st.integers(2, 5), st.integers(1, 30), seeds)
def test_classes_of_one_size_are_dealt_in_turn(classes: int, size: int, seed: int) -> None:
    labels = np.arange(classes * size) % classes
    dealt = labels[stratified_order(labels, seed)].reshape(size, classes)
    assert (np.sort(dealt, axis=1) == np.arange(classes)).all()


def test_the_order_is_uniform_within_a_class() -> None:
    labels = np.arange(20) % 2
    first = np.array([[stratified_order(labels, seed)[0], stratified_order(labels, seed)[-1]] for seed in range(4000)])
    for column in first.T:
        counts = np.bincount(column, minlength=20)
        assert np.abs(counts - 200).max() < 5 * np.sqrt(200)


def test_the_order_of_a_seed_is_always_the_same() -> None:
    """Stored tables name their images by seed: this may change only with a new version of the cards."""
    assert stratified_order(np.arange(12) % 3, 0).tolist() == GOLDEN


GOLDEN = [7, 2, 9, 4, 5, 0, 11, 3, 10, 8, 6, 1]


@given(
    class_sizes.filter(lambda sizes: sum(sizes) >= 20), seeds, st.floats(0.1, 0.5), st.floats(0.1, 0.5), st.booleans()
)
def test_splits_share_no_image_and_lose_none(
    sizes: list[int], seed: int, test_fraction: float, validation_fraction: float, own_test: bool
) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    wanted = Wanted(test_fraction=test_fraction, validation_fraction=validation_fraction)
    other = Pool(np.zeros(7, dtype=int), np.arange(7) + 10**6)
    parts = assign(pool(labels), wanted, seed, test=other if own_test else None)
    drawn = [parts.train, parts.validation] + ([] if own_test else [parts.test])
    assert sorted(np.concatenate(drawn)) == list(range(len(labels)))
    assert parts.duplicates == {"in_test": 0, "in_validation": 0}
    left = len(labels) - (0 if own_test else len(parts.test))
    assert len(parts.validation) == round(validation_fraction * left)
    if own_test:
        assert parts.test.tolist() == list(range(7))


@given(st.integers(0, 50), seeds, st.integers(3, 30))
def test_equal_images_never_stand_on_both_sides(copies: int, seed: int, train_images: int) -> None:
    rng = np.random.default_rng(copies)
    labels = np.arange(120) % 3
    keys = np.where(np.arange(120) < copies, rng.integers(0, 10, 120), np.arange(120) + 100)
    test = Pool(np.array([0, 1, 2]), np.array([3, 110, 10**6]))
    whole = assign(Pool(labels, keys), Wanted(), seed, test=test)
    splits = [set(keys[whole.train]), set(keys[whole.validation]), set(test.keys)]
    assert not splits[0] & splits[1] and not splits[0] & splits[2] and not splits[1] & splits[2]
    assert whole.duplicates["in_test"] == np.isin(keys, test.keys).sum()
    assert len(whole.train) + len(whole.validation) + sum(whole.duplicates.values()) == 120
    part = assign(Pool(labels, keys), Wanted(train_images=train_images), seed, test=test)
    assert part.train.tolist() == whole.train[:train_images].tolist()
    assert part.validation.tolist() == whole.validation.tolist()
    assert part.duplicates == whole.duplicates


def test_duplicates_across_drawn_splits_are_counted() -> None:
    labels, keys = np.arange(200) % 2, np.arange(200) // 4
    parts = assign(Pool(labels, keys), Wanted(), 0)
    in_test = np.isin(keys, keys[parts.test]).sum() - len(parts.test)
    in_validation = np.isin(keys, keys[parts.validation]).sum() - len(parts.validation)
    assert parts.duplicates["in_test"] == in_test > 0
    assert 0 < parts.duplicates["in_validation"] <= in_validation
    assert len(parts.train) == 200 - len(parts.test) - len(parts.validation) - sum(parts.duplicates.values())


def test_own_validation_images_are_kept_but_for_those_in_test() -> None:
    train, validation = pool(np.arange(30) % 3), Pool(np.arange(9) % 3, np.arange(9) + 25)
    test = Pool(np.arange(3), np.array([33, 500, 501]))
    parts = assign(train, Wanted(), 0, test=test, validation=validation)
    assert parts.validation.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert sorted(parts.train) == list(range(25))
    assert parts.duplicates == {"in_test": 1, "in_validation": 5}
    few = assign(train, Wanted(validation_images=3), 0, test=test, validation=validation)
    assert len(few.validation) == 3 and set(few.validation) <= set(range(8))
    assert set(validation.labels[few.validation]) == {0, 1, 2}


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(test_fraction=0.01), "cannot take 0 test images of 12.*test_fraction"),
        (Wanted(test_fraction=0.99), "cannot take 12 test images of 12"),
        (Wanted(validation_fraction=0.01), "cannot take 0 validation images of 10.*validation_images"),
        (Wanted(validation_images=10), "cannot take 10 validation images of 10"),
        (Wanted(train_images=9), "train_images is 9, but only 8 train images"),
        (Wanted(train_images=2), "at least the 3 classes, got 2"),
    ],
)
def test_splits_that_cannot_be_are_errors(wanted: Wanted, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        assign(pool(np.arange(12) % 3), wanted, 0)


def test_a_pool_that_stands_in_test_as_a_whole_is_an_error() -> None:
    same = pool(np.arange(12) % 3)
    with pytest.raises(ValueError, match="validation"):
        assign(same, Wanted(), 0, test=same)
    with pytest.raises(ValueError, match="only 0 train images are left"):
        assign(same, Wanted(), 0, test=Pool(np.arange(1), np.array([99])), validation=same)
