"""Tables of a study: scores by training size, the top of the ranking, coverage, epochs seen, ceilings of noise."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from reports.drawing import words
from reports.result import Study
from reports.section import SCORES, Judgement, mark_notes
from reports.settings import Settings
from reports.statistics import Estimate
from reports.table import Cell, Column, Table, Value

TIMES = {"fit_seconds": "fit [s]", "predict_seconds": "predict [s]"}
TOPS = {
    "kendall_rounded": "Kendall τ, rounded",
    "kendall_by_class": "Kendall τ, by class",
    "precision_10": "precision at 10",
    "precision_20": "precision at 20",
    "best_rank_10": "best rank in top 10",
    "best_rank_20": "best rank in top 20",
    "best_share_10": "in top 10, of all [%]",
    "best_share_20": "in top 20, of all [%]",
}
"""Scores of the top of the ranking, and how people write them."""
COVERAGES = {
    "coverage": "covered [%]",
    "conformal_coverage": "calibrated [%]",
    "conformal_by_class": "calibrated, by class [%]",
    "width": "width",
    "conformal_width": "calibrated width",
}
"""Columns of intervals, for each nominal level."""
LEVELS = (50, 80, 90, 95)
HEAD = (Column("n", "n"), Column("predictor", "predictor", form="text"), Column("seeds", "seeds"))
POPULATIONS = {
    "rows": "all rows",
    "classes": "all classes, one member each",
    "rows_of_several": "rows of classes of several members",
    "classes_of_several": "classes of several members, one each",
}
"""Populations of ceilings in words."""
COUNTED = {"trainings": "rows_of_several", "groups": "classes_of_several"}
"""Which population counted pairs of a table without seeds are of."""


def ceiling(study: Study, score: str, kind: str = "perfect", population: str = "rows") -> float | None:
    """What noise leaves to a predictor, as the study noted it; None where it is not known.

    Args:
        study: the study.
        score: ``kendall`` or ``spearman``.
        kind: ``perfect`` for one that knows every true score, ``two_trainings`` for a second training.
        population: one of :data:`POPULATIONS`.
    """
    return _value(_noted(study, kind, population), score)


def scores_table(study: Study, judgements: Mapping[str, Mapping[int, Judgement]], settings: Settings) -> Table:
    """Every score of every predictor at every n, with marks for the best, and seconds."""
    times = {name: header for name, header in TIMES.items() if name in study.scores}
    columns = [*HEAD, *(Column(name, SCORES[name], 3) for name in judgements)]
    columns += [Column(name, header, 3) for name, header in times.items()]
    rows: list[tuple[Cell | Value, ...]] = []
    for size, name, seeds in _lines(study):
        cells = [of[size].cell(name, of[size].estimates[name]) for of in judgements.values()]
        spent = [_estimate(study, name, size, time, settings) for time in times]
        rows.append((size, words(name), seeds, *cells, *spent))
    notes = (drawn(study), *mark_notes(settings, "all pairs of predictors at one n"))
    title = f"Scores of predictors by the number of trained {unit(study)}"
    return Table(f"{study.name}-scores", title, tuple(columns), tuple(rows), notes)


def errors_table(study: Study, score: str, settings: Settings) -> Table:
    """One score in full: mean, standard error, interval, and the share of the ceiling that it reaches."""
    limit = ceiling(study, score)
    columns = [*HEAD, Column("mean", f"mean {SCORES[score]}", 3), Column("standard_error", "standard error", 4)]
    columns += [Column("low", f"low end, {100 * settings.level:g} %", 3), Column("high", "high end", 3)]
    if limit is not None:
        columns.append(Column("of_ceiling", "of the ceiling [%]", 1))
    rows: list[tuple[Cell | Value, ...]] = []
    for size, name, seeds in _lines(study):
        values = np.array([v for v in study.by_seed(name, size, score).values() if math.isfinite(v)])
        if not len(values):
            continue
        estimate = settings.estimate(values)
        error = float(values.std(ddof=1) / len(values) ** 0.5) if len(values) > 1 else None
        mean = float(values.mean())
        last = () if limit is None else (100 * mean / limit,)
        rows.append((size, words(name), seeds, mean, error, estimate.low, estimate.high, *last))
    notes = [f"Low and high end: of the {settings.interval} of the {settings.statistic} over seeds."]
    if limit is not None:
        notes.append(f"Ceiling over all rows: {limit:.3f}.")
    return Table(f"{study.name}-{score}-full", f"{SCORES[score]} in full", tuple(columns), tuple(rows), tuple(notes))


def top_table(study: Study, settings: Settings) -> Table | None:
    """How well the top of the ranking is found; None where the study did not look."""
    names = {name: header for name, header in TOPS.items() if np.isfinite(study.scores.get(name, np.nan)).any()}
    if not names:
        return None
    columns = [*HEAD, *(Column(name, header, 3 if "share" not in name else 2) for name, header in names.items())]
    rows: list[tuple[Cell | Value, ...]] = []
    for size, name, seeds in _lines(study):
        scale = {score: 100.0 if "share" in score else 1.0 for score in names}
        cells = [_estimate(study, name, size, score, settings, scale[score]) for score in names]
        rows.append((size, words(name), seeds, *cells))
    notes = (
        "Rounded: both sides to 0.1 percent of accuracy, pairs that agree so far counting as tied. By class: means "
        "over the tested members of each class, every class once. Precision: share of the predicted best 10 and 20 "
        "that are among the best 10 and 20. Best rank: true rank, 1 the best of all tested, of the best among those "
        "predicted best.",
        f"{settings.statistic.capitalize()} over seeds ± half the {settings.interval}.",
    )
    return Table(f"{study.name}-top", "The top of the ranking", tuple(columns), tuple(rows), notes)


def coverage_table(study: Study, settings: Settings) -> Table | None:
    """How often intervals hold what was measured, before and after calibration; None where it was not judged."""
    if not np.isfinite(study.scores.get("coverage_90", np.nan)).any():
        return None
    columns = [*HEAD, Column("level", "nominal [%]")]
    columns += [Column(name, header, 1 if "[%]" in header else 2) for name, header in COVERAGES.items()]
    rows: list[tuple[Cell | Value, ...]] = []
    for size, name, seeds in _lines(study):
        for level in LEVELS:
            cells = [
                _estimate(study, name, size, f"{what}_{level}", settings, 100.0 if "[%]" in header else 1.0)
                for what, header in COVERAGES.items()
            ]
            rows.append((size, words(name), seeds, level, *cells))
    notes = (
        "Covered: share of tested rows within the interval, were errors normal with the deviation that the predictor "
        "gives. Calibrated: CV+ intervals, deviations stretched by errors out of fold inside the training set. By "
        "class: every tested class counts once, as trained ones do where the split is disjoint; that is what "
        "calibration promises. Width: mean length of an interval, in the metric's unit.",
        "An en dash stands where fewer than level / (1 - level) rows were trained on, too few to know.",
        f"{settings.statistic.capitalize()} over seeds ± half the {settings.interval}.",
    )
    return Table(f"{study.name}-coverage", "Coverage of intervals", tuple(columns), tuple(rows), notes)


def seen_table(study: Study, settings: Settings) -> Table | None:
    """Scores by the epochs that a predictor sees of each architecture's training; None where none sees any."""
    seen = study.info.get("seen")
    found = {name: about for name, about in seen.items() if about} if isinstance(seen, dict) else {}
    if not found:
        return None
    columns = [*HEAD, Column("epochs", "epochs seen"), Column("seconds", "training seen [s]", 1)]
    columns += [Column(score, SCORES[score], 3) for score in ("kendall", "spearman")]
    rows: list[tuple[Cell | Value, ...]] = []
    for size, name, seeds in _lines(study):
        if about := found.get(name):
            scores = [_estimate(study, name, size, score, settings) for score in ("kendall", "spearman")]
            rows.append((size, words(name), seeds, about["epochs"], about["seconds"], *scores))
    notes = (
        "Training seen: recorded seconds up to that epoch, mean over architectures, spent on each that is predicted.",
        f"{settings.statistic.capitalize()} over seeds ± half the {settings.interval}.",
    )
    return Table(
        f"{study.name}-seen", "What seeing the beginning of a training is worth", tuple(columns), tuple(rows), notes
    )


def ceilings_table(study: Study) -> Table | None:
    """The ceilings of each population; None where the table's noise is not known."""
    noted = study.info.get("ceilings")
    if not isinstance(noted, dict) or "two_trainings" not in noted:
        return None
    columns = (
        Column("population", "population", form="text"),
        Column("n", "n"),
        Column("mean", "mean score", 2),
        *(Column(f"perfect_{score}", f"perfect: {SCORES[score]}", 3) for score in ("kendall", "spearman")),
        *(Column(f"again_{score}", f"second training: {SCORES[score]}", 3) for score in ("kendall", "spearman")),
        *(Column(f"counted_{score}", f"counted: {SCORES[score]}", 3) for score in ("kendall", "spearman")),
    )
    groups = "classes of one function" if noted["source"] == "classes" else "architectures of several seeds"
    counted = {place: name for name, place in COUNTED.items()} if noted["source"] == "classes" else {"rows": "groups"}
    rows = []
    for name, title in POPULATIONS.items():
        entries = [_noted(study, "perfect", name), _noted(study, "two_trainings", name)]
        entries.append(_noted(study, "counted", counted.get(name, "")))
        if entries[0]:
            values = [_value(entry, score) for entry in entries for score in ("kendall", "spearman")]
            rows.append((title, entries[0]["n"], entries[0]["mean"], *values))
    notes = (
        f"Noise learned from {noted['trainings']:,} trainings of {noted['groups']:,} {groups}. Perfect: the true "
        "score, drawn as likely as it is given all that was measured, against what was measured. Second training: two "
        "simulated trainings of each row against each other. Counted: pairs of trainings that the table holds, where "
        "it holds them, to check the simulation by.",
        "A ceiling holds for its population: weak architectures differ by more than good ones, and rank more easily.",
    )
    return Table(f"{study.name}-ceilings", "What noise leaves to predictors", columns, tuple(rows), notes)


def unit(study: Study) -> str:
    """What training sizes count."""
    return "rows" if study.info.get("split") == "random" else "classes"


def drawn(study: Study) -> str:
    """How rows were drawn, in a sentence."""
    tested = study.info.get("tested")
    some = f"{tested:,} drawn rows of" if isinstance(tested, int) else "all rows of"
    if study.info.get("split") == "random":
        which = f"{tested:,} drawn" if isinstance(tested, int) else "all"
        text = (
            f"Trained on n drawn rows, scored on {which} other rows: this leaks, since a scored architecture may be a "
            "trained one written another way"
        )
        leaked = study.info.get("leaked")
        shares = leaked.items() if isinstance(leaked, dict) else ()
        said = ", ".join(f"{100 * share:.0f} % at n = {int(size):,}" for size, share in shares)
        return f"{text} ({said} of the scored)." if said else f"{text}."
    return f"Trained on one member of each of n canonical classes, scored on {some} all other classes."


def _lines(study: Study) -> Iterator[tuple[int, str, int]]:
    """(n, predictor, seeds) of every line that has a row."""
    for size in sorted(set(study.size.tolist())):
        for name in study.predictors:
            if seeds := study.by_seed(name, size, next(iter(study.scores))):
                yield size, name, len(seeds)


def _estimate(
    study: Study, name: str, size: int, score: str, settings: Settings, scale: float = 1.0
) -> Estimate | None:
    values = [scale * value for value in study.by_seed(name, size, score).values()]
    estimate = settings.estimate(values)
    return estimate if estimate.n else None


def _noted(study: Study, kind: str, population: str) -> dict[str, Any]:
    noted: Any = study.info.get("ceilings")
    for key in (kind, population):
        noted = noted.get(key) if isinstance(noted, dict) else None
    return noted if isinstance(noted, dict) else {}


def _value(entry: Mapping[str, Any], score: str) -> float | None:
    noted = entry.get(score)
    value = noted.get("value") if isinstance(noted, dict) else None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
