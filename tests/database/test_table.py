"""How a table answers: own rows, classes, seeds, epochs, schedules, failures."""

from __future__ import annotations

import math
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench import columns
from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Row
from nasbench.database.schema import METRICS
from nasbench.database.writer import write_table
from nasbench.space import Architecture
from nasbench.table import PUBLISHED, Table
from tests.database.making import SPACE, architecture, header, row

GROUP = next(members for members in SPACE.classes.values() if len(members) >= 4)
"""Architectures that compute the same."""


def table_of(rows: list[Row], **costs: dict) -> Table:
    return Table(MemoryContents.from_rows(header(), rows, {name: ("count", values) for name, values in costs.items()}))


def of(arch: Architecture, value: float, seed: int = 0, schedule: int = 3, **changes: object) -> Row:
    """A row of one final number."""
    fields = {"curves": {}, "finals": {"val_accuracy": value}, **changes}
    return Row(arch.choices, SPACE.canonical_hash(arch), seed, schedule, fields.pop("status", "done"), **fields)


def failed(arch: Architecture, reason: str, seed: int = 0) -> Row:
    return of(arch, 0, seed, status="failed", reason=reason, finals={})


# -- own rows -----------------------------------------------------------------------------------------------------


def test_every_number_is_found_again() -> None:
    rows = [row(i, seed, schedule) for i in range(4) for seed in range(2) for schedule in (2, 3)]
    table = table_of(rows)
    for one in rows:
        arch = Architecture(SPACE.name, one.choices)
        for name, values in one.curves.items():
            for epoch, value in enumerate(values, 1):
                assert table.query(arch, name, one.schedule, epoch, one.seed) == value
            assert table.query(arch, name, one.schedule, seed=one.seed) == values[-1]
        for name, value in one.finals.items():
            assert table.query(arch, name, one.schedule, seed=one.seed) == value
            assert table.query(SPACE.format(arch), name, one.schedule, one.schedule, one.seed) == value


def test_values_are_the_queries_of_all_architectures() -> None:
    table = table_of([row(i, seed) for i in range(5) for seed in range(i % 3 + 1)])
    for name in METRICS:
        for seed in (None, 0, 1, 2):
            column = table.values(name, seed=seed)
            assert column.shape == (5,)
            for arch, value in zip(table, column.tolist(), strict=True):
                if math.isnan(value):
                    with pytest.raises(LookupError):
                        table.query(arch, name, seed=seed)
                else:
                    assert table.query(arch, name, seed=seed) == value


def test_without_a_seed_the_mean_over_those_present() -> None:
    a, b, c = architecture(0), architecture(1), architecture(2)
    rows = [of(a, 10), of(a, 20, seed=1), of(a, 60, seed=2), of(b, 5, seed=1), of(c, 1), failed(c, "no", seed=1)]
    table = table_of(rows)
    assert [table.query(arch) for arch in (a, b, c)] == [30, 5, 1]
    assert table.explain(a).seeds == (0, 1, 2)
    assert table.explain(b).seeds == (1,)
    assert table.explain(c).seeds == (0,)
    assert table.explain(a, seed=2) == table.explain(SPACE.format(a), seed=2)
    assert (table.explain(a, seed=2).value, table.explain(a, seed=2).seeds) == (60, (2,))


def test_a_published_aggregate_is_not_averaged_again() -> None:
    a, b = architecture(0), architecture(1)
    table = table_of([of(a, 90, seed=PUBLISHED), of(a, 10), of(a, 20, seed=1), of(b, 4), of(b, 6, seed=1)])
    assert table.query(a) == 90
    assert table.explain(a).seeds == (PUBLISHED,)
    assert table.query(a, seed=0) == 10
    assert table.query(b) == 5
    assert table.explain(b).seeds == (0, 1)
    np.testing.assert_array_equal(table.values(), [table.query(arch) for arch in table])


def test_the_longest_schedule_is_the_default() -> None:
    a = architecture(0)
    table = table_of([of(a, 1, schedule=12), of(a, 2, schedule=200), of(a, 3, schedule=90)])
    assert table.schedules == (12, 90, 200)
    assert table.query(a) == 2
    assert table.query(a, schedule=12) == 1
    assert table.explain(a).schedule == 200
    assert (table.seeds("val_accuracy"), table.epochs("val_accuracy", 12)) == ((0,), (12,))


def test_epochs_are_those_completed() -> None:
    table = table_of([row(0)])
    answer = table.explain(architecture(0), "val_loss", epoch=2)
    assert (answer.value, answer.epoch) == (row(0).curves["val_loss"][1], 2)
    assert table.epochs("val_loss") == (1, 2, 3)
    assert table.epochs("test_loss") == (3,)
    for epoch in (0, 4, -2):
        with pytest.raises(LookupError, match=f"not measured after {epoch} epochs, only after 1, 2, 3; -1 is the last"):
            table.query(architecture(0), "val_loss", epoch=epoch)
    with pytest.raises(LookupError, match="only after 3"):
        table.query(architecture(0), "test_loss", epoch=1)


# -- classes ------------------------------------------------------------------------------------------------------


def test_an_absent_row_is_answered_by_its_class_which_says_so() -> None:
    table = table_of([of(GROUP[0], 10), of(GROUP[0], 20, seed=1), of(GROUP[1], 25), of(architecture(40), 1)])
    answer = table.explain(GROUP[3])
    assert (answer.value, answer.source, answer.seeds) == (20.0, "class", (0, 1))
    assert set(answer.members) == {GROUP[0], GROUP[1]}
    assert table.query(GROUP[3]) == table.query(SPACE.format(GROUP[3])) == 20.0
    assert table.query(GROUP[3]) == 20.0, "again, from memory"
    own = table.explain(GROUP[1])
    assert (own.value, own.source, own.members) == (25, "row", (GROUP[1],))
    assert GROUP[1] in table
    assert GROUP[3] not in table
    assert len(table) == 3


def test_a_row_without_this_number_is_answered_by_its_class() -> None:
    table = table_of([of(GROUP[0], 10), of(GROUP[1], 30, seed=1)])
    assert table.explain(GROUP[1], seed=0).source == "class"
    assert table.query(GROUP[1], seed=0) == 10
    assert np.isnan(table.values(seed=0)).sum() == 1, "values are own rows alone"


def test_a_failed_row_is_not_answered_by_its_class() -> None:
    table = table_of([failed(GROUP[0], "diverged in epoch 2"), of(GROUP[1], 30)])
    with pytest.raises(LookupError, match=r"val_accuracy of .* its training failed \(diverged in epoch 2\)"):
        table.query(GROUP[0])
    assert np.isnan(table.values()[list(table).index(GROUP[0])])
    assert table.explain(GROUP[2]).members == (GROUP[1],)
    only = table_of([failed(GROUP[0], "first"), failed(GROUP[1], "second"), of(architecture(40), 1)])
    with pytest.raises(LookupError, match=r"failed \(first; second\)"):
        only.query(GROUP[2])


def test_failed_epochs_are_no_numbers_but_their_seconds_count() -> None:
    table = table_of([row(0, failed=True), row(1)])
    with pytest.raises(LookupError, match="diverged"):
        table.query(architecture(0), "val_accuracy", epoch=1)
    assert table.seconds(architecture(0)) == sum(row(0, failed=True).curves["seconds"])
    assert table.seconds(architecture(0), epoch=1) == row(0, failed=True).curves["seconds"][0]


def test_class_means_are_over_rows() -> None:
    table = table_of([of(GROUP[0], 10), of(GROUP[0], 20, seed=1), of(GROUP[1], 25), of(architecture(40), 1)])
    means = dict(zip(table.classes.tolist(), table.class_means().tolist(), strict=True))
    assert means == {SPACE.canonical_hash(GROUP[0]): 20.0, SPACE.canonical_hash(architecture(40)): 1.0}
    assert [table.classes[place] for place in table.class_index] == table.class_hashes.tolist()
    assert table.class_hashes.tolist() == [SPACE.canonical_hash(arch) for arch in table]


def test_classes_without_a_value_have_no_mean() -> None:
    table = table_of([failed(GROUP[0], "x"), of(architecture(40), 1)])
    assert np.isnan(table.class_means()).sum() == 1


# -- the rest -----------------------------------------------------------------------------------------------------


def test_the_best() -> None:
    table = table_of([row(i) for i in range(8)] + [row(9, failed=True)])
    for name, metric in METRICS.items():
        arch, value = table.best(name)
        held = [v for v in table.values(name).tolist() if not math.isnan(v)]
        assert value == (max(held) if metric.higher_is_better else min(held)) == table.query(arch, name)
    with pytest.raises(LookupError, match="no architecture of the table has a value"):
        table_of([failed(architecture(0), "x"), of(architecture(1), 1, seed=1)]).best(seed=0)


def test_seconds_add_up() -> None:
    a = architecture(0)
    table = table_of([row(0), row(0, seed=1), row(1)])
    by_hand = [[sum(row(0, seed).curves["seconds"][:epoch]) for seed in range(2)] for epoch in (1, 2, 3)]
    for epoch, sums in enumerate(by_hand, 1):
        assert table.seconds(a, epoch=epoch) == pytest.approx(sum(sums) / 2)
        assert table.seconds(a, epoch=epoch, seed=1) == pytest.approx(sums[1])
    assert table.seconds(SPACE.format(a)) == table.seconds(a, epoch=3)
    assert math.isnan(table.seconds(architecture(5)))
    assert math.isnan(table_of([of(a, 1)]).seconds(a))
    members = table_of([of(GROUP[0], 1, curves={"seconds": [1.0, 2.0, 3.0]})])
    assert members.seconds(GROUP[2]) == 6.0


def test_costs() -> None:
    table = table_of([row(0), row(1)], flops={row(0).choices: 7.0})
    assert dict(zip(table, table.cost("flops").tolist(), strict=True))[architecture(0)] == 7.0
    assert np.isnan(table.cost("flops")).sum() == 1
    with pytest.raises(LookupError, match="no cost of this table is called 'flop'; did you mean 'flops'"):
        table.cost("flop")


def test_what_is_asked_wrongly_is_said() -> None:
    table = table_of([row(0), of(architecture(1), 5, schedule=12)])
    with pytest.raises(LookupError, match=re.escape("no schedule of 5 epochs; it has: 3, 12")):
        table.query(architecture(0), schedule=5)
    with pytest.raises(LookupError, match="schedule 12 of the table has no test_loss; ask for schedule 3"):
        table.query(architecture(0), "test_loss")
    with pytest.raises(LookupError, match="did you mean 'val_accuracy'"):
        table.values("valid_accuracy")
    with pytest.raises(LookupError, match="val_accuracy has no seed 3; it has: 0"):
        table.query(architecture(0), seed=3)
    with pytest.raises(LookupError, match="neither it nor an architecture of its class has this number"):
        table.query(architecture(30))
    with pytest.raises(ValueError, match="cannot read 'abc'"):
        table.query("abc")
    for wrong in (Architecture("darts", (0,) * 6), 5, None, (0,) * 6):
        with pytest.raises(ValueError, match="expected an architecture of nas_bench_201"):
            table.query(wrong)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="expected an architecture of nas_bench_201"):
            table.seconds(wrong)  # type: ignore[arg-type]
    with pytest.raises(LookupError, match="no schedule of any epochs; it has: none yet"):
        table_of([]).query(architecture(0))


def test_answers_cannot_be_changed() -> None:
    table = table_of([row(0)])
    for array in (table.values(), table.choices, table.class_hashes, table.classes, table.class_index):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = array


def test_many_columns_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns, "KEPT", 3)
    table = table_of([row(0), row(1)])
    for _ in range(2):
        for name in METRICS:
            for seed in (None, 0):
                assert table.query(architecture(1), name, seed=seed) == pytest.approx(table.values(name, seed=seed)[1])
                assert len(table._columns.known) <= 3
                assert len(table._columns._columns) <= 3


def test_status_and_failures() -> None:
    table = table_of([row(0), row(1, failed=True), row(1, seed=1)])
    cells = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 7), (9, 0)]
    expected = ["done", "failed", "done", "absent", "absent", "absent"]
    assert [table.status(architecture(i), 3, seed) for i, seed in cells] == expected
    assert table.status(architecture(0), 99, 0) == "absent"
    assert table.failures() == [(architecture(1), 0, row(1, failed=True).reason)]


def test_a_table_is_opened_again_in_another_process(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    write_table(path, MemoryContents.from_rows(header(), [row(0)]))
    with nasbench.open_table(path) as table:
        for one in (table, table.for_search()):
            again = pickle.loads(pickle.dumps(one))  # noqa: S301 - what multiprocessing does
            assert again.query(architecture(0)) == table.query(architecture(0))
            assert type(again) is type(one)
    for one in (table_of([row(0)]), table_of([row(0)]).for_search()):
        with pytest.raises(TypeError, match="opened from a file"):
            pickle.dumps(one)


def test_columns_stay_after_closing(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    write_table(path, MemoryContents.from_rows(header(), [row(0)]))
    with nasbench.open_table(path) as table:
        value = table.query(architecture(0))
    assert table.query(architecture(0)) == value
