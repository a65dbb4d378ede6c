"""Laying rows over rows: compared with a dictionary, in any order, in any pieces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from nasbench.database.contents import Contents, rows_of
from nasbench.database.digest import content_digest
from nasbench.database.memory import MemoryContents
from nasbench.database.merge import MergedContents
from nasbench.database.reader import FileContents
from nasbench.database.rows import Row
from nasbench.database.writer import write_table
from tests.database.making import header, row

CELLS = st.tuples(st.integers(0, 5), st.integers(-1, 2), st.integers(1, 3), st.booleans())
"""(architecture, seed, schedule, failed): few, so that they meet."""


def made(cell: tuple[int, int, int, bool]) -> Row:
    index, seed, schedule, failed = cell
    failed = failed and schedule > 1
    return row(index, seed, schedule, failed)


def model(rows: list[Row]) -> dict[tuple, str]:
    """What a table of rows holds, by a dictionary: the last row of a cell, but a done one stays."""
    held: dict[tuple, Row] = {}
    for one in rows:
        if one.cell not in held or held[one.cell].status != "done":
            held[one.cell] = one
    return {cell: repr(one) for cell, one in held.items()}


def read(contents: Contents) -> dict[tuple, str]:
    return {one.cell: repr(one) for one in rows_of(contents)}


def memory(rows: list[Row]) -> MemoryContents:
    return MemoryContents.from_rows(header(), rows)


@given(st.lists(CELLS, max_size=12), st.lists(CELLS, max_size=12))
@settings(max_examples=25)
def test_merged_rows_are_those_of_a_dictionary(first: list, second: list) -> None:
    before, after = list(map(made, first)), list(map(made, second))
    merged = MergedContents(memory(before), memory(after))
    assert read(merged) == model([*before, *after])
    assert merged.choices.tolist() == sorted(merged.choices.tolist())


@given(st.lists(CELLS, max_size=10), st.lists(CELLS, max_size=10))
@settings(max_examples=20)
def test_merging_again_changes_nothing(first: list, second: list) -> None:
    base, over = memory(list(map(made, first))), memory(list(map(made, second)))
    once = MergedContents(base, over)
    assert read(MergedContents(once, over)) == read(once)
    assert content_digest(MergedContents(once, over)) == content_digest(once)
    assert once.conflicts() == []


@given(st.lists(CELLS, min_size=1, max_size=14, unique_by=lambda cell: cell[:3]), st.randoms(use_true_random=False))
@settings(max_examples=20)
def test_the_digest_is_of_the_content_alone(cells: list, random: object) -> None:
    rows = list(map(made, cells))
    whole = content_digest(memory(rows))
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    pieces: Contents = memory([])
    for one in shuffled:
        pieces = MergedContents(pieces, memory([one]))
    assert content_digest(pieces) == whole
    assert content_digest(memory(rows[1:])) != whole


@given(st.lists(CELLS, max_size=10))
@settings(max_examples=15)
def test_a_file_holds_what_memory_held(tmp_path_factory: object, cells: list) -> None:
    path = Path(str(tmp_path_factory.mktemp("file"))) / "table.h5"  # type: ignore[attr-defined]
    contents = memory(list(map(made, cells)))
    write_table(path, contents)
    back = FileContents(path)
    assert read(back) == read(contents)
    assert content_digest(back) == content_digest(contents)
    for schedule in contents.schedules:
        np.testing.assert_array_equal(back.status(schedule), contents.status(schedule))
        assert back.reasons(schedule) == contents.reasons(schedule)
    assert (back.header, back.environments) == (contents.header, contents.environments)
    back.close()


def test_a_done_row_takes_a_failed_one_away_whole() -> None:
    """The failed row's curves must not fill what the done row lacks."""
    done = row(0, curves={"val_accuracy": [1, 2, 3]}, finals={})
    merged = MergedContents(memory([row(0, failed=True)]), memory([done]))
    assert read(merged) == {done.cell: repr(done)}
    assert merged.reasons(3) == {}
    assert read(MergedContents(memory([done]), memory([row(0, failed=True)]))) == {done.cell: repr(done)}


def test_metrics_can_be_added_to_done_rows() -> None:
    parts = [row(0, curves={}, finals={"val_accuracy": 1}), row(0, curves={}, finals={"test_accuracy": 2})]
    merged = MergedContents(memory(parts[:1]), memory(parts[1:]))
    assert read(merged) == {parts[0].cell: repr(row(0, curves={}, finals={"val_accuracy": 1, "test_accuracy": 2}))}
    clash = memory([row(0, curves={}, finals={"val_accuracy": 3})])
    assert MergedContents(merged, clash).conflicts() == ["val_accuracy@3 of 1 architectures"]


def test_costs_of_both() -> None:
    hashes = {row(i).choices: row(i).class_hash for i in range(3)}
    first = MemoryContents.from_rows(
        header(), [], {"flops": ("count", {row(0).choices: 1.0, row(1).choices: 2.0})}, hashes
    )
    second = MemoryContents.from_rows(
        header(), [], {"flops": ("count", {row(1).choices: 3.0}), "power": ("watts", {row(2).choices: 4.0})}, hashes
    )
    merged = MergedContents(first, second)
    at = [merged.choices.tolist().index(list(row(i).choices)) for i in range(3)]
    np.testing.assert_array_equal(merged.cost("flops")[at], [1, 3, np.nan])
    np.testing.assert_array_equal(merged.cost("power")[at], [np.nan, np.nan, 4])
    assert merged.costs == {"flops": "count", "power": "watts"}
