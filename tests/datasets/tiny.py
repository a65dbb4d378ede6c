"""Tiny data sets on disk, in each format that a source reads; pixels are drawn from a given generator."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

CLASSES = ("cat", "dog", "emu")


def pictures(rng: np.random.Generator, count: int, size: int = 12, channels: int = 3) -> np.ndarray:
    """Images of noise, uint8 [count, size, size, channels], all different."""
    return rng.integers(0, 256, (count, size, size, channels), dtype=np.uint8)


def write_image_folder(
    root: Path,
    *,
    splits: dict[str, int] | None = None,
    classes: tuple[str, ...] = CLASSES,
    size: int = 12,
    channels: int = 3,
    suffix: str = ".png",
) -> dict[str, Any]:
    """A folder with so many images a class in each split; the options that load it."""
    rng = np.random.default_rng(5)
    for split, count in (splits or {"train": 20, "test": 5}).items():
        for name in classes:
            (root / split / name).mkdir(parents=True)
            for place, image in enumerate(pictures(rng, count, size, channels)):
                Image.fromarray(image.squeeze()).save(root / split / name / f"{place:03}{suffix}")
    return {"root": root}


def write_arrays(root: Path) -> dict[str, Any]:
    """An ``.npz`` file of images without a test split, in classes of unequal size."""
    rng = np.random.default_rng(6)
    labels = np.repeat(np.arange(3), (60, 40, 20))
    root.mkdir(parents=True)
    np.savez(root / "data.npz", x=pictures(rng, 120), y=labels, classes=np.array(CLASSES))
    return {"root": root / "data.npz"}


def write_mnist(root: Path) -> dict[str, Any]:
    """MNIST's four files with few images, two of them compressed."""
    rng = np.random.default_rng(7)
    root.mkdir(parents=True)
    for part, count in (("train", 200), ("t10k", 50)):
        write_idx(root / f"{part}-images-idx3-ubyte.gz", pictures(rng, count, 28, 1)[..., 0])
        write_idx(root / f"{part}-labels-idx1-ubyte", (np.arange(count) % 10).astype(np.uint8))
    return {"root": root}


def write_idx(path: Path, values: np.ndarray) -> None:
    """An IDX file of bytes, compressed where its name ends in ``.gz``."""
    head = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    path.write_bytes(gzip.compress(head + values.tobytes()) if path.suffix == ".gz" else head + values.tobytes())


def write_cifar10(root: Path) -> dict[str, Any]:
    """CIFAR-10's binary folder with few images."""
    folder = root / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for seed, name in enumerate([*(f"data_batch_{batch}.bin" for batch in range(1, 6)), "test_batch.bin"]):
        write_cifar_batch(folder / name, seed, np.arange(30)[:, None] % 10)
    (folder / "batches.meta.txt").write_text("".join(f"class{label}\n" for label in range(10)) + "\n")
    return {"root": root}


def write_cifar100(root: Path) -> dict[str, Any]:
    """CIFAR-100's binary folder with few images; the coarse class is the fine one divided by five."""
    folder = root / "cifar-100-binary"
    folder.mkdir(parents=True)
    for seed, (name, count) in enumerate((("train.bin", 500), ("test.bin", 100))):
        fine = np.arange(count) % 100
        write_cifar_batch(folder / name, seed, np.stack([fine // 5, fine], axis=1))
    (folder / "fine_label_names.txt").write_text("".join(f"fine{label}\n" for label in range(100)))
    return {"root": root}


def write_cifar_batch(path: Path, seed: int, labels: np.ndarray) -> np.ndarray:
    """Rows of label bytes [N, label bytes] and pixels; the images, uint8 [N, 32, 32, 3]."""
    images = pictures(np.random.default_rng(seed), len(labels), 32)
    pixels = images.transpose(0, 3, 1, 2).reshape(len(labels), -1)
    np.concatenate([labels.astype(np.uint8), pixels], axis=1).tofile(path)
    return images


WRITERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "arrays": write_arrays,
    "cifar10": write_cifar10,
    "cifar100": write_cifar100,
    "image_folder": write_image_folder,
    "mnist": write_mnist,
}
"""Source -> function that writes data for it into a new folder and returns the options that load them; a source that is
not named needs no data."""
