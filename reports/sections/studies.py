"""Studies: how well predictors rank by the number of trained classes, and which is better at each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reports.drawing import Drawing, Look, looks, words
from reports.figures.correlation_by_size import compute_correlation_by_size, draw_correlation_by_size
from reports.result import Result, Study
from reports.section import ERRORS, SCORES, Judgement, Section, judge, listed, mark_notes
from reports.settings import Settings
from reports.table import Cell, Column, Table, Value

DRAWN = ("kendall", "spearman")
"""Scores that are drawn against n."""
TIMES = {"fit_seconds": "fit [s]", "predict_seconds": "predict [s]"}


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """A section for each study with rows."""
    return [_section(result, settings) for result in results if isinstance(result, Study) and len(result.size)]


def _section(study: Study, settings: Settings) -> Section:
    judgements = {name: _judgements(study, name, settings) for name in SCORES if name in study.scores}
    style = looks(study.predictors)
    return Section(
        f"study-{study.name}",
        f"How many trained architectures a predictor needs ({study.name})",
        tuple(_findings(study, judgements, settings)),
        (_table(study, judgements, settings),),
        tuple(_drawings(study, style, settings)),
    )


def _judgements(study: Study, score: str, settings: Settings) -> dict[int, Judgement]:
    """Predictors judged by a score at each training size."""
    judged = {}
    for size in sorted(set(study.size.tolist())):
        scores = {name: study.by_seed(name, size, score) for name in study.predictors}
        judged[size] = judge({k: v for k, v in scores.items() if v}, settings, score not in ERRORS)
    return judged


def ceiling(study: Study, score: str, kind: str = "perfect", population: str = "rows") -> float | None:
    """What noise leaves to a predictor, as the study noted it; None where it is not known.

    Args:
        study: the study.
        score: ``kendall`` or ``spearman``.
        kind: ``perfect`` for one that knows every true score, ``two_trainings`` for a second training.
        population: see :data:`predictors.ceilings.POPULATIONS`.
    """
    noted: Any = study.info.get("ceilings")
    for key in (kind, population, score, "value"):
        noted = noted.get(key) if isinstance(noted, dict) else None
    return float(noted) if isinstance(noted, int | float) and math.isfinite(noted) else None


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
    limit = ceiling(study, score)
    if limit is not None:
        yield (
            f"The noise ceiling of {SCORES[score]} is {limit:.3f}: so well would a predictor that knows every true "
            "score rank what the table measured."
        )


def _table(study: Study, judgements: Mapping[str, dict[int, Judgement]], settings: Settings) -> Table:
    times = {name: header for name, header in TIMES.items() if name in study.scores}
    columns = [
        Column("n", "n"),
        Column("predictor", "predictor", form="text"),
        Column("seeds", "seeds"),
        *(Column(name, SCORES[name], 3) for name in judgements),
        *(Column(name, header, 3) for name, header in times.items()),
    ]
    rows: list[tuple[Cell | Value, ...]] = []
    for size in sorted(set(study.size.tolist())):
        for name in study.predictors:
            seeds = study.by_seed(name, size, next(iter(study.scores)))
            if not seeds:
                continue
            cells = [of[size].cell(name, of[size].estimates[name]) for of in judgements.values()]
            spent = [settings.estimate(study.by_seed(name, size, time).values()) for time in times]
            rows.append((size, words(name), len(seeds), *cells, *spent))
    notes = (
        "Trained on one member of each of n canonical classes, scored on all architectures of all other classes.",
        *mark_notes(settings, "all pairs of predictors at one n"),
    )
    title = "Scores of predictors by the number of trained classes"
    return Table(f"{study.name}-scores", title, tuple(columns), tuple(rows), notes)


def _drawings(study: Study, style: Mapping[str, Look], settings: Settings) -> Iterator[Drawing]:
    for score in DRAWN:
        if score not in study.scores:
            continue
        curves = compute_correlation_by_size(study, score, settings)
        if not curves:
            continue
        counts = sorted({estimate.n for curve in curves for estimate in curve.estimates})
        seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        limit = ceiling(study, score)
        dotted = (
            ""
            if limit is None
            else " Dotted: the noise ceiling, what a predictor that knows every true score would reach."
        )
        yield Drawing(
            f"{study.name}-{score}",
            f"{SCORES[score]} on held-out classes against the number of trained classes: {settings.statistic} over "
            f"{seeds} seeds, with the {settings.interval}.{dotted}",
            draw_correlation_by_size(curves, style, f"{SCORES[score]} on held-out classes", limit),
        )
