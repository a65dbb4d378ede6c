"""Where every number comes from: n, seeds, hardware, versions and digests of each result, and how to make it again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reports.rebuild import rebuild_command
from reports.result import Comparison, Fit, Result, Study, number_ranges
from reports.section import Section
from reports.settings import Settings
from reports.table import Column, Table

SKIPPED = ("kind", "scores", "complete", "parameters")
"""Fields of a result that stand elsewhere in the report, or in the command line."""


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """One section: a table a result, and the command lines that make everything again, this report last."""
    report = " ".join(["nasbench report", *(result.name for result in results), *settings.options(), "--out report"])
    return [
        Section(
            "provenance",
            "How this was made",
            ("Tables, traces and models are named as they were when the results were made. To make them again:",),
            tuple(map(_table, results)),
            commands=("\n".join([*map(rebuild_command, results), report]),),
        )
    ]


def _table(result: Result) -> Table:
    columns = (Column("item", "item", form="text"), Column("value", "value", form="long"))
    rows = [("folder", str(result.folder)), ("kind", result.kind), *_measured(result)]
    rows += [(name, text) for key in result.info if key not in SKIPPED for name, text in _flat(key, result.info[key])]
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


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """A field of ``result.json`` as lines of text: one for each value that is not itself a record."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}.{key}", inner)
    elif isinstance(value, list) and any(isinstance(inner, dict) for inner in value):
        for place, inner in enumerate(value):
            label = inner.get("name", place) if isinstance(inner, dict) else place
            yield from _flat(f"{name}.{label}", inner)
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value))
    elif value is not None:
        yield name, str(value)
