"""Which image goes where: seeded, stratified, nested splits in which no image stands twice. NumPy only.

One seeded order of the images is enough for everything: it mixes the classes so that every stretch of it holds each
class in its share, to within one image or so. Test (where a source has none), validation and train are consecutive
stretches of that order, so they never overlap, and the training images of a small budget are the first of a larger
one's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Wanted:
    """How many images each split shall have.

    Args:
        test_fraction: share of the pool that becomes test, where the source has no test images of its own.
        validation_fraction: share of the training images (test taken away) that becomes validation, where the source
            has none of its own.
        validation_images: number of validation images, in place of the fraction.
        train_images: number of training images; None for all that are left.
    """

    test_fraction: float = 0.2
    validation_fraction: float = 0.2
    validation_images: int | None = None
    train_images: int | None = None


@dataclass(frozen=True, eq=False)
class Assignment:
    """Places of each split's images in the pool that they come from, and how many were left out as duplicates.

    ``test`` and ``validation`` are places in the source's own such pool where it has one, else in the training pool.
    ``duplicates`` counts images left out: "in_test" of train and validation because an equal one is in test,
    "in_validation" of train because an equal one is in validation.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    duplicates: dict[str, int]


@dataclass(frozen=True, eq=False)
class Pool:
    """Images to choose from: the class of each, integers [N], and its content key [N]."""

    labels: np.ndarray
    keys: np.ndarray


def stratified_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """A seeded permutation of the images, int64 [N], in which every prefix is stratified by class.

    The i-th image of a class of n, shuffled, stands at (i + 1/2) / n of the order; equal places are shuffled too.

    Args:
        labels: class of each image, integers [N].
        seed: the seed; the same one always gives the same order.
    """
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    shuffled = rng.permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    ties = rng.permutation(len(labels))
    return np.lexsort((ties, place)).astype(np.int64)


def assign(
    train: Pool, wanted: Wanted, seed: int, *, test: Pool | None = None, validation: Pool | None = None
) -> Assignment:
    """The splits of a pool of training images and, where a source has them, of its test and validation images.

    An image that also stands in test is left out of validation and train, one that also stands in validation is left
    out of train, whatever its label. Test does not depend on what is wanted of validation, nor validation on
    ``train_images``.

    Raises:
        ValueError: a split would be empty, more images are asked for than there are, or fewer than classes.
    """
    order = stratified_order(train.labels, seed)
    if test is None:
        test_places, order = _cut(order, round(wanted.test_fraction * len(order)), "test")
        test_keys = train.keys[test_places]
    else:
        test_places, test_keys = np.arange(len(test.keys)), test.keys
    order, in_test = _without(order, train.keys, test_keys)
    if validation is None:
        count = wanted.validation_images or round(wanted.validation_fraction * len(order))
        validation_places, order = _cut(order, count, "validation")
        validation_keys = train.keys[validation_places]
    else:
        own = stratified_order(validation.labels, seed) if wanted.validation_images else np.arange(len(validation.keys))
        own, more = _without(own, validation.keys, test_keys)
        in_test += more
        validation_places = _first(own, wanted.validation_images, "validation_images")
        validation_keys = validation.keys[validation_places]
    order, in_validation = _without(order, train.keys, validation_keys)
    classes = len(np.unique(train.labels))
    if wanted.train_images is not None and wanted.train_images < classes:
        raise ValueError(f"train_images must be at least the {classes:,} classes, got {wanted.train_images:,}")
    return Assignment(
        _first(order, wanted.train_images, "train_images"),
        validation_places,
        test_places,
        {"in_test": in_test, "in_validation": in_validation},
    )


def _without(order: np.ndarray, keys: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, int]:
    """An order without the images whose keys are among others, and how many those were."""
    stays = ~np.isin(keys[order], others)
    return order[stays], int(len(order) - stays.sum())


def _cut(order: np.ndarray, count: int, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The first images of an order, and the others."""
    if not 1 <= count < len(order):
        raise ValueError(
            f"cannot take {count:,} {split} images of {len(order):,}: at least one must be taken and one left; "
            f"change {split}_fraction{' or validation_images' if split == 'validation' else ''}"
        )
    return order[:count], order[count:]


def _first(order: np.ndarray, count: int | None, option: str) -> np.ndarray:
    """The first images of an order, all where no number is given."""
    if not len(order) or (count is not None and count > len(order)):
        split = option.removesuffix("_images")
        told = f"{option} is {count:,}, but only" if count is not None else "only"
        raise ValueError(f"{told} {len(order):,} {split} images are left beside the other splits; ask for fewer")
    return order if count is None else order[:count]
