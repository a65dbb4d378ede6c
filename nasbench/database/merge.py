"""Contents laid over contents: how a fold adds the journal to the file, and how a reader sees both at once.

Laying the same rows over twice changes nothing, and a done cell is never taken back, so that it does not matter
whether a journal was already folded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nasbench.database.contents import Axes, Contents
from nasbench.database.lines import ALL, blocks
from nasbench.database.schema import ABSENT, DONE
from nasbench.database.scores import Reasons, Scores


@dataclass(frozen=True)
class _Part:
    """What one of the two has of some lines: which of its own lines, and where these stand among them."""

    contents: Contents
    lines: slice
    at: np.ndarray


class MergedContents(Contents):
    """What ``over`` says, and what ``base`` says elsewhere; arrays are made when asked for.

    A cell of ``over`` replaces an absent or failed cell of ``base`` whole; a cell done in both keeps base's numbers and
    gains those it lacks.

    Args:
        base: any number of architectures; none of its arrays is read whole here.
        over: its choices are held in memory.
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
        places, known = base.lines.places(over.choices)
        self._over_lines = places + np.cumsum(~known) - ~known
        self._new_lines = self._over_lines[~known]  # those that base lacks
        self.count = base.count + len(self._new_lines)

    def choices_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.choices_of`."""
        width = max(part.choices_of(slice(0, 0)).shape[1] for part in (self._base, self._over))
        return self._laid(lines, (width,), np.int16, lambda part: part.contents.choices_of(part.lines))

    def hashes_of(self, lines: slice) -> np.ndarray:
        """See :meth:`Contents.hashes_of`."""
        return self._laid(lines, (), np.dtype("S32"), lambda part: part.contents.hashes_of(part.lines))

    def cost(self, name: str, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.cost`; a cost known to both is the one of ``over``."""
        base, over = self._parts(lines)
        out = np.full(self._length(lines), np.nan)
        if name in self._base.costs:
            out[base.at] = self._base.cost(name, base.lines)
        if name in self._over.costs:
            new = self._over.cost(name, over.lines)
            known = ~np.isnan(new)
            out[over.at[known]] = new[known]
        return out

    def scores(self, proxy: str, lines: slice = ALL) -> Scores:
        """See :meth:`Contents.scores`."""
        base, over = self._scores(proxy, lines)
        return base.under(over)

    def seeds(self, schedule: int) -> tuple[int, ...]:
        """See :meth:`Contents.seeds`."""
        return tuple(sorted({seed for part in self._holding(schedule) for seed in part.seeds(schedule)}))

    def status(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.status`."""
        base, over = self._cells(schedule, lines, np.uint8, lambda part: part.contents.status(schedule, part.lines))
        return np.where(self._taken(schedule, lines)[0], over, base)

    def environment(self, schedule: int, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.environment`."""
        base, over = self._cells(
            schedule, lines, np.uint16, lambda part: part.contents.environment(schedule, part.lines)
        )
        places = np.array([self.environments.index(e) for e in self._over.environments] or [0], dtype=np.uint16)
        return np.where(self._taken(schedule, lines)[0], places[over], base)

    def reasons(self, schedule: int, lines: slice = ALL) -> Reasons:
        """See :meth:`Contents.reasons`."""
        taken, _ = self._taken(schedule, lines)
        reasons: Reasons = {}
        for part, wanted in zip(self._parts(lines), (False, True), strict=True):
            if schedule in part.contents.schedules:
                columns = self._columns(part.contents.seeds(schedule), schedule)
                for (line, column), reason in part.contents.reasons(schedule, part.lines).items():
                    at = int(part.at[line]), int(columns[column])
                    if taken[at] == wanted:
                        reasons[at] = reason
        return reasons

    def metrics(self, schedule: int) -> dict[str, Axes]:
        """See :meth:`Contents.metrics`."""
        merged: dict[str, Axes] = {}
        for part in self._holding(schedule):
            for name, axes in part.metrics(schedule).items():
                known = merged.get(name, Axes((), ()))
                merged[name] = Axes(
                    tuple(sorted({*known.seeds, *axes.seeds})), tuple(sorted({*known.epochs, *axes.epochs}))
                )
        return merged

    def values(self, schedule: int, metric: str, epoch: int | None = None, lines: slice = ALL) -> np.ndarray:
        """See :meth:`Contents.values`."""
        axes = self.metrics(schedule)[metric]
        asked = axes if epoch is None else Axes(axes.seeds, (epoch,))
        parts = self._parts(lines)
        base, over = (self._measured(part, lines, schedule, metric, asked) for part in parts)
        if schedule not in self._over.schedules or not len(parts[1].at):
            return base  # as almost everywhere when little is laid over much
        columns = self._columns(axes.seeds, schedule)
        taken, done = (mask[:, columns, None] for mask in self._taken(schedule, lines))
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
                if differ := sum(self._differing(schedule, metric, lines) for lines in blocks(self.count)):
                    found.append(f"{metric}@{schedule} of {differ:,} architectures")
        for proxy in sorted(set(self._base.proxies) & set(self._over.proxies)):
            differ = 0
            for lines in blocks(self.count):
                first, second = (scores.values for scores in self._scores(proxy, lines))
                unlike = ~np.isnan(first) & ~np.isnan(second) & (first != second)
                differ += int(unlike.any(axis=1).sum())
            if differ:
                found.append(f"the proxy {proxy} of {differ:,} architectures")
        return found

    def _differing(self, schedule: int, metric: str, lines: slice) -> int:
        """Number of architectures with a done row in both and other numbers of a metric."""
        axes = self.metrics(schedule)[metric]
        taken, done = self._taken(schedule, lines)
        columns = self._columns(axes.seeds, schedule)
        kept = (~taken & done)[:, columns]
        differ = np.zeros(len(kept), dtype=bool)
        for epoch in axes.epochs:
            asked = Axes(axes.seeds, (epoch,))
            base, over = (self._measured(part, lines, schedule, metric, asked)[:, :, 0] for part in self._parts(lines))
            differ |= (kept & ~np.isnan(base) & ~np.isnan(over) & (base != over)).any(axis=1)
        return int(differ.sum())

    # -- parts --------------------------------------------------------------------------------------------------

    def _length(self, lines: slice) -> int:
        return len(range(*lines.indices(self.count)))

    def _parts(self, lines: slice) -> tuple[_Part, _Part]:
        """What base and over have of some lines."""
        start, stop, _ = lines.indices(self.count)
        stop = max(start, stop)
        over = slice(*np.searchsorted(self._over_lines, (start, stop)).tolist())
        new = slice(*np.searchsorted(self._new_lines, (start, stop)).tolist())
        mine = np.ones(stop - start, dtype=bool)
        mine[self._new_lines[new] - start] = False
        base = slice(start - new.start, stop - new.stop)
        return _Part(self._base, base, mine.nonzero()[0]), _Part(self._over, over, self._over_lines[over] - start)

    def _laid(
        self, lines: slice, shape: tuple[int, ...], dtype: Any, read: Callable[[_Part], np.ndarray]
    ) -> np.ndarray:
        """An array that both parts have a line of for each of their architectures; base's where both have it."""
        out = np.zeros((self._length(lines), *shape), dtype=dtype)
        for part in reversed(self._parts(lines)):
            if len(part.at):
                out[part.at] = read(part)
        return out

    def _scores(self, proxy: str, lines: slice) -> tuple[Scores, Scores]:
        """Scores of either part at their places among these lines."""
        parts = self._parts(lines)
        first, second = (
            part.contents.scores(proxy, part.lines) if proxy in part.contents.proxies else Scores.none(len(part.at), ())
            for part in parts
        )
        seeds = tuple(sorted({*first.seeds, *second.seeds}))
        length = self._length(lines)
        return first.spread(length, parts[0].at, seeds), second.spread(length, parts[1].at, seeds)

    def _holding(self, schedule: int) -> list[Contents]:
        return [part for part in (self._base, self._over) if schedule in part.schedules]

    def _columns(self, seeds: tuple[int, ...], schedule: int) -> np.ndarray:
        mine = self.seeds(schedule)
        return np.array([mine.index(seed) for seed in seeds], dtype=np.int64)

    _last: tuple[tuple[int, int, int], tuple[np.ndarray, np.ndarray]] | None = None

    def _taken(self, schedule: int, lines: slice) -> tuple[np.ndarray, np.ndarray]:
        """Two masks, bool [A, S]: where ``over`` replaces ``base``, and where ``over`` is done; the last are kept."""
        start, stop, _ = lines.indices(self.count)
        if self._last is None or self._last[0] != (schedule, start, stop):
            base, over = self._cells(schedule, lines, np.uint8, lambda part: part.contents.status(schedule, part.lines))
            self._last = (schedule, start, stop), ((over != ABSENT) & (base != DONE), over == DONE)
        return self._last[1]

    def _cells(
        self, schedule: int, lines: slice, dtype: Any, read: Callable[[_Part], np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """An [A, S] array of either part at its places among these lines; zero elsewhere."""
        found = []
        for part in self._parts(lines):
            out = np.zeros((self._length(lines), len(self.seeds(schedule))), dtype=dtype)
            if schedule in part.contents.schedules and len(part.at):
                out[np.ix_(part.at, self._columns(part.contents.seeds(schedule), schedule))] = read(part)
            found.append(out)
        return found[0], found[1]

    def _measured(self, part: _Part, lines: slice, schedule: int, metric: str, asked: Axes) -> np.ndarray:
        """float64 [A, seeds, epochs] of one part; NaN where it has no number."""
        contents, length = part.contents, self._length(lines)
        axes = contents.metrics(schedule).get(metric) if schedule in contents.schedules else None
        held = [epoch for epoch in asked.epochs if axes is not None and epoch in axes.epochs]
        if axes is None or not held or not len(part.at):
            return np.full((length, len(asked.seeds), len(asked.epochs)), np.nan)
        values = contents.values(schedule, metric, held[0] if len(asked.epochs) == 1 else None, part.lines)
        if values.shape == (length, len(asked.seeds), len(asked.epochs)):
            return values
        out = np.full((length, len(asked.seeds), len(asked.epochs)), np.nan)
        at_seeds = np.array([asked.seeds.index(seed) for seed in axes.seeds], dtype=np.int64)
        at_epochs = np.array([asked.epochs.index(epoch) for epoch in held], dtype=np.int64)
        out[np.ix_(part.at, at_seeds, at_epochs)] = values
        return out


def _union(first: tuple[dict[str, Any], ...], second: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    return (*first, *(value for value in second if value not in first))
