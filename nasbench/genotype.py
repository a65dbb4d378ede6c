"""The published text of cells with two inputs: ``Genotype(normal=[('sep_conv_3x3', 1), ...], normal_concat=..., ...)``.

Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, and those who came after. Texts are read
as data, never run. What a genotype must be to belong to a search space is the space's business.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

LONGEST = 20_000
"""Characters of the longest text that is read."""

Edge = tuple[str, int]
"""(operation, node it reads); nodes 0 and 1 are the outputs of the cell before last and of the last."""


@dataclass(frozen=True, slots=True)
class Genotype:
    """A normal and a reduction cell.

    Args:
        normal: the normal cell's edges; two lead to each intermediate node, node after node from 2 on.
        normal_concat: the nodes whose concatenation is the normal cell's output.
        reduce: the reduction cell's edges.
        reduce_concat: the nodes whose concatenation is its output.
    """

    normal: tuple[Edge, ...]
    normal_concat: tuple[int, ...]
    reduce: tuple[Edge, ...]
    reduce_concat: tuple[int, ...]

    def __str__(self) -> str:
        """The published text."""
        return (
            f"Genotype(normal={list(self.normal)!r}, normal_concat={list(self.normal_concat)!r}, "
            f"reduce={list(self.reduce)!r}, reduce_concat={list(self.reduce_concat)!r})"
        )


def read_genotype(text: str) -> Genotype:
    """The genotype of a published text.

    Nodes to concatenate may be written as ``range(2, 6)``, the two edges of a node as a pair of their own, and an edge
    with a third number, its strength in the search (as GDAS publishes); the latter is not kept.

    Raises:
        ValueError: the text is no genotype; the message says what was expected.
    """
    try:
        if len(text) > LONGEST:
            raise ValueError(f"at most {LONGEST} characters")
        call = ast.parse(text.strip(), mode="eval").body
        fields = _fields(call)
        normal, reduction = (_edges(ast.literal_eval(fields[name])) for name in ("normal", "reduce"))
        return Genotype(normal, _nodes(fields["normal_concat"]), reduction, _nodes(fields["reduce_concat"]))
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        reason = f": {error}" if isinstance(error, ValueError) and "\n" not in str(error) else ""
        shown = text if len(text) <= LONGEST else text[:100]
        raise ValueError(
            f"cannot read {shown!r} as a genotype: expected Genotype(normal=[('sep_conv_3x3', 0), ...], "
            f"normal_concat=[2, 3, 4, 5], reduce=[...], reduce_concat=[...]){reason}"
        ) from None


def _fields(call: ast.expr) -> dict[str, ast.expr]:
    """The values of the four fields, not yet read."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "Genotype":
        raise TypeError
    fields = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    if call.args or len(call.keywords) != 4 or set(fields) != set(Genotype.__slots__):
        raise ValueError("its fields are normal, normal_concat, reduce and reduce_concat, each once and by name")
    return fields


def _edges(value: object) -> tuple[Edge, ...]:
    """Edges written one after the other, or in pairs."""
    if not isinstance(value, list | tuple):
        raise TypeError
    if all(isinstance(part, list | tuple) and part and isinstance(part[0], list | tuple) for part in value):
        value = [edge for pair in value for edge in pair]
    found: list[Edge] = []
    for edge in value:
        if not isinstance(edge, list | tuple) or len(edge) not in (2, 3):
            raise ValueError(f"{edge!r} is no pair of an operation and a node")
        operation, node = edge[:2]
        if not isinstance(operation, str) or not isinstance(node, int) or isinstance(node, bool):
            raise ValueError(f"{edge!r} is no pair of an operation and a node")
        found.append((operation, node))
    return tuple(found)


def _nodes(value: ast.expr) -> tuple[int, ...]:
    """Nodes written as a list or as ``range(first, end)``."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "range":
        first, end = (ast.literal_eval(part) for part in value.args)
        if value.keywords or type(first) is not int or type(end) is not int or end - first > LONGEST:
            raise ValueError("a range has a first node and an end")
        return tuple(range(first, end))
    nodes = ast.literal_eval(value)
    if not isinstance(nodes, list | tuple) or any(type(node) is not int for node in nodes):
        raise ValueError(f"{nodes!r} is no list of nodes")
    return tuple(nodes)
