"""Image files to arrays, and arrays to another size. Needs Pillow, imported when used."""

from __future__ import annotations

import io
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Endings of files that are taken for images."""

_ORIENTATION = 0x0112
"""EXIF tag that says how a photograph must be turned; its values are told below as what undoes them."""
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}


def decode(file: Path | IO[bytes], size: int | None, name: str | Path = "") -> np.ndarray:
    """The image in a file, uint8 [height, width, 3].

    Grey images get three equal channels, of 16-bit ones the upper 8 bits are kept, transparent ones are laid on white,
    photographs are turned as their EXIF tag says; of an animation the first frame counts.

    Args:
        file: path of the file, or the open file.
        size: height and width to resize to, in pixels (see :func:`resized`); None to leave the size.
        name: what errors call the file; its path where nothing is given.

    Raises:
        ValueError: the file is empty, damaged or not an image; the message names it.
        OSError: it is not there or may not be read.
    """
    from PIL import Image

    try:
        with Image.open(file) as image:
            if size is not None:
                image.draft(None, (2 * size, 2 * size))  # large JPEGs are decoded at a fraction, at least twice `size`
            image.load()
            plain = image if image.mode == "RGB" else _plain(image)
            if "exif" in image.info:
                plain = _upright(plain, image.getexif().get(_ORIENTATION, 1))
            return np.asarray(plain if size is None else resized(plain, size))
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, Image.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.errno:
            raise
        size_in_bytes = file.stat().st_size if isinstance(file, Path) else file.seek(0, io.SEEK_END)
        what = "is empty" if not size_in_bytes else f"cannot be read as an image ({error or type(error).__name__})"
        raise ValueError(f"{name or file} {what}; replace the file or remove it") from error


def _plain(image: Image) -> Image:
    """The image as RGB."""
    from PIL import Image as images

    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.int64)
        if wide.min() < 0 or wide.max() > 65535:
            raise ValueError("its pixels have more than 16 bits")
        return images.fromarray((wide >> 8).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        return images.alpha_composite(images.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _upright(image: Image, orientation: int) -> Image:
    """The image turned as its EXIF tag says."""
    from PIL.Image import Transpose

    turn = _TURNS.get(orientation)
    return image if turn is None else image.transpose(Transpose[turn])


def resized(image: Image, size: int) -> Image:
    """The image at ``size`` x ``size`` pixels: box filter to make it smaller, bilinear where a side grows.

    The whole image is kept and its aspect ratio is not, as in the downsampled ImageNet of Chrabaszcz et al. 2017.
    """
    from PIL.Image import Resampling

    if image.size == (size, size):
        return image
    return image.resize((size, size), Resampling.BOX if min(image.size) >= size else Resampling.BILINEAR)


def resized_batch(images: np.ndarray, size: int | None) -> np.ndarray:
    """Images at another size by the filters of :func:`resized`, uint8 [N, size, size, C] from uint8 [N, H, W, C]."""
    if size is None or images.shape[1:3] == (size, size):
        return images
    from PIL.Image import fromarray

    count, _, _, channels = images.shape
    out = np.empty((count, size, size, channels), dtype=np.uint8)
    if channels == 3:
        for place, image in enumerate(images):
            out[place] = np.asarray(resized(fromarray(np.ascontiguousarray(image)), size))
        return out
    for place, image in enumerate(images):
        for channel in range(channels):
            out[place, :, :, channel] = np.asarray(resized(fromarray(np.ascontiguousarray(image[..., channel])), size))
    return out
