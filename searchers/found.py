"""Who found what: for every architecture asked in folders of runs, the searcher that it is credited to.

An architecture is credited to the searcher that asked it in most queries, over all runs; of equals to the one that
asked it earliest in a run, and of those to the one that the folders name first. ``nasbench fit --groups`` reads the
labels and leaves each searcher's finds out once.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import nasbench
from nasbench.database.files import write_atomically
from nasbench.space import Architecture
from searchers.trace import Trace

KINDS = {"compare": "traces/*/*/*.npz", "search": "trace.npz"}
"""Kinds of folders that hold runs, and where in them."""
COLUMNS = ("architecture", "label", "queries")


@dataclass(frozen=True, slots=True)
class Find:
    """An architecture, the searcher it is credited to, and in how many queries that one asked it."""

    architecture: Architecture
    label: str
    queries: int


@dataclass(frozen=True, slots=True)
class Share:
    """What one searcher has found, in numbers.

    Args:
        searcher: its name.
        runs: its runs.
        queries: queries of all its runs.
        asked: different architectures that it asked.
        found: those credited to it.
        alone: those that no other searcher asked.
    """

    searcher: str
    runs: int
    queries: int
    asked: int
    found: int
    alone: int


def read_runs(folders: Iterable[Path]) -> list[Trace]:
    """The finished runs of folders that ``nasbench compare`` or ``search`` wrote, in the order of their searchers.

    Raises:
        ValueError: a folder is not of that kind, has no finished run, or is of another space than the first; a trace is
            damaged.
        OSError: a file cannot be read.
    """
    found: list[Trace] = []
    for folder in {folder.resolve(): folder for folder in folders}.values():
        kind, searchers = _read_about(folder)
        traces = [Trace.load(path) for path in sorted(folder.glob(KINDS[kind]))]
        if not traces:
            raise ValueError(f"{folder} holds no finished run: run its nasbench {kind} to the end first")
        named = dict.fromkeys([*searchers, *(trace.meta["searcher"] for trace in traces)])
        found += [trace for name in named for trace in traces if trace.meta["searcher"] == name]
    spaces = list(dict.fromkeys(trace.meta["space"] for trace in found))
    if len(spaces) > 1:
        raise ValueError(f"expected runs in one space, got {', '.join(spaces)}: name the folders of each by themselves")
    return found


def _read_about(folder: Path) -> tuple[str, list[str]]:
    """Kind and searchers of a folder, as its ``result.json`` has them."""
    try:
        about = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        kind, searchers = about["kind"], about.get("searchers", [])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        kind, searchers = None, []
    if kind not in KINDS:
        told = "no result of ours" if kind is None else f"a result of {kind}"
        raise ValueError(f"{folder} holds {told}: expected a folder that nasbench compare or nasbench search wrote")
    return kind, list(searchers)


def credit(traces: Sequence[Trace]) -> list[Find]:
    """Every architecture asked, by the searcher it is credited to, then by its choices; see the top of the file.

    Args:
        traces: runs in one space; a searcher that comes first goes before its equals.
    """
    asked = _queries_by_architecture(traces)
    order = list(dict.fromkeys(trace.meta["searcher"] for trace in traces))
    finds = []
    for choices, by in asked.items():
        label = min(by, key=lambda name: (-by[name][0], by[name][1], order.index(name)))
        finds.append(Find(Architecture(traces[0].meta["space"], choices), label, by[label][0]))
    return sorted(finds, key=lambda find: (order.index(find.label), find.architecture.choices))


def shares(traces: Sequence[Trace], finds: Sequence[Find]) -> list[Share]:
    """A line for each searcher, in the order of the traces.

    Args:
        traces: all runs.
        finds: what :func:`credit` made of them.
    """
    asked = _queries_by_architecture(traces)
    return [
        Share(
            searcher=name,
            runs=sum(trace.meta["searcher"] == name for trace in traces),
            queries=sum(by[name][0] for by in asked.values() if name in by),
            asked=sum(name in by for by in asked.values()),
            found=sum(find.label == name for find in finds),
            alone=sum(list(by) == [name] for by in asked.values()),
        )
        for name in dict.fromkeys(trace.meta["searcher"] for trace in traces)
    ]


def _queries_by_architecture(traces: Iterable[Trace]) -> dict[tuple[int, ...], dict[str, tuple[int, int]]]:
    """Choices -> searcher -> (queries of them, place in a run of the earliest)."""
    asked: dict[tuple[int, ...], dict[str, tuple[int, int]]] = {}
    for trace in traces:
        name = trace.meta["searcher"]
        for place, choices in enumerate(trace.choices.tolist()):
            by = asked.setdefault(tuple(choices), {})
            count, first = by.get(name, (0, place))
            by[name] = (count + 1, min(first, place))
    return asked


def write_finds(path: Path, finds: Iterable[Find]) -> None:
    """Writes a CSV file of architecture, label and queries in one step, in place of one that is there."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for find in finds:
        space = nasbench.load_space(find.architecture.space)
        writer.writerow((space.format(find.architecture), find.label, find.queries))
    write_atomically(path, text.getvalue().encode())


def as_text(lines: Sequence[Share]) -> str:
    """The shares as a table for people."""
    heads = ("searcher", "runs", "queries", "asked", "found", "alone")
    numbers = [(line.runs, line.queries, line.asked, line.found, line.alone) for line in lines]
    names = [line.searcher for line in lines]
    rows = [heads, *((name, *(f"{n:,}" for n in row)) for name, row in zip(names, numbers, strict=True))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(f"{cell:{'>' if place else '<'}{widths[place]}}" for place, cell in enumerate(row)) for row in rows
    )
