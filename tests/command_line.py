"""Commands without a process of their own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

import nasbench.__main__ as cli

Run = Callable[..., tuple[int, str, str]]


def command_line(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Yields what runs a command in this process, (exit code, stdout, stderr); SIGTERM is afterwards as it was."""
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
