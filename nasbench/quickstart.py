"""The command ``nasbench quickstart``: the way from images to a report, small enough to watch.

It does nothing of its own: it runs the command lines that it prints, so that each can be repeated, changed or gone on
with by hand.
"""

from __future__ import annotations

import argparse
import csv
import json
import shlex
import time
from collections import defaultdict
from pathlib import Path

BUILD = "--space nas_bench_201 --dataset digits --sample 200 --seeds 2 --epochs 4 --channels 8 --workers 2"
FIT = "--predictor xgboost"
STUDY = "--predictors ridge,xgboost --train-sizes 16,48,144 --seeds 5 --workers 2"
COMPARE = "--searchers random_search,local_search,regularized_evolution --queries 50 --seeds 30 --workers 2"
"""Chosen for under two minutes on two cores, and so that digits tell cells apart: after four epochs of eight channels
accuracies reach from 60 to 96 percent; after eight epochs all are near 97, and what is left is chance. The second seed
says how much of the rest is chance, too."""


def configure_quickstart(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench quickstart``."""
    parser.add_argument(
        "--out", type=Path, default=Path("quickstart"), help="folder for all results (default: %(default)s)"
    )
    parser.epilog = "Example:\n  nasbench quickstart --out quickstart"


def run_quickstart(args: argparse.Namespace) -> int:
    """Runs the steps one after the other, then says in a few lines what came out; run again, it goes on."""
    from nasbench.__main__ import run
    from nasbench.console import duration, say

    began = time.monotonic()
    args.out.mkdir(parents=True, exist_ok=True)
    plan = steps(args.out)
    for number, (title, words) in enumerate(plan, 1):
        say(f"\n[{number}/{len(plan)}] {title}\n$ nasbench {shlex.join(words)}\n")
        started = time.monotonic()
        code = run(words)
        if code:
            return code
        say(f"({duration(time.monotonic() - started)})")
    say(f"\n{summary(args.out)}\n\nAll of it took {duration(time.monotonic() - began)}.")
    say(f"The report: {(args.out / 'report' / 'index.html').resolve()}")
    return 0


def steps(out: Path) -> list[tuple[str, list[str]]]:
    """(what it is for, the words after ``nasbench``) of each step, in order."""
    table, fit, study, compare, report = (
        str(out / name) for name in ("digits.h5", "fit", "study", "compare", "report")
    )
    return [
        ("Train architectures on handwritten digits", ["build", table, *BUILD.split()]),
        ("Fit a surrogate that scores the whole space", ["fit", table, *FIT.split(), "--out", fit]),
        ("How many trained architectures does it need?", ["study", table, *STUDY.split(), "--out", study]),
        (
            "Compare search strategies on the table and on the surrogate",
            ["compare", "--evaluator", f"table={table}", "--evaluator", f"surrogate={fit}", "--truth", table]
            + [*COMPARE.split(), "--out", compare],
        ),
        ("Draw the report", ["report", fit, study, compare, "--truth", table, "--out", report]),
    ]


def summary(out: Path) -> str:
    """A few lines about what the steps wrote: the surrogate's held-out score, the searchers' mean test accuracy."""
    fit = json.loads((out / "fit" / "result.json").read_text(encoding="utf-8"))
    lines = [
        f"Surrogate: Kendall correlation {fit['scores']['kendall']['value']:.2f} on {fit['n_test']} architectures of "
        f"classes it never saw (trained on {fit['n_train']}).",
        "",
        "Test accuracy of what each search strategy picked, mean over its runs:",
    ]
    with open(out / "compare" / "summary.csv", encoding="utf-8", newline="") as file:
        picked = defaultdict(list)
        for row in csv.DictReader(file):
            if row["test"]:
                picked[row["evaluator"], row["searcher"]].append(float(row["test"]))
    for (evaluator, searcher), values in picked.items():
        lines.append(f"  {searcher:22} on the {evaluator:10} {sum(values) / len(values):6.2f} %  ({len(values)} runs)")
    return "\n".join(lines)
