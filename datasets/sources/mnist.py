"""MNIST: 70,000 handwritten digits, grey, 28x28 pixels, read from its own IDX files."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np

from datasets.dataset import Raw, Source, Split
from datasets.download import read_or_download

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
"""Images and labels of each part; a name may end in ``.gz`` too."""
FOLDERS = ("", "raw", "MNIST/raw")
"""Where in ``root`` the files may lie: at its top, or as torchvision lays them."""


class MNIST(Source):
    """MNIST (LeCun, Bottou, Bengio and Haffner 1998), 60,000 training and 10,000 test images.

    Args:
        root: folder of the four IDX files, compressed (``.gz``) or not, flat or in torchvision's ``MNIST/raw``. Where
            it is None they are downloaded through torchvision, once, into the user's cache folder.
        options: those of :class:`datasets.dataset.Source`.
    """

    name = "mnist"

    def read(self) -> Raw:
        """The images and labels of both parts."""
        return read_or_download(read_mnist, self.root, "MNIST")


def read_mnist(root: Path) -> Raw:
    """The images and labels of the four files below ``root``."""
    parts = {split: read_pair(root, *names) for split, names in FILES.items()}
    return Raw(
        classes=tuple(str(digit) for digit in range(10)),
        train=parts["train"],
        test=parts["test"],
        licence="CC BY-SA 3.0",
        origin="Yann LeCun, Corinna Cortes and Christopher Burges, MNIST",
    )


def read_pair(root: Path, images_name: str, labels_name: str) -> Split:
    """Images and labels of a pair of IDX files below ``root``.

    Raises:
        FileNotFoundError: a file is not there.
        ValueError: one is damaged, or the two do not fit.
    """
    paths = []
    for name in (images_name, labels_name):
        path = _found(root, name)
        if path is None:
            raise FileNotFoundError(
                f"{root} holds no {name} or {name}.gz (nor do {' and '.join(FOLDERS[1:])} in it); "
                f"give the folder of MNIST's files as root, or no root to download them"
            )
        paths.append(path)
    images, labels = (read_idx(path, dimensions) for path, dimensions in zip(paths, (3, 1), strict=True))
    if len(images) != len(labels):
        raise ValueError(
            f"{paths[0]} has {len(images):,} images and {paths[1]} {len(labels):,} labels; fetch them again"
        )
    if len(labels) and labels.max() > 9:
        raise ValueError(f"{paths[1]} has a label {labels.max()}, but digits are 0 to 9; fetch it again")
    return Split(images[..., None], labels.astype(np.int64))


def read_idx(path: Path, dimensions: int) -> np.ndarray:
    """The array in an IDX file of bytes, uint8: four bytes of type and dimensions, the sizes (big-endian), the content.

    Args:
        path: the file; a name that ends in ``.gz`` is decompressed.
        dimensions: number of dimensions the array must have.

    Raises:
        ValueError: it is no such file, or is cut off.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            content = file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{path} is damaged ({error}); fetch it again") from error
    head = 4 + 4 * dimensions
    if len(content) < head or content[:4] != bytes((0, 0, 8, dimensions)):
        raise ValueError(f"{path} is no IDX file of bytes in {dimensions} dimensions; expected MNIST's own file")
    shape = np.frombuffer(content, dtype=">u4", count=dimensions, offset=4).astype(np.int64)
    if len(content) - head != shape.prod():
        raise ValueError(
            f"{path} must hold {shape.prod():,} bytes after its head, it holds {len(content) - head:,}; fetch it again"
        )
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape)


def _found(root: Path, name: str) -> Path | None:
    """The file of this name, or its compressed form, in one of the folders it may lie in."""
    candidates = (root / folder / f"{name}{suffix}" for folder in FOLDERS for suffix in ("", ".gz"))
    return next((path for path in candidates if path.is_file()), None)
