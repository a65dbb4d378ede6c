"""Zero-cost scores: what proxies said of one architecture, and the arrays of one proxy over many.

Scores are of classes: they stand at the line of the architecture that was scored, the representative of its class. All
scores of a table share their settings: the images that the proxies saw and the skeleton of the networks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nasbench.database.lines import ALL
from nasbench.database.rows import Choices, one_line
from nasbench.database.schema import ABSENT, DONE, FAILED

Reasons = dict[tuple[int, int], str]
"""(architecture's line, seed's column) -> why the cell failed."""
DIRECTIONS = ("higher", "lower")
"""What a proxy may say of which scores are better."""
VERSION_SETTING = "proxies_version"
"""The setting that says by which version of the proxies' mathematics scores were made."""
FIRST_VERSION = 1
"""The version of scores whose settings name none."""


@dataclass(frozen=True)
class ScoreRow:
    """What proxies said of one architecture with one initialisation seed, committed whole or not at all.

    Args:
        choices: the architecture's choices.
        class_hash: 32 hexadecimal digits of its canonical form.
        seed: of the untrained network's weights.
        values: proxy -> score.
        seconds: proxy -> how long it took, for each that scored or failed.
        failures: proxy -> why it has no score; kept as one line.

    Raises:
        ValueError: a field does not fit, or a number is not finite.
    """

    choices: Choices
    class_hash: str
    seed: int
    values: Mapping[str, float]
    seconds: Mapping[str, float]
    failures: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "choices", tuple(int(choice) for choice in self.choices))
        put(self, "seed", int(self.seed))
        put(self, "values", {name: float(value) for name, value in self.values.items()})
        put(self, "seconds", {name: float(value) for name, value in self.seconds.items()})
        put(self, "failures", {name: one_line(reason) for name, reason in self.failures.items()})
        where = f"scores of {self.choices}, seed {self.seed}"
        if self.seed < 0 or not self.seconds:
            raise ValueError(f"{where}: seeds begin at 0, and there must be a score")
        if {*self.values, *self.failures} != {*self.seconds} or {*self.values} & {*self.failures}:
            raise ValueError(f"{where}: each proxy has seconds, and either a score or a reason why it failed")
        for name in self.seconds:
            if not name.isidentifier() or name != name.lower():
                raise ValueError(f"a proxy's name is of small letters, digits and underscores, got {name!r}")
        if not all(map(math.isfinite, [*self.values.values(), *self.seconds.values()])):
            raise ValueError(f"{where}: a score that is not finite is recorded as failed")
        if not all(self.failures.values()):
            raise ValueError(f"{where}: a failed score has a reason")


@dataclass
class ScoreEntries:
    """Scores on their way into a file.

    Args:
        settings: what all scores of a table share, as JSON values.
        better: proxy -> "higher" or "lower".
        rows: any number.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    better: dict[str, str] = field(default_factory=dict)
    rows: list[ScoreRow] = field(default_factory=list)

    def arrays(self, line: Mapping[Choices, int]) -> dict[str, Scores]:
        """Proxy -> its arrays, with a line for each entry of ``line``."""
        return {name: _arrays([row for row in self.rows if name in row.seconds], name, line) for name in self.better}


def version_of(settings: Mapping[str, Any]) -> int:
    """The version of the proxies' mathematics by which scores with these settings were made."""
    return int(settings.get(VERSION_SETTING, FIRST_VERSION))


def without_version(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings but for that version."""
    return {name: value for name, value in settings.items() if name != VERSION_SETTING}


@dataclass(frozen=True)
class Scores:
    """One proxy's scores. A = architectures of the contents, S = initialisation seeds.

    Args:
        seeds: S of them, rising.
        values: float64 [A, S], NaN where absent or failed.
        seconds: float64 [A, S], NaN where absent.
        reasons: (architecture's line, seed's column) -> why the score failed.
    """

    seeds: tuple[int, ...]
    values: np.ndarray
    seconds: np.ndarray
    reasons: Reasons = field(default_factory=dict)

    @classmethod
    def none(cls, count: int, seeds: Iterable[int]) -> Scores:
        """No score of so many architectures."""
        seeds = tuple(sorted(set(seeds)))
        return cls(seeds, np.full((count, len(seeds)), np.nan), np.full((count, len(seeds)), np.nan))

    @property
    def present(self) -> np.ndarray:
        """bool [A, S]: where there is a score or a failure."""
        return ~np.isnan(self.seconds)

    @property
    def status(self) -> np.ndarray:
        """uint8 [A, S], the numbers of ``schema.STATUSES``."""
        return np.where(self.present, np.where(np.isnan(self.values), FAILED, DONE), ABSENT).astype(np.uint8)

    def of(self, lines: np.ndarray) -> Scores:
        """The scores of some lines, in their order."""
        place = {line: new for new, line in enumerate(lines.tolist())}
        kept = {(place[line], column): text for (line, column), text in self.reasons.items() if line in place}
        return Scores(self.seeds, self.values[lines], self.seconds[lines], kept)

    def part(self, lines: slice) -> Scores:
        """The scores of some lines side by side; the same object for all."""
        if lines == ALL:
            return self
        return Scores(self.seeds, self.values[lines], self.seconds[lines], part_of(self.reasons, lines))

    def spread(self, count: int, lines: np.ndarray, seeds: tuple[int, ...]) -> Scores:
        """The same scores among ``count`` architectures, line by line at ``lines``, and among more seeds."""
        if len(lines) == count and seeds == self.seeds:
            return self
        out = Scores.none(count, seeds)
        columns = np.array([seeds.index(seed) for seed in self.seeds], dtype=np.int64)
        out.values[np.ix_(lines, columns)] = self.values
        out.seconds[np.ix_(lines, columns)] = self.seconds
        for (line, column), reason in self.reasons.items():
            out.reasons[int(lines[line]), int(columns[column])] = reason
        return out

    def under(self, over: Scores) -> Scores:
        """These, and where they are absent or failed what ``over`` says, of the same lines and seeds."""
        taken = np.isnan(self.values) & over.present
        reasons = {at: text for at, text in self.reasons.items() if not taken[at]}
        reasons |= {at: text for at, text in over.reasons.items() if taken[at]}
        return Scores(
            self.seeds,
            np.where(taken, over.values, self.values),
            np.where(taken, over.seconds, self.seconds),
            reasons,
        )


def part_of(reasons: Reasons, lines: slice) -> Reasons:
    """The reasons of some lines side by side, which are counted from the first of these."""
    if lines == ALL:
        return reasons
    start, stop = lines.start, lines.stop
    return {(line - start, column): text for (line, column), text in reasons.items() if start <= line < stop}


def _arrays(rows: list[ScoreRow], name: str, line: Mapping[Choices, int]) -> Scores:
    out = Scores.none(len(line), (row.seed for row in rows))
    for row in rows:
        at = line[row.choices], out.seeds.index(row.seed)
        if not np.isnan(out.values[at]):
            continue
        out.seconds[at] = row.seconds[name]
        if name in row.values:
            out.values[at] = row.values[name]
            out.reasons.pop(at, None)
        else:
            out.reasons[at] = row.failures[name]
    return out
