"""Zero-cost scores as features, looked up in a table that ``nasbench proxies`` filled.

Each proxy is a column of normal scores: the rank of the class among all scored classes of the table, turned to the
quantile of a normal distribution, higher where the proxy promises more. Proxies differ in scale by seventy orders of
magnitude; their ranks do not. A proxy that failed for some classes has a second column, 1 where it failed, and the
first is 0 there.
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from nasbench.table import SearchView
from predictors.table_encoding import Features, TableEncoding


class ZeroCost(TableEncoding):
    """Normal scores of the proxies that a table holds.

    Args:
        table: path of the table.
        proxies: names joined by blanks; empty for all.
    """

    def __init__(self, table: str = "", proxies: str = "") -> None:
        self.table = table
        self.proxies = proxies

    def read(self, view: SearchView) -> Features:
        """A column for each proxy, and one for each proxy that failed somewhere."""
        held = view.proxies
        chosen = self.proxies.split() or sorted(held)
        if not chosen:
            raise LookupError(f"{self.table} holds no zero-cost scores: run `nasbench proxies {self.table}`")
        first = np.unique(view.class_index, return_index=True)[1]
        scores = np.stack([view.proxy(name) * (1 if held[name] == "higher" else -1) for name in chosen], axis=1)
        scored = ~np.isnan(scores).all(axis=1)
        names, columns = [], []
        for name, column in zip(chosen, scores.T, strict=True):
            failed = np.isnan(column) & scored
            ranked = normal_scores(column[first])[view.class_index]
            names.append(name)
            columns.append(np.where(failed, 0.0, ranked))
            if failed.any():
                names.append(f"failed({name})")
                columns.append(failed.astype(np.float64))
        values = np.where(scored[:, None], np.stack(columns, axis=1), np.nan)
        return Features(tuple(names), values)


def normal_scores(values: np.ndarray) -> np.ndarray:
    """Quantiles of a normal distribution for the ranks of values, shape (n,); NaN stays NaN, equals share their mean.

    >>> normal_scores(np.array([10.0, 30.0, 20.0])).round(2).tolist()
    [-0.97, 0.97, 0.0]
    """
    known = ~np.isnan(values)
    found = np.full(len(values), np.nan)
    found[known] = special.ndtri((stats.rankdata(values[known]) - 0.5) / max(known.sum(), 1))
    return found
