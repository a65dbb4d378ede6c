"""Score against cost: whose fronts cover most, how fast, and what a budget affords."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reports.drawing import Drawing, looks, words
from reports.figures.front_curves import (
    compute_affordable_curves,
    compute_volume_curves,
    draw_front_curves,
    fronts_by_searcher,
)
from reports.penalties import penalties_of
from reports.result import Comparison, Result
from reports.search_tables import EVALUATOR, RUNS, SEARCHER
from reports.section import Judgement, Section, judge, listed, mark_notes, measure_unit, measure_words
from reports.settings import Settings
from reports.table import Cell, Column, Table, Value, interval_text


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for each comparison whose runs have costs."""
    return [_section(result, settings) for result in results if isinstance(result, Comparison) and result.fronts]


def _section(comparison: Comparison, settings: Settings) -> Section:
    judgements = {
        evaluator: judge(
            {
                searcher: {front.seed: float(front.hypervolume[-1]) for front in fronts}
                for searcher, fronts in fronts_by_searcher(comparison, evaluator).items()
            },
            settings,
        )
        for evaluator in dict.fromkeys(front.evaluator for front in comparison.fronts)
    }
    return Section(
        f"fronts-{comparison.name}",
        f"Score against cost ({comparison.name})",
        (_meaning(comparison), *(_finding(comparison, e, j, settings) for e, j in judgements.items())),
        (_table(comparison, judgements, settings),),
        tuple(_drawings(comparison, list(judgements), settings)),
    )


def _meaning(comparison: Comparison) -> str:
    about = next(iter(comparison.info["pareto"].values()))
    units = [_with_unit(words(name), about["units"].get(name, "")) for name in _costs(comparison)]
    lessened = penalties_of(comparison)
    without = ", without the penalties that it was selected by," if lessened else ""
    return (
        f"Objectives are {measure_words(comparison.select)} as the evaluator gave it{without} and {listed(units)}, "
        f"known without training. A run's hypervolume is what its queries dominate, costs as shares of the most that "
        f"an architecture of the space costs, scores counted from {about['least']:g}: with one cost it is the best "
        f"score within a budget, averaged over all budgets."
    )


def _finding(comparison: Comparison, evaluator: str, judgement: Judgement, settings: Settings) -> str:
    found = judgement.verdict
    where = f"On {words(evaluator)}" if len(comparison.evaluators) > 1 else "Here"
    if found is None:
        return f"{where} no run has a front."
    best = judgement.estimates[found.best]
    text = f"{where} {words(found.best)} has the largest hypervolume, {interval_text(best, 2)} (n = {best.n})"
    if len(judgement.estimates) < 2:
        return f"{text}."
    if found.significant:
        return f"{text}, significantly more than every other."
    return f"{text}; the paired tests do not tell it from {listed([words(name) for name in found.tied])}."


def _table(comparison: Comparison, judgements: dict[str, Judgement], settings: Settings) -> Table:
    unit = measure_unit(comparison.select)
    columns = [EVALUATOR, SEARCHER, RUNS, Column("hypervolume", f"hypervolume{unit}", 2)]
    columns += [Column("size", "members of the front", 1)]
    rows: list[tuple[Cell | Value, ...]] = []
    for evaluator, judgement in judgements.items():
        for searcher, fronts in fronts_by_searcher(comparison, evaluator).items():
            estimate = judgement.estimates[searcher]
            size = settings.estimate([float(len(front.score)) for front in fronts])
            rows.append((words(evaluator), words(searcher), estimate.n, judgement.cell(searcher, estimate), size))
    return Table(
        f"{comparison.name}-hypervolume",
        f"Hypervolume of {measure_words(comparison.select)} and {listed([words(c) for c in _costs(comparison)])} "
        "after the last query",
        tuple(columns),
        tuple(rows),
        mark_notes(settings, "all pairs of searchers on an evaluator"),
    )


def _drawings(comparison: Comparison, evaluators: Sequence[str], settings: Settings) -> Iterator[Drawing]:
    style = looks(comparison.searchers)
    score = measure_words(comparison.select) + measure_unit(comparison.select)
    units = {name: unit for about in comparison.info["pareto"].values() for name, unit in about["units"].items()}
    for evaluator in evaluators:
        title = f"searching on {words(evaluator)}"
        yield Drawing(
            f"{comparison.name}-{evaluator}-hypervolume",
            f"On {words(evaluator)}: hypervolume after each query, {settings.statistic} over the n runs given, with "
            f"the {settings.interval}.",
            draw_front_curves(
                compute_volume_curves(comparison, evaluator, settings),
                style,
                x_label="queries",
                y_label=f"hypervolume{measure_unit(comparison.select)}",
                log=True,
                title=title,
            ),
        )
        for cost in _costs(comparison):
            curves = compute_affordable_curves(comparison, evaluator, cost, settings)
            if curves:
                x_label = _with_unit(words(cost), units.get(cost, ""))
                caption = (
                    f"On {words(evaluator)}: best {measure_words(comparison.select)} asked that costs at most so much, "
                    f"{settings.statistic} over the n runs given, with the {settings.interval}."
                )
                figure = draw_front_curves(curves, style, x_label=x_label, y_label=score, log=False, title=title)
                yield Drawing(f"{comparison.name}-{evaluator}-front-{cost}", caption, figure)


def _costs(comparison: Comparison) -> list[str]:
    return list(dict.fromkeys(name for front in comparison.fronts for name in front.costs))


def _with_unit(name: str, unit: str) -> str:
    return f"{name} [{unit}]" if unit == "millions" else name
