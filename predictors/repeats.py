"""Trainings of the same function, made more than once: what noise is learned from. Never of a test metric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from predictors.measured import Measured

LEAST = 10
"""Groups of two trainings or more that there must be; from fewer no noise is learned."""


@dataclass(frozen=True)
class Repeats:
    """Trainings in groups; those of a group compute the same function and differ by chance alone.

    Args:
        source: "seeds": a group is an architecture, its trainings its seeds; "classes": a group is a canonical class,
            its trainings the rows of its members.
        values: the metric after each training, float64 [trainings].
        rows: place of each training's architecture in what was measured, int64 [trainings].
        columns: place of each training's seed in ``Measured.per_seed``, int64 [trainings]; -1 for a row's own value.
        groups: group of each training, 0 for the first, int64 [trainings]; every group has two trainings or more.
        classes: class of each group, int64 [groups].
    """

    source: str
    values: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    groups: np.ndarray
    classes: np.ndarray

    @property
    def sizes(self) -> np.ndarray:
        """Trainings of each group, int64 [groups]."""
        return np.bincount(self.groups, minlength=len(self.classes))

    def mean_of(self, values: np.ndarray) -> np.ndarray:
        """Mean over each group's trainings: values [trainings, ...] in, [groups, ...] out."""
        total = np.zeros((len(self.classes), *values.shape[1:]))
        np.add.at(total, self.groups, values)
        return total / self.sizes.reshape(-1, *([1] * (values.ndim - 1)))

    def deviations(self, values: np.ndarray) -> np.ndarray:
        """Each training less its group's mean, times the root of m / (m - 1) for m trainings.

        The square of such a deviation has the noise's variance as its mean. Shape as ``values`` [trainings, ...].
        """
        factor = np.sqrt(self.sizes / (self.sizes - 1.0))[self.groups]
        return (values - self.mean_of(values)[self.groups]) * factor.reshape(-1, *([1] * (values.ndim - 1)))

    def within(self, rows: np.ndarray) -> Repeats | None:
        """The groups all of whose trainings are of these rows; None where there is none."""
        outside = ~np.isin(self.rows, rows)
        return _grouped(self.source, self, np.bincount(self.groups, outside, len(self.classes))[self.groups] == 0)


def find_repeats(measured: Measured) -> Repeats | None:
    """The repeated trainings of what was measured: by seeds where enough rows have two, else by classes; None of few.

    A row's own value, the mean over its seeds or what somebody published, counts as one training where classes group.
    """
    rows, columns = np.nonzero(np.isfinite(measured.per_seed))
    values = measured.per_seed[rows, columns]
    by_seed = Repeats("seeds", values, rows, columns, rows, measured.classes)
    everything = np.arange(len(measured))
    own = np.full(len(measured), -1)
    by_class = Repeats("classes", measured.y, everything, own, measured.classes, np.arange(measured.classes.max() + 1))
    for candidate in (by_seed, by_class):
        found = _grouped(candidate.source, candidate, np.ones(len(candidate.values), dtype=bool))
        if found is not None and len(found.classes) >= LEAST:
            return found
    return None


def _grouped(source: str, of: Repeats, kept: np.ndarray) -> Repeats | None:
    """The kept trainings, groups of one left out and groups numbered anew."""
    kept = kept & (np.bincount(of.groups, kept, len(of.classes))[of.groups] >= 2)
    names, groups = np.unique(of.groups[kept], return_inverse=True)
    if not len(names):
        return None
    return Repeats(source, of.values[kept], of.rows[kept], of.columns[kept], groups, of.classes[names])
