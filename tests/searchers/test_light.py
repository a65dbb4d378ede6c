"""Comparisons on tables and surrogates need no torch; the command line of the floor starts light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.searchers import kit

ROOT = Path(__file__).resolve().parents[2]
COMPARE = """
import sys
from nasbench.__main__ import main
code = main(sys.argv[1:])
heavy = sorted({"torch", "torchvision"} & set(sys.modules))
sys.exit(f"exit code {code}" if code else f"imported {heavy}" if heavy else 0)
"""
SURROGATE = """
import sys
import predictors.surrogate
from searchers.evaluators.surrogate import SurrogateEvaluator
assert not {"torch", "torchvision"} & set(sys.modules)
"""
LIGHT = """
import sys
import searchers.commands
heavy = sorted({"torch", "numpy", "h5py", "pandas", "sklearn", "xgboost"} & set(sys.modules))
sys.exit(f"imported {heavy}" if heavy else 0)
"""


def python(code: str, *words: object) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr


def test_a_comparison_on_a_table_imports_no_torch(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", kit.sample(20))
    python(
        COMPARE, "compare", "--evaluator", f"table={path}", "--queries", 5, "--seeds", 2, "--workers", 1,
        "--out", tmp_path / "out",
    )  # fmt: skip
    python(
        COMPARE, "search", "--evaluator", f"table={path}", "--searcher", "random_search", "--queries", 5,
        "--out", tmp_path / "run",
    )  # fmt: skip


def test_the_surrogate_evaluator_imports_no_torch() -> None:
    python(SURROGATE)


def test_commands_start_light() -> None:
    python(LIGHT)
