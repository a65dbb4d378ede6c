"""Data sets of known files: digits, MNIST, CIFAR-10 and CIFAR-100, read as published, fetched if absent."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest

import nasbench
from datasets import download
from tests.datasets.tiny import pictures, write_cifar10, write_cifar100, write_cifar_batch, write_idx, write_mnist


@pytest.fixture(autouse=True)
def user_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder of this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return tmp_path / "user" / "nasbench-forge" / "datasets"


# -- digits -----------------------------------------------------------------------------------------------------


def test_digits_are_all_there_and_split_the_same_way_for_ever() -> None:
    card = nasbench.load_dataset("digits").card
    assert card.counts == {"train": 1150, "validation": 288, "test": 359}
    assert card.shape == (1, 8, 8) and card.classes == tuple("0123456789")
    # Tables carry this digest: it may change only with a new version of the cards.
    assert card.sha256 == "b1b128f18ea137edb02db552ff12d177e3f82a2d84e006f91a6f253df15e2cbf"


def test_digits_take_no_root(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="takes no root"):
        nasbench.load_dataset("digits", root=tmp_path)


# -- MNIST ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["", "raw", "MNIST/raw"])
def test_mnist_is_read_from_any_of_its_layouts(tmp_path: Path, folder: str) -> None:
    write_mnist(tmp_path / "files" / folder)
    data = nasbench.load_dataset("mnist", root=tmp_path / "files")
    data.verify()
    assert data.card.shape == (1, 28, 28) and data.card.counts == {"train": 160, "validation": 40, "test": 50}
    expected = pictures(np.random.default_rng(7), 250, 28, 1)
    np.testing.assert_array_equal(data.test.images, expected[200:])
    assert data.test.labels.tolist() == [place % 10 for place in range(50)]


def test_damaged_mnist_files_are_named(tmp_path: Path) -> None:
    root = write_mnist(tmp_path / "files")["root"]

    def refused(message: str) -> None:
        with pytest.raises(ValueError, match=message):
            nasbench.load_dataset("mnist", root=root)

    labels = root / "t10k-labels-idx1-ubyte"
    whole = labels.read_bytes()
    labels.write_bytes(whole[:-1])
    refused("t10k-labels-idx1-ubyte must hold 50 bytes after its head, it holds 49")
    labels.write_bytes(b"\0\0\x0d\1" + whole[4:])
    refused("no IDX file of bytes in 1 dimensions")
    labels.write_bytes(b"")
    refused("no IDX file")
    write_idx(labels, np.full(50, 11, dtype=np.uint8))
    refused("label 11, but digits are 0 to 9")
    write_idx(labels, np.zeros(49, dtype=np.uint8))
    refused("50 images and .* 49 labels")
    labels.write_bytes(whole)
    images = root / "train-images-idx3-ubyte.gz"
    whole = images.read_bytes()
    for damaged in (whole[:-500], whole[:200] + bytes(50) + whole[250:], b"no gzip"):
        images.write_bytes(damaged)
        refused(r"train-images-idx3-ubyte\.gz is damaged")
    images.unlink()
    with pytest.raises(FileNotFoundError, match=r"holds no train-images-idx3-ubyte or .*no root to download"):
        nasbench.load_dataset("mnist", root=root)


@pytest.mark.slow
def test_the_shared_mnist_loads(shared_data) -> None:
    data = nasbench.load_dataset("mnist", root=shared_data("mnist"))
    data.verify()
    assert data.card.counts == {"train": 48_000, "validation": 12_000, "test": 10_000}
    assert data.card.mean[0] == pytest.approx(0.1307, abs=2e-4)  # the mean that everyone normalises MNIST with
    assert data.card.std[0] == pytest.approx(0.3081, abs=2e-4)


# -- CIFAR ------------------------------------------------------------------------------------------------------


def test_cifar10_is_read_row_by_row(tmp_path: Path) -> None:
    root = write_cifar10(tmp_path)["root"]
    data = nasbench.load_dataset("cifar10", root=root)
    assert data.card.shape == (3, 32, 32) and data.card.counts == {"train": 120, "validation": 30, "test": 30}
    assert data.card.classes[3] == "class3"
    np.testing.assert_array_equal(data.test.images, pictures(np.random.default_rng(5), 30, 32))
    assert nasbench.load_dataset("cifar10", root=root / "cifar-10-batches-bin").card == data.card


def test_cifar100_has_its_fine_classes(tmp_path: Path) -> None:
    data = nasbench.load_dataset("cifar100", **write_cifar100(tmp_path))
    assert len(data.card.classes) == 100 and data.test.labels.tolist() == list(range(100))


def test_damaged_cifar_files_are_named(tmp_path: Path) -> None:
    root = write_cifar10(tmp_path)["root"]
    batch = root / "cifar-10-batches-bin" / "data_batch_3.bin"

    def refused(message: str, kind: type[Exception] = ValueError) -> None:
        with pytest.raises(kind, match=message):
            nasbench.load_dataset("cifar10", root=root)

    write_cifar_batch(batch, 0, np.full((4, 1), 10))
    refused("label 10, but there are 10 classes")
    batch.write_bytes(bytes(5000))
    refused(r"data_batch_3\.bin must hold rows of 3,073 bytes, it has 5,000")
    batch.write_bytes(b"")
    refused("it has 0 bytes")
    batch.unlink()
    refused(r"data_batch_3\.bin is missing", FileNotFoundError)
    (root / "cifar-10-batches-bin" / "batches.meta.txt").unlink()
    refused(r"batches\.meta\.txt must hold the class names")


# -- torchvision ------------------------------------------------------------------------------------------------


class Published:
    """Stands for a class of torchvision: has data where a mark was put, puts it when told to download."""

    classes = tuple(f"name{label}" for label in range(10))
    network = True

    def __init__(self, root: Path, train: bool, download: bool = False) -> None:
        folder = Path(root) / "cifar-10-batches-py"
        if download:
            if not self.network:
                raise URLError("no network")
            print("Downloading")
            folder.mkdir(exist_ok=True)
            (folder / "complete").touch()
        if not (folder / "complete").exists():
            raise RuntimeError("Dataset not found or corrupted.")
        self.data = pictures(np.random.default_rng(train), 100 if train else 20, 32)
        self.targets = [place % 10 for place in range(len(self.data))]


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch) -> type[Published]:
    """The stand-in, in torchvision's place."""
    package, inner = types.ModuleType("torchvision"), types.ModuleType("torchvision.datasets")
    package.datasets = inner  # type: ignore[attr-defined]
    inner.CIFAR10 = inner.MNIST = Published  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", inner)
    monkeypatch.setattr(Published, "network", True)
    return Published


def test_what_is_absent_is_fetched_once(torchvision, user_cache: Path, monkeypatch, capsys) -> None:
    data = nasbench.load_dataset("cifar10")
    data.verify()
    assert data.card.counts == {"train": 80, "validation": 20, "test": 20}
    assert data.card.classes[9] == "name9"
    assert (user_cache / "cifar10" / "cifar-10-batches-py" / "complete").exists()
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(torchvision, "network", False)
    assert nasbench.load_dataset("cifar10").card == data.card
    for root in (user_cache / "cifar10", user_cache / "cifar10" / "cifar-10-batches-py"):
        assert nasbench.load_dataset("cifar10", root=root).card == data.card


def test_nothing_is_fetched_into_a_root_that_was_given(torchvision, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"neither cifar-10-batches-bin nor cifar-10-batches-py.*no root to"):
        nasbench.load_dataset("cifar10", root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_folder_is_named(torchvision, tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-py").mkdir()
    with pytest.raises(ValueError, match="cifar-10-batches-py is damaged or not complete"):
        nasbench.load_dataset("cifar10", root=tmp_path)


@pytest.mark.parametrize("name", ["cifar10", "mnist"])
def test_without_a_network_the_way_out_is_told(torchvision, monkeypatch, name: str) -> None:
    monkeypatch.setattr(torchvision, "network", False)
    with pytest.raises(OSError, match=r"could not be downloaded into .*no network.*give root") as caught:
        nasbench.load_dataset(name)
    assert "\n" not in str(caught.value)


def test_without_torchvision_the_command_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    monkeypatch.setitem(sys.modules, "torchvision.datasets", None)
    with pytest.raises(ImportError, match=r"needs torchvision.*pip install 'nasbench-forge\[torch\]'"):
        download.torchvision_class("CIFAR10")


def test_the_real_torchvision_has_what_is_asked_of_it() -> None:
    pytest.importorskip("torchvision")
    for name in ("CIFAR10", "CIFAR100", "MNIST"):
        kind = download.torchvision_class(name)
        assert kind.__name__ == name
    assert download.torchvision_class("CIFAR10").base_folder == "cifar-10-batches-py"
    assert download.torchvision_class("CIFAR100").base_folder == "cifar-100-python"
