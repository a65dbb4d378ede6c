"""ASHA: successive halving without waiting for a rung to fill, on workers that finish one after the other."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.rungs import Choices, check_eta, draw_new, rungs
from searchers.searcher import Partial, Searcher

Job = tuple[int, int, int, Choices, float | None]
"""When it ends, in epochs; its number; its rung; the architecture; its score, which nobody looks at before the end."""
Rank = tuple[float, int]
"""A score with its sign turned, and the number of the job: the smallest is the best, the first of equals."""


class Asha(Searcher):
    """Asynchronous successive halving: a worker that is free promotes an architecture where it can, or draws a new one.

    An architecture can be promoted once it is in the best 1 / ``eta`` of what has come back on its rung; higher rungs
    are looked at first. The workers are simulated: an evaluation takes as long as it has epochs to train, and its score
    counts when it would have come back. So every question is the next job of a worker, decided on what parallel
    trainings would have told by then, though it is answered at once. Where no scores are known before the end of the
    schedule this is random search.

    Li, Jamieson, Rostamizadeh, Gonina, Ben-Tzur, Hardt, Recht and Talwalkar, "A System for Massively Parallel
    Hyperparameter Tuning", MLSys 2020, algorithm 2 without early-stopping rate; eta and the 25 workers are those of its
    experiments.

    Args:
        space: where to search.
        rng: its source of chance.
        eta: one of so many goes on.
        workers: trainings that run at a time.
    """

    def __init__(self, space: Space, rng: np.random.Generator, *, eta: int = 4, workers: int = 25) -> None:
        super().__init__(space, rng)
        check_eta("asha", eta)
        if workers < 1:
            raise ValueError(f"asha.workers must be at least 1, got {workers}")
        self.eta = eta
        self.workers = workers
        self._now = 0
        self._jobs = 0  # jobs begun
        self._running: list[Job] = []  # a heap, the next one to end first
        self._pending: Job | None = None  # asked, not yet told
        self._ranked: dict[int, list[Rank]] = {}  # by rung, sorted: all that has come back
        self._waiting: dict[int, list[tuple[Rank, Choices]]] = {}  # by rung, a heap: what was not promoted
        self._drawn: dict[Choices, None] = {}

    def ask(self) -> Architecture | Partial:
        """The next job of the first worker that is free."""
        if len(self._running) >= self.workers:
            self._finish(heapq.heappop(self._running))
        ladder = rungs(self.epochs, self.eta)
        rung, choices = self._promoted(len(ladder) - 1)
        if choices is None:
            architecture = draw_new(self.space, self.rng, self._drawn)
        else:
            architecture = Architecture(self.space.name, choices)
        cost = ladder[rung] - (ladder[rung - 1] if rung else 0)
        self._pending = (self._now + cost, self._jobs, rung, architecture.choices, None)
        return architecture if ladder[rung] == self.epochs[-1] else Partial(architecture, ladder[rung])

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """The worker has its job; the score is kept until it ends."""
        if self._pending is not None:
            heapq.heappush(self._running, (*self._pending[:4], score))
            self._jobs += 1
            self._pending = None

    def _promoted(self, top: int) -> tuple[int, Choices | None]:
        """The rung and architecture to go on with; the lowest rung and None for a new one."""
        for rung in range(top - 1, -1, -1):
            waiting = self._waiting.get(rung)
            if waiting:
                ranked = self._ranked[rung]
                rank, choices = waiting[0]
                if bisect_left(ranked, rank) < len(ranked) // self.eta:
                    heapq.heappop(waiting)
                    return rung + 1, choices
        return 0, None

    def _finish(self, job: Job) -> None:
        """The clock goes on to where a job ends, and its score counts from now on; failures are the last of all."""
        self._now, number, rung, choices, score = job
        rank = (float("inf") if score is None else -score, number)
        insort(self._ranked.setdefault(rung, []), rank)
        if score is not None:
            heapq.heappush(self._waiting.setdefault(rung, []), (rank, choices))

    def memory(self) -> dict[str, Any]:
        """The workers' clock and jobs, the rungs, and what was drawn, in order; a failure's rank is None."""
        return {
            "now": self._now,
            "jobs": self._jobs,
            "running": [[*job[:3], list(job[3]), job[4]] for job in self._running],
            "ranked": [
                [rung, [[None if rank[0] == float("inf") else rank[0], rank[1]] for rank in ranked]]
                for rung, ranked in self._ranked.items()
            ],
            "waiting": [
                [rung, [[*rank, list(choices)] for rank, choices in waiting]] for rung, waiting in self._waiting.items()
            ],
            "drawn": [list(choices) for choices in self._drawn],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        self._now, self._jobs, self._pending = memory["now"], memory["jobs"], None
        self._running = [(end, number, rung, tuple(c), score) for end, number, rung, c, score in memory["running"]]
        self._ranked = {
            rung: [(float("inf") if score is None else score, number) for score, number in ranked]
            for rung, ranked in memory["ranked"]
        }
        self._waiting = {
            rung: [((score, number), tuple(choices)) for score, number, choices in waiting]
            for rung, waiting in memory["waiting"]
        }
        self._drawn = {tuple(choices): None for choices in memory["drawn"]}
