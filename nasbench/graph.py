"""Small directed acyclic graphs, and the exact canonical form of what a cell computes. NumPy only.

:class:`Dag` is a graph with operations on its nodes, as encodings and reports read it. :class:`Dataflow` is what those
operations mean: it is written like a program, keeps every value as a sum of terms, and knows when two programs are one
up to renaming their weights.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

Term = tuple[tuple[str, ...], int]
"""A chain of linear operations, the first applied first, on a base node."""
Value = tuple[tuple[Term, int], ...]
"""A sum: distinct terms, each with how often it is added, in sorted order. The empty sum is zero."""

ZERO: Value = ()


@dataclass(frozen=True, slots=True)
class Dag:
    """A directed acyclic graph with a label on each node; nodes are in an order in which edges only go forward.

    Args:
        labels: a label for each node; the first is the input's, the last the output's in cells with one of each.
        edges: (source, target) pairs, source < target.
    """

    labels: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        if any(not 0 <= source < target < len(self.labels) for source, target in self.edges):
            raise ValueError("edges of a Dag go from an earlier node to a later one")

    @property
    def adjacency(self) -> np.ndarray:
        """Boolean array of shape (nodes, nodes); [source, target] is true for an edge."""
        matrix = np.zeros((len(self.labels), len(self.labels)), dtype=bool)
        for source, target in self.edges:
            matrix[source, target] = True
        return matrix

    def successors(self, node: int) -> list[int]:
        """Nodes an edge leads to from this one."""
        return [target for source, target in self.edges if source == node]

    def paths(self) -> Iterator[tuple[str, ...]]:
        """Labels along each path from the first node to the last, those two left out."""
        last = len(self.labels) - 1
        stack: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        while stack:
            node, labels = stack.pop()
            for target in self.successors(node):
                if target == last:
                    yield labels
                else:
                    stack.append((target, (*labels, self.labels[target])))

    def pruned(self) -> Dag:
        """The graph without nodes that are not on a path from the first node to the last (those two always stay)."""
        reach = np.eye(len(self.labels), dtype=bool)
        for source, target in sorted(self.edges, reverse=True):
            reach[source] |= reach[target]
        last = len(self.labels) - 1
        keep = [n for n in range(len(self.labels)) if n in (0, last) or (reach[0, n] and reach[n, last])]
        place = {old: new for new, old in enumerate(keep)}
        edges = tuple((place[s], place[t]) for s, t in self.edges if s in place and t in place)
        return Dag(tuple(self.labels[n] for n in keep), edges)


@dataclass(frozen=True, slots=True)
class _Node:
    kind: str  # "input", "function" or "weighted"
    label: str
    arguments: tuple[Value, ...] = ()


@dataclass
class Dataflow:
    """A cell as a program over values, in a form where equal functions of input and weights become equal.

    Values are sums of terms; a term is a chain of linear operations on a base, which is an input, a weighted
    operation with an identity of its own, or a weightless function. The rules: sums are flattened and their order is
    forgotten; a linear operation is spread over sums; an operation on zero is zero; weightless operations on the same
    value are one; two weighted ones never are. Write the program with the methods below and end with
    :meth:`set_outputs`.
    """

    nodes: list[_Node] = field(default_factory=list)
    outputs: tuple[Value, ...] = ()

    def input(self, label: str = "input") -> Value:
        """A new input of the cell."""
        return self._base(_Node("input", label))

    def add(self, *values: Value) -> Value:
        """The sum of values."""
        live = [value for value in values if value]
        if len(live) == 1:
            return live[0]
        total: Counter[Term] = Counter()
        for value in live:
            for term, count in value:
                total[term] += count
        return tuple(sorted(total.items()))

    def linear(self, label: str, value: Value) -> Value:
        """A linear operation without weights, such as average pooling: spread over the terms of the sum."""
        return tuple(sorted(((chain + (label,), base), count) for (chain, base), count in value))

    def weighted(self, label: str, *values: Value) -> Value:
        """An operation with weights of its own; zero when every argument is zero, as built."""
        return self._base(_Node("weighted", label, values)) if any(values) else ZERO

    def function(self, label: str, *values: Value) -> Value:
        """An operation without weights that is not linear, such as max pooling; zero when every argument is zero."""
        if not any(values):
            return ZERO
        node = _Node("function", label, values)
        return ((((), self.nodes.index(node)), 1),) if node in self.nodes else self._base(node)

    def set_outputs(self, *values: Value) -> Dataflow:
        """This program, with the values it gives back, in order."""
        self.outputs = values
        return self

    def _base(self, node: _Node) -> Value:
        self.nodes.append(node)
        return ((((), len(self.nodes) - 1), 1),)

    def canonical_hash(self, salt: str = "") -> str:
        """32 hexadecimal digits of the canonical form, different for different ``salt``."""
        return hashlib.sha256(f"{salt}|{self.canonical_form}".encode()).hexdigest()[:32]

    @cached_property
    def canonical_form(self) -> str:
        """Text that is equal for two programs exactly when they are one up to renaming their weighted nodes."""
        live = self.live_nodes()
        return min(self._texts(live, self._refined(live, dict.fromkeys(live, 0))))

    def live_nodes(self) -> list[int]:
        """Nodes that the outputs read, in order."""
        live: set[int] = set()
        stack = [base for value in self.outputs for (_, base), _ in value]
        while stack:
            node = stack.pop()
            if node not in live:
                live.add(node)
                stack += [base for value in self.nodes[node].arguments for (_, base), _ in value]
        return sorted(live)

    def _refined(self, live: list[int], colour: dict[int, int]) -> dict[int, int]:
        """Colours split until nodes of one colour look alike from their arguments and from their readers."""
        groups = len(set(colour.values()))
        while True:
            down: dict[int, tuple] = {}
            readers: dict[int, list[tuple]] = {node: [] for node in live}
            for node in live:
                parts = self.nodes[node]
                down[node] = (colour[node], parts.kind, parts.label, self._painted(parts.arguments, colour))
            for place, value in enumerate(self.outputs):
                for (chain, base), count in value:
                    readers[base].append((-1, place, chain, count))
            for node in live:
                for place, value in enumerate(self.nodes[node].arguments):
                    for (chain, base), count in value:
                        readers[base].append((colour[node], place, chain, count))
            keys = {node: (down[node], tuple(sorted(readers[node]))) for node in live}
            rank = {key: place for place, key in enumerate(sorted(set(keys.values())))}
            colour = {node: rank[keys[node]] for node in live}
            if len(rank) == groups or len(rank) == len(live):
                return colour
            groups = len(rank)

    def _texts(self, live: list[int], colour: dict[int, int]) -> set[str]:
        """Every text under the labellings that the colours leave open.

        A node that looks like one tried before is left out when one text under it is known already: some renaming then
        takes the one to the other, and the rest of its texts are known too. McKay, "Practical graph isomorphism",
        Congressus Numerantium 30, 1981.
        """
        tied = self._tied(live, colour)
        if not tied:
            return {self._text(live, colour)}
        found: set[str] = set()
        for chosen in tied:
            split = self._split(live, colour, chosen)
            if not found or self._first_text(live, split) not in found:
                found |= self._texts(live, split)
        return found

    def _first_text(self, live: list[int], colour: dict[int, int]) -> str:
        """One of the texts."""
        while tied := self._tied(live, colour):
            colour = self._split(live, colour, tied[0])
        return self._text(live, colour)

    def _tied(self, live: list[int], colour: dict[int, int]) -> list[int]:
        """Nodes of the first colour that several have; none when every node has its own."""
        sizes = Counter(colour.values())
        tied = min((c for c, size in sizes.items() if size > 1), default=None)
        return [node for node in live if colour[node] == tied]

    def _split(self, live: list[int], colour: dict[int, int], chosen: int) -> dict[int, int]:
        """Colours in which a node comes before those it looked like."""
        tied = colour[chosen]
        return self._refined(live, {node: 2 * c + (c == tied and node != chosen) for node, c in colour.items()})

    def _text(self, live: list[int], colour: dict[int, int]) -> str:
        """The program, written with colours for names."""
        nodes = [self.nodes[node] for node in sorted(live, key=colour.__getitem__)]
        body = [(node.kind, node.label, self._painted(node.arguments, colour)) for node in nodes]
        return repr((body, self._painted(self.outputs, colour)))

    @staticmethod
    def _painted(values: tuple[Value, ...], colour: dict[int, int]) -> tuple:
        """Values with colours in place of node numbers."""
        return tuple(tuple(sorted((chain, colour[base], count) for (chain, base), count in value)) for value in values)
