"""What all tests share: one thread, repeatable examples, and the way to the data that is not part of the project."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_variable, "1")  # read when NumPy and torch come in; the generator's workers do the same

hypothesis.settings.register_profile("nasbench", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("nasbench")


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Path of a file under ``../shared/data``; the test that asks for one that is absent is skipped."""

    def find(name: str) -> Path:
        path = ROOT.parent / "shared" / "data" / name
        if not path.exists():
            pytest.skip(f"needs {name} of the shared data folder, which is not here")
        return path

    return find
