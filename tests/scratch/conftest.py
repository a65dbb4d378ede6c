"""A command line without a process of its own, and one finished training."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import nasbench.__main__ as cli
from tests.scratch.training_folders import SMALL, TEXT

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def nasbench(capsys) -> Iterator[Run]:
    """Runs a command in this process: (exit code, stdout, stderr)."""
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as stop:  # argparse has its own way out
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> Path:
    """The folder of a finished training, which must not be changed."""
    pytest.importorskip("torch", reason="training needs torch")
    out = tmp_path_factory.mktemp("trained") / "small"
    before = signal.getsignal(signal.SIGTERM)
    assert cli.main([str(word) for word in ("train", "--architecture", TEXT, *SMALL, "--no-onnx", "--out", out)]) == 0
    signal.signal(signal.SIGTERM, before)
    return out
