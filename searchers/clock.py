"""The budget clock: simulated training seconds, and the searcher's own, counted apart.

A class of architectures is paid once: asking a canonical class again, through the same or another member, costs
nothing more, as a table or a careful experimenter would have the answer already. A class asked after some epochs of its
schedule is paid for these; asked after more it pays the difference, as its training was paused and goes on. Each epoch
of a training costs the same share of its seconds.
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
    """When a run ends: after so many queries, or with the query that uses up so many simulated seconds, or epochs.

    The query that crosses the limit in training seconds or epochs is the run's last one. A run without a limit in
    queries also ends when 10,000 queries in a row cost nothing.
    """

    queries: int | None = None
    seconds: float | None = None
    epochs: int | None = None

    def __post_init__(self) -> None:
        if self.queries is None and self.seconds is None and self.epochs is None:
            raise ValueError("a run needs a budget: a number of queries, of simulated seconds, or of epochs")
        for name in ("queries", "seconds", "epochs"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"a budget of {name} must be more than 0, got {value}")

    def used_up(self, queries: int, seconds: float, epochs: int) -> str | None:
        """Which limit a run has reached, ``queries``, ``seconds`` or ``epochs``; None while it may go on."""
        if self.queries is not None and queries >= self.queries:
            return "queries"
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        if self.epochs is not None and epochs >= self.epochs:
            return "epochs"
        return None


class Clock:
    """What a run has spent: ``training`` simulated seconds, ``epochs`` of training, ``own`` seconds of the searcher.

    ``paid`` are the canonical classes asked so far, with the epochs paid for each; ``unpriced`` counts those whose
    training seconds nobody knows, which add nothing to ``training``.

    Args:
        whole: epochs of a whole training.
    """

    __slots__ = ("epochs", "own", "paid", "training", "unpriced", "whole")

    def __init__(self, whole: int = 1) -> None:
        self.whole = whole
        self.training = 0.0
        self.own = 0.0
        self.epochs = 0
        self.paid: dict[str, int] = {}
        self.unpriced = 0

    def charge(self, class_hash: str, seconds: float, epochs: int) -> None:
        """Pays for what an evaluation needs beyond the epochs that its class was paid before.

        Args:
            class_hash: canonical class of the architecture.
            seconds: of its whole training; NaN where nobody knows.
            epochs: after which it was evaluated.
        """
        before = self.paid.get(class_hash, 0)
        if epochs <= before:
            return
        self.paid[class_hash] = epochs
        self.epochs += epochs - before
        if not math.isnan(seconds):
            self.training += seconds * ((epochs - before) / self.whole)
        elif not before:
            self.unpriced += 1
