"""Which scores a table's writer holds, in the file and in the journal, and which it may take."""

from __future__ import annotations

import json
from pathlib import Path

from nasbench.database.contents import Contents
from nasbench.database.rows import Choices, canonical_json, differences
from nasbench.database.scores import DIRECTIONS, ScoreEntries, ScoreRow


class ScoreBook:
    """Scores of the table at a path, as contents hold them and as they are taken in since."""

    def __init__(self, path: Path, base: Contents) -> None:
        self._path = path
        self.settings, self.better = base.proxy_settings, dict(base.proxies)
        self.fresh = ScoreEntries()
        """What was taken in since the last fold."""
        self._done: dict[tuple[str, int], dict[Choices, bool]] = {}
        lines = [tuple(line) for line in base.choices.tolist()] if base.proxies else []
        for name in base.proxies:
            scores = base.scores(name)
            for line, column in zip(*(axis.tolist() for axis in scores.present.nonzero()), strict=True):
                self._of(name, scores.seeds[column])[lines[line]] = (line, column) not in scores.reasons

    def status(self, choices: Choices, proxy: str, seed: int) -> str:
        """ "done", "failed" or "absent"."""
        done = self._done.get((proxy, seed), {}).get(choices)
        return "absent" if done is None else "done" if done else "failed"

    def __len__(self) -> int:
        """Number of scores, done or failed."""
        return sum(map(len, self._done.values()))

    def check(self, entries: ScoreEntries) -> None:
        """Checks that scores may be taken in.

        Raises:
            ValueError: they are of other settings, or of the other direction, or one is there already.
        """
        self.check_settings(entries)
        for row in entries.rows:
            for name in row.seconds:
                if name not in entries.better:
                    raise ValueError(f"nothing says which scores of the proxy {name} are better")
                before = self.status(row.choices, name, row.seed)
                if before == "done" or (before == "failed" and name in row.failures):
                    raise ValueError(
                        f"the score {name} of {row.choices}, seed {row.seed} is already {before}; "
                        "ask `score_status` before scoring"
                    )

    def check_settings(self, entries: ScoreEntries) -> None:
        """Checks that settings and directions are those of the table's own scores.

        Raises:
            ValueError: they differ; the message says in which fields.
        """
        if self.better and (differing := differences(self.settings, entries.settings)):
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
        for row in entries.rows:
            self._note(row)

    def _note(self, row: ScoreRow) -> None:
        for name in row.seconds:
            self._of(name, row.seed)[row.choices] = name in row.values

    def _of(self, proxy: str, seed: int) -> dict[Choices, bool]:
        return self._done.setdefault((proxy, seed), {})


def as_entries(rows: list[ScoreRow], better: dict[str, str], settings: dict[str, object]) -> ScoreEntries:
    """Entries whose settings are plain JSON values.

    Raises:
        ValueError: the settings are empty or hold something that is not JSON.
    """
    if not settings:
        raise ValueError("scores need settings: the images that the proxies saw and the networks' skeleton")
    names = {name for row in rows for name in row.seconds}
    known = {name: direction for name, direction in better.items() if name in names}
    return ScoreEntries(json.loads(canonical_json(settings)), known, rows)
