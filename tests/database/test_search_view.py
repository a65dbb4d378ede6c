"""The view for searchers and predictors: the same answers, and no test metric by any way of attributes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nasbench.database.memory import MemoryContents
from nasbench.database.writer import write_table
from nasbench.table import SearchView, Table, TestMetricError
from tests.database.making import architecture, header, row

ROWS = [row(0), row(1), row(2, failed=True), row(0, schedule=5)]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    path = tmp_path / "table.h5"
    write_table(path, MemoryContents.from_rows(header(), ROWS, {"flops": ("count", {ROWS[0].choices: 1.0})}))
    return Table.open(path)


def test_everything_else_is_the_same(table: Table) -> None:
    view = table.for_search()
    assert (len(view), view.schedules, view.architectures) == (len(table), table.schedules, table.architectures)
    assert view.metrics(3) == tuple(name for name in table.metrics(3) if not name.startswith("test_"))
    for name in view.metrics(3):
        np.testing.assert_array_equal(view.values(name, 3), table.values(name, 3))
        assert view.explain(architecture(0), name, 3) == table.explain(architecture(0), name, 3)
        assert view.best(name, 3) == table.best(name, 3)
        np.testing.assert_array_equal(view.class_means(name, 3), table.class_means(name, 3))
    assert view.seconds(architecture(1), 3) == table.seconds(architecture(1), 3)
    assert view.header == table.header
    np.testing.assert_array_equal(view.cost("flops"), table.cost("flops"))
    with pytest.raises(LookupError, match="diverged"):
        view.query(architecture(2), schedule=3)


@pytest.mark.parametrize("metric", ["test_accuracy", "test_loss", "test_anything"])
def test_no_call_answers_with_a_test_metric(table: Table, metric: str) -> None:
    view = table.for_search()
    calls = [
        lambda: view.query(architecture(0), metric),
        lambda: view.query(view.space.format(architecture(0)), metric, 3, 3, 0),
        lambda: view.explain(architecture(0), metric),
        lambda: view.values(metric),
        lambda: view.class_means(metric),
        lambda: view.best(metric),
        lambda: view.seeds(metric),
        lambda: view.epochs(metric),
    ]
    for call in calls:
        with pytest.raises(TestMetricError, match=f"{metric} is hidden from searchers and predictors"):
            call()
    assert issubclass(TestMetricError, ValueError)
    with pytest.raises((ValueError, KeyError)):
        view._contents.values(3, metric)


def reachable(start: Any) -> list[Any]:
    """Every object that attributes, items and dictionaries lead to; functions are looked at from outside only."""
    found, todo, seen = [], [start], set()
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | str | bytes | int | float):
            continue
        seen.add(id(one))
        found.append(one)
        if isinstance(one, dict):
            todo += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set):
            todo += list(one)
        elif not callable(one):
            todo += list(getattr(one, "__dict__", {}).values())
            todo += [getattr(one, name) for name in getattr(type(one), "__slots__", ()) if hasattr(one, name)]
    return found


def test_no_attribute_leads_to_a_test_metric(table: Table) -> None:
    table.values("test_accuracy", 3)
    table.query(architecture(0), "test_accuracy", 3)
    view = table.for_search()
    for name in view.metrics(3):
        view.values(name, 3)
        view.query(architecture(0), name, 3)
    assert not any(isinstance(one, Table) for one in reachable(view))
    assert not any(type(one).__module__.startswith("h5py") for one in reachable(view))
    assert any(type(one).__module__.startswith("h5py") for one in reachable(table)), "the search would see it"
    numbers = {value for one in ROWS for value in one.finals.values()}
    arrays = [one for one in reachable(view) if isinstance(one, np.ndarray) and one.dtype == np.float64]
    assert arrays
    assert all(numbers.isdisjoint(array.ravel().tolist()) for array in arrays)
    assert not any(hasattr(view, name) for name in ("contents", "table", "rows", "close"))
    assert isinstance(view, SearchView)
