"""Progress on the error stream: a line that is rewritten on a terminal, sparse lines elsewhere."""

from __future__ import annotations

import sys
import time


class Progress:
    """Counts up to a total and says so on the error stream, from the third second on; a context to count in.

    Args:
        total: number of steps.
        description: what is being done, said before the numbers.
    """

    def __init__(self, total: int, description: str) -> None:
        self.total, self.description, self.done = total, description, 0
        self._start = self._said = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._spoke = False

    def update(self, count: int = 1) -> None:
        """Counts ``count`` steps as done."""
        self.done += count
        now = time.monotonic()
        if now - self._said >= (0.2 if self._terminal and self._spoke else 3 if not self._spoke else 10):
            self._say(now)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        """Says where it ended and ends the line, if anything was said."""
        if self._spoke:
            self._say(time.monotonic())
            if self._terminal:
                print(file=sys.stderr)

    def _say(self, now: float) -> None:
        spent = now - self._start
        left = spent / max(self.done, 1) * (self.total - self.done)
        text = f"{self.description}: {self.done:,} of {self.total:,}, {spent:.0f} s, {left:.0f} s left"
        print(f"\r{text:<79}" if self._terminal else text, end="" if self._terminal else "\n", file=sys.stderr)
        sys.stderr.flush()
        self._said, self._spoke = now, True
