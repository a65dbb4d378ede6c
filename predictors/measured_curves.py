"""Learning curves of a table's architectures, beside what ``measured`` reads of its last epoch. Never a test metric."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import nasbench
from nasbench.table import SearchView
from predictors.measured import Measured


@dataclass(frozen=True)
class MeasuredCurves:
    """Metrics after epochs of one schedule; rows are those of :class:`predictors.measured.Measured`.

    Args:
        target: the metric whose last value is what a predictor learns.
        epochs: epochs of each metric, completed, in rising order.
        means: of each metric over seeds, float64 [rows, epochs]; NaN where absent.
        seeds: of each metric and single seed, float64 [rows, seeds, epochs]; seeds as in ``Measured.per_seed``.
    """

    target: str
    epochs: dict[str, tuple[int, ...]]
    means: dict[str, np.ndarray]
    seeds: dict[str, np.ndarray]


def read_curves(path: str | Path, measured: Measured) -> MeasuredCurves | None:
    """The curves of the table that was measured; None where it has nothing but the last epoch of the one metric.

    Raises:
        OSError: the file cannot be read.
    """
    with nasbench.open_table(path) as table:
        view = table.for_search()
        names = [name for name in view.metrics(measured.schedule) if name != "seconds"]
        epochs = {name: view.epochs(name, measured.schedule) for name in names}
        if len(names) == 1 and len(epochs[measured.metric]) == 1:
            return None
        places = {architecture: place for place, architecture in enumerate(view.architectures)}
        rows = np.array([places[architecture] for architecture in measured.architectures])
        own = [seed for seed in view.seeds(measured.metric, measured.schedule) if seed >= 0]
        means = {name: _columns(view, name, measured.schedule, epochs[name], None)[rows] for name in names}
        seeds = {
            name: np.stack([_of_seed(view, name, measured.schedule, epochs[name], seed)[rows] for seed in own], axis=1)
            if own
            else np.empty((len(rows), 0, len(epochs[name])))
            for name in names
        }
    return MeasuredCurves(measured.metric, epochs, means, seeds)


def _of_seed(view: SearchView, metric: str, schedule: int, epochs: tuple[int, ...], seed: int) -> np.ndarray:
    if seed not in view.seeds(metric, schedule):
        return np.full((len(view), len(epochs)), np.nan)
    return _columns(view, metric, schedule, epochs, seed)


def _columns(view: SearchView, metric: str, schedule: int, epochs: tuple[int, ...], seed: int | None) -> np.ndarray:
    return np.stack([view.values(metric, schedule, epoch, seed) for epoch in epochs], axis=1)
