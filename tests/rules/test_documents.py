"""The README and CONTRIBUTING are true: their commands parse, their targets and files exist, their examples run."""

from __future__ import annotations

import doctest
import re
import shlex
from collections.abc import Iterator

import pytest

import nasbench.__main__ as cli
from tests.rules.house import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(document: str, *languages: str) -> Iterator[str]:
    """Code blocks of a document in these languages."""
    for language, text in BLOCK.findall((ROOT / document).read_text(encoding="utf-8")):
        if language in languages:
            yield text


def command_lines(document: str) -> list[list[str]]:
    """Every line of a shell block, as words; prompts and comments left out, continued lines joined."""
    lines = [line for text in blocks(document, "sh", "bash") for line in text.replace("\\\n", " ").splitlines()]
    words = [shlex.split(re.sub(r"(^|\s)#.*", "", line).removeprefix("$ ")) for line in lines]
    return [line for line in words if line]


def nasbench_lines() -> list[tuple[str, ...]]:
    """Every ``nasbench`` command line of the documents."""
    lines = [
        tuple(line[1:])
        for document in (*DOCUMENTS, "predictors/README.md", "searchers/README.md")
        for line in command_lines(document)
        if line[0] == "nasbench"
    ]
    return list(dict.fromkeys(lines))


@pytest.mark.parametrize("words", nasbench_lines(), ids=" ".join)
def test_commands_are_what_the_program_takes(words: tuple[str, ...]) -> None:
    name, *rest = words
    if name.startswith("-"):
        assert cli.main([name]) == 0
    else:
        assert name in cli.COMMANDS
        cli.make_parser(name).parse_args(rest)


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in cli.COMMANDS if f"nasbench {name}" not in text] == []


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {word for doc in DOCUMENTS for line in command_lines(doc) if line[0] == "make" for word in line[1:]}
    inline = {w for doc in DOCUMENTS for w in re.findall(r"`make ([a-z]+)`", (ROOT / doc).read_text("utf-8"))}
    assert (asked | inline) - targets == set()
    assert {"quickstart", "test", "check", "bench", "help", "clean"} <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_files_named_exist(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    local = [link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link]
    named = re.findall(r"`((?:nasbench|predictors|searchers|datasets|reports|tests)/[\w/]+(?:\.py)?)`", text)
    assert [path for path in (*local, *named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_examples_run(document: str) -> None:
    result = doctest.testfile(
        str(ROOT / document), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert result.failed == 0


def test_versions_agree() -> None:
    import tomllib

    import nasbench

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert version == nasbench.__version__
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
