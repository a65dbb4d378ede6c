"""Memory of a fold: a table's arrays are never whole in memory, however many architectures it has."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from nasbench.database import lines
from nasbench.database.digest import content_digest
from nasbench.database.memory import MemoryContents
from nasbench.database.merge import MergedContents
from nasbench.database.reader import FileContents
from nasbench.database.tablefile import put_table
from nasbench.table import Table
from tests.benchmarks.bench_folding import make_table, measured
from tests.database.making import entries, header, row, scores, whole

FEW, MANY = 240_000, 440_000


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc")
def test_a_fold_takes_a_few_bytes_for_each_architecture(tmp_path: Path) -> None:
    """Packed choices, statuses and what the system rounds up to; the file alone has 90 bytes for each."""
    peaks = {count: measured("fold", make_table(tmp_path / f"{count}.h5", count))[0] for count in (FEW, MANY)}
    each = (peaks[MANY] - peaks[FEW]) / (MANY - FEW)
    assert each < 25, f"{each:.1f} bytes for each architecture: {peaks}"
    with Table.open(tmp_path / f"{MANY}.h5") as table:
        assert len(table) == MANY + 1 and table.proxy("second")[-1] == 1.0


@pytest.mark.parametrize("block", [1, 3, 1000])
def test_blocks_of_any_size_make_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    first = [row(index, seed, failed=index % 4 == 0) for index in range(0, 12, 2) for seed in (0, 2)]
    second = [
        row(index, seed, schedule) for index in (0, 1, 2, 5, 11, 13) for seed, schedule in ((0, 3), (1, 3), (1, 5))
    ]
    costs = {"flops": ("count", {row(index).choices: float(index) for index in (1, 4)})}
    hashes = {row(index).choices: row(index).class_hash for index in (1, 4)}
    said = entries(*(scores(index, failed=index % 3 == 0) for index in range(9)))
    more = entries(*(scores(index, seed, failed=index > 4) for index in range(3, 8) for seed in (0, 1)))
    base = MemoryContents.from_rows(header(), first, scores=said)
    news = MemoryContents.from_rows(header(versions={"torch": "3"}), second, costs, hashes, more)
    put_table(tmp_path / "expected.h5", MergedContents(base, news))
    digest = content_digest(MergedContents(base, news))
    monkeypatch.setattr(lines, "BLOCK", block)
    put_table(tmp_path / "base.h5", base)
    put_table(tmp_path / "merged.h5", MergedContents(FileContents(tmp_path / "base.h5"), news))
    assert whole(tmp_path / "merged.h5") == whole(tmp_path / "expected.h5")
    merged = MergedContents(base, news)
    assert content_digest(merged) == content_digest(FileContents(tmp_path / "merged.h5")) == digest
    for part in (slice(0, 0), slice(2, 5), slice(merged.count - 1, merged.count)):
        np.testing.assert_array_equal(merged.choices_of(part), merged.choices[part])
        np.testing.assert_array_equal(merged.status(3, part), merged.status(3)[part])
        np.testing.assert_array_equal(merged.values(3, "val_loss", lines=part), merged.values(3, "val_loss")[part])
        kept = {(line - part.start, seed): why for (line, seed), why in merged.reasons(3).items()}
        wanted = {at: why for at, why in kept.items() if 0 <= at[0] < part.stop - part.start}
        assert merged.reasons(3, part) == wanted


def test_a_closed_file_says_so(tmp_path: Path) -> None:
    put_table(tmp_path / "table.h5", MemoryContents.from_rows(header(), [row(0)]))
    contents = FileContents(tmp_path / "table.h5")
    contents.close()
    with pytest.raises(ValueError, match=r"table\.h5 was closed before its architectures/choices was asked for"):
        contents.choices  # noqa: B018
