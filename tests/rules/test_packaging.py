"""What an installation holds: the five packages, their templates, one command, and nothing else."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch

from setuptools import find_packages

from tests.rules.house import FLOORS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_the_five_packages_are_installed_and_no_other() -> None:
    rule = PROJECT["tool"]["setuptools"]["packages"]["find"]
    found = find_packages(str(ROOT), include=rule["include"])
    assert {name.split(".")[0] for name in found} == set(FLOORS)
    folders = {file.parent for floor in FLOORS for file in (ROOT / floor).rglob("*.py")}
    assert {".".join(folder.relative_to(ROOT).parts) for folder in folders} == set(found)


def test_every_file_beside_the_code_is_installed() -> None:
    rules = PROJECT["tool"]["setuptools"]["package-data"]
    for floor in FLOORS:
        for file in (ROOT / floor).rglob("*"):
            if file.is_file() and file.suffix not in (".py", ".pyc"):
                path = file.relative_to(ROOT / floor).as_posix()
                patterns = [*rules.get(floor, []), *rules["*"]]
                assert any(fnmatch(path, pattern) for pattern in patterns), f"{floor}/{path} would not be installed"


def test_the_command_is_the_one_of_the_readme() -> None:
    assert PROJECT["project"]["scripts"] == {"nasbench": "nasbench.__main__:main"}
    assert PROJECT["project"]["requires-python"] == ">=3.11"


def test_the_core_is_light() -> None:
    core = " ".join(PROJECT["project"]["dependencies"])
    for heavy in ("torch", "ray", "optuna", "pyarrow"):
        assert heavy not in core
    assert {"torch", "dev", "ray", "optuna", "parquet"} <= set(PROJECT["project"]["optional-dependencies"])
