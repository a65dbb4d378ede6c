"""Where runs are made: the evaluators, the truth and the space of a request, opened once a process."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import Any

import nasbench
from nasbench.space import Space
from nasbench.table import Table
from searchers.candidates import Candidates
from searchers.evaluator import Evaluator
from searchers.hints import Hints
from searchers.measure import Measure
from searchers.objective import Penalised
from searchers.request import Request
from searchers.run import Run
from searchers.searcher import make_searcher
from searchers.truth import Truth

DEFAULT_REPORT = Measure("test_accuracy")


class Workplace:
    """Makes the runs of a request; a context manager that opens evaluators when they are first used.

    Args:
        request: which evaluators, truth and candidates.

    Raises:
        OSError, ValueError, LookupError: a file is missing, is not what it should be, or lacks a measure.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self._evaluators: dict[str, Evaluator] = {}
        self._hints: dict[str, Hints] = {}
        self._closing = ExitStack()

    def evaluator(self, name: str) -> Evaluator:
        """The evaluator of this name, opened once."""
        if name not in self._evaluators:
            source = next(source for source in self.request.evaluators if source.name == name)
            evaluator = self._closing.enter_context(source.open(self.request.select, self.request.options))
            if self.request.penalties:
                evaluator = Penalised(evaluator, self.request.penalties)
            self._evaluators[name] = evaluator
        return self._evaluators[name]

    @cached_property
    def truth(self) -> Truth | None:
        """What tells the truth about incumbents; None where nothing does."""
        path = self.request.truth_path()
        if path is None:
            return None
        select = self.request.select or Measure("val_accuracy")
        return Truth(nasbench.open_table(path), select, self.request.report or DEFAULT_REPORT)

    @property
    def truth_grows(self) -> bool:
        """Whether this request itself adds rows to the truth table."""
        path = self.request.truth_path()
        return path is not None and path.resolve() in self.request.growing()

    def truth_now(self) -> Truth | None:
        """The truth, read anew where this request itself adds rows to its file."""
        if self.truth_grows:
            vars(self).pop("truth", None)
        return self.truth

    def space(self, evaluator: Evaluator) -> Space:
        """The space that searchers on this evaluator get: all of it, or the rows of the truth table.

        Raises:
            ValueError: evaluator and truth are of different spaces, or there is no truth to take candidates from.
        """
        if self.truth is None:
            if self.request.candidates == "truth":
                raise ValueError("candidates are rows of the truth table, and there is none: name it with --truth")
            return evaluator.space
        table = self.truth.table
        if table.space.name != evaluator.space.name:
            raise ValueError(
                f"the evaluator {evaluator.name} is of the space {evaluator.space.name} and the truth table of "
                f"{table.space.name}: compare within one space"
            )
        return self._candidates if self._is_restricted else evaluator.space

    @property
    def candidates(self) -> str:
        """``space`` or ``truth``: what ``auto`` has come to."""
        return "truth" if self._is_restricted else "space"

    @cached_property
    def _is_restricted(self) -> bool:
        if self.request.candidates != "auto":
            return self.request.candidates == "truth"
        growing = self.request.growing()
        truth = self.request.truth_path()
        tables = {source.path.resolve() for source in self.request.evaluators if source.fixed}
        if truth is not None and truth.resolve() not in growing:
            tables.add(truth.resolve())
        return any(not covers_space(nasbench.open_table(path)) for path in sorted(tables))

    @cached_property
    def _candidates(self) -> Candidates:
        assert self.truth is not None
        return Candidates(self.truth.table.space, self.truth.table.architectures)

    def make_run(self, evaluator_name: str, searcher_name: str, seed: int) -> Run:
        """A run at its beginning."""
        evaluator = self.evaluator(evaluator_name).of_run(seed)
        parameters = self.request.parameters.get(searcher_name, {})
        searcher = make_searcher(searcher_name, self.space(evaluator), seed, **parameters)
        searcher.hints = self.hints(evaluator_name)
        about: dict[str, Any] = {
            "space": evaluator.space.name,
            "searcher": searcher_name,
            "parameters": searcher.parameters(),
            "evaluator": evaluator_name,
            "kind": evaluator.description()["kind"],
            "select": str(evaluator.measure),
            "report": None if self.truth is None else str(self.truth.report),
            "candidates": self.candidates,
            "seed": seed,
            "noise": evaluator.noise_seed,
        }
        if self.request.penalties:
            about["penalties"] = self.request.penalties
        return Run(searcher, evaluator, about)

    def hints(self, name: str) -> Hints:
        """An evaluator's hints, gathered once for all runs."""
        if name not in self._hints:
            self._hints[name] = self.evaluator(name).hints()
        return self._hints[name]

    def close(self) -> None:
        """Closes the evaluators; what they trained is in their tables."""
        self._closing.close()
        self._evaluators.clear()

    def __enter__(self) -> Workplace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def covers_space(table: Table) -> bool:
    """Whether a table has rows of every canonical class of its space."""
    classes = set(table.classes.tolist())
    return len(table) >= table.space.count() or all(table.space.canonical_hash(a) in classes for a in table.space)
