"""Arrays of one's own in an ``.npz`` file: images ``x`` and classes ``y``."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from datasets.dataset import Raw, Source, Split

KEYS = {
    "train": (("x", "y"), ("x_train", "y_train")),
    "validation": (("x_validation", "y_validation"), ("x_val", "y_val")),
    "test": (("x_test", "y_test"),),
}
"""Names of the images and labels of each split; the first pair that is there counts."""


class Arrays(Source):
    """Images and labels of an ``.npz`` file, as ``numpy.savez(path, x=images, y=labels)`` writes it.

    ``x`` holds images [N, height, width] or [N, height, width, channels], whole numbers from 0 to 255 or fractions from
    0 to 1; ``y`` their classes [N], whole numbers or names. Both may be called ``x_train`` and ``y_train``. ``x_test``
    with ``y_test`` and ``x_validation`` with ``y_validation`` are drawn from ``x`` where absent. ``classes`` (names
    [K]) is optional: labels are then 0 to K - 1; otherwise the classes are the distinct labels, sorted.

    Args:
        root: the file.
        licence: licence of the images, for the card.
        origin: who published them, for the card.
        options: those of :class:`datasets.dataset.Source`.
    """

    name = "arrays"

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        licence: str | None = None,
        origin: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(root, **options)
        self.licence, self.origin = licence or "not stated", origin or "not stated"

    def read(self) -> Raw:
        """The images and labels of the file, checked."""
        if self.root is None:
            raise ValueError("data set 'arrays' needs root, an .npz file with images x and labels y")
        stored = _stored(self.root)
        pairs = {
            split: next(((stored[x], stored[y], x, y) for x, y in names if x in stored and y in stored), None)
            for split, names in KEYS.items()
        }
        if pairs["train"] is None:
            held = ", ".join(sorted(stored)) or "nothing"
            raise ValueError(f"{self.root} must hold x and y (or x_train and y_train), it holds {held}")
        found = {split: pair for split, pair in pairs.items() if pair is not None}
        images = {split: _images(pair[0], f"{pair[2]} of {self.root}") for split, pair in found.items()}
        shapes = {part.shape[1:] for part in images.values()}
        if self.image_size is None and len(shapes) > 1:
            raise ValueError(f"images of {self.root} are of several shapes, {sorted(shapes)}; give image_size")
        labels = {
            split: _flat(pair[1], len(images[split]), f"{pair[3]} of {self.root}") for split, pair in found.items()
        }
        classes = _classes(stored.get("classes"), labels, self.root)
        parts = {
            split: Split(
                images[split], _numbered(labels[split], classes, "classes" in stored, f"{pair[3]} of {self.root}")
            )
            for split, pair in found.items()
        }
        return Raw(
            tuple(str(name) for name in classes.tolist()),
            parts["train"],
            parts.get("test"),
            parts.get("validation"),
            self.licence,
            self.origin,
        )


def _stored(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}; root must be an .npz file with images x and labels y")
    try:
        stored = np.load(path, allow_pickle=False)
        if isinstance(stored, np.ndarray):
            raise ValueError("one array without a name")
        with stored:
            return {name: stored[name] for name in stored.files}
    except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(
            f"{path} cannot be read as an .npz file of plain arrays (arrays of objects are not); write it with "
            f"numpy.savez(path, x=images, y=labels)"
        ) from error


def _images(values: np.ndarray, word: str) -> np.ndarray:
    """Images as uint8 [N, height, width, channels]."""
    if values.ndim not in (3, 4) or 0 in values.shape:
        raise ValueError(
            f"{word} must hold images [N, height, width] or [N, height, width, channels], got {list(values.shape)}"
        )
    images = values[..., None] if values.ndim == 3 else values
    if images.shape[1] in (1, 3) and images.shape[3] not in (1, 3) and images.shape[2] > 4:
        raise ValueError(
            f"{word} seems to have its channels first, {list(values.shape)}; give [N, height, width, channels], "
            f"that is x.transpose(0, 2, 3, 1)"
        )
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "iuf":
        raise ValueError(f"{word} must hold whole numbers from 0 to 255 or fractions from 0 to 1, got {images.dtype}")
    low, high, top = float(images.min()), float(images.max()), 1 if images.dtype.kind == "f" else 255
    if not 0 <= low <= high <= top:
        raise ValueError(f"{word} holds {images.dtype} and must be from 0 to {top}, got {low:g} to {high:g}")
    return (np.rint(images * 255) if top == 1 else images).astype(np.uint8)


def _flat(labels: np.ndarray, count: int, word: str) -> np.ndarray:
    """Labels [N], also from [N, 1]."""
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if flat.shape != (count,):
        raise ValueError(f"{word} must hold one label for each of {count:,} images, got {list(labels.shape)}")
    if flat.dtype.kind not in "iuU":
        raise ValueError(f"{word} must hold whole numbers or names, got {labels.dtype}")
    return flat


def _classes(names: np.ndarray | None, labels: dict[str, np.ndarray], path: Path) -> np.ndarray:
    """The class names [K]: those of the file, or the distinct labels of train, sorted."""
    if names is None:
        return np.unique(labels["train"])
    if names.ndim != 1 or names.dtype.kind != "U" or len(np.unique(names)) != len(names):
        raise ValueError(f"classes of {path} must be distinct names [K], got {names.dtype} {list(names.shape)}")
    return names


def _numbered(labels: np.ndarray, classes: np.ndarray, named: bool, word: str) -> np.ndarray:
    """Labels as places in ``classes``, int64 [N]; with names given, whole numbers are places already."""
    known = np.arange(len(classes)) if named and labels.dtype.kind in "iu" else classes
    if labels.dtype.kind != known.dtype.kind and "U" in (labels.dtype.kind, known.dtype.kind):
        raise ValueError(f"{word} are {labels.dtype}, those of train {known.dtype}; give all as numbers or as names")
    unknown = np.setdiff1d(labels, known)
    if len(unknown):
        raise ValueError(f"{word} holds {unknown[0].item()!r}, which is no class of train; known are {known.tolist()}")
    order = np.argsort(known)
    return order[np.searchsorted(known, labels, sorter=order)].astype(np.int64)
