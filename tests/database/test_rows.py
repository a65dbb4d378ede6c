"""Headers and rows check themselves; a header says how it differs from another."""

from __future__ import annotations

import math
import re

import pytest

from nasbench.database.rows import Header, Row
from tests.database.making import architecture, header, row


def test_a_row_is_plain_values() -> None:
    import numpy as np

    made = row(0, curves={"val_accuracy": np.array([1, 2, 3], dtype=np.float32)}, seed=np.int64(0))
    assert made.curves == {"val_accuracy": (1.0, 2.0, 3.0)}
    assert type(made.seed) is int
    assert made.cell == (architecture(0).choices, 3, 0)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"status": "absent"}, "'done' or 'failed'"),
        ({"status": "good"}, "'done' or 'failed'"),
        ({"reason": "why"}, "a done one has no reason"),
        ({"failed": True, "reason": " "}, "has a reason"),
        ({"failed": True, "finals": {"test_loss": 1.0}}, "no finals"),
        ({"class_hash": "abc"}, "32 hexadecimal digits"),
        ({"class_hash": "X" * 32}, "32 hexadecimal digits"),
        ({"seed": -2}, "seeds begin at -1"),
        ({"choices": ()}, "choices at 0"),
        ({"choices": (0, -1)}, "choices at 0"),
        ({"curves": {"valid_accuracy": [1, 2, 3]}}, "no metric is called 'valid_accuracy'"),
        ({"curves": {"val_accuracy": [1, 2]}}, "needs a value for each of 3 epochs, got 2"),
        ({"curves": {"val_accuracy": [1, 2, 3, 4]}}, "needs a value for each of 3 epochs, got 4"),
        ({"failed": True, "curves": {"val_accuracy": [1] * 4}}, "needs a value for each of 3 epochs, got 4"),
        ({"curves": {"val_accuracy": [1, 2, math.nan]}}, "is recorded as failed"),
        ({"finals": {"test_loss": math.inf}}, "is recorded as failed"),
        ({"curves": {"val_loss": [1, 2, 3]}, "finals": {"val_loss": 1}}, "both a curve and a final"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(changes: dict, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        row(0, **changes)


def test_rows_of_no_epochs_are_refused() -> None:
    with pytest.raises(ValueError, match="schedules at 1"):
        row(0, schedule=0)


def test_a_header_holds_json() -> None:
    assert header(recipe={"shape": (3, 8, 8)}).recipe == {"shape": [3, 8, 8]}
    with pytest.raises(ValueError, match="JSON"):
        header(recipe={"x": {1, 2}})
    with pytest.raises(ValueError, match="JSON"):
        header(recipe={"x": math.nan})


def test_headers_differ_in_what_decides_the_rows_and_say_in_which_field() -> None:
    mine = header()
    assert mine.differences(header(versions={"torch": "3"}, hardware={}, origin="elsewhere")) == []
    other = header(recipe={"channels": 16, "learning_rate": 0.1, "optimizer": {"name": "sgd"}})
    assert mine.differences(other) == [
        "recipe.channels is 8, not 16",
        "recipe.image_size is null, not absent",
        'recipe.optimizer.name is absent, not "sgd"',
    ]
    assert mine.differences(header(space="darts")) == ['space is "nas_bench_201", not "darts"']


def test_data_differ_by_their_content() -> None:
    card = {"name": "other name", "sha256": "ab" * 32}
    assert header().differences(header(data_card=card)) == []
    (told,) = header().differences(header(data_card={**card, "sha256": "cd" * 32}))
    assert told.startswith("data_card.sha256 is")
    assert Header("s", data_card={"name": "a"}).differences(Header("s", data_card={"name": "b"}))


def test_tokens_follow_the_identity() -> None:
    assert header().token == header(origin="elsewhere", versions={}).token
    assert header().token != header(recipe={}).token
    assert len(header().token) == 16


def test_a_reason_is_one_line_that_every_file_can_hold() -> None:
    made = row(0, failed=True, reason=" out of\n memory\0 at \udcff\0")
    assert made.reason == "out of memory at ?"
    assert header(origin="a\0\n").origin == "a"


def test_rows_are_equal_by_value() -> None:
    assert row(1) == row(1)
    assert row(1) != row(1, seed=1)
    assert isinstance(row(1), Row)
