"""How a table answers about zero-cost proxies: for each architecture the score of its class."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.columns import fixed
from nasbench.database.contents import Contents
from nasbench.database.scores import Scores
from nasbench.members import Members
from nasbench.registry import unknown


class ProxyQueries:
    """Scores of contents. They are of classes: every member of a class has the value of its representative."""

    def __init__(self, contents: Contents, members: Members) -> None:
        self._scored_contents = contents
        self._classes = members
        self._scores: dict[str, Scores] = {}

    @property
    def proxies(self) -> dict[str, str]:
        """Names of the proxies that have scores, and which of these promise more: "higher" or "lower"."""
        return dict(sorted(self._scored_contents.proxies.items()))

    @property
    def proxy_settings(self) -> dict[str, Any]:
        """What all scores share: data set and batch of images, skeleton of the networks; empty where there is none."""
        return dict(self._scored_contents.proxy_settings)

    def proxy_seeds(self, name: str) -> tuple[int, ...]:
        """Initialisation seeds for which a proxy has scores."""
        self._check_proxy(name)
        return self._scored_contents.scores(name, slice(0, 0)).seeds

    def proxy(self, name: str, seed: int | None = None) -> np.ndarray:
        """float64 [architectures]: score of each one's class, NaN where absent or failed; read-only.

        Args:
            name: see :attr:`proxies`.
            seed: one initialisation seed; by default the mean over those that gave a score.

        Raises:
            UnknownNameError: the table has no scores of this proxy.
            LookupError: it has none of this seed.
        """
        scores = self._proxy(name)
        per_line, count = _sum(scores.values[:, self._columns_of(name, seed)])
        return self._of_class(np.divide(per_line, count, out=np.full(len(count), np.nan), where=count > 0))

    def proxy_seconds(self, name: str, seed: int | None = None) -> np.ndarray:
        """float64 [architectures]: seconds that the value of :meth:`proxy` took, failed scores too; NaN where absent.

        Over all seeds by default, so that they are the price of the mean; read-only.
        """
        scores = self._proxy(name)
        per_line, count = _sum(scores.seconds[:, self._columns_of(name, seed)])
        return self._of_class(np.where(count > 0, per_line, np.nan))

    def _proxy(self, name: str) -> Scores:
        if name not in self._scores:
            self._check_proxy(name)
            self._scores[name] = self._scored_contents.scores(name)
        return self._scores[name]

    def _check_proxy(self, name: str) -> None:
        if name not in self._scored_contents.proxies:
            raise unknown("proxy of this table", name, sorted(self._scored_contents.proxies))

    def _columns_of(self, name: str, seed: int | None) -> list[int]:
        seeds = self._proxy(name).seeds
        if seed is not None and seed not in seeds:
            raise LookupError(f"the proxy {name} has no seed {seed}; it has: {', '.join(map(str, seeds))}")
        return list(range(len(seeds))) if seed is None else [seeds.index(seed)]

    def _of_class(self, per_line: np.ndarray) -> np.ndarray:
        """Each line's class mean over the lines that have a value; one line, the representative's, as a rule."""
        index, classes = self._classes.index, len(self._classes.classes)
        held = ~np.isnan(per_line)
        total = np.bincount(index[held], per_line[held], minlength=classes)
        count = np.bincount(index[held], minlength=classes)
        return fixed(np.divide(total, count, out=np.full(classes, np.nan), where=count > 0)[index])


def _sum(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums over the columns that are not NaN, and how many each line has."""
    held = ~np.isnan(values)
    return np.where(held, values, 0.0).sum(axis=1), held.sum(axis=1)
