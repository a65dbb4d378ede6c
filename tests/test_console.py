"""Progress on a terminal and in a log."""

from __future__ import annotations

import io

import pytest

from nasbench.console import LINE_SECONDS, Progress, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_log_gets_a_line_now_and_then() -> None:
    log, clock = io.StringIO(), Clock()
    with Progress(300, "training", stream=log, clock=clock) as bar:
        for _ in range(300):
            clock.now += 1
            bar.update()
    lines = log.getvalue().splitlines()
    assert len(lines) == 300 / LINE_SECONDS + 1
    assert lines[0] == "training  30/300   10 %  4 min 30 s left"
    assert lines[-1] == "training  300/300  100 %  5 min 00 s"
    assert "\r" not in log.getvalue()


def test_a_terminal_sees_one_line_redrawn() -> None:
    screen, clock = Terminal(), Clock()
    with Progress(4, "training", stream=screen, clock=clock) as bar:
        for loss in (0.5, 0.25, 0.125, 0.0625):
            clock.now += 1
            bar.update(loss=loss)
    drawn = screen.getvalue().split("\r\x1b[K")[1:]
    assert len(drawn) == 6
    assert "2/4   50 %  2.0 s left  loss 0.25" in drawn[2]
    assert drawn[2].count("#") == drawn[2].count(".") - 2 == 12  # two more dots: in 2.0 and in 0.25
    assert screen.getvalue().endswith("\n") and screen.getvalue().count("\n") == 1


def test_time_left_comes_from_this_run_alone() -> None:
    clock = Clock()
    bar = Progress(100, "training", done=90, stream=io.StringIO(), clock=clock)
    assert "left" not in bar.line()
    clock.now += 10
    bar.update(5)
    assert "95/100" in bar.line() and "10 s left" in bar.line()


def test_work_stopped_halfway_leaves_its_state() -> None:
    log = io.StringIO()
    with pytest.raises(KeyboardInterrupt), Progress(10, "training", stream=log, clock=Clock()) as bar:
        bar.update(3)
        raise KeyboardInterrupt
    assert "3/10" in log.getvalue()


def test_nothing_to_do() -> None:
    log = io.StringIO()
    with Progress(0, "training", stream=log, clock=Clock()):
        pass
    assert log.getvalue() == "training  0/0  100 %  0.0 s\n"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.96, "10.0 s"),
        (59.4, "59 s"),
        (60, "1 min 00 s"),
        (3599.6, "1 h 00 min"),
        (90061, "25 h 01 min"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
