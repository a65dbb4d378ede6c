"""Fitted predictors: scores on held-out classes side by side, and predicted against actual for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from predictors.metrics import METRICS
from reports.drawing import Drawing, words
from reports.figures.predictor_scatter import compute_scatter, draw_scatter
from reports.result import Fit, Result
from reports.section import ERRORS, SCORES, Section, listed, measure_unit, measure_words
from reports.settings import Settings
from reports.statistics import Estimate
from reports.table import Cell, Column, Table, Value, interval_text
from searchers.measure import Measure

SHOWN = ("kendall", "spearman", "r2", "mae")
"""Scores in the table."""
SMALLEST_HALF = 40
"""Held-out architectures from which the upper half gets a drawing of its own."""


def make_sections(results: Sequence[Result], settings: Settings) -> list[Section]:
    """One section for all fits that have held-out architectures; none without them."""
    fits = [result for result in results if isinstance(result, Fit) and len(result.actual)]
    if not fits:
        return []
    drawings = tuple(drawing for fit in fits for drawing in _drawings(fit))
    return [Section("fits", "Predictors on held-out classes", tuple(map(_finding, fits)), (_table(fits),), drawings)]


def fit_measure(fit: Fit) -> Measure:
    """What the predictor predicts."""
    schedule = fit.info.get("schedule")
    return Measure(str(fit.info.get("metric", "score")), None if schedule is None else int(schedule))


def fit_scores(fit: Fit) -> dict[str, Estimate]:
    """The scores that the fit wrote down, with its own intervals; those it did not are computed, without one."""
    noted = fit.info.get("scores", {})
    return {
        name: _estimate(noted.get(name), metric(fit.actual, fit.predicted), fit) for name, metric in METRICS.items()
    }


def _estimate(noted: Any, computed: float, fit: Fit) -> Estimate:
    n = len(fit.actual)
    if isinstance(noted, dict) and isinstance(noted.get("value"), int | float):
        low, high = (noted[key] if isinstance(noted.get(key), int | float) else np.nan for key in ("low", "high"))
        return Estimate(float(noted["value"]), float(low), float(high), n)
    return Estimate(float(noted) if isinstance(noted, int | float) else computed, np.nan, np.nan, n)


def coverage(fit: Fit, deviations: float = 1.96) -> float:
    """Share of held-out scores within so many predicted standard deviations; NaN where the predictor gives none."""
    known = np.isfinite(fit.std) & np.isfinite(fit.actual)
    if not known.any():
        return float("nan")
    return float((np.abs(fit.actual - fit.predicted)[known] <= deviations * fit.std[known]).mean())


def _finding(fit: Fit) -> str:
    kendall = fit_scores(fit)["kendall"]
    trained = fit.info.get("n_train")
    return (
        f"{words(fit.predictor)} ({fit.name}){f', trained on {trained:,} architectures,' if trained else ''} ranks "
        f"{len(fit.actual):,} architectures of classes it never saw with Kendall τ {interval_text(kendall, 3)}."
    )


def _table(fits: Sequence[Fit]) -> Table:
    scores = [fit_scores(fit) for fit in fits]
    columns = [
        Column("fit", "fit", form="text"),
        Column("predictor", "predictor", form="text"),
        Column("encoding", "encoding", form="text"),
        Column("n_train", "n trained"),
        Column("n_test", "n held out"),
        *(Column(name, SCORES[name], 2 if name in ERRORS else 3, "interval") for name in SHOWN),
    ]
    has_std = any(np.isfinite(fit.std).any() for fit in fits)
    if has_std:
        columns.append(Column("coverage", "within 1.96 std [%]", 1))
    rows: list[tuple[Cell | Value, ...]] = []
    for fit, of_fit in zip(fits, scores, strict=True):
        trained = fit.info.get("n_train")
        row: list[Cell | Value] = [
            fit.name,
            words(fit.predictor),
            words(str(fit.info.get("encoding", "–"))).replace("+", " + "),
            trained if isinstance(trained, int) else None,
            len(fit.actual),
            *(of_fit[name] for name in SHOWN),
        ]
        rows.append((*row, 100 * coverage(fit)) if has_std else tuple(row))
    notes = [
        "On architectures of canonical classes that were not trained on, with the fit's own 95 % bootstrap interval. "
        "One split and one seed each: the table does not say which predictor is better, a study does.",
        *filter(None, map(_by_class, fits)),
    ]
    targets = listed([str(measure) for measure in dict.fromkeys(map(fit_measure, fits))])
    return Table("fits", f"Scores on held-out classes, predicting {targets}", tuple(columns), tuple(rows), tuple(notes))


def _by_class(fit: Fit) -> str:
    """The fit's scores when each class counts once, where it noted them."""
    noted = fit.info.get("scores_by_class")
    if not isinstance(noted, dict):
        return ""
    scores = [f"{SCORES[name]} {noted[name]:.3f}" for name in SHOWN if isinstance(noted.get(name), float)]
    return f"{fit.name}, each class counted once by its mean: {', '.join(scores)}."


def _drawings(fit: Fit) -> Iterator[Drawing]:
    scores = fit_scores(fit)
    text = ", ".join(f"{SCORES[name]} {scores[name].value:.3f}" for name in ("kendall", "spearman"))
    text += f"\n{SCORES['r2']} {scores['r2'].value:.3f}, {SCORES['mae']} {scores['mae'].value:.3g}"
    measure = fit_measure(fit)
    label = measure_words(measure) + measure_unit(measure)
    title = f"{words(fit.predictor)} ({fit.name})"
    yield Drawing(
        f"{fit.name}-scatter",
        f"{title}: predicted against actual on {len(fit.actual):,} held-out architectures; "
        "on the dashed line a prediction is exact.",
        draw_scatter(compute_scatter(fit), label, text, title),
    )
    if len(fit.actual) >= SMALLEST_HALF:
        half = compute_scatter(fit, upper_half=True)
        kendall = METRICS["kendall"](half.actual, half.predicted)
        yield Drawing(
            f"{fit.name}-scatter-upper",
            f"{title}: the same for the better half of them, where a search decides.",
            draw_scatter(half, label, f"{SCORES['kendall']} {kendall:.3f}", title),
        )
