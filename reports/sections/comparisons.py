"""What searchers found: who is best by the tests, tables, curves over queries and what training cost, ranks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reports.drawing import Drawing, Look, looks, words
from reports.figures.rank_curves import compute_rank_curves, draw_rank_curves
from reports.figures.search_curves import compute_range, compute_search_curves, draw_search_curves
from reports.figures.win_rates import compute_win_rates, draw_win_rates
from reports.penalties import selected_words, worth_note
from reports.result import Comparison, Result
from reports.search_tables import (
    anytime_table,
    cost_table,
    final_table,
    judge_evaluators,
    pair_table,
    unpriced_words,
    worth_words,
)
from reports.section import Judgement, Section, least_p, listed, measure_decimals
from reports.settings import Settings
from reports.spending import amount_text, axes_of, axis_label
from reports.table import interval_text


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for each comparison that has finished runs."""
    return [_section(result, settings) for result in results if isinstance(result, Comparison) and result.runs]


def _section(comparison: Comparison, settings: Settings) -> Section:
    judgements = judge_evaluators(comparison, settings)
    style = looks(comparison.searchers)
    findings = [_finding(comparison, e, j, settings) for e, j in judgements.items()]
    pairs = pair_table(comparison, judgements, settings)
    return Section(
        f"comparison-{comparison.name}",
        f"Search strategies ({comparison.name})",
        (_setting(comparison), *findings),
        (
            final_table(comparison, judgements, settings),
            anytime_table(comparison, judgements, settings),
            *([pairs] if pairs else []),
            cost_table(comparison, settings),
        ),
        (
            *(
                drawing
                for over in dict.fromkeys(over for e in judgements for over in axes_of(comparison, e))
                for drawing in _curves(comparison, judgements, style, settings, over)
            ),
            *_ranks(comparison, judgements, style, settings),
            *_wins(comparison, judgements, settings),
        ),
    )


def _setting(comparison: Comparison) -> str:
    runs = comparison.runs
    lengths = sorted({len(run.score) for run in runs})
    queries = f"{lengths[0]:,}" if len(lengths) == 1 else f"{lengths[0]:,} to {lengths[-1]:,}"
    seeds = len({run.seed for run in runs})
    truth = "" if comparison.worth == "true_test" else " No truth table answered."
    searchers = listed([words(name) for name in comparison.searchers])
    evaluators = listed([words(name) for name in comparison.evaluators])
    candidates = comparison.info.get("candidates", {}).get("count")
    among = f" among {candidates:,} architectures" if isinstance(candidates, int) else ""
    return (
        f"{searchers[:1].upper()}{searchers[1:]} on {evaluators}: {len(runs):,} runs of {queries} queries{among}"
        f"{'' if comparison.over == 'queries' else f' within {amount_text(comparison.over, comparison.most)}'}, "
        f"{seeds} seed{'' if seeds == 1 else 's'}. A run's incumbent is the "
        f"architecture with the best {selected_words(comparison)} so far; what it is worth is its "
        f"{worth_words(comparison).removesuffix(' [%]')}{worth_note(comparison)}.{truth}"
    )


def _finding(comparison: Comparison, evaluator: str, judgement: Judgement, settings: Settings) -> str:
    where = f"On {words(evaluator)}" if len(comparison.evaluators) > 1 else "Here"
    found = judgement.verdict
    if found is None:
        return f"{where} no incumbent has a value."
    best = judgement.estimates[found.best]
    value = interval_text(best, measure_decimals(comparison.worth_measure))
    text = f"{where} {words(found.best)} has the best {settings.statistic}, {value} (n = {best.n})"
    if len(judgement.estimates) < 2:
        return text + "."
    if found.significant:
        return f"{text}, significantly better than every other."
    text += f"; the paired tests do not tell it from {listed([words(name) for name in found.tied])}"
    least = least_p(judgement)
    few = f": with so few seeds no difference could be significant (p of at least {least:.2g} after correction)"
    return f"{text}{few if least >= settings.alpha else ''}."


def _curves(
    comparison: Comparison,
    judgements: Mapping[str, Judgement],
    style: Mapping[str, Look],
    settings: Settings,
    over: str,
) -> Iterator[Drawing]:
    """A drawing for each evaluator with curves, all with one y axis."""
    value = comparison.worth
    shown = [evaluator for evaluator in judgements if over in axes_of(comparison, evaluator)]
    panels = {e: compute_search_curves(comparison, e, value, settings, over) for e in shown}
    panels = {evaluator: curves for evaluator, curves in panels.items() if curves}
    if not panels:
        return
    best = comparison.optimum if value == "true_test" else None
    y_range = compute_range(list(panels.values()), best)
    for evaluator, curves in panels.items():
        subject = axis_label(comparison, evaluator, over)
        unpriced = unpriced_words(comparison, evaluator, over)
        held = f" A run that has ended keeps its incumbent. {unpriced}".rstrip()
        yield Drawing(
            f"{comparison.name}-{evaluator}-{over}",
            f"On {words(evaluator)}: {worth_words(comparison)} of the incumbent, {settings.statistic} over the n runs "
            f"given, with the {settings.interval}, against {subject}.{'' if over == 'queries' else held}",
            draw_search_curves(
                curves,
                style,
                y_label=worth_words(comparison),
                x_label=subject,
                over=over,
                y_range=y_range,
                best=best,
                title=f"searching on {words(evaluator)}",
            ),
        )


def _ranks(
    comparison: Comparison, judgements: Mapping[str, Judgement], style: Mapping[str, Look], settings: Settings
) -> Iterator[Drawing]:
    for evaluator in judgements:
        curves = compute_rank_curves(comparison, evaluator, settings)
        if curves is not None:
            yield Drawing(
                f"{comparison.name}-{evaluator}-ranks",
                f"On {words(evaluator)}: mean rank among the searchers over the {len(curves.seeds)} seeds that all "
                f"have (1 is best, ties share), with the {settings.interval}.",
                draw_rank_curves(
                    curves,
                    style,
                    f"searching on {words(evaluator)}",
                    x_label=axis_label(comparison, evaluator, comparison.over),
                    over=comparison.over,
                ),
            )


def _wins(comparison: Comparison, judgements: Mapping[str, Judgement], settings: Settings) -> Iterator[Drawing]:
    for evaluator, judgement in judgements.items():
        if len(judgement.estimates) > 2 and any(pair.difference.n for pair in judgement.pairs):
            matrix = compute_win_rates(list(judgement.estimates), judgement.pairs, settings.alpha)
            yield Drawing(
                f"{comparison.name}-{evaluator}-wins",
                f"On {words(evaluator)}: share of seeds on which the row's searcher ends with a better incumbent than "
                f"the column's, ties half. *: told apart by the corrected test (α = {settings.alpha:g}).",
                draw_win_rates(matrix, f"searching on {words(evaluator)}"),
            )
