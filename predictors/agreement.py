"""How well proxies rank what was measured: rank correlations, less sizes too, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from predictors.card_intervals import correlation_intervals
from predictors.card_kendall import kendall_intervals
from predictors.metrics import kendall, spearman


@dataclass(frozen=True)
class Agreement:
    """How a proxy ranks what was measured; NaN where it is not defined.

    Args:
        n: how many architectures have both.
        spearman: Spearman's rho.
        kendall: Kendall's tau-b.
        partial: Spearman's rho after taking out parameters and FLOPs, see :func:`partial_spearman`.
        spearman_low: end of the 95 % interval of ``spearman``, see :mod:`predictors.card_intervals`.
        spearman_high: its other end.
        partial_low: end of the 95 % interval of ``partial``.
        partial_high: its other end.
        kendall_low: end of the 95 % interval of ``kendall``, see :mod:`predictors.card_kendall`.
        kendall_high: its other end.
    """

    n: int
    spearman: float
    kendall: float
    partial: float
    spearman_low: float = math.nan
    spearman_high: float = math.nan
    partial_low: float = math.nan
    partial_high: float = math.nan
    kendall_low: float = math.nan
    kendall_high: float = math.nan


@dataclass(frozen=True)
class Truth:
    """What was measured of scored architectures, or of classes of them, and how large they are.

    Args:
        y: the metric, float64 [n].
        place: of each one's class among the classes of the scores, int64 [n].
        sizes: parameters and FLOPs, float64 [n, 2].
    """

    y: np.ndarray
    place: np.ndarray
    sizes: np.ndarray


def agreements(goodness: Sequence[np.ndarray], truth: Truth) -> list[Agreement]:
    """How each of several proxies ranks what was measured, with intervals of a bootstrap over classes.

    Args:
        goodness: of each proxy, higher is better, float64 [n]; NaN where there is none.
        truth: what was measured of the same n.
    """
    stacked = np.stack(goodness)
    others = correlation_intervals(stacked, truth.y, truth.sizes, truth.place)
    taus = kendall_intervals(stacked, truth.y, truth.place)
    intervals = np.concatenate([others, taus[:, None]], axis=1)
    return [_agreement(one, truth, ends) for one, ends in zip(goodness, intervals.tolist(), strict=True)]


def partial_spearman(goodness: np.ndarray, y: np.ndarray, sizes: np.ndarray) -> float:
    """Spearman's rho of a proxy with what was measured, after taking out sizes; NaN where sizes tell all of either.

    Pearson's correlation of residuals, where ranks of both are regressed on the ranks of each size and a constant; the
    ranks of a size are those of its logarithm. Partial rank correlation, Kendall and Stuart, vol. 2, ch. 27.

    Args:
        goodness: scores, higher is better, float64 [n].
        y: what was measured, float64 [n].
        sizes: such as parameters and FLOPs, float64 [n, sizes].
    """
    from scipy import stats

    both = np.isfinite(goodness) & np.isfinite(y)
    if both.sum() < sizes.shape[1] + 3:
        return math.nan
    ranks = [stats.rankdata(column) for column in (goodness[both], y[both], *sizes[both].T)]
    ranked, controls = np.stack(ranks[:2], axis=1), np.stack(ranks[2:], axis=1)
    ranked, controls = ranked - ranked.mean(axis=0), controls - controls.mean(axis=0)
    left = ranked - controls @ np.linalg.lstsq(controls, ranked, rcond=1e-9)[0]
    first, second = np.linalg.norm(left, axis=0) / np.maximum(np.linalg.norm(ranked, axis=0), 1e-300)
    if min(first, second) < 1e-6:
        return math.nan
    return float(left[:, 0] @ left[:, 1] / np.prod(np.linalg.norm(left, axis=0)))


def _agreement(goodness: np.ndarray, truth: Truth, intervals: Sequence[Sequence[float]]) -> Agreement:
    rho, partial = spearman(truth.y, goodness), partial_spearman(goodness, truth.y, truth.sizes)
    tau = kendall(truth.y, goodness)
    ends = [
        end if not math.isnan(of) else math.nan
        for of, pair in zip((rho, partial, tau), intervals, strict=True)
        for end in pair
    ]
    return Agreement(int(np.isfinite(goodness).sum()), rho, tau, partial, *ends)
