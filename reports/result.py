"""What a result is, once read: of a fit, a study, a comparison. Arrays of floats, NaN where nothing was measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from searchers.clock import Budget
from searchers.measure import Measure

TOLD = ("transfer", "quality", "cards")
"""Kinds of results of which ``result.json`` says everything."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """A result folder.

    Args:
        folder: where it is, as named by the user.
        name: a name that no other result of the report has, fit for a file.
        info: what ``result.json`` holds.
        digest: SHA-256 of ``result.json``.
        missing: sentences about what should be there and is not.
    """

    folder: Path
    name: str
    info: dict[str, Any]
    digest: str
    missing: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        """``fit``, ``study``, ``compare`` or one of :data:`TOLD`."""
        return str(self.info["kind"])


@dataclass(frozen=True, kw_only=True)
class Told(Result):
    """A result of one of the kinds :data:`TOLD`, of which ``info`` says everything."""


@dataclass(frozen=True, kw_only=True)
class Fit(Result):
    """A fitted predictor on held-out classes: ``actual`` and ``predicted`` scores, ``std`` NaN where not given."""

    actual: np.ndarray
    predicted: np.ndarray
    std: np.ndarray

    @property
    def predictor(self) -> str:
        """Name of the predictor."""
        return str(self.info.get("predictor", self.name))


@dataclass(frozen=True, kw_only=True)
class Study(Result):
    """Scores of predictors by number of training classes: a row for each (predictor, n, seed)."""

    predictor: np.ndarray
    size: np.ndarray
    seed: np.ndarray
    scores: dict[str, np.ndarray]

    @property
    def predictors(self) -> list[str]:
        """Names of the predictors, in the order asked for."""
        return ordered(self.info.get("predictors", ()), self.predictor.tolist())

    def by_seed(self, predictor: str, size: int, score: str) -> dict[int, float]:
        """A score for each seed of a predictor trained on ``size`` classes."""
        rows = np.flatnonzero((self.predictor == predictor) & (self.size == size))
        return {int(self.seed[row]): float(self.scores[score][row]) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One searcher's run on one evaluator; arrays have an entry a query and describe the incumbent after it.

    Args:
        score: the incumbent's score as the evaluator gave it, NaN before the first.
        seconds: simulated training seconds spent so far, NaN without a clock.
        search_seconds: the searcher's own seconds so far.
        true_val: the incumbent's value of the selecting measure by the truth table, NaN where it has none.
        true_test: likewise of the reported measure.
        unique: different canonical classes asked so far.
        clock: what the seconds are: ``recorded``, ``estimated`` or ``none``.
        failures: queries that gave no score.
        unpriced: classes whose training time nobody knows; they add nothing to ``seconds``.
        epochs: epochs of training spent so far; None where they were not kept.
        flops: multiply-adds of training spent so far, an estimate; None or NaN where nobody knows them.
        unpriced_flops: classes whose FLOPs nobody knows.
        partial: whether some trainings were asked before their end, so that queries do not tell what was spent.
    """

    evaluator: str
    searcher: str
    seed: int
    score: np.ndarray
    seconds: np.ndarray
    search_seconds: np.ndarray
    true_val: np.ndarray
    true_test: np.ndarray
    unique: np.ndarray
    clock: str = "none"
    failures: int = 0
    unpriced: int = 0
    epochs: np.ndarray | None = None
    flops: np.ndarray | None = None
    unpriced_flops: int = 0
    partial: bool = False

    def spent(self, over: str) -> np.ndarray:
        """float64 [queries]: how much of a unit of budgets was used up after each query; NaN where it was not kept."""
        if over == "queries":
            return np.arange(1.0, len(self.score) + 1)
        spent: np.ndarray | None = getattr(self, over)
        return np.full(len(self.score), np.nan) if spent is None else spent


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFront:
    """What one run knows of score against cost.

    Args:
        queries: after which the hypervolume had grown, rising, and the last one.
        hypervolume: as large as it then was, in units of the score.
        score: of the members of the front, the cheapest first.
        costs: float64 [members] by cost; NaN where the front is not of that cost.
    """

    evaluator: str
    searcher: str
    seed: int
    queries: np.ndarray
    hypervolume: np.ndarray
    score: np.ndarray
    costs: dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Comparison(Result):
    """Finished runs of searchers on evaluators; names in the order asked for.

    Args:
        runs: by evaluator, searcher and seed.
        searchers: names.
        evaluators: name -> kind: ``table``, ``surrogate`` or ``training``.
        select: the measure that incumbents are chosen by.
        report: the measure that ``true_test`` is; None without a truth table.
        budget: when runs ended; None where that is not known, and they are counted in queries.
        optimum: best value of ``report`` in the truth table, None where it is not known.
        fronts: of runs whose costs were named; none where no costs were.
    """

    runs: tuple[Run, ...]
    searchers: tuple[str, ...]
    evaluators: dict[str, str]
    select: Measure
    report: Measure | None
    budget: Budget | None = None
    optimum: float | None = None
    fronts: tuple[RunFront, ...] = ()

    @property
    def over(self) -> str:
        """The unit in which runs were limited, and are looked at together: ``queries``, ``epochs`` and the like."""
        return "queries" if self.budget is None else self.budget.limit[0]

    @property
    def most(self) -> float:
        """How much of that unit a run had; what the longest one used where that is not known."""
        return max(len(run.score) for run in self.runs) if self.budget is None else float(self.budget.limit[1])

    @property
    def worth(self) -> str:
        """The array by which runs are judged: ``true_test``; ``score`` where no truth table answered."""
        return "true_test" if any(np.isfinite(run.true_test).any() for run in self.runs) else "score"

    @property
    def worth_measure(self) -> Measure:
        """The measure that :attr:`worth` holds."""
        return self.report if self.report is not None and self.worth == "true_test" else self.select

    def of(self, evaluator: str, searcher: str) -> list[Run]:
        """The runs of a searcher on an evaluator, by seed."""
        return [run for run in self.runs if (run.evaluator, run.searcher) == (evaluator, searcher)]

    def finals(self, evaluator: str, value: str) -> dict[str, dict[int, float]]:
        """Last entry of an array of every run on an evaluator: by searcher, for those with runs, then by seed."""
        finals: dict[str, dict[int, float]] = {}
        for searcher in self.searchers:
            runs = [run for run in self.of(evaluator, searcher) if len(run.score)]
            if runs:
                finals[searcher] = {run.seed: float(getattr(run, value)[-1]) for run in runs}
        return finals

    def clock(self, evaluator: str) -> str:
        """What the simulated seconds on an evaluator are: ``recorded``, ``estimated`` or ``none``."""
        kinds = {run.clock for run in self.runs if run.evaluator == evaluator}
        return kinds.pop() if len(kinds) == 1 else "none"


def ordered(named: Iterable[str], seen: Iterable[str]) -> list[str]:
    """Names in the order a result lists them, then those it does not list."""
    return list(dict.fromkeys([*map(str, named), *sorted(set(seen))]))


def number_ranges(numbers: Iterable[int]) -> str:
    """Whole numbers as text, runs of neighbours shortened.

    >>> number_ranges([0, 1, 2, 5, 7, 8])
    '0-2, 5, 7-8'
    """
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in ranges)
