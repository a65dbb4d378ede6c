"""The journal: whatever happens to its bytes, every whole line is read and no line is read wrongly."""

from __future__ import annotations

import math
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nasbench.database.journal import Journal, decode, encode, encode_row, journal_path, read_journal
from nasbench.database.reader import JournalWarning
from nasbench.database.rows import Row, one_line
from nasbench.database.writer import TableWriter
from nasbench.table import Table
from tests.database.making import beside, header, row

ROWS = [row(0), row(1, failed=True), row(2, seed=1), row(3, schedule=2)]
COST = ("flops", "count", {row(0).choices: 10.0}, {row(0).choices: row(0).class_hash})


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a journal of :data:`ROWS`."""
    path = tmp_path_factory.mktemp("journal") / "table.h5"
    journal = Journal(path, header())
    for one in ROWS:
        journal.append(encode_row(header().token, one))
    journal.close()
    return journal_path(path).read_bytes()


def test_everything_comes_back(data: bytes) -> None:
    entries = decode(data)
    assert list(map(repr, entries.rows)) == list(map(repr, ROWS))
    assert (entries.header, entries.token, entries.damaged) == (header(), header().token, 0)
    assert entries.belongs_to(header())
    assert not entries.belongs_to(header(recipe={}))


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=5),
    st.text(min_size=1).filter(one_line),
)
def test_numbers_and_reasons_are_exact(values: list[float], reason: str) -> None:
    failed = Row((0,), "0" * 32, 0, 5, "failed", reason, {"val_loss": values})
    (back,) = decode(encode_row("t", failed)).rows
    assert back.reason == failed.reason == one_line(reason)
    assert [math.copysign(1, v) for v in back.curves["val_loss"]] == [math.copysign(1, v) for v in values] or any(
        map(math.isnan, values)
    )
    assert list(map(repr, back.curves["val_loss"])) == [repr(float(v)) for v in values]


def test_a_line_is_a_checksum_and_json() -> None:
    line = encode("token", "note", {"x": 1})
    assert line == b"%08x " % zlib.crc32(line[9:-1]) + b'{"kind":"note","table":"token","x":1}\n'


def test_cut_at_every_byte_the_whole_lines_are_read(data: bytes) -> None:
    ends = [place for place, byte in enumerate(data) if byte == ord("\n")]
    for length in range(len(data) + 1):
        entries = decode(data[:length])
        whole = sum(end <= length for end in ends)  # a line is whole without its line break
        assert list(map(repr, entries.rows)) == list(map(repr, ROWS[: max(0, whole - 1)]))
        assert entries.damaged == 0, "a torn end was never committed"
        assert (entries.header is None) == (whole == 0)


def test_with_any_byte_changed_the_other_lines_are_read(data: bytes) -> None:
    lines = data.splitlines(keepends=True)
    starts = [sum(map(len, lines[:place])) for place in range(len(lines))]
    for place in range(len(data)):
        hit = max(number for number, start in enumerate(starts) if start <= place)
        changed = bytearray(data)
        changed[place] ^= (1, 0x20, 0x80)[place % 3]
        entries = decode(bytes(changed))
        hurt = {hit, hit + 1} if data[place] == ord("\n") else {hit}
        expected = [repr(one) for number, one in enumerate(ROWS, 1) if number not in hurt]
        assert list(map(repr, entries.rows)) == expected
        assert entries.belongs_to(header())
        assert (entries.damaged > 0) == (max(hurt) < len(lines) - 1)


@given(st.binary(max_size=300))
def test_bytes_of_anything_are_no_rows(noise: bytes) -> None:
    assert decode(noise).rows == []


@given(st.binary(max_size=100), st.integers(0, 4))
def test_noise_between_lines_takes_nothing_away(data: bytes, noise: bytes, place: int) -> None:
    lines = data.splitlines(keepends=True)
    mixed = b"".join([*lines[:place], noise.replace(b"\n", b" ") + b"\n", *lines[place:]])
    assert list(map(repr, decode(mixed).rows)) == list(map(repr, ROWS))


def test_a_disk_filled_with_zeros_after_a_power_cut(data: bytes) -> None:
    entries = decode(data + b"\0" * 4096)
    assert (len(entries.rows), entries.damaged) == (len(ROWS), 0)


def table_with(folder: Path, journal: bytes) -> Path:
    path = folder / "table.h5"
    if not path.exists():
        with TableWriter(path, header()):
            pass
    journal_path(path).write_bytes(journal)
    return path


def test_readers_see_the_journal_and_leave_it_alone(data: bytes, tmp_path: Path) -> None:
    path = table_with(tmp_path, data)
    before = path.read_bytes()
    with Table.open(path) as table:
        assert sorted(map(repr, table.rows())) == sorted(map(repr, ROWS))
        digest = table.digest
    assert (path.read_bytes(), journal_path(path).read_bytes()) == (before, data)
    with TableWriter(path):
        pass
    assert beside(path) == set()
    with Table.open(path) as table:
        assert table.digest == digest


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_writer_folds_what_is_whole_and_goes_on(data: bytes, tmp_path: Path, share: float) -> None:
    path = table_with(tmp_path, data[: int(len(data) * share)])
    kept = len(decode(data[: int(len(data) * share)]).rows)
    with TableWriter(path, header()) as writer:
        assert len(writer) == kept
        for one in ROWS:
            if not writer.has(*one.cell):
                writer.commit(one)
    with Table.open(path) as table:
        assert sorted(map(repr, table.rows())) == sorted(map(repr, ROWS))


def test_damage_is_said(data: bytes, tmp_path: Path) -> None:
    changed = data.replace(b'"done"', b'"dope"', 1)
    path = table_with(tmp_path, changed)
    with pytest.warns(JournalWarning, match="1 lines of .* are damaged"), Table.open(path) as table:
        assert len(list(table.rows())) == len(ROWS) - 1
    with pytest.warns(JournalWarning, match="trains it again"), TableWriter(path) as writer:
        assert len(writer) == len(ROWS) - 1
        assert not writer.has(*ROWS[0].cell)


def test_without_its_first_line_the_maker_is_unknown(data: bytes, tmp_path: Path) -> None:
    path = table_with(tmp_path, b"x" + data)
    with pytest.warns(JournalWarning), TableWriter(path) as writer:
        assert len(writer) == len(ROWS)
    with Table.open(path) as table:
        made = table.contents.environment(3)[table.contents.status(3) != 0]
        assert [table.environments[place] for place in set(made.tolist())] == [{"versions": {}, "hardware": {}}]


def test_reading_where_there_is_none(tmp_path: Path) -> None:
    assert not read_journal(tmp_path / "table.h5")
    journal_path(tmp_path / "table.h5").mkdir()
    with pytest.raises(OSError, match="cannot read"):
        read_journal(tmp_path / "table.h5")


def test_a_row_of_a_done_cell_changes_nothing(tmp_path: Path) -> None:
    token = header().token
    again = row(0, failed=True)
    lines = [encode_row(token, row(0)), encode_row(token, again), encode_row(token, row(1, failed=True))]
    path = table_with(tmp_path, b"".join([*lines, encode_row(token, row(1))]))
    expected = sorted(map(repr, [row(0), row(1)]))
    with Table.open(path) as table:
        assert sorted(map(repr, table.rows())) == expected
    with TableWriter(path) as writer:
        assert [writer.status(*row(i).cell) for i in range(2)] == ["done", "done"]
    with Table.open(path) as table:
        assert sorted(map(repr, table.rows())) == expected
