"""Every public name says what it is, files hold one idea, and no file speaks of the machine it was written on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.house import FLOORS, ROOT, Source, source, sources

LONGEST = 300
"""Lines of a file; beyond, two ideas share a roof."""

WRITTEN = ("*.md", "*.toml", "Makefile", ".gitignore", ".ci/*")
MACHINE = re.compile(r"(?<![\w.~])/(?:tmp|work|root|home|opt|mnt)/\w|\bpypi\.(?:org|python)|/dist-packages/")
"""Absolute folders of one machine and hosts of registries."""

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def public(file: Source) -> Iterator[tuple[str, int, str | None]]:
    """(name, line, docstring) of the module, its public classes and functions, and their public methods."""
    if not any(part.startswith("_") and part != "__init__.py" for part in file.path.split("/")):
        yield file.path, 1, ast.get_docstring(file.tree)
    yield from _public(file.tree.body, "")


def _public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, int, str | None]]:
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            overload = any(ast.unparse(d).split(".")[-1] in ("overload", "setter") for d in node.decorator_list)
            if not overload:
                yield f"{prefix}{node.name}", node.lineno, ast.get_docstring(node)
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body, f"{node.name}.")


def unsaid(file: Source) -> list[str]:
    """Public names without a docstring, or with one that does not begin with a sentence."""
    found = []
    for name, line, text in public(file):
        first = " ".join((text or "").split("\n\n")[0].split())
        if not re.search(r"\w.*[.:?!][`)\"']*$", first):
            found.append(f"{file.path}:{line} {name}: {first or 'no docstring'}")
    return found


@pytest.mark.parametrize("file", sources(), ids=lambda file: file.path)
def test_public_names_say_what_they_are(file: Source) -> None:
    assert unsaid(file) == []


def test_files_are_short() -> None:
    lengths = {file.path: len(file.text.splitlines()) for file in sources()}
    assert {path: n for path, n in lengths.items() if n > LONGEST} == {}


def test_each_folder_says_what_it_holds() -> None:
    for floor in FLOORS:
        for folder in [ROOT / floor, *(ROOT / floor).rglob("*/")]:
            if any(folder.glob("*.py")):
                text = (folder / "__init__.py").read_text(encoding="utf-8")
                assert ast.get_docstring(ast.parse(text)), f"{folder.relative_to(ROOT)}/__init__.py says nothing"


def test_the_five_packages_carry_their_mark() -> None:
    from nasbench._ownership import MARK, PACKAGES

    assert set(PACKAGES) == set(FLOORS)
    for floor in FLOORS:
        assert MARK in (ROOT / floor / "__init__.py").read_bytes().splitlines()[0]


def written() -> list[Path]:
    """Every file of the project that people read."""
    folders = [file for floor in (*FLOORS, "tests") for file in (ROOT / floor).rglob("*") if file.is_file()]
    files = [file for pattern in WRITTEN for file in ROOT.glob(pattern)]
    readable = {".py", ".md", ".html", ".css", ".js", ".toml", ".json", ".csv", ""}
    return [file for file in (*files, *folders) if file.suffix in readable and "__pycache__" not in file.parts]


def test_no_file_speaks_of_one_machine() -> None:
    here = Path(__file__).resolve()
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for file in written()
        if file != here
        for match in MACHINE.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_rules_see_what_breaks_them() -> None:
    assert unsaid(source('"""A module."""\ndef f(): pass')) == ["nasbench/made_up.py:2 f: no docstring"]
    assert unsaid(source('"""A module."""\nclass A:\n    """A."""\n    def f(self):\n        """x"""'))
    assert unsaid(source("x = 1"))
    assert unsaid(source('"""A module."""\ndef f():\n    """The score.\n\n    Args:\n        x: y\n    """')) == []
    assert MACHINE.search("see " + "/tm" + "p/x") and not MACHINE.search("a/work/b, ~/work")
