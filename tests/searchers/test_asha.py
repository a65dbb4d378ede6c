"""ASHA: one worker by a plain rereading of the rule, many by a simulation of workers; what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from searchers.searcher import make_searcher
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
LADDER = (1, 4, 12)
ETA = 3


def simulated(run_seed: int, workers: int, queries: int, evaluator: kit.Curved) -> list[tuple[tuple[int, ...], int]]:
    """What ASHA asks: workers as a list of times, rungs as lists that are sorted anew at each decision."""
    draws = kit.finished(kit.make_run("random_search", NB201, run_seed), queries).choices.tolist()
    free = [(0, -1)] * workers  # when each is free, and the job it did
    asked: list[tuple[tuple[int, ...], int]] = []
    ends: list[int] = []
    promoted: set[tuple[tuple[int, ...], int]] = set()
    for number in range(queries):
        worker = min(range(workers), key=lambda place: free[place])
        now, _ = free[worker]
        done = [job for job in range(number) if (ends[job], job) <= free[worker]]
        question = None
        for rung in (1, 0):
            back = [job for job in done if asked[job][1] == rung]
            scored = sorted(back, key=lambda job: (-evaluator.evaluate(cell(asked[job][0]), LADDER[rung]).score, job))
            for job in scored[: len(back) // ETA]:
                if (asked[job][0], rung) not in promoted and question is None:
                    question = (asked[job][0], rung + 1)
                    promoted.add((asked[job][0], rung))
        question = question or (tuple(draws.pop(0)), 0)
        asked.append(question)
        rung = question[1]
        ends.append(now + LADDER[rung] - (LADDER[rung - 1] if rung else 0))
        free[worker] = (ends[-1], number)
    return [(choices, LADDER[rung]) for choices, rung in asked]


def cell(choices: tuple[int, ...]) -> Architecture:
    return Architecture(NB201.name, choices)


@pytest.mark.parametrize("workers", [1, 2, 9])
def test_it_asks_what_parallel_workers_would(workers: int) -> None:
    run = kit.make_curved_run("asha", NB201, seed=5, eta=ETA, workers=workers)
    trace = kit.finished(run, 120)
    evaluator = run.recorder.evaluator
    assert isinstance(evaluator, kit.Curved)
    expected = simulated(5, workers, 120, evaluator)
    got = list(zip(map(tuple, trace.choices.tolist()), trace.epochs.tolist(), strict=True))
    assert got == expected
    assert {epochs for _, epochs in got} == set(LADDER)


def test_more_workers_know_less() -> None:
    """The first questions of all workers are draws, whatever they score."""
    trace = kit.finished(kit.make_curved_run("asha", NB201, workers=25), 26)
    assert trace.epochs[:25].tolist() == [3] * 25
    np.testing.assert_array_equal(trace.choices[:25], kit.finished(kit.make_run("random_search", NB201), 25).choices)


def test_failures_count_on_a_rung_and_are_never_promoted() -> None:
    trace = kit.finished(kit.make_curved_run("asha", NB201, score=kit.third_fails, eta=3, workers=1), 200)
    later = trace.epochs > 1
    assert later.any()
    assert not np.isnan(trace.score[later]).any()
    scored = trace.score[(trace.epochs == 1) & ~np.isnan(trace.score)]
    assert (trace.epochs == 4).sum() < len(scored) * 2 / 3


@pytest.mark.parametrize("wrong", [{"eta": 1}, {"workers": 0}])
def test_what_cannot_be(wrong: dict) -> None:
    with pytest.raises(ValueError, match=f"asha.{next(iter(wrong))} must be at least"):
        make_searcher("asha", NB201, 0, **wrong)
