"""Predictors as studies name them: read, written one way, bound to tables, once for each number of epochs seen."""

from __future__ import annotations

import pytest

from predictors.study_names import Named, read_name, split_names, tables_of, with_epochs

WRITTEN = (
    "ridge",
    "ridge[one_hot+paths]",
    "ridge(warp=identity)[one_hot]",
    'stacked(members="ridge(warp=identity)+xgboost")[zero_cost(table="my table.h5")]',
)


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_read_is_written_the_same(text: str) -> None:
    assert read_name(text).text() == text
    assert read_name(read_name(f"  {text} ").text()) == read_name(text)


def test_parts_of_a_name() -> None:
    assert read_name("ridge") == Named("ridge")
    assert read_name("ridge [ one_hot + paths ]") == Named("ridge", {}, "one_hot+paths")
    made = read_name("ridge(warp=identity)[one_hot]").make(3)
    assert made.get_params()["warp"] == "identity" and made.encoding == "one_hot"


@pytest.mark.parametrize("text", ["", "ridge[", "ridge]one_hot[", "ridge[one_hot][paths]", "ridge+xgboost", "ridge[]"])
def test_what_cannot_be_read_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="cannot read the"):
        read_name(text)


def test_unknown_parts_are_told() -> None:
    with pytest.raises(LookupError, match="ridge"):
        read_name("rigde").make(0)
    with pytest.raises(LookupError, match="one_hot"):
        with_epochs(read_name("ridge[one_hott]"), ())
    with pytest.raises(ValueError, match="colour"):
        read_name("ridge(colour=red)").make(0)


def test_commas_within_brackets_and_quotes_join() -> None:
    assert list(split_names(",".join(WRITTEN))) == list(WRITTEN)
    assert list(split_names('a[b(c="x,y)]")],, d ,')) == ['a[b(c="x,y)]")]', "d"]
    assert list(split_names("ridge[one_hot,paths")) == ["ridge[one_hot,paths"]
    assert list(split_names(" , ")) == []


def test_encodings_are_bound_to_the_table() -> None:
    bound = read_name('ridge[one_hot+zero_cost+learning_curve(table="own.h5")]').make(0, "scores.h5").encoding
    assert tables_of(bound) == ["scores.h5", "own.h5"]
    assert tables_of("one_hot+paths") == []
    assert tables_of(read_name("ridge[zero_cost]").make(0).encoding) == []


def test_once_for_each_number_of_epochs_seen() -> None:
    texts = [one.text() for one in with_epochs(read_name("ridge[one_hot+learning_curve]"), (1, 5))]
    assert texts == ["ridge[one_hot+learning_curve(epochs=1)]", "ridge[one_hot+learning_curve(epochs=5)]"]
    for text in ("ridge", "ridge[one_hot]", "ridge[learning_curve(epochs=2)]"):
        assert with_epochs(read_name(text), (1, 5)) == [read_name(text)]
    assert with_epochs(read_name("ridge[learning_curve]"), ()) == [read_name("ridge[learning_curve]")]
