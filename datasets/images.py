"""Image files and image sizes: one file to an array, an array to another size. Needs Pillow, imported when used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
"""Endings of files that are taken for images."""


def decode(path: Path, size: int | None) -> tuple[np.ndarray, bool]:
    """The image in a file, uint8 [height, width, 3], and whether it is grey.

    Grey images get three equal channels, 16-bit ones keep their upper 8 bits, transparent ones are laid on white,
    photographs are turned as their EXIF tag says; of an animation the first frame counts.

    Args:
        path: the file.
        size: height and width to resize to, in pixels (see :func:`resized`); None to leave the size.

    Raises:
        ValueError: the file is empty or damaged, or not an image; the message names it.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(path) as image:
            if size is not None:
                image.draft("RGB", (2 * size, 2 * size))  # a large JPEG is decoded at a fraction, at least twice `size`
            image.load()
            grey = image.mode in ("1", "L", "LA", "I", "I;16", "I;16B", "I;16L")
            plain = image if image.mode == "RGB" else _plain(image)
            if "exif" in image.info:
                plain = ImageOps.exif_transpose(plain)
            if size is not None:
                plain = resized(plain, size)
            return np.asarray(plain), grey
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        if not path.is_file():
            raise
        what = "is empty" if not path.stat().st_size else f"cannot be read as an image ({error})"
        raise ValueError(f"{path} {what}; replace the file or remove it") from error


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
    from PIL import Image

    count, _, _, channels = images.shape
    out = np.empty((count, size, size, channels), dtype=np.uint8)
    whole = channels in (3, 4)
    for place, image in enumerate(images):
        if whole:
            out[place] = np.asarray(resized(Image.fromarray(np.ascontiguousarray(image)), size))
        else:
            for channel in range(channels):
                plane = Image.fromarray(np.ascontiguousarray(image[..., channel]))
                out[place, ..., channel] = np.asarray(resized(plane, size))
    return out
