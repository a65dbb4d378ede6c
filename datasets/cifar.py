"""CIFAR-10 and CIFAR-100 on disk: the published binary files read here, the Python ones through torchvision."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from datasets.dataset import Raw, Split
from datasets.download import torchvision_class


@dataclass(frozen=True)
class Layout:
    """How one of the two is published.

    Args:
        torchvision: class in ``torchvision.datasets``.
        binary: folder of the binary files.
        python: folder of the Python files, which torchvision reads after checking their MD5.
        train: binary files of the training images.
        test: binary file of the test images.
        names: text file with a class name a line.
        label_bytes: bytes before each image; the last one is the class.
        origin: who published it.
    """

    torchvision: str
    binary: str
    python: str
    train: tuple[str, ...]
    test: str
    names: str
    label_bytes: int
    origin: str


SHAPE = (3, 32, 32)
"""Shape of an image in the binary files."""


def read_cifar(root: Path, layout: Layout) -> Raw:
    """The images of a folder that holds the binary or Python folder, or is one of them.

    Args:
        root: the folder.
        layout: which of the two data sets.

    Raises:
        FileNotFoundError: the files are not there.
        ValueError: a file is damaged.
        ImportError: torchvision is needed and not installed.
    """
    for folder in (root / layout.binary, root):
        if (folder / layout.test).is_file():
            return _read_binary(folder, layout)
    for folder in (root, root.parent):
        if (folder / layout.python).is_dir() and root in (folder, folder / layout.python):
            return _read_torchvision(folder, layout)
    raise FileNotFoundError(
        f"{root} holds neither {layout.binary} nor {layout.python}; give the folder that does as root, "
        f"or no root to download {layout.torchvision}"
    )


def _read_binary(folder: Path, layout: Layout) -> Raw:
    names = folder / layout.names
    classes = tuple(names.read_text(encoding="utf-8").split()) if names.is_file() else ()
    if len(classes) < 2:
        raise ValueError(f"{names} must hold the class names, one a line; fetch {layout.binary} again")
    parts = [_read_batch(folder / name, layout, len(classes)) for name in layout.train]
    train = Split(np.concatenate([p.images for p in parts]), np.concatenate([p.labels for p in parts]))
    test = _read_batch(folder / layout.test, layout, len(classes))
    return Raw(classes, train, test, origin=layout.origin)


def _read_batch(path: Path, layout: Layout, classes: int) -> Split:
    """Images and labels of one binary file: rows of label bytes, then red, green and blue planes."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing; fetch {layout.binary} again")
    content = np.fromfile(path, dtype=np.uint8)
    width = layout.label_bytes + int(np.prod(SHAPE))
    if not len(content) or len(content) % width:
        raise ValueError(f"{path} must hold rows of {width:,} bytes, it has {len(content):,} bytes; fetch it again")
    rows = content.reshape(-1, width)
    labels = rows[:, layout.label_bytes - 1].astype(np.int64)
    if labels.max() >= classes:
        raise ValueError(f"{path} has a label {labels.max()}, but there are {classes} classes; fetch it again")
    images = rows[:, layout.label_bytes :].reshape(-1, *SHAPE).transpose(0, 2, 3, 1)
    return Split(np.ascontiguousarray(images), labels)


def _read_torchvision(root: Path, layout: Layout) -> Raw:
    kind = torchvision_class(layout.torchvision)
    try:
        train, test = kind(root, train=True), kind(root, train=False)
    except RuntimeError as error:
        raise ValueError(f"{root / layout.python} is damaged or not complete ({error}); fetch it again") from error
    images, labels = zip(*((part.data, np.array(part.targets, dtype=np.int64)) for part in (train, test)), strict=True)
    return Raw(tuple(train.classes), Split(images[0], labels[0]), Split(images[1], labels[1]), origin=layout.origin)
