"""What the beginning of a learning curve says of its end, and how sure that is: for stopping trainings early.

Scores here are larger for better, so curves rise as networks learn. Families of curves are those of
``predictors/parametric_curves.py`` (Domhan, Springenberg and Hutter, IJCAI 2015).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from predictors.parametric_curves import LEAST, Habits, extrapolate, fit_habits

CURVES = ("curve_fit", "last_value")
"""How curves are followed."""
LIMITS = (-np.inf, np.inf)
GROWTH = 1.25
"""What was learned is learned anew when so many times as many trainings have finished."""


@dataclass(frozen=True)
class Outlook:
    """How curves of some length go on.

    Args:
        epochs: of the values seen, rising, and the last one of the schedule.
        habits: what curves have in common; None where the last value stands for the end.
        rise: what finished trainings came to beyond their guess, in the mean.
        spread: standard deviation of that.
    """

    epochs: np.ndarray
    habits: Habits | None
    rise: float = 0.0
    spread: float = 0.0

    def guess(self, values: np.ndarray) -> float:
        """The score expected at the end of one curve, float64 [1, seen]."""
        return float(self.guesses(values)[0]) + self.rise

    def guesses(self, values: np.ndarray) -> np.ndarray:
        """Where curves lead by themselves, before the mean rise is added: float64 [curves]."""
        if self.habits is None:
            return values[:, -1]
        return extrapolate(values, self.epochs[:-1], float(self.epochs[-1]), self.habits, True, LIMITS)


def look(curves: np.ndarray, epochs: np.ndarray, seen: int, curve: str) -> Outlook:
    """The outlook after some checks, from trainings that finished.

    Args:
        curves: float64 [trainings, checks], to the end.
        epochs: of the checks, float64 [checks].
        seen: checks seen; of fewer than three the last value stands for the curve.
        curve: one of :data:`CURVES`.
    """
    at = np.append(epochs[:seen], epochs[-1])
    fits = curve == "curve_fit" and seen >= LEAST
    outlook = Outlook(at, fit_habits(curves[:, :seen], epochs[:seen], rising=True) if fits else None)
    beyond = curves[:, -1] - outlook.guesses(curves[:, :seen])
    return Outlook(at, outlook.habits, float(beyond.mean()), float(beyond.std(ddof=1)))


def learned_from(finished: int, initial: int) -> int:
    """How many of the finished trainings are learned from: the last of a geometric row that begins with ``initial``.

    >>> [learned_from(count, 10) for count in (10, 12, 13, 100)]
    [10, 10, 13, 87]
    """
    count = initial
    while int(np.ceil(count * GROWTH)) <= finished:
        count = int(np.ceil(count * GROWTH))
    return count
