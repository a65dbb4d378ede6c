"""What predictors forecast of architectures before they are told, and how far off those forecasts were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture
from predictors.encoding_text import split_encodings
from predictors.predictor import Predictor
from searchers.beliefs import View

PRIOR = 10
"""Forecasts that came out as they should, which are counted before the first."""

Choices = tuple[int, ...]


def beliefs(
    predictors: str, view: View, asked: Sequence[Architecture], scores: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each row of features by each predictor, fitted to what was told: float64 [members, rows].

    Args:
        predictors: names joined by a plus, with arguments in brackets where some are set.
        view: the space as they see it.
        asked: architectures that have a score.
        scores: float64 [asked].
        rows: float64 [rows, features].
    """
    found = []
    for part in split_encodings(predictors):
        model: Predictor = nasbench.load_predictor(part.name)
        model.set_params(**dict(part.arguments))
        view.fit(model, asked, scores)
        found.append(model.predict_features(rows))
    means, deviations = zip(*found, strict=True)
    return np.array(means), np.array(deviations)


def mixed(means: np.ndarray, deviations: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of the even mixture of normal beliefs of shape [members, n]: float64 [n] each.

    The variance is the mean variance plus the variance of the means, as that of an ensemble in Lakshminarayanan,
    Pritzel and Blundell, "Simple and Scalable Predictive Uncertainty Estimation", NeurIPS 2017.
    """
    return means.mean(axis=0), np.sqrt((deviations**2).mean(axis=0) + means.var(axis=0))


class Forecasts:
    """Forecasts that wait for a score, and the squared error of those that had one, in their own variances.

    A predictor whose forecasts are honest has a mean squared error of one; its deviations are stretched to that. Every
    forecast was made before its score was seen (Dawid, "The Prequential Approach", JRSS A 1984).
    """

    def __init__(self) -> None:
        self._open: dict[Choices, list[list[float]]] = {}
        self._squares: list[float] = []
        self._count = 0

    def make(self, choices: Choices, means: np.ndarray, deviations: np.ndarray) -> None:
        """Writes down mean and deviation, float64 [members] each, of an architecture that is asked."""
        self._open[choices] = np.stack([means, deviations], axis=1).tolist()

    def compare(self, choices: Choices, score: float | None) -> None:
        """Compares the forecast of an architecture, if there is one, with its score, if it has one."""
        forecast = self._open.pop(choices, None)
        if forecast is None or score is None or any(deviation <= 0 for _, deviation in forecast):
            return
        squares = [((score - mean) / deviation) ** 2 for mean, deviation in forecast]
        self._squares = [old + new for old, new in zip(self._squares or [0.0] * len(squares), squares, strict=True)]
        self._count += 1

    def stretches(self, members: int) -> np.ndarray:
        """What each predictor's deviations want to be multiplied with, float64 [members]."""
        squares = self._squares or [0.0] * members
        return np.array([math.sqrt((PRIOR + square) / (PRIOR + self._count)) for square in squares])

    def memory(self) -> dict[str, Any]:
        """Everything, as JSON."""
        waiting = [[list(choices), forecast] for choices, forecast in self._open.items()]
        return {"forecasts": waiting, "squares": self._squares, "compared": self._count}

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes everything back."""
        self._open = {tuple(choices): forecast for choices, forecast in memory["forecasts"]}
        self._squares, self._count = list(memory["squares"]), int(memory["compared"])
