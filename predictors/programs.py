"""A cell's canonical program in numbers: its live operations, its paths by what is on them, and who reads what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from nasbench.graph import Dataflow, Value

Composition = tuple[tuple[str, int], ...]
"""What is on a path: labels of operations and how often each, sorted by label."""
PATHS = 4096
"""Compositions of paths that are told apart at one node; of more, the shortest."""


@dataclass(frozen=True)
class Program:
    """Counts of a program.

    Args:
        weighted: live operations that are nodes (convolutions, max pooling), by label.
        linear: terms' linear operations (average pooling), by label, over all that live nodes and outputs read.
        paths: how many paths have each composition.
        output: (label or "input", whether through a linear operation) -> terms of the outputs.
        reads: (label, "input" or "linear" or "weighted") -> nodes of the label that read such a term.
        terms: terms of all outputs.
    """

    weighted: dict[str, int]
    linear: dict[str, int]
    paths: dict[Composition, int]
    output: dict[tuple[str, bool], int]
    reads: dict[tuple[str, str], int]
    terms: int


def read_program(flow: Dataflow) -> Program:
    """The counts of a program; only what its outputs read counts."""
    live = flow.live_nodes()
    weighted: Counter[str] = Counter()
    linear: Counter[str] = Counter()
    reads: Counter[tuple[str, str]] = Counter()
    paths: dict[int, Counter[Composition]] = {}
    for node in live:
        kind, label, arguments = flow.nodes[node].kind, flow.nodes[node].label, flow.nodes[node].arguments
        if kind == "input":
            paths[node] = Counter({(): 1})
            continue
        weighted[label] += 1
        linear.update(chained for value in arguments for (chain, _), _ in value for chained in chain)
        reads.update((label, what) for what in _read(flow, arguments))
        inner: Counter[Composition] = Counter()
        for value in arguments:
            inner.update(_paths(value, paths))
        paths[node] = _shortest(Counter({_with(on, (label,)): times for on, times in inner.items()}))
    found: Counter[Composition] = Counter()
    output: Counter[tuple[str, bool]] = Counter()
    for value in flow.outputs:
        found.update(_paths(value, paths))
        linear.update(chained for (chain, _), _ in value for chained in chain)
        for (chain, base), times in value:
            kind = flow.nodes[base].kind
            output["input" if kind == "input" else flow.nodes[base].label, bool(chain)] += times
    terms = sum(len(value) for value in flow.outputs)
    return Program(dict(weighted), dict(linear), dict(_shortest(found)), dict(output), dict(reads), terms)


def _read(flow: Dataflow, arguments: tuple[Value, ...]) -> set[str]:
    """What a node reads: an input, something through a linear operation, another node."""
    terms = [term for value in arguments for term, _ in value]
    found = {"linear" for chain, _ in terms if chain}
    found |= {"weighted" for _, base in terms if flow.nodes[base].kind != "input"}
    return found | {"input" for chain, base in terms if not chain and flow.nodes[base].kind == "input"}


def _paths(value: Value, paths: dict[int, Counter[Composition]]) -> Counter[Composition]:
    """Paths that end in a value."""
    found: Counter[Composition] = Counter()
    for (chain, base), times in value:
        for on, many in paths[base].items():
            found[_with(on, chain)] += times * many
    return found


def _with(on: Composition, labels: tuple[str, ...]) -> Composition:
    """A composition with more operations on the path."""
    if not labels:
        return on
    counts = Counter(dict(on))
    counts.update(labels)
    return tuple(sorted(counts.items()))


def _shortest(found: Counter[Composition]) -> Counter[Composition]:
    if len(found) <= PATHS:
        return found
    kept = sorted(found, key=lambda on: (sum(times for _, times in on), on))[:PATHS]
    return Counter({on: found[on] for on in kept})
