"""Command-line texts as values: evaluators, searchers, settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from searchers.request import Request, Source, parse_searchers, parse_settings


def test_an_evaluator_is_kind_and_path() -> None:
    assert Source.parse("table=a/b.h5") == Source("table", "table", Path("a/b.h5"))
    assert Source.parse("table=c:/b=1.h5") == Source("table", "table", Path("c:/b=1.h5"))


def test_an_evaluator_may_have_a_name_of_its_own() -> None:
    assert Source.parse("small=surrogate:runs/fit") == Source("small", "surrogate", Path("runs/fit"))


@pytest.mark.parametrize("text", ["table", "table=", "=x.h5", "../x=table:y.h5", "a b=table:y.h5", "small=table:"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="KIND=PATH"):
        Source.parse(text)


def test_an_unknown_kind_suggests_the_nearest() -> None:
    with pytest.raises(LookupError, match="did you mean 'table'"):
        Source.parse("tabel=x.h5")
    with pytest.raises(LookupError, match="did you mean 'surrogate'"):
        Source.parse("mine=surogate:x")


def test_searchers_by_list_and_all() -> None:
    assert parse_searchers("local_search, random_search,local_search") == ("local_search", "random_search")
    assert {"local_search", "random_search", "regularized_evolution"} <= set(parse_searchers("all"))
    cheap = set(parse_searchers("cheap"))
    assert "random_search" in cheap and "forge" not in cheap and cheap < set(parse_searchers("all"))
    with pytest.raises(LookupError, match="did you mean"):
        parse_searchers("random")


def test_settings_by_searcher() -> None:
    texts = ["regularized_evolution.population_size=10", "local_search.first_improvement=true"]
    assert parse_settings(texts) == {
        "regularized_evolution": {"population_size": 10},
        "local_search": {"first_improvement": True},
    }
    for wrong in ("population_size=10", "regularized_evolution.population_size"):
        with pytest.raises(ValueError, match=r"SEARCHER\.PARAMETER=VALUE"):
            parse_settings([wrong])


def request(*evaluators: str, **more: object) -> Request:
    return Request(("random_search",), tuple(map(Source.parse, evaluators)), **more)  # type: ignore[arg-type]


def test_requests_are_checked() -> None:
    with pytest.raises(ValueError, match="two evaluators are called table"):
        request("table=a.h5", "table=b.h5")
    assert len(request("table=a.h5", "other=table:b.h5").evaluators) == 2
    with pytest.raises(ValueError, match="at least one"):
        request()
    with pytest.raises(LookupError, match="searcher of this command"):
        request("table=a.h5", parameters={"local_search": {"first_improvement": True}})
    with pytest.raises(LookupError, match="candidates"):
        request("table=a.h5", candidates="some")


def test_truth_is_the_one_named_or_the_first_table() -> None:
    assert request("surrogate=fit", "table=a.h5", "b=table:b.h5").truth_path() == Path("a.h5")
    assert request("surrogate=fit", "table=a.h5", truth=Path("t.h5")).truth_path() == Path("t.h5")
    assert request("surrogate=fit", "training=c.h5").truth_path() == Path("c.h5")
    assert request("surrogate=fit").truth_path() is None
    assert request("surrogate=fit", "training=c.h5").growing() == {Path("c.h5").resolve()}
