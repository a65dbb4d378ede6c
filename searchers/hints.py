"""What is known of architectures before any is trained: sizes by arithmetic, costs and zero-cost scores of a table.

A searcher may look at these as often as it likes; nothing here was trained, and nothing is a validation or test result.
Hints hold arrays of their own and no table, so that a searcher cannot come from them to anything else.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from nasbench.complexity import complexities
from nasbench.registry import unknown
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from nasbench.table import SearchView

SIZES = {
    "parameters": (0, False),
    "flops": (1, False),
    "parameters_built": (0, True),
    "flops_built": (1, True),
}
"""Sizes that any space can count, in its published skeleton: which of two counts, and whether as built."""
TOGETHER = "zero_cost"
"""The name of all zero-cost proxies of a table together."""


class Hints:
    """Numbers that are known of architectures without training them.

    Args:
        space: of the architectures.
        view: a table without test metrics, whose costs and zero-cost scores are taken over; None for sizes alone.
    """

    def __init__(self, space: Space, view: SearchView | None = None) -> None:
        self._space = space
        self._columns: dict[str, np.ndarray] = {}
        self._place: dict[tuple[int, ...], int] = {}
        self._lower: set[str] = set(SIZES)
        self._proxies: dict[str, str] = {}
        self._counted: dict[str, np.ndarray] = {}
        if view is not None:
            self._columns = {name: view.cost(name).copy() for name in view.costs}
            self._lower |= set(view.costs)
            self._columns |= {name: view.proxy(name).copy() for name in view.proxies}
            self._lower |= {name for name, better in view.proxies.items() if better == "lower"}
            self._proxies = dict(view.proxies)
            if self._proxies:
                self._columns[TOGETHER] = _together([self.promise(name, self._columns[name]) for name in self._proxies])
            self._place = {tuple(row): place for place, row in enumerate(view.choices.tolist())}

    @property
    def names(self) -> tuple[str, ...]:
        """What can be asked for: sizes, costs such as a latency, zero-cost proxies and all of these as "zero_cost"."""
        return tuple(sorted({*SIZES, *self._columns}))

    @property
    def proxies(self) -> tuple[str, ...]:
        """Zero-cost proxies among the names."""
        return tuple(self._proxies)

    def better(self, name: str) -> str:
        """Which value of a name promises or costs better: "higher" or "lower"; sizes and costs: "lower".

        Raises:
            UnknownNameError: there is no such name.
        """
        self._check(name)
        return "lower" if name in self._lower else "higher"

    def values(self, name: str, architectures: Sequence[Architecture]) -> np.ndarray:
        """float64 [architectures]: what is known of each, NaN where nothing is.

        A size is the table's own where that has it, otherwise counted in the space's published skeleton.

        Raises:
            UnknownNameError: there is no such name; the message holds the nearest.
        """
        self._check(name)
        if name not in self._columns:
            return self._sizes(name, architectures)
        column = self._columns[name]
        places = [self._place.get(architecture.choices, -1) for architecture in architectures]
        return np.array([column[place] if place >= 0 else np.nan for place in places], dtype=np.float64)

    def promise(self, name: str, values: np.ndarray) -> np.ndarray:
        """Values of a name, larger for those that promise more.

        A proxy promises in its own direction. Of sizes and costs more is taken for a promise: they rank architectures
        about as well as most zero-cost proxies do (Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR
        2021).
        """
        return -values if self._proxies.get(name) == "lower" else values

    def _sizes(self, name: str, architectures: Sequence[Architecture]) -> np.ndarray:
        """Counted at once for all of a small space, one by one in a large one."""
        which, built = SIZES[name]
        space = self._space
        if type(space).__iter__ is not Space.__iter__ or space.count() > LARGEST_ENUMERATED:
            return complexities(space, architectures, space.published, built)[which].astype(np.float64)
        if name not in self._counted:
            everything = list(space)
            counts = complexities(space, everything, space.published, built)[which].astype(np.float64)
            self._counted[name] = np.full(int(np.prod(space.options)), np.nan)
            self._counted[name][[space.index(architecture) for architecture in everything]] = counts
        return self._counted[name][[space.index(architecture) for architecture in architectures]]

    def _check(self, name: str) -> None:
        if name not in SIZES and name not in self._columns:
            raise unknown("hint", name, list(self.names))


def _together(promises: list[np.ndarray]) -> np.ndarray:
    """Mean over proxies of the normal scores of their ranks, each float64 [architectures]; NaN where all are."""
    total, known = np.zeros(len(promises[0])), np.zeros(len(promises[0]))
    for values in promises:
        there = ~np.isnan(values)
        different, rank = np.unique(values[there], return_inverse=True)
        last = np.cumsum(np.bincount(rank, minlength=len(different)))
        middle = (np.concatenate([[0], last[:-1]]) + last) / 2
        total[there] += ndtri(middle[rank] / there.sum())
        known += there
    return np.divide(total, known, out=np.full(len(total), np.nan), where=known > 0)
