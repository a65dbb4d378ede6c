"""Contents laid over contents: how a fold adds the journal to the file, and how a reader sees both at once.

Laying the same rows over twice changes nothing, and a done cell is never taken back, so that it does not matter
whether a journal was already folded.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from nasbench.database.contents import Axes, Contents, Reasons, lexicographic
from nasbench.database.schema import ABSENT, DONE
from nasbench.database.scores import Scores


class MergedContents(Contents):
    """What ``over`` says, and what ``base`` says elsewhere; each array is made when it is asked for.

    A cell of ``over`` replaces an absent or failed cell of ``base`` whole; a cell done in both keeps base's numbers and
    gains those it lacks.
    """

    def __init__(self, base: Contents, over: Contents) -> None:
        self._base, self._over = base, over
        self.schema_version = base.schema_version
        self.header = base.header
        self.environments = _union(base.environments, over.environments)
        self.schedules = tuple(sorted({*base.schedules, *over.schedules}))
        self.costs = {**base.costs, **over.costs}
        self.proxies = {**over.proxies, **base.proxies}
        self.proxy_settings = base.proxy_settings or over.proxy_settings
        self.choices, self._base_lines, self._over_lines = _union_lines(base.choices, over.choices)
        self.class_hashes = np.zeros(len(self.choices), dtype="S32")
        self.class_hashes[self._over_lines] = over.class_hashes
        self.class_hashes[self._base_lines] = base.class_hashes

    def cost(self, name: str) -> np.ndarray:
        """See :meth:`Contents.cost`; a cost known to both is the one of ``over``."""
        out = np.full(len(self.choices), np.nan)
        if name in self._base.costs:
            out[self._base_lines] = self._base.cost(name)
        if name in self._over.costs:
            new = self._over.cost(name)
            known = ~np.isnan(new)
            out[self._over_lines[known]] = new[known]
        return out

    def scores(self, proxy: str) -> Scores:
        """See :meth:`Contents.scores`."""
        base, over = self._scores(proxy)
        return base.under(over)

    def seeds(self, schedule: int) -> tuple[int, ...]:
        """See :meth:`Contents.seeds`."""
        return tuple(sorted({seed for part in self._parts(schedule) for seed in part.seeds(schedule)}))

    def status(self, schedule: int) -> np.ndarray:
        """See :meth:`Contents.status`."""
        out = self._spread(self._base, schedule, "status", np.uint8)
        over = self._spread(self._over, schedule, "status", np.uint8)
        return np.where(self._taken(schedule), over, out)

    def environment(self, schedule: int) -> np.ndarray:
        """See :meth:`Contents.environment`."""
        base = self._spread(self._base, schedule, "environment", np.uint16)
        over = self._spread(self._over, schedule, "environment", np.uint16)
        places = np.array([self.environments.index(e) for e in self._over.environments] or [0], dtype=np.uint16)
        return np.where(self._taken(schedule), places[over], base)

    def reasons(self, schedule: int) -> Reasons:
        """See :meth:`Contents.reasons`."""
        taken = self._taken(schedule)
        reasons: Reasons = {}
        for part, lines, wanted in ((self._base, self._base_lines, False), (self._over, self._over_lines, True)):
            if schedule in part.schedules:
                columns = self._columns(part.seeds(schedule), schedule)
                for (line, column), reason in part.reasons(schedule).items():
                    at = int(lines[line]), int(columns[column])
                    if taken[at] == wanted:
                        reasons[at] = reason
        return reasons

    def metrics(self, schedule: int) -> dict[str, Axes]:
        """See :meth:`Contents.metrics`."""
        merged: dict[str, Axes] = {}
        for part in self._parts(schedule):
            for name, axes in part.metrics(schedule).items():
                known = merged.get(name, Axes((), ()))
                merged[name] = Axes(
                    tuple(sorted({*known.seeds, *axes.seeds})), tuple(sorted({*known.epochs, *axes.epochs}))
                )
        return merged

    def values(self, schedule: int, metric: str, epoch: int | None = None) -> np.ndarray:
        """See :meth:`Contents.values`."""
        axes = self.metrics(schedule)[metric]
        epochs = axes.epochs if epoch is None else (epoch,)
        columns = self._columns(axes.seeds, schedule)
        taken = self._taken(schedule)[:, columns, None]
        base = self._measured(self._base, self._base_lines, schedule, metric, axes.seeds, epochs)
        over = self._measured(self._over, self._over_lines, schedule, metric, axes.seeds, epochs)
        done = self._spread(self._over, schedule, "status", np.uint8)[:, columns, None] == DONE
        return np.where(taken | (np.isnan(base) & done), over, base)

    def close(self) -> None:
        """See :meth:`Contents.close`."""
        self._base.close()
        self._over.close()

    def conflicts(self) -> list[str]:
        """Where both have a done row and their numbers differ: one sentence a metric."""
        found = []
        for schedule in set(self._base.schedules) & set(self._over.schedules):
            for metric in sorted(set(self._base.metrics(schedule)) & set(self._over.metrics(schedule))):
                axes = self.metrics(schedule)[metric]
                base, over = (
                    self._measured(part, lines, schedule, metric, axes.seeds, axes.epochs)
                    for part, lines in ((self._base, self._base_lines), (self._over, self._over_lines))
                )
                columns = self._columns(axes.seeds, schedule)
                kept = ~self._taken(schedule)[:, columns, None]
                kept &= self._spread(self._over, schedule, "status", np.uint8)[:, columns, None] == DONE
                differ = (kept & ~np.isnan(base) & ~np.isnan(over) & (base != over)).any(axis=(1, 2))
                if differ.any():
                    found.append(f"{metric}@{schedule} of {int(differ.sum()):,} architectures")
        for proxy in sorted(set(self._base.proxies) & set(self._over.proxies)):
            first, second = (scores.values for scores in self._scores(proxy))
            differ = (~np.isnan(first) & ~np.isnan(second) & (first != second)).any(axis=1)
            if differ.any():
                found.append(f"the proxy {proxy} of {int(differ.sum()):,} architectures")
        return found

    # -- parts --------------------------------------------------------------------------------------------------

    def _scores(self, proxy: str) -> tuple[Scores, Scores]:
        """Scores of either part at their places among all."""
        parts = [(part, lines) for part, lines in ((self._base, self._base_lines), (self._over, self._over_lines))]
        held = [part.scores(proxy) if proxy in part.proxies else Scores.none(len(lines), ()) for part, lines in parts]
        seeds = tuple(sorted({seed for scores in held for seed in scores.seeds}))
        base, over = (
            scores.spread(len(self.choices), lines, seeds) for scores, (_, lines) in zip(held, parts, strict=True)
        )
        return base, over

    def _parts(self, schedule: int) -> list[Contents]:
        return [part for part in (self._base, self._over) if schedule in part.schedules]

    def _columns(self, seeds: tuple[int, ...], schedule: int) -> np.ndarray:
        mine = self.seeds(schedule)
        return np.array([mine.index(seed) for seed in seeds], dtype=np.int64)

    @cached_property
    def _masks(self) -> dict[int, np.ndarray]:
        return {}

    def _taken(self, schedule: int) -> np.ndarray:
        """bool [A, S]: cells in which ``over`` replaces ``base``."""
        if schedule not in self._masks:
            base = self._spread(self._base, schedule, "status", np.uint8)
            over = self._spread(self._over, schedule, "status", np.uint8)
            self._masks[schedule] = (over != ABSENT) & (base != DONE)
        return self._masks[schedule]

    def _spread(self, part: Contents, schedule: int, name: str, dtype: Any) -> np.ndarray:
        """An [A, S] array of one part at its places among all; zero elsewhere."""
        out = np.zeros((len(self.choices), len(self.seeds(schedule))), dtype=dtype)
        if schedule in part.schedules:
            lines = self._base_lines if part is self._base else self._over_lines
            out[np.ix_(lines, self._columns(part.seeds(schedule), schedule))] = getattr(part, name)(schedule)
        return out

    def _measured(
        self,
        part: Contents,
        lines: np.ndarray,
        schedule: int,
        metric: str,
        seeds: tuple[int, ...],
        epochs: tuple[int, ...],
    ) -> np.ndarray:
        """float64 [A, seeds, epochs] of one part; NaN where it has no number."""
        out = np.full((len(self.choices), len(seeds), len(epochs)), np.nan)
        axes = part.metrics(schedule).get(metric) if schedule in part.schedules else None
        held = [epoch for epoch in epochs if axes is not None and epoch in axes.epochs]
        if axes is None or not held:
            return out
        values = part.values(schedule, metric, held[0] if len(epochs) == 1 else None)
        at_seeds = np.array([seeds.index(seed) for seed in axes.seeds], dtype=np.int64)
        at_epochs = np.array([epochs.index(epoch) for epoch in held], dtype=np.int64)
        out[np.ix_(lines, at_seeds, at_epochs)] = values
        return out


def _union(first: tuple[dict[str, Any], ...], second: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    return (*first, *(value for value in second if value not in first))


def _union_lines(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distinct lines of two arrays in lexicographic order, and the place of each line of either among them."""
    if not len(first) or not len(second):
        whole = first if len(first) else second
        return whole, np.arange(len(first)), np.arange(len(second))
    both = np.concatenate([first, second])
    order = lexicographic(both)
    fresh = np.ones(len(both), dtype=bool)
    fresh[1:] = (both[order[1:]] != both[order[:-1]]).any(axis=1)
    place = np.empty(len(both), dtype=np.int64)
    place[order] = np.cumsum(fresh) - 1
    return both[order[fresh]], place[: len(first)], place[len(first) :]
