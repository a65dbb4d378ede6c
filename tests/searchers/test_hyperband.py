"""Hyperband: its brackets in order, on a real run; what is refused."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest

import nasbench
from searchers.searcher import make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")


def rungs_of(epochs: list[int]) -> list[tuple[int, int]]:
    """(epochs, how many in a row)."""
    return [(after, len(list(group))) for after, group in groupby(epochs)]


def test_brackets_follow_each_other_and_begin_again() -> None:
    """Twelve epochs and eta 3 are rungs 1, 4, 12: s = 2 begins with 9, s = 1 with ceil(3 * 3 / 2) = 5, s = 0 with 3."""
    trace = kit.finished(kit.make_curved_run("hyperband", NB201), 2 * (9 + 3 + 1 + 5 + 1 + 3))
    once = [(1, 9), (4, 3), (12, 1), (4, 5)]
    last = [(12, 1 + 3)]  # the end of s = 1 and all of s = 0
    assert rungs_of(trace.epochs.tolist()) == (once + last) * 2


def test_the_best_third_of_a_bracket_goes_on() -> None:
    trace = kit.finished(kit.make_curved_run("hyperband", NB201, seed=1), 13)
    best = np.argsort(-trace.score[:9], kind="stable")[:3]
    np.testing.assert_array_equal(trace.choices[9:12], trace.choices[best])
    np.testing.assert_array_equal(trace.choices[12], trace.choices[9 + np.argmax(trace.score[9:12])])


def test_brackets_cost_about_the_same() -> None:
    """(s_max + 1) R epochs each, reckoned as if trainings began anew."""
    from searchers.methods.hyperband import brackets

    for ladder, eta in (((1, 3, 9, 27, 81), 3), ((1, 4, 16, 64), 4), ((1, 2, 4, 8), 2)):
        goal = len(ladder) * ladder[-1]
        for epochs, sizes in brackets(ladder, eta):
            cost = sum(after * size for after, size in zip(epochs, sizes, strict=True))
            assert 0.7 * goal <= cost <= 1.3 * goal


def test_what_cannot_be() -> None:
    with pytest.raises(ValueError, match=r"hyperband.eta must be at least 2, .* got 1"):
        make_searcher("hyperband", NB201, 0, eta=1)
