"""Studies: how well predictors rank by the number of trained architectures, and which is better at each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from reports.drawing import Drawing, Look, looks, words
from reports.figures.correlation_by_epochs import compute_correlation_by_epochs, draw_correlation_by_epochs, fullest
from reports.figures.correlation_by_size import compute_correlation_by_size, draw_correlation_by_size
from reports.figures.coverage import compute_coverage, draw_coverage
from reports.result import Result, Study
from reports.section import ERRORS, SCORES, Judgement, Section, judge, listed
from reports.settings import Settings
from reports.study_tables import (
    ceiling,
    ceilings_table,
    coverage_table,
    drawn,
    errors_table,
    scores_table,
    seen_table,
    top_table,
    unit,
)
from reports.table import Table

DRAWN = ("kendall", "spearman")
"""Scores that are drawn against n."""


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for each study with rows."""
    return [_section(result, settings) for result in results if isinstance(result, Study) and len(result.size)]


def _section(study: Study, settings: Settings) -> Section:
    judgements = {
        name: _judgements(study, name, settings) for name in SCORES if np.isfinite(study.scores.get(name, np.nan)).any()
    }
    style = looks(study.predictors)
    split = ", random split" if study.info.get("split") == "random" else ""
    return Section(
        f"study-{study.name}",
        f"How many trained architectures a predictor needs ({study.name}{split})",
        tuple(_findings(study, judgements, settings)),
        tuple(_tables(study, judgements, settings)),
        tuple(_drawings(study, style, settings)),
    )


def _judgements(study: Study, score: str, settings: Settings) -> dict[int, Judgement]:
    """Predictors judged by a score at each training size."""
    judged = {}
    for size in sorted(set(study.size.tolist())):
        scores = {name: study.by_seed(name, size, score) for name in study.predictors}
        judged[size] = judge({k: v for k, v in scores.items() if v}, settings, score not in ERRORS)
    return judged


def _findings(study: Study, judgements: Mapping[str, dict[int, Judgement]], settings: Settings) -> Iterator[str]:
    score = next((name for name in DRAWN if name in judgements), None)
    if score is None:
        return
    sentences = []
    for size, judgement in judgements[score].items():
        found = judgement.verdict
        if found is None:
            continue
        best = judgement.estimates[found.best]
        text = f"At n = {size:,} {words(found.best)} has the best {settings.statistic} {SCORES[score]}, "
        text += f"{best.value:.3f} ({best.n} seeds)"
        if found.significant:
            text += ", significantly better than every other"
        elif found.tied:
            text += f", not told from {listed([words(name) for name in found.tied])}"
        sentences.append(text + ".")
    yield " ".join(sentences)
    yield drawn(study)
    left_out = study.info.get("uncovered")
    if isinstance(left_out, int) and left_out:
        yield f"{left_out:,} measured architectures are left out for all predictors: an encoding lacks their features."
    yield from _limits(study, score)


def _limits(study: Study, score: str) -> Iterator[str]:
    """The ceilings in a sentence, each with the population that it holds for."""
    limit, again = (ceiling(study, score, kind) for kind in ("perfect", "two_trainings"))
    if limit is None:
        return
    text = (
        f"The noise ceiling of {SCORES[score]} is {limit:.3f} over all rows: so well would a predictor that knows "
        "every true score rank what the table measured"
    )
    by_class = ceiling(study, score, population="classes")
    text += "" if by_class is None else f"; where every class counts once it is {by_class:.3f}"
    text += "" if again is None else f". A second training of each row would reach {again:.3f}"
    yield text + "."


def _tables(study: Study, judgements: Mapping[str, dict[int, Judgement]], settings: Settings) -> Iterator[Table]:
    yield scores_table(study, judgements, settings)
    found = [
        errors_table(study, "kendall", settings) if "kendall" in judgements else None,
        top_table(study, settings),
        ceilings_table(study),
        seen_table(study, settings),
        coverage_table(study, settings),
    ]
    yield from (table for table in found if table is not None)


def _fewer(study: Study, shown: Sequence[str]) -> str:
    if len(shown) == len(study.predictors):
        return ""
    return " Of predictors that differ only in the epochs they see, the one that sees the most is drawn."


def _drawings(study: Study, style: Mapping[str, Look], settings: Settings) -> Iterator[Drawing]:
    tested = "held-out classes" if unit(study) == "classes" else "other rows (random split)"
    for score in DRAWN:
        if score not in study.scores:
            continue
        shown = fullest(study)
        curves = [c for c in compute_correlation_by_size(study, score, settings) if c.predictor in shown]
        if not curves:
            continue
        counts = sorted({estimate.n for curve in curves for estimate in curve.estimates})
        seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        limit, again = (ceiling(study, score, kind) for kind in ("perfect", "two_trainings"))
        dotted = (
            ""
            if limit is None
            else " Dotted: the noise ceiling over all rows, what a predictor that knows every true score would reach; "
            "the band reaches down to what a second training of each row would."
        )
        label = f"{SCORES[score]} on {tested}"
        yield Drawing(
            f"{study.name}-{score}",
            f"{label} against the number of trained {unit(study)}: {settings.statistic} over {seeds} seeds, with the "
            f"{settings.interval}.{dotted}{_fewer(study, shown)}",
            draw_correlation_by_size(curves, style, label, limit, again, unit(study)),
        )
    epochs = compute_correlation_by_epochs(study, "kendall", settings) if "kendall" in study.scores else []
    if epochs:
        label = f"{SCORES['kendall']} on {tested}"
        yield Drawing(
            f"{study.name}-epochs",
            f"{label} at n = {epochs[0].size:,} against the epochs seen of each architecture's training: "
            f"{settings.statistic} over seeds, with the {settings.interval}.",
            draw_correlation_by_epochs(epochs, looks([curve.predictor for curve in epochs]), label),
        )
    panels = compute_coverage(study, settings)
    if panels:
        yield Drawing(
            f"{study.name}-coverage",
            f"Share of tested rows within intervals against what the intervals promise, at n = {panels[0].size:,}, "
            f"before and after calibration; after it also with every class counted once: {settings.statistic} over "
            f"seeds, with the {settings.interval}. Dotted: as promised.",
            draw_coverage(panels, style),
        )
