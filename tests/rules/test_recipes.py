"""The recipes of CONTRIBUTING.md work: each is put into its folder, found by name, and passes its contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nasbench.registry import KINDS
from tests.rules.house import ROOT, source
from tests.rules.test_documents import blocks
from tests.rules.test_safety import hidden_chance, unsafe
from tests.rules.test_words import unsaid

CONTRACTS = {
    "spaces": "test_spaces.py",
    "datasets": "test_datasets.py",
    "encodings": "test_predictors.py",
    "predictors": "test_predictors.py",
    "proxies": "test_proxies.py",
    "searchers": "test_searchers.py",
    "oneshot": "test_oneshot.py",
}
PROMISED = set(CONTRACTS)
"""What CONTRIBUTING.md shows how to add."""


def recipes() -> dict[str, str]:
    """Path -> code of each recipe, which names its file in the first line."""
    found = (re.match(r"# (\S+\.py)\n(.*)", text, re.DOTALL) for text in blocks("CONTRIBUTING.md", "python"))
    return {match.group(1): match.group(2) for match in found if match}


def kind_of(path: str) -> str:
    """The kind of extension that a file of this path is."""
    package = path.rsplit("/", 1)[0].replace("/", ".")
    return next(name for name, kind in KINDS.items() if kind.package == package)


def test_there_is_one_for_each_kind() -> None:
    assert {kind_of(path) for path in recipes()} == PROMISED


@pytest.mark.parametrize("path", recipes())
def test_it_keeps_the_rules_of_the_house(path: str, tmp_path: Path) -> None:
    file = source(recipes()[path], path)
    assert [*unsaid(file), *hidden_chance(file), *unsafe(file)] == []
    copy = tmp_path / Path(path).name
    copy.write_text(recipes()[path])
    ruff = [sys.executable, "-m", "ruff", "check", "--quiet", "--config", str(ROOT / "pyproject.toml"), str(copy)]
    answer = subprocess.run(ruff, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.slow
@pytest.mark.parametrize("path", recipes())
def test_it_passes_the_contract(path: str, tmp_path: Path) -> None:
    package, name = path.removesuffix(".py").replace("/", ".").rsplit(".", 1)
    if kind_of(path) == "proxies":
        (name,) = re.findall(r"^def ([a-z]\w*)", recipes()[path], re.MULTILINE)
    (tmp_path / Path(path).name).write_text(recipes()[path])
    contract = ROOT / "tests" / "contracts" / CONTRACTS[kind_of(path)]
    code = (
        f"import sys, pytest, {package}\n"
        f"{package}.__path__.append({str(tmp_path)!r})\n"
        f"sys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-k', {name!r}, {str(contract)!r}]))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert answer.returncode == 0 and " passed" in answer.stdout, answer.stdout[-3000:] + answer.stderr[-1000:]
