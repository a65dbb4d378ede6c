"""Tables with zero-cost scores, and what tests of them ask: content, digest, single scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nasbench.database.digest import content_digest
from nasbench.database.memory import MemoryContents
from nasbench.database.scores import ScoreRow
from nasbench.database.writer import TableWriter
from nasbench.table import Table
from tests.database.making import BETTER, SETTINGS, architecture, entries, header, row, scores


def memory(*rows: ScoreRow, **changes: Any) -> MemoryContents:
    """A table of one row and these scores, in memory."""
    return MemoryContents.from_rows(header(), [row(0)], scores=entries(*rows, **changes))


def digest(*rows: ScoreRow, **changes: Any) -> str:
    """Digest of such a table."""
    return content_digest(memory(*rows, **changes))


def score(table: Table, index: int, name: str, seed: int | None = None) -> float:
    """Score of the made-up architecture of a number."""
    return float(table.proxy(name, seed)[table.architectures.index(architecture(index))])


def write_scored(path: Path) -> Path:
    """A table of two rows and the scores of two classes, some failed."""
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        writer.commit(row(3))
        writer.commit_scores([scores(0), scores(1, failed=True)], BETTER, SETTINGS)
        writer.commit_scores([scores(0, seed=2, failed=True)], BETTER, SETTINGS)
    return path
