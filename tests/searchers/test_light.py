"""Comparisons on tables and surrogates need no torch; the command line of the floor starts light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nasbench.__main__ import main
from nasbench.registry import SEARCHERS
from searchers.trace import Trace
from tests.searchers import kit

ROOT = Path(__file__).resolve().parents[2]
COMPARE = """
import sys
from nasbench.__main__ import main
code = main(sys.argv[1:])
heavy = sorted({"torch", "torchvision"} & set(sys.modules))
sys.exit(f"exit code {code}" if code else f"imported {heavy}" if heavy else 0)
"""
LIGHT = """
import sys
import searchers.commands
heavy = sorted({"torch", "numpy", "h5py", "pandas", "sklearn", "xgboost"} & set(sys.modules))
sys.exit(f"imported {heavy}" if heavy else 0)
"""


def python(code: str, *words: object) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", code, *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert answer.returncode == 0, answer.stderr


def test_comparisons_on_table_and_surrogate_import_no_torch(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", kit.sample(40))
    assert main(["fit", str(path), "--predictor", "ridge", "--out", str(tmp_path / "fit")]) == 0
    evaluators = ["--evaluator", f"table={path}", "--evaluator", f"surrogate={tmp_path / 'fit'}"]
    words = ["--searchers", "all", "--queries", 5, "--seeds", 2, "--workers", 1, "--out", tmp_path / "out"]
    python(COMPARE, "compare", *evaluators, *words)
    assert len(list((tmp_path / "out").rglob("*.npz"))) == 4 * len(SEARCHERS.available())
    picks = [Trace.load(trace).true_test[-1] for trace in (tmp_path / "out" / "traces" / "surrogate").rglob("*.npz")]
    assert set(picks) <= {kit.test(cell, 0, 2) for cell in kit.sample(40)}, "the truth of what the surrogate picked"


def test_a_search_imports_no_torch(tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", kit.sample(20))
    words = ["--evaluator", f"table={path}", "--searcher", "random_search", "--queries", 5]
    python(COMPARE, "search", *words, "--out", tmp_path / "run")


def test_commands_start_light() -> None:
    python(LIGHT)
