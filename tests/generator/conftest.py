"""Images, a command line without a process of its own, and tables built once."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import nasbench.__main__ as cli
from nasbench.generator.executors import local
from tests.command_line import Run, command_line
from tests.generator.running import TINY, train_here, write_images


@pytest.fixture(scope="session")
def images(tmp_path_factory) -> Path:
    """A file of images."""
    return write_images(tmp_path_factory.mktemp("images") / "images.npz")


class Jobs(list):
    """Jobs that were given out, in order; also how a command is run in this process."""


@pytest.fixture
def trained(monkeypatch) -> Jobs:
    """Rows are trained in this process, and their jobs noted here."""
    noted = Jobs()

    def train(task, jobs, workers):
        jobs = list(jobs)
        noted.extend(jobs)
        return train_here(task, jobs, workers)

    monkeypatch.setattr(local, "train_rows", train)
    return noted


@pytest.fixture
def nasbench(trained, capsys) -> Iterator[Run]:
    """Runs a command in this process: (exit code, stdout, stderr)."""
    yield from command_line(capsys)


@pytest.fixture(scope="session")
def built(images, tmp_path_factory) -> Path:
    """A table of 3 classes x 2 seeds, built in this process; see :func:`table` for one that may be changed."""
    path = tmp_path_factory.mktemp("built") / "built.h5"
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local, "train_rows", train_here)
        words = ["build", path, *TINY, "--data-root", images, "--sample", 3, "--seeds", 2]
        assert cli.main([str(word) for word in words]) == 0
    signal.signal(signal.SIGTERM, before)
    return path


@pytest.fixture
def table(built, tmp_path) -> Path:
    """A copy of the built table."""
    return Path(shutil.copy(built, tmp_path / "table.h5"))


@pytest.fixture
def imported(nasbench, tmp_path) -> Path:
    """A table of numbers that somebody else measured."""
    published = tmp_path / "published.csv"
    published.write_text("arch,accuracy\n|nor_conv_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|,91.5\n")
    out = tmp_path / "imported.h5"
    words = ["--space", "nas_bench_201", "--column", "val_accuracy@12=accuracy"]
    code, _, err = nasbench("import", "csv", published, out, *words)
    assert code == 0, err
    return out
