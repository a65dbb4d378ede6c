"""What several commands do with their arguments: least values, samples, stopping on a signal."""

from __future__ import annotations

import argparse
import signal
from types import FrameType


def check_least(args: argparse.Namespace, **least: int) -> None:
    """Checks that arguments are not smaller than they may be.

    Raises:
        ValueError: one is; the message names its flag.
    """
    for name, value in least.items():
        if getattr(args, name) < value:
            raise ValueError(f"{flag(name)} must be at least {value}, got {getattr(args, name)}")


def sample_count(text: str) -> int | None:
    """How many classes ``--sample`` means; None for all.

    Raises:
        ValueError: it is neither a whole number of at least 1 nor "all".
    """
    if text == "all":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"--sample must be a whole number of at least 1, or all, got {text!r}")
    return int(text)


def flag(name: str) -> str:
    """An argument's name as it is typed.

    >>> flag("sample_seed")
    '--sample-seed'
    """
    return "--" + name.replace("_", "-")


def stop_when_terminated() -> None:
    """From now on SIGTERM stops as Ctrl-C does: what is finished is kept."""
    signal.signal(signal.SIGTERM, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
