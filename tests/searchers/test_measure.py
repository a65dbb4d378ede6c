"""Measures as text, and which way is better."""

from __future__ import annotations

import pytest

from searchers.measure import Measure


@pytest.mark.parametrize("text", ["val_accuracy", "val_accuracy@200", "test_accuracy@200#1", "val_loss#0"])
def test_text_both_ways(text: str) -> None:
    assert str(Measure.parse(text)) == text


@pytest.mark.parametrize("text", ["", "@200", "val_accuracy@", "val_accuracy@x", "val accuracy", "val_accuracy@200#"])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="METRIC@SCHEDULE"):
        Measure.parse(text)


def test_unknown_metrics_suggest_the_nearest() -> None:
    with pytest.raises(LookupError, match="did you mean 'val_accuracy'"):
        Measure.parse("valid_accuracy@200")


def test_which_way_is_better_and_which_are_tests() -> None:
    assert (Measure("val_accuracy").sign, Measure("val_loss").sign) == (1.0, -1.0)
    assert Measure("test_loss").is_test
    assert not Measure("val_loss").is_test
