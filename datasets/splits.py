"""Which image goes where: seeded, stratified, nested splits in which no image stands twice. NumPy only.

One seeded order of the images is enough for everything: it mixes the classes so that every stretch of it holds each
class in its share, to within one image. Test (where a source has none), validation and train are consecutive stretches
of that order, so they never overlap, and the training images of a small budget are the first of a larger one's.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

SMALLEST_SPLIT = 1


@dataclass(frozen=True)
class Assignment:
    """Places of each split's images in the pool they were drawn from, and how many were left out as duplicates.

    ``test`` is empty where the source has test images of its own.
    """

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    duplicates: dict[str, int] = field(default_factory=dict)


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


def content_keys(images: np.ndarray) -> np.ndarray:
    """A key of each image's pixels, 16 bytes [N]: equal for equal images."""
    rows = np.ascontiguousarray(images).reshape(len(images), -1)
    digests = b"".join(hashlib.blake2b(row, digest_size=16).digest() for row in rows)
    return np.frombuffer(digests, dtype="V16")


def assign(
    labels: np.ndarray,
    keys: np.ndarray,
    *,
    seed: int,
    test_keys: np.ndarray | None,
    validation_keys: np.ndarray | None,
    test_fraction: float,
    validation_fraction: float | None,
    validation_images: int | None,
    train_images: int | None,
) -> Assignment:
    """The splits of a pool of images.

    An image that also stands in test is left out of validation and train, one that also stands in validation is left
    out of train, whatever its label; how many is told in ``duplicates``. Validation does not depend on
    ``train_images``.

    Args:
        labels: class of each image of the pool, integers [N].
        keys: :func:`content_keys` of the pool.
        seed: seed of the order.
        test_keys: keys of the source's own test images; None to draw the test split from the pool.
        validation_keys: keys of the source's own validation images; None to draw validation from the pool.
        test_fraction: share of the pool that becomes the test split where there is none.
        validation_fraction: share of the training images (test taken away) that becomes validation.
        validation_images: number of validation images, in place of the fraction.
        train_images: number of training images; None for all that are left.

    Raises:
        ValueError: a split would be empty, or more images are asked for than there are.
    """
    order = stratified_order(labels, seed)
    test = order[:0]
    if test_keys is None:
        test, order = _cut(order, round(test_fraction * len(order)), "test")
        test_keys = keys[test]
    clean = order[~np.isin(keys[order], test_keys)]
    in_test = len(order) - len(clean)
    validation = clean[:0]
    if validation_keys is None:
        wanted = validation_images
        if wanted is None:
            wanted = round((validation_fraction or 0.0) * len(clean))
        validation, clean = _cut(clean, wanted, "validation")
        validation_keys = keys[validation]
    train = clean[~np.isin(keys[clean], validation_keys)]
    in_validation = len(clean) - len(train)
    if train_images is not None:
        if train_images > len(train):
            raise ValueError(
                f"train_images is {train_images:,}, but only {len(train):,} training images are left beside "
                f"{len(validation):,} for validation; ask for fewer"
            )
        train = train[:train_images]
    if not len(train):
        raise ValueError(f"no training images are left of {len(labels):,}; take fewer for validation or test")
    return Assignment(train, validation, test, {"in_test": in_test, "in_validation": in_validation})


def _cut(order: np.ndarray, count: int, split: str) -> tuple[np.ndarray, np.ndarray]:
    """The first images of an order, and the others."""
    if not SMALLEST_SPLIT <= count < len(order):
        raise ValueError(
            f"cannot take {count:,} {split} images of {len(order):,}: at least {SMALLEST_SPLIT} must be taken and "
            f"one left; change the fraction or number of {split} images"
        )
    return order[:count], order[count:]
