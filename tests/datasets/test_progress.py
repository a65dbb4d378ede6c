"""Progress is silent for short work, sparse in a file, one line on a terminal, and always on the error stream."""

from __future__ import annotations

import io
import sys

import pytest

from datasets import progress


class Clock:
    """A clock that is put forward by hand."""

    now = 0.0

    def monotonic(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that progress reads."""
    clock = Clock()
    monkeypatch.setattr(progress.time, "monotonic", clock.monotonic)
    return clock


def test_short_work_is_silent(clock: Clock, capsys) -> None:
    with progress.Progress(10, "reading") as bar:
        for _ in range(10):
            clock.now += 0.1
            bar.update()
    assert capsys.readouterr() == ("", "")


def test_a_file_gets_a_line_now_and_then(clock: Clock, capsys) -> None:
    with progress.Progress(100, "reading") as bar:
        for _ in range(100):
            clock.now += 0.5
            bar.update()
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "reading: 6 of 100, 3 s, 47 s left"
    assert lines[-1] == "reading: 100 of 100, 50 s, 0 s left"
    assert len(lines) == 6


def test_a_terminal_gets_one_line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.Progress(100, "reading") as bar:
        for _ in range(100):
            clock.now += 0.5
            bar.update()
    text = sys.stderr.getvalue()
    assert text.count("\n") == 1 and text.endswith("\n") and text.count("\r") > 50
