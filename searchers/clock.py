"""The budget clock: simulated training seconds, and the searcher's own, counted apart.

A class of architectures is paid once: asking a canonical class again, through the same or another member, costs
nothing more, as a table or a careful experimenter would have the answer already.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

NOMINAL_SPEED = 1e12
"""Multiply-adds a second of the accelerator that estimated clocks imagine: about a tenth of a data-centre GPU's peak,
what small convolutional networks reach."""
PASSES = 3
"""Forward passes that one training step costs: itself, and twice as much for the way back."""


@dataclass(frozen=True, slots=True)
class ClockKind:
    """What the simulated seconds of an evaluator are.

    Args:
        kind: ``recorded`` (trainings were timed), ``estimated`` (by the rule in ``how``) or ``none``.
        how: one sentence on where the seconds come from.
    """

    kind: str
    how: str

    def to_json(self) -> dict[str, Any]:
        """The clock's kind and rule as a dict."""
        return asdict(self)


NO_CLOCK = ClockKind("none", "no training was timed, and too little is known to estimate")
RECORDED = ClockKind(
    "recorded", "seconds of training recorded in the table, of one training: the mean over a row's seeds"
)
TRAINED = ClockKind("recorded", "seconds recorded when rows were trained, summed over the seeds of an architecture")
PREDICTED = ClockKind("estimated", "seconds of training as the surrogate predicts them")


def estimate_rule(epochs: int, train_images: int) -> ClockKind:
    """The clock of :func:`estimate_seconds`, with its numbers."""
    how = (
        f"{PASSES} x FLOPs as built x {epochs} epochs x {train_images} training images / {NOMINAL_SPEED:g} "
        "multiply-adds a second"
    )
    return ClockKind("estimated", how)


def estimate_seconds(flops: float, epochs: int, train_images: int) -> float:
    """Training seconds on a nominal accelerator, for a network of ``flops`` multiply-adds an image."""
    return PASSES * flops * epochs * train_images / NOMINAL_SPEED


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends: after so many queries, or with the query that uses up so many simulated training seconds.

    The query that crosses the limit in seconds is the run's last one. A run without a limit in queries also ends when
    10,000 queries in a row were of classes paid before.
    """

    queries: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.queries is None and self.seconds is None:
            raise ValueError("a run needs a budget: a number of queries, of simulated seconds, or both")
        for name in ("queries", "seconds"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"a budget of {name} must be more than 0, got {value}")

    def used_up(self, queries: int, seconds: float) -> str | None:
        """Which limit a run has reached, ``queries`` or ``seconds``; None while it may go on."""
        if self.queries is not None and queries >= self.queries:
            return "queries"
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        return None


class Clock:
    """What a run has spent: ``training`` simulated seconds and ``own`` seconds of the searcher.

    ``paid`` are the canonical classes asked so far; ``unpriced`` counts those whose training seconds nobody knows,
    which add nothing to ``training``.
    """

    __slots__ = ("own", "paid", "training", "unpriced")

    def __init__(self) -> None:
        self.training = 0.0
        self.own = 0.0
        self.paid: set[str] = set()
        self.unpriced = 0

    def charge(self, class_hash: str, seconds: float) -> None:
        """Pays for an evaluation, unless its class was paid before."""
        if class_hash in self.paid:
            return
        self.paid.add(class_hash)
        if math.isnan(seconds):
            self.unpriced += 1
        else:
            self.training += seconds
