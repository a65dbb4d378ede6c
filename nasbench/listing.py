"""The command ``nasbench list``: every extension there is, by kind."""

from __future__ import annotations

import argparse
import inspect
import re
from typing import Any


def configure_list(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench list``."""
    parser.add_argument("kind", nargs="?", help="one kind alone, such as spaces or searchers; all without it")
    parser.epilog = "Example:\n  nasbench list searchers"


def run_list(args: argparse.Namespace) -> int:
    """Prints name and first line of each extension; one that needs a missing extra says which.

    Raises:
        UnknownNameError: there is no such kind; the message names the nearest.
    """
    from nasbench.console import say
    from nasbench.registry import KINDS, unknown

    if args.kind is not None and args.kind not in KINDS:
        raise unknown("kind of extension", args.kind, list(KINDS))
    for position, kind in enumerate([args.kind] if args.kind else KINDS):
        say(f"{chr(10) if position else ''}{kind}")
        rows = describe(KINDS[kind])
        width = max((len(name) for name, _ in rows), default=0)
        for name, summary in rows:
            say(f"  {name:{width}}  {summary}")
        if not rows:
            say("  none")
    return 0


def describe(kind: Any) -> list[tuple[str, str]]:
    """(name, one sentence) of each extension of a :class:`nasbench.registry.Kind` and of a family's variants."""
    try:
        names = kind.names()
    except ImportError as error:
        return [("", f"not available: {error}")]
    rows = []
    for name in names:
        try:
            rows.append((name, summary(kind.load(name))))
            rows += [(variant, summary(kind.load(variant))) for variant in kind.variants(name)]
        except ImportError as error:
            rows.append((name, f"not available: {error}"))
    return rows


def summary(extension: Any) -> str:
    """First sentence of an extension's docstring, its own or that of the function it wraps, free of markup."""
    if not (inspect.isclass(extension) or inspect.isroutine(extension)):
        wrapped = [value for value in vars(extension).values() if inspect.isfunction(value)]
        extension = wrapped[0] if wrapped else extension
    text = inspect.getdoc(extension) or ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.sub(r":\w+:(?=`)|`", "", paragraph.split(". ")[0]).rstrip(".")
