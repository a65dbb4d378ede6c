"""The project's files as syntax trees, for the rules that hold over all of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("datasets", "nasbench", "predictors", "searchers", "reports")
"""From the ground up; each imports itself and those before it."""


@dataclass(frozen=True)
class Source:
    """A Python file: its path from the project's root, its text, its tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def floor(self) -> str:
        """The package the file is in."""
        return self.path.split("/")[0]


@dataclass(frozen=True)
class Import:
    """A module that a file imports, the line, and whether it happens as soon as the file is imported."""

    module: str
    line: int
    at_once: bool


def source(text: str, path: str = "nasbench/made_up.py") -> Source:
    """A file that exists only in a test."""
    return Source(path, text, ast.parse(text))


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the five packages."""
    return tuple(
        source(file.read_text(encoding="utf-8"), file.relative_to(ROOT).as_posix())
        for floor in FLOORS
        for file in sorted((ROOT / floor).rglob("*.py"))
    )


def imports(file: Source) -> Iterator[Import]:
    """Every import statement of a file, those inside functions and under TYPE_CHECKING too."""
    yield from _imports(file, file.tree, at_once=True)


def _imports(file: Source, node: ast.AST, at_once: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, at_once) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            module = child.module or ""
            if child.level:
                above = file.path.removesuffix(".py").split("/")[: -child.level]
                module = ".".join([*above, module]).rstrip(".")
            yield Import(module, child.lineno, at_once)
        else:
            later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or _is_for_types_only(child)
            yield from _imports(file, child, at_once and not later)


def _is_for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of an expression that is a dotted name, otherwise nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""
