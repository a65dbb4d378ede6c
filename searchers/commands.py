"""The commands ``search``, ``compare`` and ``found``: parse, call, summarise."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from searchers.clock import Budget
    from searchers.request import Request

QUERIES = 150
"""Queries of a run, where nothing is said to limit it."""


def configure_search(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench search``."""
    parser.epilog = """\
Example:
  nasbench search --searcher regularized_evolution --evaluator table=digits.h5 --queries 150 --out run
  nasbench search --searcher local_search --evaluator training=digits.h5 --seconds 600 --out run
  nasbench search --searcher local_search --evaluator "surrogate(noise)=fit" --seed 3 --out run

The run is saved while it goes on: stopped or killed, the same command goes on where it stopped, to the same result as
without a stop. A larger budget carries a finished run on."""
    parser.add_argument("--searcher", metavar="NAME", required=True, help="see nasbench list")
    _add_evaluators(parser)
    _add_budget(parser)
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="seed of the run (default: 0)")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the result")


def configure_compare(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench compare``."""
    parser.epilog = """\
Example:
  nasbench compare --evaluator table=nb201.h5 --evaluator surrogate=fit --select val_accuracy@200 \\
      --report test_accuracy@200 --searchers cheap --queries 150 --seeds 50 --out compare
  nasbench compare --evaluator table=digits.h5 --searchers random_search,asha,bohb --epochs 600 --out epochs
  nasbench compare --evaluator surrogate=fit --evaluator "noisy=surrogate(noise):fit" --truth nb201.h5 --out compare

The same command goes on where it stopped; more seeds, budget, searchers or evaluators extend the comparison. Each run
leaves a trace under DIR/traces and a line in DIR/summary.csv. Numbers do not depend on --workers, clocks aside."""
    _add_evaluators(parser)
    parser.add_argument(
        "--searchers",
        metavar="A,B|cheap|all",
        default="cheap",
        help="searchers, see nasbench list; cheap: all that ask in no time (default: cheap)",
    )
    _add_budget(parser)
    parser.add_argument("--seeds", metavar="N", type=int, default=50, help="runs of each searcher (default: 50)")
    parser.add_argument(
        "--workers",
        metavar="N",
        type=int,
        default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        help="processes (default: %(default)s, the cores); evaluators that train use one",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder of the result")


def configure_found(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench found``."""
    parser.epilog = """\
Example:
  nasbench found compare --out found.csv
  nasbench fit digits.h5 --quality full --groups found.csv --out fit

Every architecture asked gets a line of architecture,label,queries. Its label is the searcher that asked it in most
queries over all runs; of equals the one that asked it earliest in a run, then the one that the folder names first."""
    parser.add_argument("folders", metavar="DIR", type=Path, nargs="+", help="folders of nasbench compare or search")
    parser.add_argument("--out", metavar="FILE.csv", type=Path, required=True, help="the file to write")


def run_search(args: argparse.Namespace) -> None:
    """Makes or goes on with one run, and prints what it found."""
    from nasbench.console import say
    from searchers.search import as_text, search

    request = _request(args, (args.searcher,))
    found = search(
        request,
        budget=_budget(args),
        seed=args.seed,
        out=args.out,
    )
    say(f"{as_text(found)}\n\nwritten to {args.out}")


def run_compare(args: argparse.Namespace) -> None:
    """Makes or goes on with a comparison, and prints a line for each searcher on each evaluator."""
    from nasbench.console import say
    from predictors.provenance import read_result
    from searchers.compare import compare
    from searchers.request import parse_searchers
    from searchers.summary import as_text

    request = _request(args, parse_searchers(args.searchers))
    lines = compare(request, budget=_budget(args), seeds=args.seeds, out=args.out, workers=args.workers)
    about = read_result(args.out, "compare") or {}
    say(f"{as_text(lines, about['select'], about['report'])}\n")
    if about["candidates"]["kind"] == "truth":
        say(
            f"The tables know a part of the space only: searched among the {about['candidates']['count']:,} "
            f"architectures of {about['truth']['file']} (--candidates space searches everywhere)."
        )
    say(f"Traces and summary.csv are in {args.out}")


def run_found(args: argparse.Namespace) -> None:
    """Writes which searcher found each architecture, and prints a line for each searcher."""
    from nasbench.console import say
    from searchers.found import as_text, credit, read_runs, shares, write_finds

    traces = read_runs(args.folders)
    finds = credit(traces)
    write_finds(args.out, finds)
    say(f"{as_text(shares(traces, finds))}\n")
    say(f"{args.out}: {len(finds):,} architectures of {traces[0].meta['space']}, each with the searcher that found it")


def _add_evaluators(parser: argparse.ArgumentParser) -> None:
    """Adds what both commands take: where scores come from, what is selected and reported."""
    parser.add_argument(
        "--evaluator",
        metavar="KIND=PATH",
        action="append",
        required=True,
        help="where scores come from: table=FILE, surrogate=DIR of nasbench fit, training=FILE of nasbench build; "
        "NAME=KIND:PATH to name it; surrogate(noise)=DIR answers as single trainings would, with noise of each "
        "run's own seed, surrogate(noise=SEED)=DIR with noise of one seed (default: no noise)",
    )
    parser.add_argument(
        "--truth",
        metavar="FILE",
        type=Path,
        help="table that says what a pick is worth (default: the table evaluator's)",
    )
    parser.add_argument(
        "--select",
        metavar="METRIC[@SCHEDULE][#SEED]",
        help="what picks are chosen by (default: val_accuracy of the longest schedule, or what the surrogate predicts)",
    )
    parser.add_argument(
        "--report", metavar="METRIC[@SCHEDULE][#SEED]", help="what picks are reported by (default: test_accuracy)"
    )
    parser.add_argument(
        "--set",
        metavar="SEARCHER.PARAMETER=VALUE",
        action="append",
        default=[],
        help="such as regularized_evolution.population_size=10",
    )
    parser.add_argument(
        "--penalty",
        metavar="COST=WEIGHT",
        action="append",
        default=[],
        help="maximise the score less WEIGHT x COST, in points for each unit: flops, parameters, flops_built, "
        "parameters_built in millions, other costs as the table has them (a latency in its seconds or milliseconds); "
        "several add up; such as flops=0.05",
    )
    parser.add_argument(
        "--pareto",
        metavar="COST+COST",
        help="write the front of score and these costs, and the hypervolume after each query, of every run, such as "
        "flops+parameters (default: of runs of nsga2, its costs)",
    )
    parser.add_argument(
        "--pareto-from",
        metavar="SCORE",
        type=float,
        help="the score from which hypervolumes count (default: 0 for accuracies)",
    )
    parser.add_argument(
        "--candidates",
        choices=("auto", "space", "truth"),
        default="auto",
        help="search the whole space, or the architectures of the truth table; auto: those where a table covers only a "
        "part of its space (default: auto)",
    )
    training = parser.add_argument_group("evaluators that train, and clocks that are estimated")
    training.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, ... (default: auto)")
    training.add_argument("--data-root", metavar="DIR", type=Path, help="where the images are")
    training.add_argument(
        "--training-seeds", metavar="N", type=int, default=1, help="trainings of each architecture (default: 1)"
    )
    training.add_argument(
        "--train-images", metavar="N", type=int, help="training images of a table that does not say, for its FLOPs"
    )


def _add_budget(parser: argparse.ArgumentParser) -> None:
    """Adds what both commands take: when a run ends, with the first limit that it reaches."""
    parser.add_argument(
        "--queries", metavar="N", type=int, help=f"end after N queries (default: {QUERIES}, without another limit)"
    )
    parser.add_argument(
        "--seconds", metavar="S", type=float, help="end with the query that uses up S simulated seconds"
    )
    parser.add_argument(
        "--epochs", metavar="N", type=int, help="end with the query that uses up N epochs of training, however divided"
    )
    parser.add_argument(
        "--flops",
        metavar="N",
        type=float,
        help="end with the query that uses up N multiply-adds of training, such as 2.4e15: an estimate, FLOPs x epochs "
        "x training images, of tables that know the FLOPs of an image",
    )


def _budget(args: argparse.Namespace) -> Budget:
    from searchers.clock import UNITS, Budget

    limits = {unit: getattr(args, unit) for unit in UNITS if getattr(args, unit) is not None}
    return Budget(**(limits or {"queries": QUERIES}))


def _request(args: argparse.Namespace, searchers: tuple[str, ...]) -> Request:
    from searchers.costs import parse_costs
    from searchers.measure import Measure
    from searchers.objective import parse_penalties
    from searchers.request import Request, Source, parse_settings

    options = ("device", "data_root", "training_seeds", "train_images")
    return Request(
        searchers=searchers,
        evaluators=tuple(Source.parse(text) for text in args.evaluator),
        parameters=parse_settings(args.set),
        truth=args.truth,
        select=None if args.select is None else Measure.parse(args.select),
        report=None if args.report is None else Measure.parse(args.report),
        candidates=args.candidates,
        options={name: getattr(args, name) for name in options},
        penalties=parse_penalties(args.penalty),
        pareto=() if args.pareto is None else parse_costs(args.pareto),
        pareto_from=args.pareto_from,
    )
