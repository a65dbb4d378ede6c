"""What result folders say of themselves: ``result.json`` with versions and hardware, written last and in one step."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbench.generator.environment import hardware, versions
from nasbench.result_folder import finite, put_result, read_result

__all__ = ["environment", "finite", "read_result", "write_result"]

PACKAGES = ("scikit-learn", "xgboost", "xgboost-cpu")
"""Packages whose versions matter here besides those of the generator."""


def environment() -> dict[str, Any]:
    """Versions and hardware of this process."""
    found = {name: version for name, version in versions().items() if name != "torch"}
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue  # one of xgboost's two distributions is always missing
    return {"versions": found, "hardware": hardware("cpu")}


def write_result(folder: Path, about: Mapping[str, Any]) -> None:
    """Writes ``result.json`` into a folder that is there; numbers that are not finite become null."""
    put_result(folder, {**about, **environment()})
