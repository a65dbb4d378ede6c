"""Every searcher keeps the promise of ``searchers/searcher.py``, on a large space, a small one and a restricted one."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.database.contents import Contents
from nasbench.registry import SEARCHERS
from nasbench.space import Architecture, Space
from nasbench.table import SearchView, Table
from searchers.candidates import Candidates
from searchers.evaluator import Evaluator
from searchers.evaluators.table import TableEvaluator
from searchers.measure import Measure
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.trace import REPRODUCED, Trace
from tests.searchers import kit

QUERIES = 80
COSTLY_QUERIES = 24
NB201 = nasbench.load_space("nas_bench_201")
SPACES = {
    "nas_bench_201": NB201,
    "necklaces": kit.Necklaces(),
    "candidates": Candidates(NB201, kit.sample(60)),
    "one candidate": Candidates(NB201, kit.sample(1)),
}

pytestmark = pytest.mark.parametrize("name", SEARCHERS.names())
every_space = pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)


def queries(name: str) -> int:
    """How often a searcher is asked here."""
    return COSTLY_QUERIES if SEARCHERS.load(name).costly else QUERIES


def same(first: Trace, second: Trace) -> None:
    """Checks that two traces are equal, clocks of the searcher aside."""
    for array in REPRODUCED:
        np.testing.assert_array_equal(getattr(first, array), getattr(second, array), err_msg=array)
    assert first.meta["state"] == second.meta["state"]
    assert first.meta["failures"] == second.meta["failures"]


@every_space
def test_same_seed_same_trace(name: str, space: Space) -> None:
    first, second = (kit.finished(kit.make_run(name, space, seed=7), queries(name)) for _ in range(2))
    same(first, second)


def test_another_seed_another_trace(name: str) -> None:
    first, second = (kit.finished(kit.make_run(name, NB201, seed), queries(name)) for seed in (1, 2))
    assert not np.array_equal(first.choices, second.choices)


@every_space
@pytest.mark.parametrize("score", [kit.made_up_score, kit.third_fails], ids=["all score", "a third fails"])
@pytest.mark.parametrize("share", [0.01, 0.25, 0.46, 1.0])
def test_resumed_run_is_the_uninterrupted_one(name: str, space: Space, score, share: float, tmp_path: Path) -> None:
    count = queries(name)
    cut = min(max(1, round(share * count)), count - 1)
    if SEARCHERS.load(name).costly and share != 0.46:
        pytest.skip("one cut among fitted models is enough where asking takes long")
    whole = kit.finished(kit.make_run(name, space, 3, score), count)
    kit.finished(kit.make_run(name, space, 3, score), cut).save(tmp_path / "cut.npz")
    later = kit.make_run(name, space, 3, score)
    later.restore(Trace.load(tmp_path / "cut.npz"))
    same(whole, kit.finished(later, count))


@every_space
def test_asks_only_what_is_in_the_space(name: str, space: Space) -> None:
    run = kit.make_run(name, space, score=kit.third_fails)
    kit.finished(run, queries(name))
    evaluator = run.recorder.evaluator
    assert isinstance(evaluator, kit.Formula)
    assert evaluator.asked
    assert all(architecture in space for architecture in evaluator.asked)


@every_space
def test_goes_on_when_everything_has_been_asked(name: str, space: Space) -> None:
    if space.count() > 100:
        pytest.skip("cannot be exhausted in a moment")
    count = (1 if SEARCHERS.load(name).costly else 3) * space.count() + 5
    assert len(kit.finished(kit.make_run(name, space), count)) == count


@every_space
def test_goes_on_when_everything_fails(name: str, space: Space) -> None:
    trace = kit.finished(kit.make_run(name, space, score=lambda architecture: None), queries(name))
    assert np.isnan(trace.score).all()
    assert trace.meta["failures"] == queries(name)


@every_space
def test_unique_counts_canonical_classes(name: str, space: Space) -> None:
    trace = kit.finished(kit.make_run(name, space, seed=5), queries(name))
    hashes = [space.canonical_hash(Architecture(space.name, tuple(row))) for row in trace.choices.tolist()]
    assert trace.unique.tolist() == [len(set(hashes[: n + 1])) for n in range(queries(name))]


def test_state_is_json_and_does_not_change_by_being_read(name: str) -> None:
    run = kit.make_run(name, NB201, score=kit.third_fails)
    kit.finished(run, queries(name) // 2)
    state = run.searcher.state()
    text = json.dumps(state, allow_nan=False)
    assert json.loads(text) == json.loads(json.dumps(run.searcher.state(), allow_nan=False))
    run.searcher.ask()  # a state is a copy: what happens later does not reach it
    run.searcher.tell(NB201.from_index(0), 1.0)
    assert json.dumps(state, allow_nan=False) == text


def test_state_of_another_run_is_refused(name: str) -> None:
    searcher = make_searcher(name, NB201, 0)
    for field, value in (("searcher", "Somebody"), ("space", "elsewhere"), ("parameters", {"size": 3})):
        with pytest.raises(ValueError, match=field):
            searcher.restore({**searcher.state(), field: value})


def test_parameters_are_attributes_and_arguments(name: str) -> None:
    kind = SEARCHERS.load(name)
    searcher = make_searcher(name, NB201, 0)
    assert searcher.parameters() == kind.defaults()
    assert all(isinstance(value, bool | int | float | str) for value in kind.defaults().values())
    assert list(inspect.signature(kind.__init__).parameters)[:3] == ["self", "space", "rng"]
    assert make_searcher(name, NB201, 0, **kind.defaults()).parameters() == kind.defaults()


def test_a_generator_that_cannot_be_written_down_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="PCG64"):
        SEARCHERS.load(name)(NB201, np.random.Generator(np.random.MT19937(0)))


def test_global_chance_is_left_alone(name: str) -> None:
    before = np.random.get_state()[1].tolist()  # noqa: NPY002 - it is what must not change
    kit.finished(kit.make_run(name, NB201), queries(name))
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_there_is_no_way_to_a_test_metric(name: str, tmp_path: Path) -> None:
    path = kit.build_table(tmp_path / "t.h5", kit.sample(60))
    table = nasbench.open_table(path)
    evaluator = TableEvaluator("table", table.for_search(), Measure("val_accuracy"))
    run = Run(make_searcher(name, Candidates(NB201, table.architectures), 0), evaluator)
    kit.finished(run, queries(name))
    seen = kit.reachable(run.searcher)
    assert not [thing for thing in seen if isinstance(thing, Table | SearchView | Contents | Evaluator | Run)]
    tests = set(table.values("test_accuracy").tolist())
    assert not tests & {thing for thing in seen if isinstance(thing, float)}
