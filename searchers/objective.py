"""The weighted sum: an evaluator whose score is another's less what costs weigh, for every searcher alike.

A penalty is ``NAME=WEIGHT``: so many points of the score for each unit of a cost, which is a million for sizes and the
table's own unit for others. The score becomes accuracy - lambda x cost; a loss grows by as much. What a search selects
by is penalised; what is reported of its picks, and fronts of score and cost, are of the measure itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.space import Architecture
from searchers.costs import check_costs, cost_values
from searchers.evaluator import Evaluation, Evaluator
from searchers.hints import Hints
from searchers.measure import Measure


def parse_penalties(texts: Iterable[str]) -> dict[str, float]:
    """Weights by cost, from texts such as ``flops=0.05``.

    >>> parse_penalties(["flops=0.05", "parameters = 2"])
    {'flops': 0.05, 'parameters': 2.0}

    Raises:
        ValueError: a text is not of that form, or a cost is named twice.
    """
    penalties: dict[str, float] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        try:
            weight = float(value)
        except ValueError:
            weight = math.nan
        if not name or not equals or not (math.isfinite(weight) and weight > 0):
            raise ValueError(
                f"cannot read the penalty {text!r}: expected COST=WEIGHT with a weight above 0, such as flops=0.05"
            )
        if name in penalties:
            raise ValueError(f"two penalties are of {name}: give one weight")
        penalties[name] = weight
    return penalties


def objective_text(select: str, penalties: Mapping[str, float]) -> str:
    """The objective as a formula.

    >>> objective_text("val_accuracy@200", {"flops": 0.05})
    'val_accuracy@200 - 0.05 flops'
    """
    sign = f" {'-' if Measure.parse(select).sign > 0 else '+'} "
    return sign.join([select, *(f"{weight:g} {name}" for name, weight in penalties.items())])


class Penalised(Evaluator):
    """Another evaluator's scores, less weight x cost.

    An architecture whose cost nobody knows has failed. Seconds, classes and clock are the other's.

    Args:
        evaluator: whose scores; it is closed with this one.
        penalties: weight of each cost, more than 0.

    Raises:
        UnknownNameError: a cost is not known of the evaluator's architectures; the message holds the nearest.
    """

    def __init__(self, evaluator: Evaluator, penalties: Mapping[str, float], hints: Hints | None = None) -> None:
        super().__init__(evaluator.name, evaluator.space, evaluator.measure, evaluator.clock)
        self._inner = evaluator
        self._hints = hints or evaluator.hints()
        self.penalties = dict(penalties)
        self.writes = evaluator.writes
        self.noise_seed = evaluator.noise_seed
        self.flops_clock = evaluator.flops_clock
        self.epochs = evaluator.epochs
        check_costs(list(self.penalties), self._hints)

    @classmethod
    def open(cls, name: str, path: Path, select: Measure | None) -> Evaluator:
        """Nothing: it is made of an evaluator that is open."""
        raise TypeError("a penalised evaluator is made of another one")

    def of_run(self, seed: int) -> Evaluator:
        """The other's evaluator of this run, penalised."""
        inner = self._inner.of_run(seed)
        return self if inner is self._inner else Penalised(inner, self.penalties, self._hints)

    def hints(self) -> Hints:
        """What the other knows."""
        return self._hints

    def find(self, architecture: Architecture) -> Evaluation:
        """The other's evaluation, its score less the penalties."""
        return self._lessened(architecture, self._inner.evaluate(architecture))

    def find_after(self, architecture: Architecture, epochs: int) -> Evaluation:
        """The other's evaluation after some epochs, less the penalties: a cost is there from the first epoch on."""
        return self._lessened(architecture, self._inner.evaluate(architecture, epochs))

    def _lessened(self, architecture: Architecture, evaluation: Evaluation) -> Evaluation:
        if evaluation.score is None:
            return evaluation
        penalty = float(self.penalty([architecture])[0])
        if math.isnan(penalty):
            return evaluation._replace(score=None, source="failed", reason="its cost is not known")
        return evaluation._replace(score=self.measure.sign * (evaluation.score - penalty))

    def penalty(self, architectures: Sequence[Architecture]) -> np.ndarray:
        """float64 [architectures]: sum of weight x cost, NaN where a cost is not known."""
        costs = cost_values(self._hints, self.space, list(self.penalties), architectures).tolist()
        weights = self.penalties.values()
        return np.array([math.fsum(w * cost for w, cost in zip(weights, row, strict=True)) for row in costs])

    def class_hash(self, architecture: Architecture) -> str:
        """The canonical class, as the other has it."""
        return self._inner.class_hash(architecture)

    def description(self) -> dict[str, Any]:
        """What the other says of itself, and the penalties."""
        return {**self._inner.description(), "penalties": self.penalties}

    def close(self) -> None:
        """Closes the other too."""
        super().close()
        self._inner.close()
