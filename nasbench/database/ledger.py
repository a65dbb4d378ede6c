"""Statuses of cells, of trainings or of scores: those in contents packed in two bits each, and those noted since."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from nasbench.database.contents import Contents
from nasbench.database.lines import blocks
from nasbench.database.rows import Choices
from nasbench.database.schema import ABSENT

Name = int | str
"""Of a schedule or of a proxy."""
Held = tuple[tuple[int, ...], list[np.ndarray]]
"""Seeds, and for each the packed statuses of all architectures."""


class Ledger:
    """Statuses of cells (architecture, name, seed), as numbers of ``schema.STATUSES``.

    Args:
        base: contents whose cells are looked at, those of a name when it is first asked for.
        names: the contents' schedules, or proxies.
        read: of contents, a name and lines: the name's seeds and its statuses, uint8 [A, S].
    """

    def __init__(
        self,
        base: Contents,
        names: Callable[[Contents], Iterable[Name]],
        read: Callable[[Contents, Name, slice], tuple[tuple[int, ...], np.ndarray]],
    ) -> None:
        self._names, self._read = names, read
        self.clear(base)

    def clear(self, base: Contents) -> None:
        """Forgets what was noted, which these contents hold now, and looks at them from now on."""
        self._base = base
        self._held: dict[Name, Held] = {}
        self._counts: dict[Name, int] | None = None
        self._noted: dict[tuple[Name, int], dict[Choices, int]] = {}
        self._more = 0

    def status(self, choices: Choices, name: Name, seed: int) -> int:
        """The status of one cell."""
        noted = self._noted.get((name, seed), {}).get(choices)
        return int(self.statuses(np.array([choices]), name, seed)[0]) if noted is None else noted

    def statuses(self, choices: np.ndarray, name: Name, seed: int) -> np.ndarray:
        """Of many architectures, int [n, choices]: uint8 [n]."""
        found = np.full(len(choices), ABSENT, dtype=np.uint8)
        seeds, held = self._of(name)
        if seed in seeds:
            lines = self._base.lines.find(choices)
            found[lines >= 0] = _unpacked(held[seeds.index(seed)], lines[lines >= 0])
        if noted := self._noted.get((name, seed)):
            for place, one in enumerate(map(tuple, choices.tolist())):
                found[place] = noted.get(one, found[place])
        return found

    def note(self, name: Name, seed: int, statuses: Mapping[Choices, int]) -> None:
        """Notes cells that were written."""
        before = self.statuses(np.array(list(statuses)), name, seed)
        self._more += int((before == ABSENT).sum())
        self._noted.setdefault((name, seed), {}).update(statuses)

    def __len__(self) -> int:
        """Number of cells that are done or failed."""
        return sum(self._counted().values()) + self._more

    @property
    def names(self) -> set[Name]:
        """Names of which a cell is done or failed."""
        return {name for name, count in self._counted().items() if count} | {name for name, _ in self._noted}

    def _counted(self) -> dict[Name, int]:
        if self._counts is None:
            self._counts = dict.fromkeys(self._names(self._base), 0)
            for name in self._counts:
                for lines in blocks(self._base.count):
                    self._counts[name] += int((self._read(self._base, name, lines)[1] != ABSENT).sum())
        return self._counts

    def _of(self, name: Name) -> Held:
        if name not in self._names(self._base):
            return (), []
        if name not in self._held:
            seeds = self._read(self._base, name, slice(0, 0))[0]
            held = [np.zeros(-(-self._base.count // 4), dtype=np.uint8) for _ in seeds]
            for lines in blocks(self._base.count):
                statuses = self._read(self._base, name, lines)[1]
                for column, packed in enumerate(held):
                    packed[lines.start // 4 : -(-lines.stop // 4)] = _packed(statuses[:, column])
            self._held[name] = seeds, held
        return self._held[name]


def training_ledger(base: Contents) -> Ledger:
    """A ledger of trainings: names are schedules."""

    def read(contents: Contents, schedule: Any, lines: slice) -> tuple[tuple[int, ...], np.ndarray]:
        return contents.seeds(schedule), contents.status(schedule, lines)

    return Ledger(base, lambda contents: contents.schedules, read)


def score_ledger(base: Contents) -> Ledger:
    """A ledger of zero-cost scores: names are proxies."""

    def read(contents: Contents, proxy: Any, lines: slice) -> tuple[tuple[int, ...], np.ndarray]:
        scores = contents.scores(proxy, lines)
        return scores.seeds, scores.status

    return Ledger(base, lambda contents: contents.proxies, read)


def _packed(statuses: np.ndarray) -> np.ndarray:
    """Four statuses in a byte, the first in its lowest bits."""
    whole = np.zeros(len(statuses) + -len(statuses) % 4, dtype=np.uint8)
    whole[: len(statuses)] = statuses
    fours = whole.reshape(-1, 4)
    return fours[:, 0] | fours[:, 1] << 2 | fours[:, 2] << 4 | fours[:, 3] << 6


def _unpacked(packed: np.ndarray, lines: np.ndarray) -> np.ndarray:
    """The statuses of some lines."""
    return packed[lines // 4] >> (2 * (lines % 4)).astype(np.uint8) & 3
