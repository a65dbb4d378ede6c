"""Do searchers rank on a surrogate as they do on the truth? The true worth of what each found, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import Look, new_axes, set_labels, set_legend, words
from reports.result import Comparison
from reports.settings import Settings
from reports.statistics import Estimate


@dataclass(frozen=True, slots=True)
class Agreement:
    """Searchers on two evaluators, judged by the true reported value of their last incumbents.

    Args:
        reference: the evaluator that tells the truth: a table, or training.
        surrogate: the other one.
        searchers: those with runs on both, in the order of the comparison.
        on_reference: an estimate for each searcher,
        on_surrogate: likewise.
        differences: surrogate minus reference on the seeds both have, for each searcher.
        kendall: rank correlation (tau b) of the searchers' means on the two, with its interval over seeds; NaN for
            fewer than two searchers.
        self_agreement: the same between the reference and itself with its seeds drawn again: what to expect of a
            surrogate without any error.
        same_order: pairs of searchers whose means are ordered alike,
        pairs: of so many.
    """

    reference: str
    surrogate: str
    searchers: tuple[str, ...]
    on_reference: tuple[Estimate, ...]
    on_surrogate: tuple[Estimate, ...]
    differences: tuple[Estimate, ...]
    kendall: Estimate
    self_agreement: Estimate
    same_order: int
    pairs: int


def compute_agreement(comparison: Comparison, reference: str, surrogate: str, settings: Settings) -> Agreement | None:
    """The agreement of two evaluators; None where they share no searcher that has values on both."""
    on = {evaluator: comparison.finals(evaluator, "true_test") for evaluator in (reference, surrogate)}
    finite = {
        e: {s: {i: v for i, v in seeds.items() if np.isfinite(v)} for s, seeds in of.items()} for e, of in on.items()
    }
    names = [s for s in comparison.searchers if finite[reference].get(s) and finite[surrogate].get(s)]
    if not names:
        return None
    first, second = ([finite[e][name] for name in names] for e in (reference, surrogate))
    estimates = [[settings.estimate(values.values()) for values in side] for side in (first, second)]
    differences = [settings.estimate(b[i] - a[i] for i in a if i in b) for a, b in zip(first, second, strict=True)]
    shared = sorted(set.intersection(*(set(values) for values in (*first, *second))))
    table, other = (np.array([[values[i] for values in side] for i in shared]) for side in (first, second))
    means = [np.array([estimate.value for estimate in side]) for side in estimates]
    signs = [_pair_signs(values[None])[0] for values in means]
    return Agreement(
        reference=reference,
        surrogate=surrogate,
        searchers=tuple(names),
        on_reference=tuple(estimates[0]),
        on_surrogate=tuple(estimates[1]),
        differences=tuple(differences),
        kendall=_interval(float(kendall_tau(*(m[None] for m in means))[0]), table, other, settings, same_rows=True),
        self_agreement=_interval(None, table, table, settings, same_rows=False),
        same_order=int((signs[0] == signs[1]).sum()),
        pairs=len(signs[0]),
    )


def kendall_tau(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Kendall's tau b of each row of two arrays of shape (rows, k): float array, NaN where a row is constant."""
    a, b = _pair_signs(first), _pair_signs(second)
    scale = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.where(scale > 0, (a * b).sum(axis=1) / np.where(scale > 0, scale, 1.0), np.nan)


def _pair_signs(values: np.ndarray) -> np.ndarray:
    rows, columns = np.triu_indices(values.shape[1], 1)
    signs: np.ndarray = np.sign(values[:, rows] - values[:, columns])
    return signs


def _interval(
    value: float | None, first: np.ndarray, second: np.ndarray, settings: Settings, same_rows: bool
) -> Estimate:
    """Tau between the means of ``first`` and ``second``, shape (seeds, searchers), over resampled seeds.

    Both take the same resampled rows or each its own; the value, where not given, is the mean over resamples.
    """
    n = len(first)
    if n < 2 or first.shape[1] < 2:
        return Estimate(float("nan") if value is None else value, float("nan"), float("nan"), n)
    rng = np.random.default_rng(settings.seed)
    rows = rng.integers(0, n, size=(settings.resamples, n))
    others = rows if same_rows else rng.integers(0, n, size=(settings.resamples, n))
    centre = np.mean if settings.statistic == "mean" else np.median
    taus = kendall_tau(centre(first[rows], axis=1), centre(second[others], axis=1))
    taus = taus[np.isfinite(taus)]
    if not len(taus):
        return Estimate(float("nan") if value is None else value, float("nan"), float("nan"), n)
    low, high = np.quantile(taus, [(1 - settings.level) / 2, (1 + settings.level) / 2])
    return Estimate(float(taus.mean()) if value is None else value, float(low), float(high), n)


def draw_agreement(agreement: Agreement, looks: Mapping[str, Look], label: str) -> Figure:
    """A row for each searcher: filled on the reference, hollow on the surrogate, each with its interval."""
    count = len(agreement.searchers)
    figure, axes = new_axes(5.0, 1.5 + 0.55 * count)
    for row, name in enumerate(agreement.searchers):
        for estimate, shift, fill in (
            (agreement.on_reference[row], -0.14, True),
            (agreement.on_surrogate[row], 0.14, False),
        ):
            colour = looks[name].colour
            if np.isfinite(estimate.half_width):
                axes.plot([estimate.low, estimate.high], [row + shift] * 2, color=colour, linewidth=1.5)
            axes.plot(
                estimate.value,
                row + shift,
                linestyle="none",
                marker="o" if fill else "s",
                markersize=7,
                color=colour,
                markerfacecolor=colour if fill else "white",
                markeredgewidth=1.5,
            )
    for marker, face, text in (
        ("o", "#444444", f"searched on {words(agreement.reference)}"),
        ("s", "white", f"searched on {words(agreement.surrogate)}"),
    ):
        axes.plot([], [], linestyle="none", marker=marker, color="#444444", markerfacecolor=face, label=text)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks(range(count), [words(name) for name in agreement.searchers], fontsize=9)
    axes.tick_params(axis="y", length=0)
    axes.grid(False, axis="y")
    axes.margins(x=0.08)
    axes.locator_params(axis="x", nbins=6)
    set_labels(axes, f"true {label}", "")
    set_legend(figure)
    return figure
