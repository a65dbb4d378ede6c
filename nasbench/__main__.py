"""The command ``nasbench``: names its commands, loads the module of the one that is used, turns errors into sentences.

What a command takes and does is said in the ``commands.py`` of its floor: ``configure_NAME(parser)`` and
``run_NAME(args)``. Modules are named here as text, so that nothing below imports anything above, and so that
``nasbench query`` starts without torch.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Sequence

from nasbench.console import warnings_as_sentences

COMMANDS: dict[str, tuple[str, str]] = {
    "build": ("nasbench.generator.commands", "train architectures on images into a table; goes on where it stopped"),
    "fit": ("predictors.fit_commands", "fit a predictor to a table: a surrogate that answers for the whole space"),
    "compare": ("searchers.commands", "compare search strategies on tables, surrogates and real training"),
    "report": ("reports.commands", "turn result folders into tables, figures and one HTML page"),
    "info": ("nasbench.commands", "what a table holds: recipe, data, counts, failures, digest"),
    "query": ("nasbench.commands", "a metric of one architecture"),
    "export": ("nasbench.commands", "a table as CSV or Parquet"),
    "import": ("nasbench.commands", "turn published results, such as a CSV file, into a table"),
    "verify": ("nasbench.generator.commands", "train rows of a table again and compare"),
    "train": (
        "nasbench.scratch.commands",
        "train one architecture from scratch, full recipe; goes on where it stopped",
    ),
    "study": (
        "predictors.study_commands",
        "rank correlation of predictors against the number of trained architectures",
    ),
    "transfer": (
        "predictors.transfer_commands",
        "what a table of cheap trainings is worth to a predictor of dear ones",
    ),
    "proxies": (
        "predictors.proxy_commands",
        "zero-cost scores of untrained networks into a table; goes on where it stopped",
    ),
    "cards": ("predictors.card_commands", "how well zero-cost proxies rank, what they cost, how steady they are"),
    "search": ("searchers.commands", "one run of one search strategy"),
    "oneshot": (
        "searchers.weight_sharing.commands",
        "one search on a network whose weights all architectures share; goes on where it stopped",
    ),
    "found": ("searchers.commands", "which searcher found each architecture: labels for nasbench fit --groups"),
    "draw": ("reports.commands", "the cells of an architecture as a graph: SVG, PDF or PNG"),
    "list": ("nasbench.listing", "every search space, data set, predictor, proxy and searcher"),
    "quickstart": ("nasbench.quickstart", "build, fit, compare and report on handwritten digits, in minutes"),
}
"""Command -> (module that holds its code, one line of help)."""

GROUPS = {
    "From images to a report": ("build", "fit", "compare", "report"),
    "Tables": ("info", "query", "export", "import", "verify"),
    "Predictors and searchers": ("study", "transfer", "proxies", "cards", "search", "oneshot", "train", "found"),
    "Way in": ("list", "draw", "quickstart"),
}
"""The order in which ``nasbench --help`` shows the commands."""

EXAMPLE = """\
Example:
  nasbench build digits.h5 --space nas_bench_201 --dataset digits --sample 200 --epochs 12
  nasbench fit digits.h5 --predictor xgboost --out fit
  nasbench compare --evaluator table=digits.h5 --evaluator surrogate=fit --truth digits.h5 --out compare
  nasbench report fit compare --out report

nasbench COMMAND --help says more about each. nasbench quickstart runs all of it.
"""

USER_ERRORS = (ValueError, OSError, LookupError, ImportError, MemoryError)
"""Errors whose message is a sentence for the user; a bare KeyError or IndexError is a mistake of ours."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code of a command line: 0 good, 1 an error of ours, 2 one the user can mend, 130 stopped with Ctrl-C."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words[0] in ("-V", "--version"):
        from nasbench import __version__

        print(f"nasbench-forge {__version__}")
        return 0
    with_trace = "--traceback" in words
    try:
        with warnings_as_sentences():
            code = run(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _complain("stopped; the same command goes on where it stopped", 130)
    except USER_ERRORS as error:
        if isinstance(error, BrokenPipeError) and _reader_has_gone():
            return 141
        if with_trace:
            traceback.print_exc()
        if type(error) in (KeyError, IndexError):
            return _complain(_internal(error), 1)
        return _complain(_sentence(error), 2)
    except Exception as error:  # the last resort: whatever it is, the user reads one line and knows what to do
        if with_trace:
            traceback.print_exc()
        return _complain(_internal(error), 1)


def run(words: Sequence[str]) -> int:
    """Exit code of the command whose name is the first word; errors are raised.

    Raises:
        UnknownNameError: there is no such command; the message names the nearest.
        ImportError: the command needs an extra that is not installed.
    """
    from nasbench.registry import missing_extra, unknown

    name, *rest = words
    if name not in COMMANDS:
        raise unknown("command", name, list(COMMANDS))
    with missing_extra(f"nasbench {name}"):
        module = importlib.import_module(COMMANDS[name][0])
        args = make_parser(name).parse_args(rest)
        return getattr(module, f"run_{name}")(args) or 0


def make_parser(name: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    module, summary = COMMANDS[name]
    parser = argparse.ArgumentParser(
        prog=f"nasbench {name}",
        description=summary[0].upper() + summary[1:] + ".",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    getattr(importlib.import_module(module), f"configure_{name}")(parser)
    parser.add_argument("--traceback", action="store_true", help="on an error, show where in the code it arose")
    return parser


def usage() -> str:
    """What ``nasbench --help`` prints."""
    width = max(map(len, COMMANDS))
    lines = ["usage: nasbench COMMAND ...", "", "Tables of architectures, predictors, search strategies, reports.", ""]
    for title, names in GROUPS.items():
        lines += [f"{title}:", *(f"  {name:{width}}  {COMMANDS[name][1]}" for name in names), ""]
    return "\n".join([*lines, EXAMPLE])


def _sentence(error: BaseException) -> str:
    """An error's message on one line."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    message = " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return f"not enough memory{': ' + message if message else ''}; ask for less at a time, or use a larger machine"
    return message or f"{type(error).__name__} without a message; --traceback shows where"


def _internal(error: BaseException) -> str:
    message = " ".join(str(error).split())
    return (
        f"internal error: {type(error).__name__}{': ' + message if message else ''}. "
        "This is a mistake of ours: run it again with --traceback and report what it prints"
    )


def _complain(message: str, code: int) -> int:
    """The exit code, after the message stands on stderr."""
    print(f"nasbench: {message}", file=sys.stderr)
    return code


def _reader_has_gone() -> bool:
    """Whether whoever read our stdout, such as ``head``, has left; then nothing more can be said there."""
    try:
        print(flush=True)  # text that could not be written before may be lost already: only new text tells
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


if __name__ == "__main__":
    sys.exit(main())
