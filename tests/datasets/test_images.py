"""Image files to arrays: every common kind, sizes, and files that are none."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.images import decode, resized_batch

NOISE = np.random.default_rng(0).integers(0, 256, (10, 14, 3), dtype=np.uint8)
GREY = NOISE[..., :1]


def saved(folder: Path, image: Image.Image, name: str = "image.png", **options: object) -> Path:
    """The file that the image was written to."""
    image.save(folder / name, **options)
    return folder / name


def test_colour_stays_as_it_is(tmp_path: Path) -> None:
    for name in ("a.png", "a.bmp", "a.ppm", "a.tiff", "a.gif.png"):
        np.testing.assert_array_equal(decode(saved(tmp_path, Image.fromarray(NOISE), name), None), NOISE)
    near = decode(saved(tmp_path, Image.fromarray(NOISE // 8 + 100), "a.jpg", quality=98, subsampling=0), None)
    assert np.abs(near.astype(int) - (NOISE // 8 + 100)).mean() < 3


def test_grey_gets_three_equal_channels(tmp_path: Path) -> None:
    image = decode(saved(tmp_path, Image.fromarray(GREY[..., 0])), None)
    np.testing.assert_array_equal(image, np.repeat(GREY, 3, axis=2))
    one_bit = decode(saved(tmp_path, Image.fromarray(GREY[..., 0] > 127), "b.png"), None)
    np.testing.assert_array_equal(one_bit, np.repeat((GREY > 127) * 255, 3, axis=2))


def test_of_sixteen_bits_the_upper_eight_are_kept(tmp_path: Path) -> None:
    wide = GREY[..., 0].astype(np.uint16) * 256 + 99
    np.testing.assert_array_equal(decode(saved(tmp_path, Image.fromarray(wide)), None)[..., :1], GREY)


def test_palettes_become_their_colours(tmp_path: Path) -> None:
    few = Image.fromarray(NOISE).quantize(8)
    np.testing.assert_array_equal(decode(saved(tmp_path, few), None), np.asarray(few.convert("RGB")))


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    alpha = np.zeros((10, 14, 1), dtype=np.uint8)
    alpha[:, 7:] = 255
    for mode, colour in (("RGBA", NOISE), ("LA", GREY)):
        image = decode(saved(tmp_path, Image.fromarray(np.concatenate([colour, alpha], axis=2), mode=mode)), None)
        assert (image[:, :7] == 255).all()
        np.testing.assert_array_equal(image[:, 7:], np.broadcast_to(colour, NOISE.shape)[:, 7:])
    palette = Image.fromarray(np.zeros((10, 14), dtype=np.uint8), mode="P")
    palette.putpalette([10, 20, 30])
    assert (decode(saved(tmp_path, palette, "p.png", transparency=0), None) == 255).all()


def test_cmyk_becomes_colour(tmp_path: Path) -> None:
    image = decode(saved(tmp_path, Image.new("CMYK", (4, 4), (0, 255, 255, 0)), "a.tiff"), None)
    assert image.shape == (4, 4, 3) and (image == (255, 0, 0)).all()


def test_of_an_animation_the_first_frame_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    path = saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert (decode(path, None) == (255, 0, 0)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_as_their_tag_says(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((8, 16, 3), dtype=np.uint8)
    upright[:4, :8] = 255  # the upper left quarter is white
    stored = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a.transpose(1, 0, 2), 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](upright)
    tags = Image.Exif()
    tags[0x0112] = orientation
    path = saved(tmp_path, Image.fromarray(np.ascontiguousarray(stored)), "a.jpg", exif=tags, quality=95)
    assert np.abs(decode(path, None).astype(int) - upright).max() < 30


def test_smaller_is_the_mean_of_each_block() -> None:
    images = np.random.default_rng(1).integers(0, 256, (5, 12, 12, 3), dtype=np.uint8)
    mean = images.reshape(5, 4, 3, 4, 3, 3).mean(axis=(2, 4))
    assert np.abs(resized_batch(images, 4) - mean).max() <= 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
def test_batches_of_any_channels_are_resized_one_by_one(channels: int) -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 9, 11, channels), dtype=np.uint8)
    out = resized_batch(images, 5)
    assert out.shape == (3, 5, 5, channels) and out.dtype == np.uint8
    for channel in range(channels):
        alone = resized_batch(images[..., channel : channel + 1], 5)
        np.testing.assert_array_equal(out[..., channel : channel + 1], alone)


def test_larger_is_smooth_and_equal_is_untouched() -> None:
    step = np.zeros((1, 2, 2, 1), dtype=np.uint8)
    step[:, :, 1] = 200
    row = resized_batch(step, 8)[0, 0, :, 0].astype(int)
    assert (np.diff(row) >= 0).all() and row[0] == 0 and row[-1] == 200 and len(set(row)) > 3
    assert resized_batch(step, 2) is step and resized_batch(step, None) is step


def test_a_file_is_resized_as_its_array_is(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(NOISE))
    np.testing.assert_array_equal(decode(path, 6), resized_batch(NOISE[None], 6)[0])


def test_a_large_photograph_is_near_its_exact_reduction(tmp_path: Path) -> None:
    y, x = np.mgrid[:400, :600]
    smooth = np.stack([x * 255 // 600, y * 255 // 400, (x + y) * 255 // 1000], axis=2).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(smooth), "a.jpg", quality=95)
    assert np.abs(decode(path, 16).astype(int) - resized_batch(smooth[None], 16)[0]).max() <= 4


def test_damaged_files_are_named(tmp_path: Path) -> None:
    whole = io.BytesIO()
    Image.fromarray(NOISE).save(whole, "JPEG")
    for name, content, message in (
        ("empty.jpg", b"", "is empty"),
        ("text.png", b"not an image", "cannot be read as an image"),
        ("cut.jpg", whole.getvalue()[:-200], "cannot be read as an image"),
        ("head.jpg", whole.getvalue()[:20], "cannot be read as an image"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=rf"{name} {message}.*replace the file or remove it"):
            decode(tmp_path / name, 8)
    with pytest.raises(ValueError, match=r"inner\.png is empty"):
        decode(io.BytesIO(b""), 8, "inner.png")


def test_what_has_no_eight_bits_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.ones((4, 4), dtype=np.float32)), "a.tiff")
    with pytest.raises(ValueError, match="floating-point"):
        decode(path, None)
    path = saved(tmp_path, Image.fromarray(np.full((4, 4), 70000, dtype=np.int32)), "b.tiff")
    with pytest.raises(ValueError, match="more than 16 bits"):
        decode(path, None)


def test_a_file_that_is_not_there_stays_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        decode(tmp_path / "absent.png", None)
