"""The command ``nasbench study``: parse, call, print."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from nasbench.console import progress, say

EXAMPLE = """\
Example:
  nasbench study nb201.h5 --predictors ridge,xgboost --train-sizes 32,128,500 --seeds 20 --workers 2 --out study
  nasbench study nb201.h5 --predictors "stacked,stacked[program+zero_cost]" --features scores.h5 --out with_scores

  nasbench study nb201.h5 --preset white2021 --seeds 10 --train-sizes 24,121,589 --out white

Stopped or killed, the same command goes on; with more predictors, sizes or seeds it extends what is there.
"""


DEFAULTS: dict[str, Any] = {
    "predictors": ("ridge", "xgboost"),
    "train_sizes": (32, 128, 500),
    "seeds": 20,
    "split": "disjoint",
    "test_size": None,
    "epochs_seen": (),
}
"""Of what neither the command nor its preset says."""


def configure_study(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench study``."""
    parser.add_argument("table", type=Path, help="table (HDF5) to learn from")
    parser.add_argument(
        "--preset",
        choices=("white2021", "suite_zero"),
        help="a published protocol: predictors, train sizes, trials, split, test size; other arguments override it",
    )
    parser.add_argument(
        "--predictors",
        type=_names,
        help="names joined by commas, each perhaps with an encoding in square brackets, as in "
        "ridge,stacked[program+zero_cost] (default: ridge,xgboost)",
    )
    parser.add_argument(
        "--train-sizes",
        type=_sizes,
        help="numbers of trained classes (rows, with --split random) joined by commas (default: 32,128,500)",
    )
    parser.add_argument("--seeds", type=int, help=f"seeds 0, 1, ... (default: {DEFAULTS['seeds']})")
    parser.add_argument(
        "--split",
        choices=("disjoint", "random"),
        help="disjoint: trained and tested architectures share no class; random: rows are drawn as the field does, "
        "which leaks (default: disjoint)",
    )
    parser.add_argument("--test-size", type=int, help="tested rows, drawn (default: all that the split leaves)")
    parser.add_argument("--features", type=Path, help="table that encodings look things up in (default: the table)")
    parser.add_argument(
        "--epochs-seen",
        type=int,
        nargs="+",
        metavar="EPOCHS",
        help="run predictors that see the beginning of a training with each of these",
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="judge intervals too, before and after conformal calibration: six times as many fits",
    )
    parser.add_argument("--workers", type=int, default=1, help="processes (default: %(default)s)")
    parser.add_argument("--metric", default="val_accuracy", help="what to predict (default: %(default)s)")
    parser.add_argument("--schedule", type=int, help="in epochs (default: the table's longest)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the results")
    parser.epilog = EXAMPLE


def run_study(args: argparse.Namespace) -> None:
    """Runs ``nasbench study``."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")  # one core a worker; read when NumPy comes in, here and in the workers
    from predictors import study
    from predictors.study_request import StudyRequest

    settings = _settings(args)
    request = StudyRequest(
        table=args.table,
        predictors=tuple(settings["predictors"]),
        sizes=settings["train_sizes"],
        seeds=settings["seeds"],
        metric=args.metric,
        schedule=args.schedule,
        workers=args.workers,
        split=settings["split"],
        features=args.features,
        epochs_seen=tuple(settings["epochs_seen"]),
        tested=settings["test_size"],
        coverage=args.coverage,
    )
    steps = study.run_study(request, args.out)
    done, total, _ = next(steps)
    with progress(total, "study", done) as bar:
        for _, _, row in steps:
            if row is not None:
                bar.update(1, predictor=row.predictor, trained=row.n, kendall=row.kendall)
    _print_study(args.out)


def _settings(args: argparse.Namespace) -> dict[str, Any]:
    """What the command says, else its preset, else :data:`DEFAULTS`; what a preset leaves out is said."""
    given = {name: getattr(args, name) for name in DEFAULTS if getattr(args, name) is not None}
    if args.preset is None:
        return {**DEFAULTS, **given}
    from predictors.study_presets import available, fitting_sizes, load_preset, preset_epochs

    preset, features = load_preset(args.preset), args.features or args.table
    found = {"seeds": preset.seeds, "split": preset.split, "test_size": preset.tested, **given}
    if "epochs_seen" not in found:
        found["epochs_seen"] = preset_epochs(preset, features)
    if "train_sizes" not in found:
        found["train_sizes"] = fitting_sizes(preset, args.table, args.metric, args.schedule, found["test_size"])
        if beyond := preset.sizes[len(found["train_sizes"]) :]:
            say(f"Left out: train sizes {', '.join(map(str, beyond))}, for which the table is too small.")
    if "predictors" not in found:
        found["predictors"], left_out = available(preset.predictors, found["epochs_seen"], features)
        for name, reason in left_out.items():
            say(f"Left out: {name} ({reason}).")
    return found


def _print_study(folder: Path) -> None:
    import json

    result: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    if result["uncovered"]:
        say(f"{result['uncovered']:,} architectures are left out: an encoding has no features of them.")
    tested = "classes never seen" if result["split"] == "disjoint" else "all other rows (a random split, which leaks)"
    say(f"Mean over {result['seeds']} seeds on {tested}:\n")
    width = max(16, *(len(entry["predictor"]) for entry in result["summary"])) + 1
    heads = "".join(f"{head:>10}" for head in ("kendall", "by class", "spearman", "r2", "mae", "fit [s]"))
    say(f"  {'predictor':{width}}{'n':>6}{heads}")
    for entry in result["summary"]:
        scores = [
            entry[name]["mean"] for name in ("kendall", "kendall_by_class", "spearman", "r2", "mae", "fit_seconds")
        ]
        say(f"  {entry['predictor']:{width}}{entry['n']:>6}" + "".join(f"{_number(score):>10}" for score in scores))
    if result["leaked"]:
        shares = ", ".join(f"{100 * share:.0f} % at n = {size}" for size, share in result["leaked"].items())
        say(f"\nTested rows that are of a trained class: {shares}")
    ceilings = result["ceilings"]
    if ceilings is not None:
        perfect, again = (ceilings[kind]["rows"]["kendall"]["value"] for kind in ("perfect", "two_trainings"))
        say(f"\nNoise ceiling over all rows: Kendall {perfect:.3f} of a perfect predictor, {again:.3f} of a second")
        say(f"training; noise from {ceilings['trainings']:,} trainings of {ceilings['groups']:,} {ceilings['source']}")
    say(f"\n{folder / 'study.csv'}")


def _number(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"


def _names(text: str) -> tuple[str, ...]:
    from predictors.study_names import split_names

    names = tuple(dict.fromkeys(split_names(text)))
    if not names:
        raise argparse.ArgumentTypeError("expected names joined by commas, such as ridge,xgboost")
    return names


def _sizes(text: str) -> tuple[int, ...]:
    try:
        return tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected whole numbers joined by commas, such as 32,128,500, got {text!r}"
        ) from None
