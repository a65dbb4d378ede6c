"""Random programs for :class:`nasbench.graph.Dataflow`, and what they compute under every naming of their weights."""

from __future__ import annotations

import itertools
import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from nasbench.graph import Dataflow, Value

NUMBERS, WEIGHTED = 4, 5
Sum = tuple[int, ...]
"""Places of the values that are added, as often as they stand there; the empty sum is zero."""


@dataclass(frozen=True)
class Line:
    """One operation of a program on sums of the inputs and of earlier lines."""

    kind: str  # "linear", "function" or "weighted"
    label: str
    arguments: tuple[Sum, ...]


@dataclass(frozen=True)
class Program:
    """Values 0 to ``inputs`` - 1 are the inputs, the next are the lines in order; the outputs are sums of values."""

    inputs: int
    lines: tuple[Line, ...]
    outputs: tuple[Sum, ...]


@st.composite
def programs(draw, most_lines: int = 6) -> Program:
    """A program of one or two inputs and outputs, few labels, many values that are read more than once or never."""
    inputs = draw(st.integers(1, 2))
    lines: list[Line] = []

    def some() -> Sum:
        return tuple(sorted(draw(st.lists(st.integers(0, inputs + len(lines) - 1), max_size=3))))

    for _ in range(draw(st.integers(1, most_lines))):
        kind = draw(st.sampled_from(("weighted", "weighted", "weighted", "linear", "function")))
        heavy = sum(line.kind == "weighted" for line in lines)
        kind = "linear" if kind == "weighted" and heavy == WEIGHTED else kind
        count = 1 if kind == "linear" else draw(st.integers(1, 2))
        lines.append(Line(kind, draw(st.sampled_from("ab")), tuple(some() for _ in range(count))))
    return Program(inputs, tuple(lines), tuple(some() for _ in range(draw(st.integers(1, 2)))))


def rewritten(program: Program, rng: np.random.Generator) -> Program:
    """The same program with its lines in another order in which each still reads earlier ones only."""
    waiting, place = list(range(len(program.lines))), {i: i for i in range(program.inputs)}
    lines = []
    while waiting:
        ready = [n for n in waiting if all(v in place for s in program.lines[n].arguments for v in s)]
        chosen = ready[rng.integers(len(ready))]
        waiting.remove(chosen)
        place[program.inputs + chosen] = program.inputs + len(lines)
        line = program.lines[chosen]
        lines.append(Line(line.kind, line.label, tuple(_moved(s, place, rng) for s in line.arguments)))
    return Program(program.inputs, tuple(lines), tuple(_moved(s, place, rng) for s in program.outputs))


def _moved(values: Sum, place: dict[int, int], rng: np.random.Generator) -> Sum:
    return tuple(int(v) for v in rng.permutation([place[v] for v in values]))


def changes(program: Program) -> Iterator[Program]:
    """Programs in which one kind, one label, one argument or one summand is another."""

    def varied(sums: tuple[Sum, ...], known: int) -> Iterator[tuple[Sum, ...]]:
        for at, values in enumerate(sums):
            fewer = [values[:i] + values[i + 1 :] for i in range(len(values))]
            for other in fewer + [(*values, v) for v in range(known)]:
                yield sums[:at] + (other,) + sums[at + 1 :]
        if len(sums) == 2:
            yield sums[::-1]

    for number, line in enumerate(program.lines):
        other = [Line(line.kind, "b" if line.label == "a" else "a", line.arguments)]
        if line.kind == "weighted":
            other.append(Line("function", line.label, line.arguments))
        other += [Line(line.kind, line.label, sums) for sums in varied(line.arguments, program.inputs + number)]
        for changed in other:
            yield Program(
                program.inputs, program.lines[:number] + (changed,) + program.lines[number + 1 :], program.outputs
            )
    for sums in varied(program.outputs, program.inputs + len(program.lines)):
        yield Program(program.inputs, program.lines, sums)


def written(program: Program) -> Dataflow:
    """The program as :class:`Dataflow`, which is what is tested."""
    flow = Dataflow()
    values: list[Value] = [flow.input(f"input{place}") for place in range(program.inputs)]
    for line in program.lines:
        arguments = [flow.add(*(values[v] for v in s)) for s in line.arguments]
        values.append(getattr(flow, line.kind)(line.label, *arguments))
    return flow.set_outputs(*(flow.add(*(values[v] for v in s)) for s in program.outputs))


def meaning(program: Program) -> tuple[float, ...]:
    """Numbers that two programs share when they are one up to renaming weights, and else only by chance.

    They are the sorted projections of the outputs under each way to hand the first weights of each label to the
    weighted lines of that label that matter: those that have something to read and that an output reads.
    """
    heavy: dict[tuple[str, int], list[int]] = defaultdict(list)
    for number in sorted(_read(program) & _fed(program)):
        line = program.lines[number]
        if line.kind == "weighted":
            heavy[line.label, len(line.arguments)].append(number)
    orders = itertools.product(*(itertools.permutations(range(len(numbers))) for numbers in heavy.values()))
    found = []
    for order in orders:
        weights = dict(zip(itertools.chain(*heavy.values()), itertools.chain(*order), strict=True))
        found.append(_projection(program, weights))
    return tuple(sorted(found))


def _fed(program: Program) -> set[int]:
    """Lines with an argument that is not zero."""
    alive = set(range(program.inputs))
    for number, line in enumerate(program.lines):
        if any(v in alive for s in line.arguments for v in s):
            alive.add(program.inputs + number)
    return {value - program.inputs for value in alive if value >= program.inputs}


def _read(program: Program) -> set[int]:
    """Lines that an output reads."""
    needed = {v for s in program.outputs for v in s}
    for number in range(len(program.lines) - 1, -1, -1):
        if program.inputs + number in needed:
            needed |= {v for s in program.lines[number].arguments for v in s}
    return {value - program.inputs for value in needed if value >= program.inputs}


def _projection(program: Program, weights: dict[int, int]) -> float:
    """Outputs of a program, projected: each operation a random function of its kind, label and weights."""
    fed = _fed(program)
    values = [_random("input", place)[0] for place in range(program.inputs)]
    for number, line in enumerate(program.lines):
        arguments = [_sum(values, s) for s in line.arguments]
        if number not in fed or (line.kind == "weighted" and number not in weights):
            values.append(np.zeros(NUMBERS))
        elif line.kind == "linear":
            values.append(_random("linear", line.label)[1:] @ arguments[0])
        else:
            which = ("function", line.label) if line.kind == "function" else (line.label, weights[number])
            parts = [_random(*which, place, len(arguments)) for place in range(len(arguments))]
            values.append(np.tanh(sum(p[0] + p[1:] @ a for p, a in zip(parts, arguments, strict=True)) / 2))
    directions = (_random("direction", place)[0] for place in range(len(program.outputs)))
    return float(sum(d @ _sum(values, s) for d, s in zip(directions, program.outputs, strict=True)))


def _sum(values: Sequence[np.ndarray], places: Sum) -> np.ndarray:
    return np.sum([np.zeros(NUMBERS), *(values[v] for v in places)], axis=0)


_DRAWN: dict[tuple, np.ndarray] = {}


def _random(*key: object) -> np.ndarray:
    """Fixed random numbers of a key: a shift and a matrix, shape (1 + NUMBERS, NUMBERS)."""
    if key not in _DRAWN:
        rng = np.random.default_rng(zlib.crc32(repr(key).encode()))
        _DRAWN[key] = rng.normal(size=(1 + NUMBERS, NUMBERS)) / 2
    return _DRAWN[key]
