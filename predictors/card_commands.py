"""The command ``nasbench cards``: parse, call, print."""

from __future__ import annotations

import argparse
from pathlib import Path

from nasbench.console import say


def configure_cards(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of ``nasbench cards``."""
    parser.epilog = """\
Example:
  nasbench cards scores.h5 --truth nb201.h5 --out cards
  nasbench report cards --out report

A card says of a proxy: which scores are better, seconds each, how alike scores of two initialisations rank, and how
well it ranks what was measured, raw and after parameters and FLOPs are taken out. Over rows every architecture counts
as it is written down, over classes what computes the same counts once."""
    parser.add_argument("scores", metavar="SCORES.h5", type=Path, help="a table that nasbench proxies filled")
    parser.add_argument("--truth", metavar="TABLE.h5", type=Path, help="a table of trainings (default: the same table)")
    parser.add_argument("--metric", default="val_accuracy", help="what to rank by (default: %(default)s)")
    parser.add_argument("--schedule", metavar="EPOCHS", type=int, help="of the trainings (default: the longest)")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="folder for the results")


def run_cards(args: argparse.Namespace) -> None:
    """Writes the cards and prints them as a table."""
    from nasbench.wording import aligned
    from predictors import card_file

    cards, about = card_file.run_cards(args.scores, args.truth, args.out, args.metric, args.schedule)
    sources = [source["name"] for source in about["published"]]
    head = ["proxy", "better", "seconds", "failed", "seeds alike", "rows", "spearman", "kendall", "less size"]
    table = [[*head, "classes", "spearman", "less size", *sources]]
    for card in cards:
        rows, classes = card.rows, card.classes
        of_rows = map(_number, (rows.spearman, rows.kendall, rows.partial))
        of_classes = map(_number, (classes.spearman, classes.partial))
        published = [_number(card.published.get(name)) for name in sources]
        about_it = [card.proxy, card.better, f"{card.seconds:.2g}", f"{card.failed:,}", _number(card.seed_spearman)]
        table.append([*about_it, f"{rows.n:,}", *of_rows, f"{classes.n:,}", *of_classes, *published])
    say(
        f"{about['scores_table']}: {len(cards)} cards by {about['metric']} after {about['schedule']} epochs in "
        f"{about['table']}\n\n{aligned(table)}\n"
    )
    say(
        "Correlations are positive where the better scores have the better architectures. Less size: after parameters "
        "and FLOPs are taken out of the ranks."
    )
    if sources:
        say("; ".join(f"{source['name']}: {source['population']}" for source in about["published"]) + ".")
    say(f"\n{args.out / 'cards.csv'}")


def _number(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.3f}"
