"""Who beats whom, and how sure that is: all pairs of a family of methods on the seeds they share. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reports.statistics import Estimate, bootstrap_estimate, holm, signed_rank_test, superiority


@dataclass(frozen=True, slots=True)
class Pair:
    """Two methods on the seeds both have: first minus second, who won, and how sure that is.

    ``p`` is the signed-rank test's, ``p_holm`` the same corrected for all pairs of the family. ``superiority`` is the
    chance that a run of the first beats one of the second on any seed (ties count half), ``effect`` the rank-biserial
    correlation of the pairs, above zero where the first is better. NaN where fewer than two seeds are shared.
    """

    first: str
    second: str
    difference: Estimate
    wins: int
    ties: int
    losses: int
    superiority: float
    effect: float
    p: float
    p_holm: float = math.nan


@dataclass(frozen=True, slots=True)
class Verdict:
    """The best mean of a family, whether it is significantly better than all others, and who is not told from it."""

    best: str
    significant: bool
    tied: tuple[str, ...]


def compare_pairs(
    scores: Mapping[str, Mapping[int, float]], *, seed: int, higher_is_better: bool = True, **options: Any
) -> list[Pair]:
    """Every pair of methods on the seeds both have, with p values corrected for all pairs (Holm).

    Args:
        scores: by method, then by seed.
        seed: of the bootstrap of the mean differences.
        higher_is_better: whether a larger score wins.
    """
    names = list(scores)
    pairs = [
        _pair(first, scores[first], second, scores[second], seed, higher_is_better, options)
        for i, first in enumerate(names)
        for second in names[i + 1 :]
    ]
    return [replace(pair, p_holm=p) for pair, p in zip(pairs, holm([pair.p for pair in pairs]), strict=True)]


def _pair(
    first: str,
    of_first: Mapping[int, float],
    second: str,
    of_second: Mapping[int, float],
    seed: int,
    higher_is_better: bool,
    options: Mapping[str, Any],
) -> Pair:
    shared = [s for s in of_first if s in of_second and math.isfinite(of_first[s]) and math.isfinite(of_second[s])]
    a, b = (np.array([scores[s] for s in shared], dtype=np.float64) for scores in (of_first, of_second))
    better, worse = (a > b, a < b) if higher_is_better else (a < b, a > b)
    above = superiority(a, b)
    test = signed_rank_test(a, b)
    return Pair(
        first=first,
        second=second,
        difference=bootstrap_estimate(a - b, seed=seed, **options),
        wins=int(better.sum()),
        ties=int((a == b).sum()),
        losses=int(worse.sum()),
        superiority=above if higher_is_better else 1 - above,
        effect=test.effect if higher_is_better else -test.effect,
        p=test.p if len(shared) > 1 else math.nan,
    )


def verdict(
    means: Mapping[str, float], pairs: Sequence[Pair], alpha: float = 0.05, higher_is_better: bool = True
) -> Verdict:
    """Which method has the best mean, and which others no test tells from it at level ``alpha`` after correction."""
    measured = {name: mean for name, mean in means.items() if math.isfinite(mean)}
    if not measured:
        raise ValueError("no method has a mean to judge")
    best = max(measured, key=lambda name: measured[name] if higher_is_better else -measured[name])
    beaten = {pair.second for pair in pairs if pair.first == best and pair.p_holm < alpha and pair.effect > 0}
    beaten |= {pair.first for pair in pairs if pair.second == best and pair.p_holm < alpha and pair.effect < 0}
    tied = tuple(name for name in measured if name != best and name not in beaten)
    return Verdict(best, not tied and len(measured) > 1, tied)
