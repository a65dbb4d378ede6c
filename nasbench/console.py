"""What a command shows while it works: a progress bar with the time left, and lines of text.

Progress goes to stderr, so that results on stdout can be piped. On a terminal one line is redrawn; elsewhere a plain
line appears now and then, so that a log stays short.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

from nasbench._ownership import PACKAGES

REDRAW_SECONDS = 0.1
"""Shortest time between two drawings of the bar on a terminal."""
LINE_SECONDS = 30.0
"""Shortest time between two plain lines where stderr is not a terminal."""
WIDTH = 24
"""Characters of the bar itself."""


@contextmanager
def warnings_as_sentences() -> Iterator[None]:
    """A context in which warnings of our own classes are a line, without the place in the code that they came from."""
    usual = warnings.formatwarning

    def told(message: Warning | str, category: type[Warning], *place: object, **more: object) -> str:
        if category.__module__.partition(".")[0] not in PACKAGES:
            return usual(message, category, *place, **more)  # type: ignore[arg-type]
        bar_goes = "\r\x1b[K" if sys.stderr.isatty() else ""
        return f"{bar_goes}nasbench: warning: {' '.join(str(message).split())}\n"

    warnings.formatwarning = told
    try:
        yield
    finally:
        warnings.formatwarning = usual


def say(text: str = "") -> None:
    """Prints a line on stdout at once, even where stdout is a file or a pipe."""
    print(text, flush=True)


def duration(seconds: float) -> str:
    """A time span as people read it.

    >>> duration(3.14159), duration(75), duration(3 * 3600 + 125)
    ('3.1 s', '1 min 15 s', '3 h 02 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


class Progress:
    """How far a piece of work is; a context manager, made by :func:`progress`."""

    def __init__(
        self,
        total: int,
        description: str,
        done: int = 0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self.description = description
        self.done = done
        self._before = done
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._terminal = self._stream.isatty()
        self._started = self._shown = clock()
        self._postfix: dict[str, object] = {}

    def update(self, n: int = 1, **postfix: object) -> None:
        """Counts ``n`` more as done; ``postfix`` are values to show behind the bar, such as ``loss=0.21``."""
        self.done += n
        self._postfix.update(postfix)
        now = self._clock()
        if now - self._shown >= (REDRAW_SECONDS if self._terminal else LINE_SECONDS):
            self._show(now)

    def line(self) -> str:
        """The state as one line: description, count, share, and the time left once something is done."""
        share = self.done / self.total if self.total else 1.0
        elapsed = self._clock() - self._started
        fresh = self.done - self._before
        parts = [f"{self.done}/{self.total}", f"{100 * share:3.0f} %"]
        if self.done >= self.total:
            parts.append(duration(elapsed))
        elif fresh:
            parts.append(f"{duration(elapsed / fresh * (self.total - self.done))} left")
        parts += [f"{key} {_short(value)}" for key, value in self._postfix.items()]
        bar = ""
        if self._terminal:
            filled = min(WIDTH, round(WIDTH * share))
            bar = f"[{'#' * filled}{'.' * (WIDTH - filled)}] "
        return f"{self.description}  {bar}{'  '.join(parts)}"

    def __enter__(self) -> Progress:
        if self._terminal:
            self._show(self._clock())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._show(self._clock())
        if self._terminal:
            self._stream.write("\n")
            self._stream.flush()

    def _show(self, now: float) -> None:
        self._shown = now
        self._stream.write(f"\r\x1b[K{self.line()}" if self._terminal else f"{self.line()}\n")
        self._stream.flush()


def progress(total: int, description: str, done: int = 0) -> Progress:
    """A :class:`Progress` on stderr over ``total`` pieces of work, of which ``done`` were done before.

    The time left is guessed from this run's pace alone.
    """
    return Progress(total, description, done)


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
