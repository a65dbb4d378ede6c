"""The promise of an evaluator: it says what an architecture scores, whatever that takes.

An evaluator answers from a table, guesses from a surrogate, or trains. Searchers cannot tell which, and none of them
answers with a test metric.
"""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from nasbench.registry import Kind
from nasbench.space import Architecture, Space
from searchers.clock import NO_CLOCK, NO_FLOPS, ClockKind
from searchers.hints import Hints
from searchers.measure import Measure

EVALUATORS = Kind("evaluator", "searchers.evaluators", "searchers.evaluator:Evaluator")


class Evaluation(NamedTuple):
    """What an evaluator says of an architecture.

    ``score`` is larger for better (a loss is negated), None where there is none; ``seconds`` is what one training
    costs, and ``flops`` in multiply-adds, NaN where nobody knows; ``source`` says where the score comes from, or
    ``failed``; ``class_hash`` names the canonical class; ``reason`` says why there is no score.
    """

    score: float | None
    seconds: float
    source: str
    class_hash: str
    reason: str = ""
    flops: float = math.nan


class Evaluator(ABC):
    """Where scores come from. Subclasses write :meth:`find`; each architecture is looked for once.

    Args:
        name: the evaluator's name in results.
        space: the architectures it is asked for.
        measure: what the score is.
        clock: what the seconds of an evaluation are.
    """

    writes: bool = False
    """Whether it adds rows to the file it reads, so that one process at a time can use it."""

    fixed: bool = False
    """Whether it answers from a table that nothing is added to, which then knows the truth as well."""

    flops_clock: ClockKind = NO_FLOPS
    """What the FLOPs of an evaluation are, an estimate wherever there are any."""

    noise_seed: int | None = None
    """Seed of the noise that is in its answers; None for answers without noise of its making."""

    def __init__(self, name: str, space: Space, measure: Measure, clock: ClockKind = NO_CLOCK) -> None:
        if measure.is_test:
            raise ValueError(
                f"a search cannot select by {measure.metric}: test results are for the report only; "
                f"select by a validation metric such as val_accuracy"
            )
        self.name = name
        self.space = space
        self.measure = measure
        self.clock = clock
        self.epochs: tuple[int, ...] = (measure.schedule or 1,)
        """Epochs after which the measure is known, rising; the last is the whole schedule, the only one without
        curves."""
        self._known: dict[tuple[int, ...], Evaluation] = {}
        self._partial: dict[tuple[tuple[int, ...], int], Evaluation] = {}

    @classmethod
    @abstractmethod
    def open(cls, name: str, path: Path, select: Measure | None) -> Evaluator:
        """The evaluator that reads a file or folder; keyword-only arguments of a kind's own are its options.

        Raises:
            OSError, ValueError, LookupError: the file is not there, is not of its kind, or lacks the measure.
        """

    @abstractmethod
    def find(self, architecture: Architecture) -> Evaluation:
        """The evaluation of an architecture, its score as the measure has it (losses are negated afterwards)."""

    def find_after(self, architecture: Architecture, epochs: int) -> Evaluation:
        """As :meth:`find`, the score after some of the schedule's epochs; the seconds are those of all of them.

        To be written where :attr:`epochs` has more than the whole schedule.
        """
        raise LookupError(f"the evaluator {self.name} knows scores of whole trainings only: ask without epochs")

    @classmethod
    def kind(cls) -> str:
        """The evaluator's kind: the name of its file."""
        return cls.__module__.rpartition(".")[2]

    @classmethod
    def options(cls) -> list[str]:
        """Names of what the kind can be set to when it is opened."""
        arguments = inspect.signature(cls.open).parameters.values()
        return [each.name for each in arguments if each.kind is each.KEYWORD_ONLY]

    def of_run(self, seed: int) -> Evaluator:
        """The evaluator that a run of this seed asks: this one, unless its noise is each run's own."""
        return self

    def hints(self) -> Hints:
        """What it knows of architectures without training any: sizes, unless its table has more."""
        return Hints(self.space)

    def evaluate(self, architecture: Architecture, epochs: int | None = None) -> Evaluation:
        """The evaluation of an architecture; the same one each time.

        Args:
            architecture: of the space.
            epochs: one of :attr:`epochs`; None for the whole schedule.

        Raises:
            ValueError: the measure is not known after so many epochs.
        """
        if epochs is not None and epochs != self.epochs[-1]:
            return self._evaluate_after(architecture, epochs)
        evaluation = self._known.get(architecture.choices)
        if evaluation is None:
            evaluation = self._known[architecture.choices] = self._checked(self.find(architecture))
        return evaluation

    def _evaluate_after(self, architecture: Architecture, epochs: int) -> Evaluation:
        key = (architecture.choices, epochs)
        evaluation = self._partial.get(key)
        if evaluation is None:
            if epochs not in self.epochs:
                known = ", ".join(map(str, self.epochs))
                raise ValueError(f"{self.measure} is known after {known} epochs by {self.name}, not after {epochs}")
            evaluation = self._partial[key] = self._checked(self.find_after(architecture, epochs))
        return evaluation

    def _checked(self, evaluation: Evaluation) -> Evaluation:
        score = evaluation.score
        if score is None:
            return evaluation
        if not math.isfinite(score):
            return evaluation._replace(score=None, source="failed", reason=f"the score is {score}")
        return evaluation._replace(score=self.measure.sign * float(score))

    def class_hash(self, architecture: Architecture) -> str:
        """The canonical class of an architecture."""
        return self.space.canonical_hash(architecture)

    def description(self) -> dict[str, Any]:
        """What results say of the evaluator: its kind, its measure, its clocks, and what identifies its content."""
        about = {"kind": self.kind(), "select": str(self.measure), "clock": self.clock.to_json()}
        return about if self.flops_clock is NO_FLOPS else {**about, "flops_clock": self.flops_clock.to_json()}

    def close(self) -> None:
        """Forgets what it has found, and lets go of what it holds."""
        self._known.clear()
        self._partial.clear()

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def failed(error: LookupError, seconds: float, class_hash: str) -> Evaluation:
    """The evaluation of an architecture that nothing answers for, with the reason that was given."""
    return Evaluation(None, seconds, "failed", class_hash, str(error.args[0]) if error.args else type(error).__name__)
