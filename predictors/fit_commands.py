"""The command ``nasbench fit``: parse, call, print."""

from __future__ import annotations

import argparse
from pathlib import Path

from nasbench.console import say

FIT_EXAMPLE = """\
Example:
  nasbench fit digits.h5 --predictor xgboost --out fit
  nasbench compare --evaluator surrogate=fit --truth digits.h5 --out compare
"""


def configure_fit(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench fit``."""
    parser.add_argument("table", type=Path, help="table (HDF5) to learn from")
    parser.add_argument("--predictor", default="xgboost", help="name of a predictor (default: %(default)s)")
    parser.add_argument(
        "--encoding", help="encodings joined by +, such as one_hot+graph_features (default: the predictor's own)"
    )
    parser.add_argument(
        "--test-fraction", type=float, default=0.2, help="share of the classes held out (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of split, predictor and bootstrap (default: %(default)s)")
    _add_common(parser)
    parser.epilog = FIT_EXAMPLE


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--metric", default="val_accuracy", help="what to predict (default: %(default)s)")
    parser.add_argument("--schedule", type=int, help="in epochs (default: the table's longest)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")


def run_fit(args: argparse.Namespace) -> None:
    """Runs ``nasbench fit``."""
    from predictors.fit import fit_surrogate
    from predictors.measured import read_measured

    measured = read_measured(args.table, args.metric, args.schedule)
    say(
        f"{measured.table}: {len(measured):,} architectures of {measured.class_count:,} classes with {measured.metric} "
        f"after {measured.schedule} epochs"
        + (
            f"; left out: {measured.failed:,} failed, {measured.absent:,} absent"
            * bool(measured.failed + measured.absent)
        )
    )
    parameters = {} if args.encoding is None else {"encoding": args.encoding}
    if (args.out / "result.json").exists():
        say(f"The fit that is in {args.out} will be replaced.")
    about = fit_surrogate(measured, args.predictor, args.out, args.seed, args.test_fraction, **parameters)
    say(
        f"\n{about['predictor']} on {about['encoding']}, trained on {about['n_train']:,} architectures, scored on "
        f"{about['n_test']:,} of {about['test_classes']:,} classes it never saw:\n"
    )
    say(f"  {'':10}{'rows':>8}  {'95 % interval':18}{'classes, one value each':>24}")
    for name, score in about["scores"].items():
        interval = f"[{_number(score['low'])}, {_number(score['high'])}]"
        say(f"  {name:10}{_number(score['value']):>8}  {interval:18}{_number(about['scores_by_class'][name]):>24}")
    say(f"\nThe surrogate in {args.out} was then fitted to all {len(measured):,} architectures.")


def _number(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"
