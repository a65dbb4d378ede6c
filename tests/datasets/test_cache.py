"""Decoded images are kept: used while they fit, replaced when not, written whole or not at all, never unpickled."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nasbench
from datasets import cache
from datasets.cache import CacheWarning
from datasets.sources import image_folder
from tests.datasets.tiny import write_image_folder


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of images; the user's cache is ``user`` beside it."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    write_image_folder(tmp_path / "images", splits={"train": 8, "test": 2})
    return tmp_path / "images"


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were decoded, as they are."""
    names: list[str] = []
    original = image_folder.decode

    def decode(file: object, size: int | None, name: str | Path = "") -> np.ndarray:
        names.append(str(name))
        return original(file, size, name)  # type: ignore[arg-type]

    monkeypatch.setattr(image_folder, "decode", decode)
    return names


def load(root: Path, **options: object) -> str:
    """The digest of the folder's data set."""
    return nasbench.load_dataset("image_folder", root=root, **options).card.sha256


def files(folder: Path) -> list[Path]:
    """Every file in a folder, hidden ones too."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_images_are_decoded_once(root: Path, decoded: list[str]) -> None:
    first = load(root)
    assert len(decoded) == 30
    assert load(root) == load(root, seed=0) == first
    assert len(decoded) == 30
    load(root, image_size=6)
    assert len(decoded) == 60
    assert len(files(root / cache.FOLDER)) == 2


def test_every_change_of_a_file_is_noticed(root: Path, decoded: list[str]) -> None:
    digests = [load(root)]
    path = root / "train" / "cat" / "000.png"
    Image.fromarray(np.zeros((12, 12, 3), dtype=np.uint8)).save(path)
    digests.append(load(root))
    path.unlink()
    digests.append(load(root))
    (root / "train" / "dog" / "001.png").rename(path)
    digests.append(load(root))
    assert len(set(digests)) == 4
    assert len(decoded) == 30 + 30 + 29 + 29
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    load(root)
    assert len(decoded) == 147
    assert len(files(root / cache.FOLDER)) == 1


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no archive at all"])
def test_a_damaged_cache_is_replaced(root: Path, decoded: list[str], damage: bytes) -> None:
    first = load(root)
    (stored,) = files(root / cache.FOLDER)
    whole = stored.read_bytes()
    for content in (damage, whole[:-100], whole[: len(whole) // 2], whole[:2000] + bytes(50) + whole[2050:]):
        stored.write_bytes(content)
        assert load(root) == first
        assert cache.load([stored], str(np.load(stored)["fingerprint"])) is not None
    assert len(decoded) == 150


def test_nothing_is_unpickled(root: Path, decoded: list[str]) -> None:
    first = load(root)
    (stored,) = files(root / cache.FOLDER)
    arrays = dict(np.load(stored, allow_pickle=False))
    assert all(array.dtype != object for array in arrays.values())
    arrays["train"] = np.array([Trap()], dtype=object)
    np.savez(stored, **arrays)
    assert load(root) == first
    assert len(decoded) == 60


class Trap:
    """Raises when it is unpickled."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return (SystemExit, ("a cache was unpickled",))


def test_beside_a_folder_that_cannot_be_written_the_users_cache_serves(
    root: Path, tmp_path: Path, decoded: list[str]
) -> None:
    (root / cache.FOLDER).write_text("a file where the folder would be")
    first = load(root)
    assert load(root) == first and len(decoded) == 30
    (stored,) = files(tmp_path / "user")
    assert stored.parent == cache.user_cache() == tmp_path / "user" / "nasbench-forge" / "datasets"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_without_write_permission_is_left_alone(root: Path, tmp_path: Path, decoded: list[str]) -> None:
    root.chmod(0o555)
    try:
        assert load(root) == load(root)
    finally:
        root.chmod(0o755)
    assert len(decoded) == 30 and len(files(tmp_path / "user")) == 1


def test_without_any_place_it_works_and_says_so(root: Path, tmp_path: Path, decoded: list[str]) -> None:
    (root / cache.FOLDER).write_text("")
    (tmp_path / "user").write_text("")
    with pytest.warns(CacheWarning, match="could not be cached and will be decoded again"):
        first = load(root)
    with pytest.warns(CacheWarning, match=r"images/\.nasbench-cache.*user"):
        assert load(root) == first
    assert len(decoded) == 60


@pytest.mark.parametrize("step", ["savez", "fsync", "replace"])
def test_a_full_disk_leaves_nothing_behind(
    root: Path, tmp_path: Path, step: str, decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(np if step == "savez" else os, step, full)
        with pytest.warns(CacheWarning, match="No space left"):
            first = load(root)
    assert files(root / cache.FOLDER) == [] and files(tmp_path / "user") == []
    assert load(root) == first and len(decoded) == 60


def test_an_interruption_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.write_npz(tmp_path / "a.npz", {"x": np.arange(3)})

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.write_npz(tmp_path / "a.npz", {"x": np.arange(4)})
    assert files(tmp_path) == [tmp_path / "a.npz"]
    assert np.load(tmp_path / "a.npz")["x"].tolist() == [0, 1, 2]
