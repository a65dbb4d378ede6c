"""Reading images needs no torch: a table's images can be looked at, and split again, without it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.datasets.tiny import WRITERS

ROOT = Path(__file__).resolve().parents[2]


def test_every_data_set_loads_without_torch(tmp_path: Path) -> None:
    options = {name: {"root": str(writer(tmp_path / name)["root"])} for name, writer in WRITERS.items()}
    code = (
        "import sys\n"
        "import nasbench\n"
        f"for name, options in {dict(digits={}, **options)!r}.items():\n"
        "    nasbench.load_dataset(name, **options).verify()\n"
        "    assert 'torch' not in sys.modules, name\n"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_CACHE_HOME": str(tmp_path / "user")}
    answer = subprocess.run([sys.executable, "-c", code], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
