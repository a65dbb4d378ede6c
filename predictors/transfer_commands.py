"""The command ``nasbench transfer``: parse, call, print."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from nasbench.console import progress, say

EXAMPLE = """\
Example:
  nasbench transfer cheap.h5 nb201.h5 --train-sizes 8,32,128 --seeds 20 --out transfer
  nasbench transfer nb201.h5 nb201.h5 --source-schedule 12 --source-rows 128 --schedule 200 --out from_12_epochs

A predictor is fitted to n rows of the target, without and with the guesses of one fitted to the source; both see the
same draws. Stopped or killed, the same command goes on.
"""


def configure_transfer(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench transfer``."""
    parser.add_argument("source", type=Path, help="table (HDF5) of cheap trainings")
    parser.add_argument("target", type=Path, help="table (HDF5) of what is to be predicted; may be the same file")
    parser.add_argument("--source-metric", default="val_accuracy", help="what to learn there (default: %(default)s)")
    parser.add_argument("--source-schedule", type=int, default=0, help="in epochs (default: the source's longest)")
    parser.add_argument(
        "--source-rows", type=int, default=0, help="learn from so many of its classes, drawn (default: everything)"
    )
    parser.add_argument("--source-seed", type=int, default=0, help="of that draw (default: %(default)s)")
    parser.add_argument("--metric", default="val_accuracy", help="what to predict (default: %(default)s)")
    parser.add_argument("--schedule", type=int, help="in epochs (default: the target's longest)")
    parser.add_argument("--predictor", default="stacked", help="as in nasbench study (default: %(default)s)")
    parser.add_argument(
        "--train-sizes", default="8,32,128", help="numbers of target rows joined by commas (default: %(default)s)"
    )
    parser.add_argument(
        "--split",
        choices=("disjoint", "random"),
        default="disjoint",
        help="as in nasbench study (default: %(default)s)",
    )
    parser.add_argument("--seeds", type=int, default=20, help="seeds 0, 1, ... (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.epilog = EXAMPLE


def run_transfer(args: argparse.Namespace) -> None:
    """Runs ``nasbench transfer``."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # one core a worker; read when NumPy comes in, here and in the workers
    from nasbench.arguments import check_least
    from predictors import transfer
    from predictors.study_request import StudyRequest

    check_least(args, source_schedule=0, source_rows=0, source_seed=0)
    source = transfer.Source(args.source, args.source_metric, args.source_schedule, args.source_rows, args.source_seed)
    request = StudyRequest(
        table=args.target,
        predictors=(args.predictor,),
        sizes=_sizes(args.train_sizes),
        seeds=args.seeds,
        metric=args.metric,
        schedule=args.schedule,
        workers=args.workers,
        split=args.split,
    )
    steps = transfer.run_transfer(source, request, args.out)
    done, total, _ = next(steps)
    with progress(total, "transfer", done) as bar:
        for _, _, row in steps:
            if row is not None:
                bar.update(1, trained=row.n, kendall=row.kendall)
    _print(args.out)


def _print(folder: Path) -> None:
    import json

    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    source = result["source"]
    cost = f"{source['epochs']:,} epochs" + (f", {source['seconds']:,.0f} s" if source["seconds"] else "")
    say(
        f"source: {source['rows']:,} architectures of {source['table']}, {source['metric']} after "
        f"{source['schedule']} epochs; its training took {cost}"
    )
    say(f"Kendall on {result['metric']} after {result['schedule']} epochs, mean over {result['seeds']} seeds:\n")
    say(f"  {'n':>6}{'alone':>10}{'source only':>13}{'both':>10}{'gain':>18}   {'as good as, alone':22}helps")
    for entry in result["sizes"]:
        gain = entry["difference"]
        error = "" if gain["standard_error"] is None else f" ± {gain['standard_error']:.3f}"
        worth = entry["worth_rows"]
        rows = f"{'' if worth['bound'] == 'about' else worth['bound'] + ' than '}{worth['rows']} rows"
        say(
            f"  {entry['n']:>6}{entry['alone']['mean']:>10.3f}{entry['source']['mean']:>13.3f}"
            f"{entry['carried']['mean']:>10.3f}{gain['mean']:>+10.3f}{error:8}   {rows:22}{entry['helps']}"
        )
    say(f"\n{result['verdict'][0].upper()}{result['verdict'][1:]}.")
    say(f"{folder / 'result.json'}")


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise ValueError(
            f"--train-sizes must be whole numbers joined by commas, such as 8,32,128, got {text!r}"
        ) from None
