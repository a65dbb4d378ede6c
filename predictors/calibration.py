"""Calibration: turns one number that rises or falls with the score into a score with a deviation.

A line on warped scores, fitted by least squares. Every candidate is monotone, so the ranking is that of the number (or
its reverse); which warp, and how large errors are, cross-validation on the training rows says.

s: guesses (n,); y: scores (n,); t: warped scores (n,).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from predictors.splits import folds
from predictors.warps import WARPS, Warp, fit_warp


@dataclass(frozen=True)
class Calibration:
    """A monotone map of guesses to scores, fitted by :func:`fit_calibration`.

    Args:
        centre: of the guesses.
        slope: of the warped score per unit of a guess.
        level: warped score at the centre.
        noise: mean squared error of warped scores in cross-validation.
        warp: how scores are seen.
    """

    centre: float
    slope: float
    level: float
    noise: float
    warp: Warp

    def predict(self, s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the score, each of shape (n,)."""
        t = self.level + self.slope * (s - self.centre)
        return self.warp.back(t), math.sqrt(self.noise) * self.warp.slope(t)

    def to_json(self) -> dict[str, object]:
        """All fields; :func:`read_calibration` reads them."""
        return asdict(self)


def read_calibration(fields: dict[str, object]) -> Calibration:
    """The calibration that :meth:`Calibration.to_json` wrote."""
    rest = {name: float(fields[name]) for name in ("centre", "slope", "level", "noise")}  # type: ignore[arg-type]
    return Calibration(**rest, warp=Warp(**fields["warp"]))  # type: ignore[arg-type]


def fit_calibration(s: np.ndarray, y: np.ndarray, classes: np.ndarray, count: int, seed: int) -> Calibration:
    """The line on the warp with the least squared error of scores out of fold.

    Args:
        s: guesses, shape (n,).
        y: scores, shape (n,).
        classes: class numbers, shape (n,); a fold never parts a class.
        count: of folds.
        seed: of the folds.
    """
    splits = list(folds(classes, count, np.random.default_rng(seed)))
    best = (math.inf, fit_warp(WARPS[0], y), 0.0)
    for name in WARPS:
        warp = fit_warp(name, y)
        t, outside = warp.forward(y), np.empty(len(y))
        for inside, held in splits:
            centre, slope, level = line(s[inside], t[inside])
            outside[held] = level + slope * (s[held] - centre)
        error = float(((warp.back(outside) - y) ** 2).mean())
        if error < best[0]:
            best = (error, warp, float(((outside - t) ** 2).mean()))
    _, warp, noise = best
    return Calibration(*line(s, warp.forward(y)), noise=noise, warp=warp)


def line(s: np.ndarray, t: np.ndarray) -> tuple[float, float, float]:
    """Centre, slope and level at the centre of the least-squares line; slope 0 where all guesses are equal."""
    centre, level = float(s.mean()), float(t.mean())
    away = s - centre
    square = float(away @ away)
    if square <= len(s) * (1e-12 * (1 + abs(centre))) ** 2:
        return centre, 0.0, level
    return centre, float(away @ (t - level)) / square, level
