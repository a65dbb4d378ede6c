"""The command ``nasbench cards``: parse, call, print."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from nasbench.console import say

if TYPE_CHECKING:
    from predictors.agreement import Agreement


def configure_cards(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench cards``."""
    parser.epilog = """\
Example:
  nasbench cards scores.h5 --truth nb201.h5 --out cards
  nasbench report cards --out report

A card says of a proxy: which scores are better, seconds each, how alike scores of two initialisations rank, and how
well it ranks what was measured, raw and after parameters and FLOPs are taken out. Over rows every architecture counts
as it is written down, over classes what computes the same counts once. Intervals are of a bootstrap over
classes."""
    parser.add_argument("scores", metavar="SCORES.h5", type=Path, help="a table that nasbench proxies filled")
    parser.add_argument("--truth", metavar="TABLE.h5", type=Path, help="a table of trainings (default: the same table)")
    parser.add_argument("--metric", default="val_accuracy", help="what to rank by (default: %(default)s)")
    parser.add_argument("--schedule", metavar="EPOCHS", type=int, help="of the trainings (default: the longest)")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the results")


def run_cards(args: argparse.Namespace) -> None:
    """Writes the cards and prints them as a table."""
    from nasbench.wording import aligned
    from predictors import card_file
    from predictors.card_intervals import LEVEL, RESAMPLES

    cards, about = card_file.run_cards(args.scores, args.truth, args.out, args.metric, args.schedule)
    sources = [source["name"] for source in about["published"]]
    head = ["proxy", "better", "seconds", "failed", "seeds alike", "rows", "spearman", "kendall", "less size"]
    of_rows, of_classes = [[*head, *sources]], [["proxy", "classes", *head[-3:]]]
    for card in cards:
        about_it = [card.proxy, card.better, f"{card.seconds:.2g}", f"{card.failed:,}", _number(card.seed_spearman)]
        published = [_number(card.published.get(name)) for name in sources]
        of_rows.append([*about_it, *_agreement(card.rows), *published])
        of_classes.append([card.proxy, *_agreement(card.classes)])
    say(
        f"{about['scores_table']}: {len(cards)} cards by {about['metric']} after {about['schedule']} epochs in "
        f"{about['table']}\n\n{aligned(of_rows)}\n\n{aligned(of_classes)}\n"
    )
    say(
        "Correlations are positive where the better scores have the better architectures. Less size: after parameters "
        f"and FLOPs are taken out of the ranks. In brackets {100 * LEVEL:.0f} % intervals of {RESAMPLES:,} draws of "
        "classes with replacement."
    )
    if sources:
        say("; ".join(f"{source['name']}: {source['population']}" for source in about["published"]) + ".")
    say(f"\n{args.out / 'cards.csv'}")


def _agreement(one: Agreement) -> list[str]:
    """How many, and the correlations with their intervals."""
    rho = _interval(one.spearman, one.spearman_low, one.spearman_high)
    tau = _interval(one.kendall, one.kendall_low, one.kendall_high)
    return [f"{one.n:,}", rho, tau, _interval(one.partial, one.partial_low, one.partial_high)]


def _interval(value: float, low: float, high: float) -> str:
    ends = "" if low != low or high != high else f" [{low:.3f}, {high:.3f}]"
    return _number(value) + ends


def _number(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"
