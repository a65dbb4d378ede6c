"""The budget clock: epochs of training, simulated seconds, estimated FLOPs, and the searcher's own time, counted apart.

A class of architectures is paid once: asking a canonical class again, through the same or another member, costs
nothing more, as a table or a careful experimenter would have the answer already. A class asked after some epochs of its
schedule is paid for these; asked after more it pays the difference, as its training was paused and goes on. Each epoch
of a training costs the same share of its seconds and FLOPs.

Seconds are recorded or predicted ones, never made from FLOPs: where nobody timed a training its FLOPs are counted
instead, in multiply-adds, and said to be an estimate.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ClockKind:
    """What the simulated seconds, or FLOPs, of an evaluator are.

    Args:
        kind: ``recorded`` (trainings were timed), ``estimated`` (by the rule in ``how``) or ``none``.
        how: one sentence on where they come from.
    """

    kind: str
    how: str

    def to_json(self) -> dict[str, Any]:
        """The clock's kind and rule as a dict."""
        return asdict(self)


NO_CLOCK = ClockKind("none", "no training was timed")
RECORDED = ClockKind(
    "recorded", "seconds of training recorded in the table, of one training: the mean over a row's seeds"
)
TRAINED = ClockKind("recorded", "seconds recorded when rows were trained, summed over the seeds of an architecture")
PREDICTED = ClockKind("estimated", "seconds of training as the surrogate predicts them")


NO_FLOPS = ClockKind("none", "nobody says what FLOPs a network has, or on how many images it was trained")


def flops_rule(epochs: int, train_images: int) -> ClockKind:
    """The clock of :func:`training_flops`, with its numbers."""
    how = f"FLOPs x {epochs} epochs x {train_images} training images, in multiply-adds; of a class its cheapest row's"
    return ClockKind("estimated", how)


def training_flops(flops: float, epochs: int, train_images: int) -> float:
    """Multiply-adds of a training's forward passes, for a network of ``flops`` multiply-adds an image: an estimate.

    What passes backward, of which everybody assumes twice as much, is left out: it scales all trainings alike.
    """
    return flops * epochs * train_images


def flops_unit(flops: float) -> tuple[float, str]:
    """Multiply-adds in, and name of, the unit in which so many are best read.

    >>> flops_unit(2.4e15)
    (1000000000000000.0, 'PFLOPs')
    """
    for power, name in ((18, "EFLOPs"), (15, "PFLOPs"), (12, "TFLOPs"), (9, "GFLOPs")):
        if flops >= 10.0**power:
            return 10.0**power, name
    return 1e6, "MFLOPs"


UNITS = {
    "queries": "queries",
    "seconds": "simulated seconds",
    "epochs": "epochs of training",
    "flops": "multiply-adds, estimated",
}
"""What a run can spend, and what it is called."""


@dataclass(frozen=True, slots=True)
class Budget:
    """When a run ends: after so many queries, or with the query that uses up so many seconds, epochs or FLOPs.

    The query that crosses the limit in simulated seconds, epochs or FLOPs is the run's last one. A run without a limit
    in queries also ends when 10,000 queries in a row cost nothing.
    """

    queries: int | None = None
    seconds: float | None = None
    epochs: int | None = None
    flops: float | None = None

    def __post_init__(self) -> None:
        given = {name: getattr(self, name) for name in UNITS if getattr(self, name) is not None}
        if not given:
            raise ValueError("a run needs a budget: a number of queries, of simulated seconds, of epochs, or of FLOPs")
        for name, value in given.items():
            if not value > 0:
                raise ValueError(f"a budget of {name} must be more than 0, got {value}")

    @property
    def limit(self) -> tuple[str, float]:
        """The unit that progress and curves are counted in, the first of :data:`UNITS` that is limited; its limit."""
        return next((name, getattr(self, name)) for name in UNITS if getattr(self, name) is not None)

    def used_up(self, queries: int, seconds: float, epochs: int, flops: float) -> str | None:
        """Which limit a run has reached, one of :data:`UNITS`; None while it may go on."""
        if self.queries is not None and queries >= self.queries:
            return "queries"
        if self.seconds is not None and seconds >= self.seconds:
            return "seconds"
        if self.epochs is not None and epochs >= self.epochs:
            return "epochs"
        if self.flops is not None and flops >= self.flops:
            return "flops"
        return None


class Clock:
    """What a run has spent: ``epochs`` of training, their ``seconds`` and ``flops``, ``own`` seconds of the searcher.

    ``paid`` are the canonical classes asked so far, with the epochs paid for each; ``unpriced`` counts those whose
    training seconds nobody knows, which add nothing to ``seconds``, ``unpriced_flops`` likewise.

    Args:
        whole: epochs of a whole training.
    """

    __slots__ = ("epochs", "flops", "own", "paid", "seconds", "unpriced", "unpriced_flops", "whole")

    def __init__(self, whole: int = 1) -> None:
        self.whole = whole
        self.seconds = 0.0
        self.flops = 0.0
        self.own = 0.0
        self.epochs = 0
        self.paid: dict[str, int] = {}
        self.unpriced = 0
        self.unpriced_flops = 0

    def charge(self, class_hash: str, epochs: int, seconds: float, flops: float = math.nan) -> None:
        """Pays for what an evaluation needs beyond the epochs that its class was paid before.

        Args:
            class_hash: canonical class of the architecture.
            epochs: after which it was evaluated.
            seconds: of its whole training; NaN where nobody knows.
            flops: multiply-adds of its whole training; NaN where nobody knows.
        """
        before = self.paid.get(class_hash, 0)
        if epochs <= before:
            return
        self.paid[class_hash] = epochs
        self.epochs += epochs - before
        share = (epochs - before) / self.whole
        if not math.isnan(seconds):
            self.seconds += seconds * share
        elif not before:
            self.unpriced += 1
        if not math.isnan(flops):
            self.flops += flops * share
        elif not before:
            self.unpriced_flops += 1
