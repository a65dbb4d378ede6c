"""What a command line asks of searchers and evaluators, as checked values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nasbench.registry import SEARCHERS, unknown
from searchers.evaluator import EVALUATORS, Evaluator
from searchers.measure import Measure
from searchers.searcher import convert_parameter

CANDIDATES = ("auto", "space", "truth")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_NAMED = re.compile(r"(?P<name>[^=(]*)(?P<options>\([^()]*\))?=(?P<rest>.+)")
_KIND = re.compile(r"(?P<kind>[^:(]*)(?P<options>\([^()]*\))?:(?P<path>.*)")
_NOISE = re.compile(r"\(\s*noise\s*(=\s*(?P<seed>[0-9]+)\s*)?\)")


@dataclass(frozen=True, slots=True)
class Source:
    """An evaluator as asked for: its name in results, its kind, the file or folder it reads.

    ``noise`` asks for answers such as single trainings give, of each run's own seed, or else of ``noise_seed``.
    """

    name: str
    kind: str
    path: Path
    noise: bool = False
    noise_seed: int | None = None

    @classmethod
    def parse(cls, text: str) -> Source:
        """The evaluator that ``KIND=PATH`` names, or ``NAME=KIND:PATH`` where a kind is used more than once.

        After the kind may stand ``(noise)``, or ``(noise=SEED)`` for the same noise in every run.

        >>> Source.parse("small=table:runs/small.h5").name
        'small'
        >>> Source.parse("noisy=surrogate(noise=3):fit").noise_seed
        3

        Raises:
            ValueError: the text is not of that form, or the kind has no noise.
            UnknownNameError: there is no such kind.
        """
        kinds = EVALUATORS.names()
        named = _NAMED.fullmatch(text)
        name, options, path = ("", None, "") if named is None else named.group("name", "options", "rest")
        kind = name
        if name not in kinds and options is None and (inner := _KIND.fullmatch(path)):
            kind, options, path = inner.group("kind", "options", "path")
        if not path or not _NAME.fullmatch(name):
            raise ValueError(
                f"cannot read the evaluator {text!r}: expected KIND=PATH or NAME=KIND:PATH, "
                f"KIND being one of {', '.join(kinds)}"
            )
        if kind not in kinds:
            raise unknown("evaluator", kind, kinds)
        return cls(name, kind, Path(path), *(() if options is None else _noise(options, kind)))

    @property
    def writes(self) -> bool:
        """Whether the evaluator adds rows to its file, so that one process at a time can use it."""
        return bool(EVALUATORS.load(self.kind).writes)

    @property
    def fixed(self) -> bool:
        """Whether the file is a table that nothing is added to."""
        return bool(EVALUATORS.load(self.kind).fixed)

    def open(self, select: Measure | None, options: Mapping[str, Any]) -> Evaluator:
        """The evaluator itself; of ``options`` it gets those that its kind takes.

        Raises:
            OSError, ValueError, LookupError: what it reads is not there, is not of its kind, or cannot answer.
        """
        evaluator: type[Evaluator] = EVALUATORS.load(self.kind)
        options = {**options, "noise": self.noise, "noise_seed": self.noise_seed}
        taken = {name: options[name] for name in evaluator.options() if name in options}
        return evaluator.open(self.name, self.path, select, **taken)


@dataclass(frozen=True)
class Request:
    """Which runs to make: every searcher on every evaluator.

    Args:
        searchers: names of searchers.
        parameters: settings that differ from the defaults, by searcher and parameter.
        evaluators: where scores come from, names all different.
        truth: the table that says what a pick is worth; None for the first table's, or else the first training's.
        select: what incumbents are chosen by; None for each evaluator's own.
        report: what is reported of incumbents; None for the test accuracy of the longest schedule.
        candidates: ``space`` to search the whole space, ``truth`` to search the rows of the truth table, ``auto`` for
            the rows where a table covers only a part of its space.
        options: options of evaluators, such as ``device``.
        penalties: weight of each cost that scores are lessened by.
        pareto: costs that fronts and hypervolumes of all runs are of; none for those of searchers that have costs.
        pareto_from: the score from which hypervolumes count; None for 0 of accuracies.
    """

    searchers: tuple[str, ...]
    evaluators: tuple[Source, ...]
    parameters: dict[str, dict[str, Any]] = field(default_factory=dict)
    truth: Path | None = None
    select: Measure | None = None
    report: Measure | None = None
    candidates: str = "auto"
    options: dict[str, Any] = field(default_factory=dict)
    penalties: dict[str, float] = field(default_factory=dict)
    pareto: tuple[str, ...] = ()
    pareto_from: float | None = None

    def __post_init__(self) -> None:
        if not self.searchers or not self.evaluators:
            raise ValueError("name at least one searcher and one evaluator")
        if self.candidates not in CANDIDATES:
            raise unknown("set of candidates", self.candidates, list(CANDIDATES))
        names = [source.name for source in self.evaluators]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(
                    f"two evaluators are called {name}: give each a name of its own, as in first={name}:PATH"
                )
        for searcher in self.parameters:
            if searcher not in self.searchers:
                raise unknown("searcher of this command", searcher, sorted(self.searchers))

    def truth_path(self) -> Path | None:
        """The file of the truth table; None where nothing tells the truth."""
        if self.truth is not None:
            return self.truth
        tables = [source.path for source in self.evaluators if source.fixed]
        grown = [source.path for source in self.evaluators if source.writes]
        return next(iter([*tables, *grown]), None)

    def growing(self) -> frozenset[Path]:
        """Files that this request itself adds rows to."""
        return frozenset(source.path.resolve() for source in self.evaluators if source.writes)


def _noise(options: str, kind: str) -> tuple[bool, int | None]:
    """That there is noise, and its seed, as the brackets after a kind say."""
    match = _NOISE.fullmatch(options)
    if match is None:
        raise ValueError(f"cannot read {kind}{options}: expected {kind}, {kind}(noise) or {kind}(noise=SEED)")
    if "noise" not in EVALUATORS.load(kind).options():
        raise ValueError(
            f"an evaluator of kind {kind} adds no noise to its answers: leave {options} out, or ask a surrogate for it"
        )
    return True, None if match["seed"] is None else int(match["seed"])


def parse_searchers(text: str) -> tuple[str, ...]:
    """The searchers that a list with commas names; ``all`` is every one that needs no package that is missing.

    ``cheap`` are those of all that ask in no time: runs of them are as good as free, those of the others take seconds.

    Raises:
        UnknownNameError: there is no searcher of a name.
        ImportError: one needs a package that is not installed; the message holds the command.
    """
    if text.strip() == "all":
        return tuple(SEARCHERS.available())
    if text.strip() == "cheap":
        return tuple(name for name in SEARCHERS.available() if not SEARCHERS.load(name).costly)
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    for name in names:
        SEARCHERS.load(name)
    return names


def parse_settings(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Parameters by searcher, from texts such as ``regularized_evolution.population_size=10``.

    Raises:
        ValueError: a text is not of that form, or its value not of the parameter's type.
        UnknownNameError: there is no such searcher, or no such parameter.
    """
    settings: dict[str, dict[str, Any]] = {}
    for text in texts:
        target, equals, value = text.partition("=")
        searcher, dot, parameter = target.strip().partition(".")
        if not equals or not dot:
            raise ValueError(f"cannot read the setting {text!r}: expected SEARCHER.PARAMETER=VALUE")
        settings.setdefault(searcher, {})[parameter] = convert_parameter(searcher, parameter, value.strip())
    return settings
