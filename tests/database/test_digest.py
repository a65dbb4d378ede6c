"""The digest: what changes it and what does not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nasbench.database.digest import content_digest
from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Header, Row
from tests.database.making import header, row


def digest(rows: list[Row], head: Header | None = None, **costs: float) -> str:
    by_choices = {name: ("count", {rows[0].choices: value}) for name, value in costs.items()}
    return content_digest(MemoryContents.from_rows(head or header(), rows, by_choices))


def changed(one: Row, **changes: Any) -> Row:
    return Row(**{**vars(one), **changes})


ROW, FAILED = row(0), row(1, failed=True)
SAME = digest([ROW, FAILED])


@pytest.mark.parametrize(
    "other",
    [
        [ROW],
        [ROW, FAILED, row(2)],
        [row(0, seed=1), FAILED],
        [row(2), FAILED],
        [changed(ROW, finals={**ROW.finals, "test_loss": ROW.finals["test_loss"] * (1 + 1e-15)}), FAILED],
        [changed(ROW, finals={"test_loss": ROW.finals["test_loss"]}), FAILED],
        [changed(ROW, curves={**ROW.curves, "val_loss": ROW.curves["val_loss"][::-1]}), FAILED],
        [ROW, changed(FAILED, reason="out of memory")],
        [ROW, changed(FAILED, curves={})],
        [ROW, row(1)],
    ],
)
def test_what_the_rows_say_counts(other: list[Row]) -> None:
    assert digest(other) != SAME


@pytest.mark.parametrize("change", [{"space": "darts"}, {"recipe": {"channels": 9}}, {"data_card": {"sha256": "00"}}])
def test_space_recipe_and_data_count(change: dict[str, Any]) -> None:
    assert digest([ROW, FAILED], header(**change)) != SAME


@pytest.mark.parametrize("change", [{"versions": {}}, {"hardware": {"device": "cuda"}}, {"origin": "elsewhere"}])
def test_versions_hardware_and_origin_do_not(change: dict[str, Any]) -> None:
    assert digest([ROW, FAILED], header(**change)) == SAME


def test_clocks_order_and_costs_do_not() -> None:
    slower = changed(ROW, curves={**ROW.curves, "seconds": [9.0, 9.0, 9.0]})
    assert digest([slower, FAILED]) == SAME
    without = {name: values for name, values in ROW.curves.items() if name != "seconds"}
    assert digest([changed(ROW, curves=without), FAILED]) == SAME
    assert digest([FAILED, ROW]) == SAME
    assert digest([ROW, FAILED], flops=7.0) == SAME


def test_a_recipe_is_equal_by_value() -> None:
    first, second = {"a": 1, "b": [1, 2]}, {"b": (1, 2), "a": 1}
    assert digest([ROW], header(recipe=first)) == digest([ROW], header(recipe=second))


def test_any_nan_is_nan() -> None:
    import struct

    other = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_0123))[0]
    assert math.isnan(other)
    rows = [changed(FAILED, curves={"val_loss": [1.0, nan, 2.0]}) for nan in (math.nan, other)]
    assert digest(rows[:1]) == digest(rows[1:])


def test_the_digest_of_a_known_table_stays() -> None:
    """A change here makes every digest ever printed worthless: raise the schema's version with it."""
    plain = Row((0, 1, 2), "0" * 32, 0, 2, "done", "", {"val_accuracy": [10.0, 20.5]}, {"test_accuracy": 21.25})
    failed = Row((0, 1, 3), "1" * 32, 1, 2, "failed", "diverged", {"val_accuracy": [9.75]})
    assert digest([plain, failed], Header("toy", {"x": 1}, {"sha256": "ff"})) == GOLDEN


GOLDEN = "cd157128d1cf1907dd1e72a7378626c3a80835ec1a497fc59eecdb378442ad6e"
