"""The command ``nasbench fit``: parse, call, print."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

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
    parser.add_argument(
        "--members",
        type=int,
        default=1,
        help="copies of the predictor that answer together; of several, each learns without its part of the classes "
        "(default: %(default)s)",
    )
    parser.add_argument(
        "--quality",
        choices=("heldout", "full"),
        default="heldout",
        help="full: also the top decile, beyond it, and against a single training (default: %(default)s)",
    )
    parser.add_argument(
        "--groups",
        type=Path,
        help="CSV file of architecture,label, such as the searcher that found each (nasbench found): full quality, and "
        "with each group of at least two classes left out once",
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
    from predictors.labels import read_groups
    from predictors.measured import read_measured
    from predictors.measured_curves import read_curves

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
    about = fit_surrogate(
        measured,
        args.predictor,
        args.out,
        args.seed,
        args.test_fraction,
        args.members,
        read_curves(args.table, measured),
        args.quality == "full",
        None if args.groups is None else read_groups(args.groups, measured),
        **parameters,
    )
    say(
        f"\n{about['predictor']} on {about['encoding']}, trained on {about['n_train']:,} architectures, scored on "
        f"{about['n_test']:,} of {about['test_classes']:,} classes it never saw:\n"
    )
    say(f"  {'':10}{'rows':>8}  {'95 % interval':18}{'classes, one value each':>24}")
    for name, score in about["scores"].items():
        interval = f"[{_number(score['low'])}, {_number(score['high'])}]"
        say(f"  {name:10}{_number(score['value']):>8}  {interval:18}{_number(about['scores_by_class'][name]):>24}")
    if about["quality"] is not None:
        _say_quality(about["quality"])
    say(f"\nThe surrogate in {args.out} was then fitted to all {len(measured):,} architectures. {_answers(about)}")


def _say_quality(quality: dict[str, Any]) -> None:
    """Prints every check and the comparison with a single training."""
    from predictors.labels import too_small_text

    metrics = list(quality["checks"][0]["scores"])
    say(f"\n  {'check':34}{'n trained':>10}{'n tested':>9}" + "".join(f"{name:>17}" for name in metrics))
    for check in quality["checks"]:
        name = f"{check['check']} {check['label']}".strip()
        values = "".join(f"{_number(score['value']):>17}" for score in check["scores"].values())
        say(f"  {name:34}{check['n_train']:>10,}{check['n_test']:>9,}{values}")
    if quality["too_small"]:
        say(f"\n{too_small_text(quality['too_small'])}")
    noise = quality["trainings"]["noise"]
    if noise is not None and noise["ratio"] is not None:
        say(
            f"\nNoise: held-out trainings ({noise['groups']:,} groups) spread {noise['ratio']:.2f} times as far "
            "as the model of noise says (1.00 where it is right)."
        )
    single = quality["single_training"]
    if single is None:
        say("\nNothing held out was trained more than once, so there is no comparison with a single training.")
        return
    say(f"\nAgainst a single training, both compared with the mean of the others ({single['source']}):\n")
    for part in ("all", "better_half"):
        of = single[part]
        for name, sides in of["scores"].items():
            gain = f"gain {_number(sides['gain']['value'])} [{_number(sides['gain']['low'])}, "
            say(
                f"  {part:12}{name:8} surrogate {_number(sides['surrogate']['value']):>7}  one training "
                f"{_number(sides['single']['value']):>7}  {gain}{_number(sides['gain']['high'])}]  "
                f"nearer: {of['nearer'][name]} (n = {of['groups']:,})"
            )


def _answers(about: dict[str, Any]) -> str:
    """A sentence on what it knows besides scores."""
    trainings = about["trainings"]
    curves = "no learning curves" if trainings["curves"] is None else f"curves of {', '.join(trainings['curves'])}"
    noise = trainings["noise"]
    learned = (
        "no noise" if noise is None else f"noise learned from {noise['trainings']:,} trainings ({noise['source']})"
    )
    return f"It has {curves} and {learned}."


def _number(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"
