"""What is missing in a table of scores, found in blocks of architectures, and the way in for what is found.

Nothing here grows with the number of architectures: they are walked once to see what is missing and once for each
initialisation seed to give out jobs, and results are committed in small groups.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from nasbench.console import progress
from nasbench.database.schema import ABSENT, FAILED
from nasbench.database.scores import ScoreEntries, ScoreRow
from nasbench.database.writer import TableWriter
from nasbench.generator.sample import Walkable
from nasbench.space import Architecture, Space
from predictors.scoring_jobs import ScoringJob

GROUP = 256
"""Scores of so many architectures are committed together, or fewer where they come slowly."""
COMMIT_SECONDS = 0.5
"""Results wait about this long at most before they are committed: a kill costs no more than that."""
BLOCK = 1024
"""Architectures that are looked up in the table at a time."""


@dataclass
class Summary:
    """What a run did: scores tried now, of which failed, scores that were there and stay, and its wall seconds."""

    scored: int = 0
    failed: int = 0
    present: int = 0
    seconds: float = 0.0


@dataclass
class Work:
    """Scores wanted of architectures with each of several seeds, and what has become of them.

    Args:
        writer: of the table.
        space: the architectures' space.
        architectures: walked several times.
        seeds: initialisation seeds 0, 1, ...
        entries: settings and directions of the scores, without rows.
        done: where is noted what was done.
        retry_failed: whether scores that failed are missing too.
    """

    writer: TableWriter
    space: Space
    architectures: Walkable
    seeds: int
    entries: ScoreEntries
    done: Summary
    retry_failed: bool = False
    _waiting: list[ScoreRow] = field(default_factory=list)
    _last: float = 0.0

    def commit(
        self, names: tuple[str, ...], title: str, run: Callable[[Iterable[ScoringJob]], Iterable[ScoreRow]]
    ) -> None:
        """Has all jobs of some proxies done, and commits what comes in groups; what waits, also when it is stopped."""
        total, todo = len(self.architectures) * self.seeds, self._survey(names)
        if not todo:
            return
        self._last = time.monotonic()
        with progress(total, title, done=total - todo) as bar:
            try:
                for row in run(self._jobs(names)):
                    self._waiting.append(row)
                    if len(self._waiting) >= GROUP or time.monotonic() - self._last >= COMMIT_SECONDS:
                        self._flush()
                    bar.update(1, **({"failed": self.done.failed} if self.done.failed else {}))
            finally:
                self._flush()

    def _survey(self, names: tuple[str, ...]) -> int:
        """How many jobs there are; scores that are not missing are noted as present."""
        todo = 0
        for block in self._blocks() if names else ():
            for seed in range(self.seeds):
                missing = self._missing(names, seed, block)
                todo += int(missing.any(axis=0).sum())
                self.done.present += int((~missing).sum())
        return todo

    def _jobs(self, names: tuple[str, ...]) -> Iterator[ScoringJob]:
        """A job for each architecture and seed that lacks a score: all with the first seed, then with the second."""
        for seed in range(self.seeds):
            for block in self._blocks():
                missing = self._missing(names, seed, block)
                for place in np.flatnonzero(missing.any(axis=0)).tolist():
                    wanted = tuple(name for name, misses in zip(names, missing[:, place], strict=True) if misses)
                    one = block[place]
                    yield ScoringJob(one, self.space.canonical_hash(one), seed, wanted)

    def _missing(self, names: tuple[str, ...], seed: int, block: list[Architecture]) -> np.ndarray:
        """Which scores of a block are missing, bool [names, architectures]."""
        choices = self.space.choices_array(block)
        status = np.stack([self.writer.score_statuses(choices, name, seed) for name in names])
        return (status == ABSENT) | ((status == FAILED) if self.retry_failed else False)

    def _blocks(self) -> Iterator[list[Architecture]]:
        walk = iter(self.architectures)
        while block := list(islice(walk, BLOCK)):
            yield block

    def _flush(self) -> None:
        rows, self._waiting = self._waiting, []
        if rows:
            self.writer.commit_scores(rows, self.entries.better, self.entries.settings, self.retry_failed)
            self.done.scored += sum(len(row.seconds) for row in rows)
            self.done.failed += sum(len(row.failures) for row in rows)
        self._last = time.monotonic()
