"""Runs every ``bench_*.py`` beside this file, one after the other: ``make bench``, or with names only those.

``python -m tests.benchmarks table search`` runs ``bench_table.py`` and ``bench_search.py``. Each is a process of its
own, so that none finds warm what another has loaded.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main(wanted: list[str]) -> int:
    """Exit code: 0 when every benchmark ran."""
    found = sorted(file.stem.removeprefix("bench_") for file in Path(__file__).parent.glob("bench_*.py"))
    unknown = [name for name in wanted if name not in found]
    if unknown:
        print(f"no benchmark is called {unknown[0]!r}; there are {', '.join(found)}", file=sys.stderr)
        return 2
    failed = []
    for name in wanted or found:
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"tests.benchmarks.bench_{name}"]).returncode:
            failed.append(name)
    if failed:
        print(f"did not finish: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
