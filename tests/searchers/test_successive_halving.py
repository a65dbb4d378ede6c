"""Successive halving: who goes on, what is asked, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import nasbench
from searchers.searcher import make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")


def test_a_full_ladder_leaves_one() -> None:
    """A schedule of 12 epochs and eta 2 are rungs 1.5, 3, 6, 12, of which 1 is the nearest known; eight leave one."""
    trace = kit.finished(kit.make_curved_run("successive_halving", NB201), 30)
    assert trace.epochs.tolist() == ([1] * 8 + [3] * 4 + [6] * 2 + [12]) * 2


def test_the_better_half_goes_on_best_first() -> None:
    trace = kit.finished(kit.make_curved_run("successive_halving", NB201, initial=8, epochs=(3, 6, 12)), 14)
    assert trace.epochs.tolist() == [3] * 8 + [6] * 4 + [12] * 2
    first = np.argsort(-trace.score[:8], kind="stable")[:4]
    np.testing.assert_array_equal(trace.choices[8:12], trace.choices[first])
    second = 8 + np.argsort(-trace.score[8:12], kind="stable")[:2]
    np.testing.assert_array_equal(trace.choices[12:], trace.choices[second])


def test_the_next_bracket_begins_with_new_ones() -> None:
    trace = kit.finished(kit.make_curved_run("successive_halving", NB201, initial=4, epochs=(3, 6, 12)), 70)
    new = trace.choices[trace.epochs == 3]
    assert len(np.unique(new, axis=0)) == len(new) == 40


@pytest.mark.parametrize("wrong", [{"eta": 1}, {"initial": -1}])
def test_what_cannot_be(wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"successive_halving.{next(iter(wrong))} must be"):
        make_searcher("successive_halving", NB201, 0, **wrong)
