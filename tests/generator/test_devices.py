"""Devices: auto is CUDA where there is one, others are checked; the process that calls a build needs no torch."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nasbench.generator.build import resolve_device
from tests.generator.running import ROOT, TINY, environment


@pytest.fixture
def cards(monkeypatch):
    """A machine with so many CUDA devices."""
    torch = pytest.importorskip("torch", reason="training needs torch")

    def have(count: int) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)

    return have


def test_auto_is_the_best_there_is(cards) -> None:
    cards(0)
    assert resolve_device("auto") == "cpu"
    cards(2)
    assert resolve_device("auto") == "cuda"


def test_a_device_that_is_there_is_taken(cards) -> None:
    cards(2)
    assert [resolve_device(device) for device in ("cpu", "cuda", "cuda:1")] == ["cpu", "cuda", "cuda:1"]


@pytest.mark.parametrize(("device", "count"), [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2)])
def test_one_that_is_not_there_is_refused(cards, device: str, count: int) -> None:
    cards(count)
    with pytest.raises(ValueError, match=f"there is no device {device} here, torch finds {count} CUDA devices"):
        resolve_device(device)


@pytest.mark.parametrize("device", ["", "gpu", "CUDA", "cuda:", "cuda:-1", "cpu:0", "cuda:1.5", "auto "])
def test_what_is_no_device_is_refused(device: str) -> None:
    with pytest.raises(ValueError, match="device must be auto, cpu, cuda or cuda:N"):
        resolve_device(device)


def test_the_process_that_commits_rows_does_without_torch(images, tmp_path) -> None:
    words = ["build", tmp_path / "t.h5", *TINY, "--data-root", images, "--sample", 2]
    code = (
        "import sys, nasbench.__main__ as cli\n"
        "from nasbench.generator.executors import local\n"
        "from tests.generator import stand_in\n"
        "local._work = stand_in.work\n"
        f"assert cli.main({[str(word) for word in words]}) == 0\n"
        "assert not {'torch', 'pandas', 'sklearn'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "trained 2 rows" in done.stdout
