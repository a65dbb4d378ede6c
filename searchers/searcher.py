"""The promise of a searcher: it names the next architecture, and is told what that one scored.

A searcher knows a space, a generator of chance, and what hints tell without training. Where scores come from, what they
cost and when to stop is the business of evaluators, the clock and the runner; test results never reach it.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np

from nasbench.registry import SEARCHERS, Kind, unknown
from nasbench.space import Architecture, Space
from searchers.hints import Hints


class Partial(NamedTuple):
    """A question for less than a whole training: what an architecture scores after so many epochs of its schedule.

    A score after few epochs is read inside the one schedule that is searched, never from a shorter schedule. Trainings
    are paused, not thrown away: who asks for more epochs later pays the difference.
    """

    architecture: Architecture
    epochs: int


class Searcher(ABC):
    """A search strategy.

    Subclasses write :meth:`ask`, :meth:`tell`, :meth:`memory` and :meth:`recall`; what they can be set to is the
    keyword-only arguments of their constructor, each kept in an attribute of the same name. One searcher is one run:
    ask, tell, ask, tell.

    Args:
        space: where to search.
        rng: the searcher's only source of chance, a generator over PCG64 (``numpy.random.default_rng``).
    """

    def __init__(self, space: Space, rng: np.random.Generator) -> None:
        if rng.bit_generator.state["bit_generator"] != "PCG64":
            raise ValueError(
                f"a searcher needs a generator over PCG64, whose state it can write down, got "
                f"{rng.bit_generator.state['bit_generator']}: use numpy.random.default_rng(seed)"
            )
        self.space = space
        self.rng = rng
        self.hints = Hints(space)
        """What is known without training; whoever makes the run may give more than the sizes that are here."""
        self.epochs: tuple[int, ...] = (1,)
        """Epochs after which scores can be asked, rising; the last is the whole schedule. A run says which there are;
        where trainings show no curve it is that one alone."""

    costly: bool = False
    """Whether asking takes so long, as where models are fitted, that the contract's tests ask less often."""

    @abstractmethod
    def ask(self) -> Architecture | Partial:
        """The architecture to evaluate next, an element of the space; a :class:`Partial` for fewer epochs."""

    @abstractmethod
    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Takes in what an architecture scored: larger is better, None where it has failed and has no score.

        The score is the answer to the last question asked, after as many epochs as that one said.
        """

    @abstractmethod
    def memory(self) -> dict[str, Any]:
        """What it keeps in mind besides its chance, as JSON: dicts, lists, whole numbers, floats, text, None."""

    @abstractmethod
    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back what :meth:`memory` gave."""

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """What the searcher can be set to, by name, with the default of each."""
        arguments = inspect.signature(cls.__init__).parameters.values()
        return {each.name: each.default for each in arguments if each.kind is each.KEYWORD_ONLY}

    def parameters(self) -> dict[str, Any]:
        """What this searcher is set to, by name."""
        return {name: getattr(self, name) for name in self.defaults()}

    def state(self) -> dict[str, Any]:
        """Everything that :meth:`restore` needs to go on exactly as this searcher would, as JSON."""
        return {
            "searcher": type(self).__name__,
            "space": self.space.name,
            "parameters": self.parameters(),
            "chance": self.rng.bit_generator.state,
            "memory": self.memory(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes back to a state: what it asks from here on is what the searcher that wrote it would have asked.

        Raises:
            ValueError: the state is of another searcher, space or setting.
        """
        mine = {"searcher": type(self).__name__, "space": self.space.name, "parameters": self.parameters()}
        for field, value in mine.items():
            if state.get(field) != value:
                raise ValueError(
                    f"this state is of another run: its {field} is {state.get(field)!r}, expected {value!r}; "
                    f"restore it into a searcher made with the same settings"
                )
        self.rng.bit_generator.state = state["chance"]
        self.recall(state["memory"])


def make_searcher(name: str, space: Space, seed: int, **parameters: Any) -> Searcher:
    """A new searcher of this name.

    Every searcher of one seed gets the same stream of chance, so that comparisons are paired by seed: random search
    begins with the initial population of regularized evolution.

    Raises:
        UnknownNameError: no searcher, or no parameter of it, has this name; the message names the nearest.
        ValueError: a parameter is out of its range.
    """
    kind = SEARCHERS.load(name)
    for parameter in parameters:
        if parameter not in kind.defaults():
            raise unknown(f"parameter of {name}", parameter, sorted(kind.defaults()))
    searcher: Searcher = kind(space, np.random.default_rng(np.random.SeedSequence(seed)), **parameters)
    return searcher


def convert_parameter(name: str, parameter: str, text: str, kind: Kind = SEARCHERS) -> Any:
    """The value of a searcher's parameter that a text gives, in the type of its default.

    Args:
        name: of the searcher.
        parameter: of the parameter.
        text: what it is set to.
        kind: where searchers of this name are; they have ``defaults``.

    Raises:
        UnknownNameError: no searcher, or no parameter of it, has this name.
        ValueError: the text is not of that type.
    """
    defaults = kind.load(name).defaults()
    if parameter not in defaults:
        raise unknown(f"parameter of {name}", parameter, sorted(defaults))
    expected = type(defaults[parameter])
    if expected is bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise ValueError(f"{name}.{parameter} must be true or false, got {text!r}")
    try:
        return expected(text)
    except ValueError:
        raise ValueError(f"{name}.{parameter} must be of type {expected.__name__}, got {text!r}") from None
