"""A clear error where another distribution owns one of our package names."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nasbench._ownership import PACKAGES

ROOT = Path(__file__).resolve().parents[1]


def importing(path: list[Path], cwd: Path) -> subprocess.CompletedProcess:
    """``import nasbench`` in a fresh Python that looks for packages in these folders, in order."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONSAFEPATH": "1"}
    code = "import nasbench, datasets; print(datasets.__file__)"
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, env=env, capture_output=True, text=True)


def installation(folder: Path) -> Path:
    """A folder with the five packages, as an installation lays them out."""
    for package in PACKAGES:
        target = folder / package
        target.mkdir(parents=True)
        for file in (ROOT / package).glob("*.py"):
            shutil.copy(file, target)
    return folder


def test_ours_are_found(tmp_path: Path) -> None:
    site = installation(tmp_path / "site")
    answer = importing([site], tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == str(site / "datasets" / "__init__.py")


@pytest.mark.parametrize("package", [p for p in PACKAGES if p != "nasbench"])
def test_another_package_of_the_name_earlier_on_the_path(tmp_path: Path, package: str) -> None:
    other = tmp_path / "other" / package
    other.mkdir(parents=True)
    (other / "__init__.py").write_text('"""Somebody else\'s."""\n')
    answer = importing([tmp_path / "other", installation(tmp_path / "site")], tmp_path)
    assert answer.returncode != 0
    last = answer.stderr.strip().splitlines()[-1]
    assert last.startswith("ImportError:") and str(other) in last and "virtual environment of its own" in last


def test_a_single_file_of_the_name_earlier_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "datasets.py").write_text("x = 1\n")
    answer = importing([tmp_path / "other", installation(tmp_path / "site")], tmp_path)
    assert answer.returncode != 0 and "ImportError: the package 'datasets'" in answer.stderr


def test_another_package_written_over_ours(tmp_path: Path) -> None:
    site = installation(tmp_path / "site")
    (site / "datasets" / "__init__.py").write_text('"""Hugging Face datasets."""\n')
    answer = importing([site], tmp_path)
    assert answer.returncode != 0
    last = answer.stderr.strip().splitlines()[-1]
    assert "ImportError: the package 'datasets'" in last and "Hugging Face ships one too" in last


def test_a_package_of_ours_that_is_gone(tmp_path: Path) -> None:
    site = installation(tmp_path / "site")
    shutil.rmtree(site / "reports")
    answer = importing([site], tmp_path)
    assert answer.returncode != 0 and "ImportError: the package 'reports'" in answer.stderr


def test_a_plain_folder_of_the_name_is_no_owner(tmp_path: Path) -> None:
    (tmp_path / "datasets").mkdir()
    (tmp_path / "datasets" / "cat.jpg").touch()
    site = installation(tmp_path / "site")
    answer = importing([tmp_path, site], tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.strip() == str(site / "datasets" / "__init__.py")
