"""A command line without a process of its own, and one finished training."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

import nasbench.__main__ as cli
from tests.command_line import Run, command_line
from tests.scratch.training_folders import SMALL, TEXT


@pytest.fixture
def nasbench(capsys) -> Iterator[Run]:
    """Runs a command in this process: (exit code, stdout, stderr)."""
    yield from command_line(capsys)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """The folder of a finished training, which must not be changed."""
    pytest.importorskip("torch", reason="training needs torch")
    out = tmp_path_factory.mktemp("trained") / "small"
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main([str(word) for word in ("train", "--architecture", TEXT, *SMALL, "--no-onnx", "--out", out)]) == 0
    signal.signal(signal.SIGTERM, before)
    return out
