"""A table grows: rows, seeds, schedules, costs, architectures; what is there is never changed."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path

import numpy as np
import pytest

from nasbench.database import recovery
from nasbench.database import writer as writing
from nasbench.database.contents import rows_of
from nasbench.database.lock import TableLockedError
from nasbench.database.memory import MemoryContents
from nasbench.database.reader import FileContents, JournalWarning
from nasbench.database.rows import Header
from nasbench.database.writer import TableWriter, write_table
from nasbench.table import Table
from tests.database.making import SPACE, architecture, beside, header, row, whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.h5"


def test_a_new_table_opens_at_once_and_is_empty(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        with Table.open(path) as table:
            assert (len(table), table.schedules, table.header) == (0, (), header())
        assert (len(writer), writer.schedules, writer.pending) == (0, (), 0)
    assert beside(path) == set()


def test_rows_come_back_as_they_were_committed(path: Path) -> None:
    rows = [row(2), row(0), row(1, failed=True), row(0, seed=1), row(0, schedule=5), row(3, seed=-1)]
    with TableWriter(path, header()) as writer:
        for one in rows[:3]:
            writer.commit(one)
        assert [writer.row(*one.cell) for one in rows[:2]] == rows[:2]
        writer.fold()
        for one in rows[3:]:
            writer.commit(one)
        assert [writer.row(*one.cell) for one in (*rows[:2], *rows[3:])] == [*rows[:2], *rows[3:]]
        assert repr(writer.row(*rows[2].cell)) == repr(rows[2])
        assert writer.row(architecture(9).choices, 3, 0) is None
        assert writer.schedules == (3, 5)
        with Table.open(path) as table:  # some rows from the file, some from the journal
            before = [repr(one) for one in table.rows()]
    with Table.open(path) as table:
        assert [repr(one) for one in table.rows()] == before
    assert sorted(before) == sorted(map(repr, rows))


def test_a_table_of_one_epoch_gives_its_rows_back(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        writer.commit(row(0, schedule=1))
    with Table.open(path) as table:
        assert list(table.rows()) == [row(0, schedule=1)]


def test_lines_stand_in_the_order_of_choices_whatever_the_order_of_writing(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        for index in (5, 1, 9):
            writer.commit(row(index))
        writer.fold()
        writer.commit(row(3))
    contents = FileContents(path)
    assert contents.choices.tolist() == sorted(contents.choices.tolist())
    expected = [SPACE.canonical_hash(SPACE.architecture(line)) for line in contents.choices.tolist()]
    assert contents.class_hashes.astype(str).tolist() == expected


def test_equal_tables_are_equal_files(tmp_path: Path) -> None:
    for name, indexes in (("a.h5", (0, 1, 2)), ("b.h5", (2, 0, 1))):
        with TableWriter(tmp_path / name, header()) as writer:
            for index in indexes:
                writer.commit(row(index))
                writer.fold()
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_status_and_has(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        writer.commit(row(1, failed=True))
        for _ in range(2):
            statuses = [writer.status(architecture(i).choices, 3, 0) for i in range(3)]
            assert statuses == ["done", "failed", "absent"]
            assert [writer.has(architecture(i).choices, 3, 0) for i in range(3)] == [True, True, False]
            assert not writer.has(architecture(0).choices, 3, 1)
            assert not writer.has(architecture(0).choices, 4, 0)
            writer.fold()
    with TableWriter(path) as writer:
        assert [writer.status(architecture(i).choices, 3, 0) for i in range(3)] == statuses
        assert len(writer) == 2


def test_a_done_row_is_final_and_a_failed_one_can_be_replaced(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        writer.commit(row(1, failed=True))
        for again in (row(0), row(0, failed=True), row(1, failed=True)):
            with pytest.raises(ValueError, match=r"already (done|failed)"):
                writer.commit(again)
    with TableWriter(path, header()) as writer:
        with pytest.raises(ValueError, match="already done"):
            writer.commit(row(0, failed=True))
        writer.commit(row(1))
        with Table.open(path) as table:
            assert table.status(architecture(1), 3, 0) == "done"
    with Table.open(path) as table:
        assert list(table.rows()) == [row(0), row(1)]
        assert table.failures(3) == []


def test_a_table_extends_by_seeds_schedules_and_architectures(path: Path) -> None:
    for seed, schedule, index in ((0, 3, 4), (2, 3, 4), (1, 3, 4), (0, 5, 4), (0, 2, 1)):
        with TableWriter(path, header()) as writer:
            writer.commit(row(index, seed, schedule))
    with Table.open(path) as table:
        assert table.schedules == (2, 3, 5)
        assert table.seeds("val_accuracy", 3) == (0, 1, 2)
        assert table.seeds("val_accuracy", 5) == (0,)
        assert len(table) == 2
        value = table.query(architecture(4), "test_accuracy", 3, seed=2)
        assert value == row(4, 2, 3).finals["test_accuracy"]


def test_costs_are_committed_like_rows(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        writer.set_costs("flops", {architecture(0).choices: 10, architecture(1).choices: 20})
        with Table.open(path) as table:
            assert table.cost("flops")[list(table).index(architecture(1))] == 20
        writer.fold()
        writer.set_costs("flops", {architecture(1).choices: 21, architecture(2).choices: 30})
        writer.set_costs("latency_phone", {architecture(0).choices: 0.5})
        writer.set_costs("beauty", {architecture(0).choices: 1}, unit="points")
    with Table.open(path) as table:
        at = {one: place for place, one in enumerate(table)}
        assert [table.cost("flops")[at[architecture(i)]] for i in range(3)] == [10, 21, 30]
        assert np.isnan(table.cost("latency_phone")[at[architecture(1)]])
        assert table.costs == {"flops": "count", "latency_phone": "seconds", "beauty": "points"}
        assert table.class_hashes[at[architecture(2)]] == SPACE.canonical_hash(architecture(2))


@pytest.mark.parametrize("name", ["", "FLOPs", "a b", "a/b", "../x"])
def test_costs_have_plain_names(path: Path, name: str) -> None:
    with TableWriter(path, header()) as writer, pytest.raises(ValueError, match="small letters"):
        writer.set_costs(name, {architecture(0).choices: 1})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_costs_are_finite(path: Path, value: float) -> None:
    with TableWriter(path, header()) as writer, pytest.raises(ValueError, match="finite"):
        writer.set_costs("flops", {architecture(0).choices: value})


def test_another_recipe_or_data_set_is_refused_with_the_field(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"recipe\.channels is 8, not 16; go on"):
        TableWriter(path, header(recipe={**header().recipe, "channels": 16}))
    with pytest.raises(ValueError, match=r"data_card\.sha256"):
        TableWriter(path, header(data_card={"sha256": "00"}))
    assert path.read_bytes() == before
    assert beside(path) == set()


def test_who_made_which_row_is_kept(path: Path) -> None:
    for index, torch in enumerate(("2.0", "2.1", "2.0")):
        with TableWriter(path, header(versions={"torch": torch})) as writer:
            writer.commit(row(index))
    with Table.open(path) as table:
        assert [one["versions"]["torch"] for one in table.environments] == ["2.0", "2.1"]
        made = table.contents.environment(3)[[list(table).index(architecture(i)) for i in range(3)], 0]
        assert made.tolist() == [0, 1, 0]
        assert table.header.versions == {"torch": "2.0"}


def test_no_table_and_no_header(path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no header to create one"):
        TableWriter(path)
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"cannot open .*/none/table.h5 for writing"):
        TableWriter(tmp_path / "none" / "table.h5", header())


def test_a_second_writer_is_told_who_the_first_is(path: Path) -> None:
    with TableWriter(path, header()):
        with pytest.raises(TableLockedError, match=f"process {os.getpid()} .*wait until it ends or stop it"):
            TableWriter(path, header())
        reader, writer = os.pipe()
        if not (child := os.fork()):
            try:
                TableWriter(path, header())
            except TableLockedError as error:
                os.write(writer, str(error).encode())
            os._exit(0)
        os.waitpid(child, 0)
        assert f"written by process {os.getpid()}" in os.read(reader, 1000).decode()
        with TableWriter(path.with_name("other.h5"), header()):
            pass
    with TableWriter(path):
        pass


def test_a_forked_process_neither_writes_nor_keeps_the_lock(path: Path) -> None:
    writer = TableWriter(path, header())
    writer.commit(row(0))
    ready, told = os.pipe()
    stay, leave = os.pipe()
    if not (child := os.fork()):
        os.close(leave)
        try:
            writer.commit(row(1))
        except ValueError as error:
            os.write(told, str(error).encode())
        writer.close()  # must neither fold nor release
        os.read(stay, 1)
        os._exit(0)
    assert f"only process {os.getpid()}" in os.read(ready, 1000).decode()
    assert beside(path) == {"table.h5.journal", "table.h5.lock"}
    with pytest.raises(TableLockedError):
        TableWriter(path)
    writer.close()
    with TableWriter(path) as again:  # though the child still lives
        assert len(again) == 1
    os.close(leave)
    os.waitpid(child, 0)


def test_a_lock_that_was_removed_is_noticed(path: Path) -> None:
    writer = TableWriter(path, header())
    writer.commit(row(0))
    path.with_name("table.h5.lock").unlink()
    for act in (lambda: writer.commit(row(1)), writer.fold, writer.close):
        with pytest.raises(TableLockedError, match=r"was removed while process \d+ wrote .* stop both"):
            act()
    with TableWriter(path) as again:
        assert len(again) == 1


def test_rows_of_another_space_are_refused_before_they_are_committed(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        for changes, told in (
            ({"choices": (0, 0)}, "has 6 choices, got 2"),
            ({"choices": (9, 0, 0, 0, 0, 0)}, "choice 0 of nas_bench_201 must be 0 to 4, got 9"),
            ({"class_hash": "0" * 32}, "is not the class of"),
        ):
            with pytest.raises(ValueError, match=told):
                writer.commit(row(0, **changes))
        with pytest.raises(ValueError, match="has 6 choices, got 1"):
            writer.set_costs("flops", {(1,): 1.0})
        assert len(writer) == 0
    with Table.open(path) as table:
        assert len(table) == 0


def test_costs_alone_are_added_to_the_architectures_that_are_there(path: Path) -> None:
    hashes = {row(i).choices: row(i).class_hash for i in range(4)}
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        writer.commit(row(2))
        costs = {"latency": ("seconds", {row(i).choices: float(i) for i in range(4)})}
        assert writer.add(MemoryContents.from_rows(Header(SPACE.name), [], costs, hashes)) == 2
    with Table.open(path) as table:
        assert len(table) == 2
        assert sorted(table.cost("latency").tolist()) == [0.0, 2.0]


def test_a_closed_writer_says_so(path: Path) -> None:
    writer = TableWriter(path, header())
    writer.close()
    writer.close()
    for act in (lambda: writer.commit(row(0)), writer.fold, lambda: writer.set_costs("flops", {})):
        with pytest.raises(ValueError, match="is closed"):
            act()


def test_an_error_inside_the_block_keeps_the_rows(path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), TableWriter(path, header()) as writer:
        writer.commit(row(0))
        raise KeyboardInterrupt
    assert beside(path) == set()
    with Table.open(path) as table:
        assert list(table.rows()) == [row(0)]


def test_many_commits_fold_by_themselves(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LEAST_FOLDED", 3)
    with TableWriter(path, header()) as writer:
        pending = []
        for index in range(20):
            writer.commit(row(index))
            pending.append(writer.pending)
    assert pending[:7] == [1, 2, 0, 1, 2, 0, 1]
    assert max(pending) < 5


def test_the_file_keeps_its_permissions_and_links_stay_links(tmp_path: Path) -> None:
    path, link = tmp_path / "table.h5", tmp_path / "link.h5"
    with TableWriter(path, header()):
        pass
    path.chmod(0o640)
    link.symlink_to(path)
    with TableWriter(link, header()) as writer:
        writer.commit(row(0))
        with Table.open(link) as table:
            assert len(table) == 1
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    with Table.open(path) as table:
        assert len(table) == 1


def test_a_journal_of_another_table_is_not_taken_in(path: Path) -> None:
    other = path.with_name("other.h5")
    with TableWriter(path, header()), TableWriter(other, header(recipe={"channels": 99})) as writer:
        writer.commit(row(0))
        foreign = other.with_name("other.h5.journal").read_bytes()
    journal = path.with_name("table.h5.journal")
    journal.write_bytes(foreign)
    with pytest.warns(JournalWarning, match="belongs to another table"), Table.open(path) as table:
        assert len(table) == 0
    with pytest.raises(ValueError, match=r"recipe\.channels is 8, not 99"):
        TableWriter(path)
    path.unlink()
    with pytest.raises(ValueError, match="rows of another table"):
        TableWriter(path, header())
    assert not path.exists()
    assert journal.read_bytes() == foreign


def test_a_journal_restores_a_table_that_was_removed(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        left = path.with_name("table.h5.journal").read_bytes()
    path.unlink()
    path.with_name("table.h5.journal").write_bytes(left)
    with pytest.raises(FileNotFoundError, match=r"its journal table\.h5\.journal is there"):
        Table.open(path)
    with TableWriter(path) as writer:
        assert writer.row(*row(0).cell) == row(0)
        assert writer.header.identity == header().identity
    assert beside(path) == set()


def test_a_file_that_may_not_be_written_is_left_alone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with TableWriter(path, header()):
        pass
    monkeypatch.setattr(os, "access", lambda *_: False)  # the super-user may write everything
    with pytest.raises(PermissionError, match="read-only"):
        TableWriter(path)


def test_whole_contents_are_written_and_added(path: Path) -> None:
    first = MemoryContents.from_rows(header(), [row(0), row(1, failed=True)])
    write_table(path, first)
    assert sorted(map(repr, rows_of(FileContents(path)))) == sorted(map(repr, [row(0), row(1, failed=True)]))
    with TableWriter(path) as writer:
        writer.add(MemoryContents.from_rows(header(), [row(0), row(1), row(2)]))
        assert len(writer) == 3
        clash = row(2, curves={"val_accuracy": [1, 2, 3]}, finals={})
        with pytest.raises(ValueError, match="other numbers already for val_accuracy@3 of 1 arch"):
            writer.add(MemoryContents.from_rows(header(), [clash]))
        with pytest.raises(ValueError, match="rows made otherwise"):
            writer.add(MemoryContents.from_rows(header(recipe={}), [row(3)]))
        with pytest.raises(ValueError, match="holds nas_bench_201, not darts"):
            writer.add(MemoryContents.from_rows(header(space="darts"), [row(3)]))
        costs = {"latency": ("seconds", {row(0).choices: 0.1})}
        writer.add(MemoryContents.from_rows(Header(SPACE.name), [], costs, {row(0).choices: row(0).class_hash}))
    with Table.open(path) as table:
        assert list(table.rows()) == sorted([row(0), row(1), row(2)], key=lambda one: one.choices)
        assert table.costs == {"latency": "seconds"}


def test_writing_over_a_table_takes_its_journal_away(path: Path) -> None:
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        with pytest.raises(TableLockedError):
            write_table(path, MemoryContents.from_rows(header(), []))
        left = path.with_name("table.h5.journal").read_bytes()
    path.with_name("table.h5.journal").write_bytes(left)
    write_table(path, MemoryContents.from_rows(header(), [row(5)]))
    assert beside(path) == set()
    with Table.open(path) as table:
        assert list(table.rows()) == [row(5)]


def test_a_fold_that_fails_by_itself_does_not_fail_the_commit(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "LEAST_FOLDED", 2)
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        with monkeypatch.context() as broken:
            broken.setattr(recovery, "put_table", _full)
            with pytest.warns(JournalWarning, match="wait in the journal"):
                writer.commit(row(1))
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                writer.commit(row(2))  # it does not try again at once
        assert writer.pending == 3
    assert len(whole(path)["rows"]) == 3


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")
