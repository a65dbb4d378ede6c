"""A clear error where another distribution owns one of our package names (Hugging Face also ships ``datasets``)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

PACKAGES = ("nasbench", "predictors", "searchers", "datasets", "reports")
MARK = b"nasbench-forge"
"""Stands in the first line of each package's ``__init__.py``."""


def check_package_owners() -> None:
    """Checks that each of our packages is found, and is ours.

    Raises:
        ImportError: a package of that name comes from elsewhere.
    """
    root = Path(__file__).resolve().parents[1]
    for package in PACKAGES:
        spec = importlib.util.find_spec(package) if package != "nasbench" else None
        found = Path(spec.origin) if spec is not None and spec.origin else root / package / "__init__.py"
        ours = found.is_file() and found.resolve().parent == root / package
        if ours:
            with open(found, "rb") as file:
                ours = MARK in file.readline()
        if not ours:
            raise ImportError(
                f"the package {package!r} at {found.parent} is not the one of nasbench-forge: another distribution or "
                f"folder owns the name ({'Hugging Face ships one too' if package == 'datasets' else 'see pip list'}). "
                f"Install nasbench-forge into a virtual environment of its own, or remove the other one"
            )
