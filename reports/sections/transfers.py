"""Transfers: what a table of cheap trainings is worth to a predictor of dear ones, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from reports.drawing import Drawing
from reports.figures.transfer_curves import compute_transfer_curves, draw_transfer_curves
from reports.result import Result, Told
from reports.section import Section, measure_words
from reports.settings import Settings
from reports.table import Column, Table
from searchers.measure import Measure

COLUMNS = (
    Column("n", "n"),
    Column("alone", "target rows alone", 3),
    Column("source", "source alone", 3),
    Column("both", "both", 3),
    Column("gain", "gain", 3),
    Column("p", "p", 3, "p"),
    Column("worth", "as good as, alone", form="text"),
    Column("helps", "helps", form="text"),
)


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """One section for all complete transfers; none without one."""
    found = [r for r in results if isinstance(r, Told) and r.kind == "transfer" and r.info.get("complete")]
    if not found:
        return []
    return [
        Section(
            "transfers",
            "Transfer from cheap trainings",
            tuple(map(_finding, found)),
            tuple(_table(result, settings) for result in found),
            tuple(_drawing(result, settings) for result in found),
        )
    ]


def _finding(result: Told) -> str:
    source = result.info["source"]
    seconds = f" and {source['seconds']:,.0f} s" if source["seconds"] else ""
    verdict = str(result.info["verdict"])
    return (
        f"From {source['rows']:,} architectures of {source['table']} ({_measured(source)}), whose training took "
        f"{source['epochs']:,} epochs{seconds}, to {_measured(result.info)} of {result.info['table']}: {verdict}."
    )


def _measured(about: dict[str, Any]) -> str:
    return measure_words(Measure(str(about["metric"]), int(about["schedule"])))


def _table(result: Told, settings: Settings) -> Table:
    rows = []
    for entry in result.info["sizes"]:
        estimates = [settings.estimate(entry[key]["by_seed"]) for key in ("alone", "source", "carried", "difference")]
        worth = entry["worth_rows"]
        rows_alone = f"{'' if worth['bound'] == 'about' else worth['bound'] + ' than '}{worth['rows']} rows"
        rows.append((entry["n"], *estimates, entry["p"], rows_alone, entry["helps"]))
    notes = (
        f"{settings.statistic.capitalize()} of Kendall τ over {result.info['seeds']} seeds ± half the "
        f"{settings.interval}; {result.info['predictor']} on a {result.info['split']} split. Gain: both less target "
        "rows alone on the same draws; p: two-sided Wilcoxon signed-rank test, not corrected.",
        "As good as, alone: target rows that alone reach what both reach, on a straight line over log n.",
    )
    return Table(f"{result.name}-transfer", "What the source is worth", COLUMNS, tuple(rows), notes)


def _drawing(result: Told, settings: Settings) -> Drawing:
    curves = compute_transfer_curves(result, settings)
    return Drawing(
        f"{result.name}-transfer",
        f"Kendall τ against the number of target rows: {settings.statistic} over {result.info['seeds']} seeds, with "
        f"the {settings.interval}. Dotted: the source's guesses alone, without any target row.",
        draw_transfer_curves(curves),
    )
