"""Folders of image files: what may be in them, what may be missing, and archives of them."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nasbench
from datasets.dataset import Dataset
from datasets.sources.image_folder import with_channels
from tests.datasets.tiny import CLASSES, pictures, write_image_folder


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("user-cache")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of 20 training and 5 test images in each of three classes."""
    write_image_folder(tmp_path / "images")
    return tmp_path / "images"


def load(root: Path, **options: object) -> Dataset:
    """The data set of a folder."""
    data = nasbench.load_dataset("image_folder", root=root, **options)
    data.verify()
    return data


def test_each_image_has_the_class_of_its_folder(root: Path) -> None:
    data = load(root, image_size=12)
    assert data.card.classes == CLASSES
    known = {
        np.asarray(Image.open(path)).tobytes(): (path.parts[-3], CLASSES.index(path.parts[-2]))
        for path in root.glob("*/*/*.png")
    }
    assert len(known) == 75
    for split, home in (("train", "train"), ("validation", "train"), ("test", "test")):
        part = data.splits[split]
        found = [known[image.tobytes()] for image in part.images]
        assert found == [(home, label) for label in part.labels]
    assert data.card.counts == {"train": 48, "validation": 12, "test": 15}


def test_images_of_any_kind_and_size_are_brought_to_one(root: Path) -> None:
    rng = np.random.default_rng(1)
    folder = root / "train" / "cat"
    Image.fromarray(pictures(rng, 1, 30, 1)[0, ..., 0]).save(folder / "grey.PNG")
    Image.fromarray(pictures(rng, 1, 7, 4)[0]).save(folder / "clear.png")
    Image.fromarray(pictures(rng, 1, 9)[0]).quantize(8).save(folder / "palette.gif")
    Image.fromarray(pictures(rng, 1, 40)[0][:, :20]).save(folder / "tall.jpeg")
    data = load(root, image_size=8)
    assert data.card.shape == (3, 8, 8)
    assert data.card.counts["train"] + data.card.counts["validation"] == 64
    with pytest.raises(ValueError, match=r"has \d+x\d+ pixels and .* \d+x\d+; give image_size"):
        load(root)


def test_images_of_one_size_need_no_size(root: Path) -> None:
    assert load(root).card.shape == (3, 12, 12)


def test_grey_images_have_one_channel(tmp_path: Path) -> None:
    options = write_image_folder(tmp_path / "grey", channels=1)
    assert load(**options).card.shape == (1, 12, 12)
    colour = load(**options, channels=3)
    assert colour.card.shape == (3, 12, 12)
    assert (colour.train.images == colour.train.images[..., :1]).all()


def test_colour_images_can_be_made_grey(root: Path) -> None:
    data = load(root, channels=1)
    assert data.card.shape == (1, 12, 12)
    with pytest.raises(ValueError, match="channels must be 1, 3 or None, got 2"):
        load(root, channels=2)


def test_grey_of_colour_is_what_pillow_makes() -> None:
    images = pictures(np.random.default_rng(0), 4)
    expected = np.stack([np.asarray(Image.fromarray(image).convert("L")) for image in images])
    np.testing.assert_array_equal(with_channels(images, 1)[..., 0], expected)


def test_other_files_and_hidden_ones_are_passed_over(root: Path) -> None:
    before = load(root).card.sha256
    (root / "README.txt").write_text("about")
    (root / "notes").mkdir()
    (root / "train" / "list.csv").write_text("a,b")
    (root / "train" / ".hidden").mkdir()
    (root / "train" / "cat" / "Thumbs.db").write_bytes(b"\0")
    (root / "train" / "cat" / "._000.png").write_bytes(b"\0")
    (root / "train" / "cat" / "deeper.png").mkdir()
    assert load(root).card.sha256 == before


def test_without_test_images_some_are_drawn(root: Path) -> None:
    shutil.rmtree(root / "test")
    data = load(root, test_fraction=0.3)
    assert data.card.counts == {"train": 34, "validation": 8, "test": 18}
    assert data.card.options["test_fraction"] == 0.3
    assert np.bincount(data.test.labels).tolist() == [6, 6, 6]


@pytest.mark.parametrize("name", ["validation", "val", "valid"])
def test_a_validation_folder_is_the_validation_split(root: Path, name: str) -> None:
    shutil.copytree(root / "test", root / name)
    for place, path in enumerate(sorted((root / name).glob("*/*.png"))):
        Image.fromarray(pictures(np.random.default_rng(place + 100), 1)[0]).save(path)
    data = load(root)
    assert data.card.counts == {"train": 60, "validation": 15, "test": 15}
    assert "validation_fraction" not in data.card.options


def test_images_that_also_stand_in_test_are_left_out_and_counted(root: Path) -> None:
    for place in range(4):
        shutil.copy(root / "test" / "dog" / f"{place:03}.png", root / "train" / "cat" / f"again{place}.png")
    data = load(root)
    assert data.card.duplicates == {"in_test": 4, "in_validation": 0}
    assert data.card.counts == {"train": 48, "validation": 12, "test": 15}
    assert "4 equal to one in test" in str(data.card)


def test_copies_in_train_do_not_reach_validation(root: Path) -> None:
    for path in list((root / "train").glob("*/*.png")):
        shutil.copy(path, path.with_name(f"copy-{path.name}"))
    data = load(root)
    assert data.card.duplicates["in_test"] == 0 and data.card.duplicates["in_validation"] > 0
    assert data.card.counts["train"] + data.card.counts["validation"] + data.card.duplicates["in_validation"] == 120


def test_archives_give_what_the_folder_gives(root: Path, tmp_path: Path) -> None:
    expected = load(root, image_size=8)
    shutil.rmtree(root / ".nasbench-cache")
    with tarfile.open(tmp_path / "deep.tar.xz", "w:xz") as archive:
        archive.add(root, "some/where")
    with tarfile.open(tmp_path / "flat.tar", "w") as archive:
        for path in sorted(root.rglob("*.png"), reverse=True):  # files only, in another order
            archive.add(path, path.relative_to(root))
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in root.rglob("*"):
            archive.write(path, f"images/{path.relative_to(root)}")
    for name in ("deep.tar.xz", "flat.tar", "all.zip"):
        assert load(tmp_path / name, image_size=8).card == expected.card
    assert not list(tmp_path.glob("**/.nasbench-cache"))


def test_mistakes_in_the_folders_are_named(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs root"):
        nasbench.load_dataset("image_folder")
    with pytest.raises(FileNotFoundError, match=r"no folder 'train'; did you mean .*images\?"):
        load(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder 'train'; put images into train/CLASS/"):
        load(root / "train")
    (root / "test" / "owl").mkdir()
    with pytest.raises(ValueError, match=r"class folder .*test/owl holds no images"):
        load(root)
    shutil.copy(root / "test" / "cat" / "000.png", root / "test" / "owl")
    shutil.rmtree(root / "test" / "dog")
    with pytest.raises(ValueError, match="same class folders, but test lacks dog and train lacks owl"):
        load(root)
    shutil.rmtree(root / "test")
    (root / "test").mkdir()
    with pytest.raises(ValueError, match="test holds no class folders"):
        load(root)


def test_one_class_is_not_enough(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 2 classes, it has 1"):
        load(**write_image_folder(tmp_path / "one", classes=("cat",)))


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\nbroken"])
def test_a_damaged_image_is_named_and_nothing_is_cached(root: Path, content: bytes) -> None:
    (root / "train" / "emu" / "bad.png").write_bytes(content)
    with pytest.raises(ValueError, match=r"train/emu/bad\.png (is empty|cannot be read as an image)"):
        load(root)
    assert not (root / ".nasbench-cache").exists()


def test_damaged_archives_are_named(root: Path, tmp_path: Path) -> None:
    (tmp_path / "no.tar").write_bytes(b"no archive" * 1000)
    with pytest.raises(ValueError, match=r"no\.tar is no tar or zip archive"):
        load(tmp_path / "no.tar")
    with tarfile.open(tmp_path / "all.tar.xz", "w:xz") as archive:
        archive.add(root, "images")
    whole = (tmp_path / "all.tar.xz").read_bytes()
    (tmp_path / "cut.tar.xz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"cut\.tar\.xz is no tar or zip archive, or a damaged one"):
        load(tmp_path / "cut.tar.xz")
    with tarfile.open(tmp_path / "other.tar", "w") as archive:
        archive.add(root / "train", "cats")
    with pytest.raises(FileNotFoundError, match="no folder 'train'"):
        load(tmp_path / "other.tar")
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("train/cat/1.png", b"")
        archive.writestr("train/dog/1.png", b"")
    with pytest.raises(ValueError, match=r"bad\.zip/train/cat/1\.png is empty"):
        load(tmp_path / "bad.zip")


def test_a_class_may_be_called_train(tmp_path: Path) -> None:
    root = write_image_folder(tmp_path / "images", classes=("test", "train"))["root"]
    expected = load(root).card
    with tarfile.open(tmp_path / "all.tar", "w") as archive:
        archive.add(root, "images")
    assert load(tmp_path / "all.tar").card == expected


def test_of_a_file_that_stands_twice_in_an_archive_the_last_counts(root: Path, tmp_path: Path) -> None:
    expected = load(root).card
    with tarfile.open(tmp_path / "twice.tar", "w") as archive:
        archive.add(root / "train" / "cat" / "001.png", "train/cat/000.png")
        archive.add(root / "train", "train")
        archive.add(root / "test", "test")
    assert load(tmp_path / "twice.tar").card == expected


def test_what_cannot_be_read_from_an_archive_is_named(root: Path, tmp_path: Path) -> None:
    (root / "train" / "cat" / "link.png").symlink_to("000.png")
    load(root)
    with tarfile.open(tmp_path / "links.tar", "w") as archive:
        archive.add(root, "images")
    with pytest.raises(ValueError, match=r"links\.tar holds links \(images/train/cat/link\.png\); unpack it"):
        load(tmp_path / "links.tar")
    with zipfile.ZipFile(tmp_path / "secret.zip", "w") as archive:
        for name in ("train/cat/1.png", "train/dog/1.png"):
            archive.write(root / "train" / "cat" / "000.png", name)
    locked = bytearray((tmp_path / "secret.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # the bit that says a member is encrypted
        start = locked.find(mark)
        while start >= 0:
            locked[start + place] |= 1
            start = locked.find(mark, start + 1)
    (tmp_path / "secret.zip").write_bytes(locked)
    with pytest.raises(ValueError, match=r"secret\.zip is no tar or zip archive, or a damaged one .*password"):
        load(tmp_path / "secret.zip")


@pytest.mark.slow
def test_the_shared_images_load(shared_data) -> None:
    data = load(shared_data("cifar10/cifar10-images.tar.xz"), image_size=16, train_images=1000)
    assert data.card.counts == {"train": 1000, "validation": 10_000, "test": 10_000}
    assert data.card.shape == (3, 16, 16) and data.card.classes[0] == "airplane"
