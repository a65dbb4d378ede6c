"""Which scores a table's writer holds, in the file and in the journal, and which it may take."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.database.contents import Contents
from nasbench.database.ledger import score_ledger
from nasbench.database.rows import Choices, canonical_json, differences
from nasbench.database.schema import DONE, FAILED, STATUSES
from nasbench.database.scores import DIRECTIONS, ScoreEntries, ScoreRow, version_of, without_version


class ScoreBook:
    """Scores of the table at a path, as contents hold them and as they are taken in since."""

    def __init__(self, path: Path, base: Contents) -> None:
        self._path = path
        self._ledger = score_ledger(base)
        self.rebase(base)
        self.fresh = ScoreEntries()
        """What was taken in since it was last emptied."""

    def rebase(self, base: Contents) -> None:
        """Looks at these contents from now on, which hold all that was taken in."""
        self.settings, self.better = base.proxy_settings, dict(base.proxies)
        self._ledger.clear(base)

    def status(self, choices: Choices, proxy: str, seed: int) -> str:
        """ "done", "failed" or "absent"."""
        return STATUSES[self._ledger.status(choices, proxy, seed)]

    def statuses(self, choices: np.ndarray, proxy: str, seed: int) -> np.ndarray:
        """Of many architectures, int [n, choices]: uint8 [n], the numbers of ``schema.STATUSES``."""
        return self._ledger.statuses(choices, proxy, seed)

    def __len__(self) -> int:
        """Number of scores, done or failed."""
        return len(self._ledger)

    def check(self, entries: ScoreEntries, again: bool = False) -> None:
        """Checks that scores may be taken in.

        Args:
            entries: the scores.
            again: whether one that failed may fail once more, and then has the new reason.

        Raises:
            ValueError: they are of other settings, or of the other direction, or one is there already.
        """
        self.check_settings(entries)
        rows: dict[tuple[str, int], list[ScoreRow]] = {}
        for row in entries.rows:
            for name in row.seconds:
                rows.setdefault((name, row.seed), []).append(row)
        for (name, seed), group in rows.items():
            if name not in entries.better:
                raise ValueError(f"nothing says which scores of the proxy {name} are better")
            before = self.statuses(np.array([row.choices for row in group]), name, seed).tolist()
            for row, status in zip(group, before, strict=True):
                if status == DONE or (status == FAILED and name in row.failures and not again):
                    raise ValueError(
                        f"the score {name} of {row.choices}, seed {seed} is already {STATUSES[status]}; "
                        "ask `score_status` before scoring"
                    )

    def check_settings(self, entries: ScoreEntries) -> None:
        """Checks that settings, version and directions are those of the table's own scores.

        Raises:
            ValueError: they differ; the message says in which fields.
        """
        held, comes = version_of(self.settings), version_of(entries.settings)
        if self.better and held != comes:
            raise ValueError(
                f"{self._path} holds scores by version {held} of the proxies' mathematics, with which those by version "
                f"{comes} do not compare: score into another file, or go on with a nasbench-forge whose proxies are of "
                f"version {held}"
            )
        differing = differences(without_version(self.settings), without_version(entries.settings))
        if self.better and differing:
            raise ValueError(
                f"{self._path} holds scores made otherwise: {'; '.join(differing)}; "
                "score with the settings of the file, or into another one"
            )
        for name, direction in entries.better.items():
            if direction not in DIRECTIONS:
                raise ValueError(f"the proxy {name} must say which is better, 'higher' or 'lower', got {direction!r}")
            if self.better.get(name, direction) != direction:
                raise ValueError(f"{self._path} holds scores of {name} of which {self.better[name]} are better")

    def take(self, entries: ScoreEntries) -> None:
        """Notes checked scores."""
        self.settings = self.fresh.settings = entries.settings
        self.better |= entries.better
        self.fresh.better |= entries.better
        self.fresh.rows += entries.rows
        found: dict[tuple[str, int], dict[Choices, int]] = {}
        for row in entries.rows:
            for name in row.seconds:
                found.setdefault((name, row.seed), {})[row.choices] = DONE if name in row.values else FAILED
        for (name, seed), statuses in found.items():
            self._ledger.note(name, seed, statuses)


def as_entries(rows: list[ScoreRow], better: Mapping[str, str], settings: Mapping[str, Any]) -> ScoreEntries:
    """Entries whose settings are plain JSON values.

    Raises:
        ValueError: the settings are empty or hold something that is not JSON.
    """
    if not settings:
        raise ValueError("scores need settings: the images that the proxies saw and the networks' skeleton")
    names = {name for row in rows for name in row.seconds}
    known = {name: direction for name, direction in better.items() if name in names}
    return ScoreEntries(json.loads(canonical_json(dict(settings))), known, rows)
