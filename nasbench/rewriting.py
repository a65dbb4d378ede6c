"""Every way to write a cell whose nodes each add up two edges: all cells that compute the same up to renaming weights.

A cell is known by the values of its nodes, as :class:`nasbench.graph.Dataflow` keeps them. Another cell is in its class
when its nodes have the same values, in an order in which they can be made one after the other; each weighted operation
is made by one edge and reached by all others through what that edge leads to. The search tries every order and every
pair of edges whose sum is the value, which is little, as few edges fit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from nasbench.graph import Dataflow, Value

Edge = tuple[int, int]
"""(place of the operation, node it reads)."""
Cell = tuple[tuple[Edge, Edge], ...]
"""The two edges of each node, nodes in order."""
Meaning = tuple[str, str]
"""What an operation does to a value, ``weighted``, ``function``, ``linear`` or ``nothing``, and its label."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """An edge that could lead to a node: what it gives, and the weighted node that it makes."""

    edge: Edge
    value: Value
    made: int | None


def apply(flow: Dataflow, meaning: Meaning, value: Value) -> Value:
    """What an operation makes of a value."""
    what, label = meaning
    if what == "weighted":
        return flow.weighted(label, value)
    if what == "function":
        return flow.function(label, value)
    return flow.linear(label, value) if what == "linear" else value


def ways_to_write(
    flow: Dataflow,
    inputs: tuple[Value, ...],
    nodes: tuple[Value, ...],
    meanings: Callable[[int], Iterable[tuple[int, Meaning]]],
) -> Iterator[Cell]:
    """Every cell that has these values in its nodes, the edges of a node in the order of their sources.

    Args:
        flow: the program in which one such cell has been written.
        inputs: values of the cell's inputs.
        nodes: values of its intermediate nodes.
        meanings: for a node, the operations an edge that reads it may hold, and what each does.
    """

    def grow(values: tuple[Value, ...], left: tuple[Value, ...], made: frozenset[int], cell: Cell) -> Iterator[Cell]:
        if not left:
            yield cell
        for target in dict.fromkeys(left):
            rest = list(left)
            rest.remove(target)
            offers = [list(_offers(flow, values, source, target, made, meanings)) for source in range(len(values))]
            for first, second in combinations(offers, 2):
                for one in first:
                    for other in second:
                        fresh = [offer.made for offer in (one, other) if offer.made is not None]
                        if len(set(fresh)) == len(fresh) and flow.add(one.value, other.value) == target:
                            yield from grow(
                                (*values, target), tuple(rest), made.union(fresh), (*cell, (one.edge, other.edge))
                            )

    return grow(inputs, nodes, frozenset(), ())


def _offers(
    flow: Dataflow,
    values: tuple[Value, ...],
    source: int,
    target: Value,
    made: frozenset[int],
    meanings: Callable[[int], Iterable[tuple[int, Meaning]]],
) -> Iterator[_Offer]:
    """Edges from a node that give a part of the target."""
    wanted = Counter(dict(target))
    for operation, (what, label) in meanings(source):
        edge = (operation, source)
        if what in ("weighted", "function"):
            for (chain, base), _ in target:
                node = flow.nodes[base]
                known = (node.kind, node.label, node.arguments) == (what, label, (values[source],))
                if known and not chain and not (what == "weighted" and base in made):
                    yield _Offer(edge, ((((), base), 1),), base if what == "weighted" else None)
        else:
            value = flow.linear(label, values[source]) if what == "linear" else values[source]
            if Counter(dict(value)) <= wanted:
                yield _Offer(edge, value, None)
