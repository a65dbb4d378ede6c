"""A surrogate against the truth: whether searchers rank alike on both, and what their picks are really worth."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reports.drawing import Drawing, looks, words
from reports.figures.surrogate_agreement import Agreement, compute_agreement, draw_agreement
from reports.result import Comparison, Result
from reports.search_tables import best_known, regret, worth_words
from reports.section import Section, measure_decimals, measure_unit
from reports.settings import Settings
from reports.table import Cell, Column, Table, Value, interval_text

TRUTHFUL = ("table", "class_means", "training")
"""Kinds of evaluators whose scores were measured."""


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for each surrogate that searchers ran on, where they also ran on a table, or trained.

    The two may come from one comparison, or from two of the same measures, truth and number of queries.
    """
    comparisons = [result for result in results if isinstance(result, Comparison) and result.worth == "true_test"]
    return [section for comparison in joined(comparisons) for section in _sections(comparison, settings)]


def joined(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons, each that lacks a table or a surrogate completed by the runs of one that has it."""
    found = []
    for comparison in comparisons:
        kinds = set(comparison.evaluators.values())
        if "surrogate" not in kinds or not kinds.isdisjoint(TRUTHFUL):
            found.append(comparison)
            continue
        partner = next((other for other in comparisons if _completes(other, comparison)), None)
        found.append(comparison if partner is None else _join(partner, comparison))
    return found


def _completes(other: Comparison, comparison: Comparison) -> bool:
    """Whether the other searched on the truth, and its runs may be set beside these."""
    return (
        not set(other.evaluators.values()).isdisjoint(TRUTHFUL)
        and set(other.evaluators).isdisjoint(comparison.evaluators)
        and not set(other.searchers).isdisjoint(comparison.searchers)
        and (other.select, other.report) == (comparison.select, comparison.report)
        and other.info.get("truth") == comparison.info.get("truth")
        and len(other.runs[0].score) == len(comparison.runs[0].score)
    )


def _join(first: Comparison, second: Comparison) -> Comparison:
    return replace(
        second,
        name=f"{first.name}-{second.name}",
        runs=first.runs + second.runs,
        searchers=tuple(dict.fromkeys(first.searchers + second.searchers)),
        evaluators=first.evaluators | second.evaluators,
    )


def _sections(comparison: Comparison, settings: Settings) -> Iterator[Section]:
    truthful = [name for kind in TRUTHFUL for name, k in comparison.evaluators.items() if k == kind]
    for surrogate in [name for name, kind in comparison.evaluators.items() if kind == "surrogate"]:
        for reference in truthful[:1]:
            agreement = compute_agreement(comparison, reference, surrogate, settings)
            if agreement is not None:
                yield _section(comparison, agreement, settings)


def _section(comparison: Comparison, agreement: Agreement, settings: Settings) -> Section:
    name = f"{comparison.name}-{agreement.surrogate}-against-{agreement.reference}"
    best = best_known(comparison)
    drawing = Drawing(
        name,
        f"True {worth_words(comparison)} of each searcher's last incumbent when it searched on "
        f"{words(agreement.reference)} (filled) and on {words(agreement.surrogate)} (hollow): {settings.statistic} "
        f"over n = {_range([e.n for e in (*agreement.on_reference, *agreement.on_surrogate)])} runs, with the "
        f"{settings.interval}.",
        draw_agreement(agreement, looks(comparison.searchers), worth_words(comparison)),
    )
    return Section(
        name,
        f"Surrogate against truth ({comparison.name})",
        tuple(_findings(comparison, agreement, settings)),
        (_table(comparison, agreement, best, settings, name),),
        (drawing,),
    )


def _findings(comparison: Comparison, agreement: Agreement, settings: Settings) -> Iterator[str]:
    on, by = words(agreement.reference), words(agreement.surrogate)
    if agreement.pairs:
        tau, same = agreement.kendall, agreement.self_agreement
        yield (
            f"Searching on {by} instead of {on} orders {agreement.same_order} of {agreement.pairs} pairs of searchers "
            f"alike: Kendall τ of their {settings.statistic}s {interval_text(tau, 2)}, interval from resampling the "
            f"{tau.n} seeds that all have. A surrogate without error would reach about {interval_text(same, 2)}, as "
            f"{on} agrees with itself when its seeds are drawn again."
        )
    decimals = measure_decimals(comparison.worth_measure)
    moved = [
        f"{words(name)} {interval_text(difference, decimals, signed=True)}"
        for name, difference in zip(agreement.searchers, agreement.differences, strict=True)
        if not math.isnan(difference.half_width) and (difference.low > 0 or difference.high < 0)
    ]
    unit = measure_unit(comparison.worth_measure)
    if moved:
        yield f"Incumbents found on {by} differ in true worth{unit} from those found on {on}: {'; '.join(moved)}."
    else:
        yield f"No searcher's incumbents differ in true worth between {by} and {on} beyond the interval."


def _table(
    comparison: Comparison,
    agreement: Agreement,
    best: tuple[float, str] | None,
    settings: Settings,
    name: str,
) -> Table:
    unit = measure_unit(comparison.worth_measure)
    on, by = words(agreement.reference), words(agreement.surrogate)
    worth, select = measure_decimals(comparison.worth_measure), measure_decimals(comparison.select)
    columns = [
        Column("searcher", "searcher", form="text"),
        Column("runs_reference", f"n {on}"),
        Column("runs_surrogate", f"n {by}"),
        Column("on_reference", f"on {on}{unit}", worth),
        Column("on_surrogate", f"on {by}{unit}", worth),
        Column("difference", f"{by} − {on}{unit}", worth),
        Column("believed", f"score {by} gave{measure_unit(comparison.select)}", select),
        Column("validation", f"its true value{measure_unit(comparison.select)}", select),
    ]
    if best is not None:
        columns += [
            Column("regret_reference", f"regret on {on}{unit}", worth),
            Column("regret_surrogate", f"regret on {by}{unit}", worth),
        ]
    sign = comparison.worth_measure.sign
    believed, validation = (comparison.finals(agreement.surrogate, value) for value in ("score", "true_val"))
    rows: list[tuple[Cell | Value, ...]] = []
    for place, searcher in enumerate(agreement.searchers):
        first, second = agreement.on_reference[place], agreement.on_surrogate[place]
        difference = agreement.differences[place]
        row: list[Cell | Value] = [
            words(searcher),
            first.n,
            second.n,
            first,
            second,
            difference if difference.n else None,
            settings.estimate(believed[searcher].values()),
            settings.estimate(validation[searcher].values()),
        ]
        if best is not None:
            row += [regret(first, best[0], sign), regret(second, best[0], sign)]
        rows.append(tuple(row))
    notes = [
        f"Each entry: {worth_words(comparison)} of the last incumbent by the truth table; {settings.statistic} over n "
        f"seeds ± half the {settings.interval}; the difference on the seeds that both have."
    ]
    if best is not None:
        notes.append(f"Regret: how far that stays behind {best[1]}, {best[0]:.2f}.")
    return Table(
        name, f"Picks made on {by} and on {on}, by their true worth", tuple(columns), tuple(rows), tuple(notes)
    )


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"
