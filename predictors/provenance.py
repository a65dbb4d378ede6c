"""What result folders say of themselves: ``result.json`` with versions and hardware, written last and in one step."""

from __future__ import annotations

import importlib.metadata
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nasbench.database.files import write_atomically
from nasbench.generator.environment import hardware, versions

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
    text = json.dumps(finite({**about, **environment()}), indent=2, allow_nan=False)
    write_atomically(folder / "result.json", f"{text}\n".encode())


def read_result(folder: Path, kind: str) -> dict[str, Any] | None:
    """What ``result.json`` of a folder says; None where the folder is new or empty.

    Raises:
        ValueError: the folder holds something other than a result of this kind.
    """
    path = folder / "result.json"
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file: choose another --out")
    if not path.exists():
        if folder.is_dir() and any(child for child in folder.iterdir() if not child.name.startswith(".")):
            raise ValueError(f"{folder} holds files and no result.json, so it is not ours: choose another --out")
        return None
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
        found = result["kind"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a result of ours ({error}): choose another --out") from None
    if found != kind:
        raise ValueError(f"{folder} holds a result of {found}, not of {kind}: choose another --out")
    told: dict[str, Any] = result
    return told


def finite(value: Any) -> Any:
    """The value, of mappings and lists within it too, with None in place of numbers that are not finite."""
    if isinstance(value, Mapping):
        return {key: finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
