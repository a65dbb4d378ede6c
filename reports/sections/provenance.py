"""Where every number comes from: n, seeds, hardware, versions and digests of each result, and how to make it again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.drawing import words
from reports.oneshot import OneShot
from reports.rebuild import rebuild_command
from reports.result import Comparison, Fit, Result, Study, number_ranges
from reports.section import Section
from reports.settings import Settings
from reports.table import Column, Table
from reports.trained import Trained

SKIPPED = (
    "kind",
    "scores",
    "scores_by_class",
    "summary",
    "complete",
    "version",
    "ceilings",
    "seen",
    "split_is",
    "cards",
    "command",
    "kinds",
    "edges",
    "operations",
    "pick",
    "pick_true",
    "collapsed",
    "random",
    "ranking",
    "best_epoch",
    "val_loss",
    "val_accuracy",
    "last_val_accuracy",
    "test_loss",
    "test_accuracy",
)
"""Fields of a result that stand elsewhere in the report."""
ORDER = ("fit", "study", "cards", "compare", "oneshot", "train")
"""Kinds in the order in which results are made: a comparison may use a fit."""


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """One section: a table a result, and the command lines that make everything again, this report last."""
    commands = [rebuild_command(result) for kind in ORDER for result in results if result.kind == kind]
    return [
        Section(
            "provenance",
            "How this was made",
            ("Files are named as they were when results were made; what a result does not say is left to defaults.",),
            tuple(map(_table, results)),
            commands=("\n".join([*commands, _report_command(results, settings)]),),
        )
    ]


def _report_command(results: Sequence[Result], settings: Settings) -> str:
    truths = [str(r.info["truth"]["file"]) for r in results if isinstance(r, Comparison) and r.optimum is not None]
    options = [f"--truth {shlex.quote(name)}" for name in dict.fromkeys(truths)] + settings.options()
    return " ".join(["nasbench report", *(result.name for result in results), *options, "--out report"])


def _table(result: Result) -> Table:
    columns = (Column("item", "item", form="text"), Column("value", "value", form="long"))
    rows = [("folder", str(result.folder)), ("kind", result.kind), *_measured(result)]
    rows += _fields(result.info)
    rows.append(("SHA-256 of result.json", result.digest))
    rows += [("missing", sentence) for sentence in result.missing]
    return Table(f"{result.name}-made-of", f"What {result.name} is made of", columns, tuple(rows))


def _measured(result: Result) -> Iterator[tuple[str, str]]:
    """What was found in the folder: how many, of which seeds."""
    if isinstance(result, Comparison):
        yield "n", f"{len(result.runs):,} runs"
        yield "seeds found", number_ranges(run.seed for run in result.runs)
    elif isinstance(result, Study):
        yield "n", f"{len(result.size):,} fits"
        yield "seeds found", number_ranges(result.seed.tolist())
    elif isinstance(result, Fit):
        yield "n", f"{len(result.actual):,} held-out architectures"
    elif isinstance(result, OneShot):
        yield "n", f"{len(result.arrays['seconds']):,} epochs, {len(result.ranked[0]):,} architectures ranked"
    elif isinstance(result, Trained):
        yield "n", f"{len(result.history):,} epochs, 1 training"


def _fields(info: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What ``result.json`` says besides numbers that stand elsewhere: a line for each field, or record with a name."""
    for key, value in info.items():
        if key in SKIPPED or value is None:
            continue
        if isinstance(value, list) and value and all(isinstance(item, dict) and "name" in item for item in value):
            for item in value:
                yield f"{words(key)}: {item['name']}", _text({k: v for k, v in item.items() if k != "name"})
        else:
            yield words(key), _text(value)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{words(str(key))} {_text(inner)}" for key, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)
