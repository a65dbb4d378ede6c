"""Early stopping by learning curves: any searcher, whose trainings end once they will hardly beat the best so far."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np

from nasbench.registry import SEARCHERS
from nasbench.space import Architecture, Space
from searchers.rungs import Choices
from searchers.searcher import Partial, Searcher
from searchers.stopping import CURVES, Outlook, learned_from, look

Curve = list[float]


class CurveStopping(Searcher):
    """Another searcher whose architectures are trained from check to check, and stopped where little is to be hoped.

    Each architecture is scored at up to ``checks`` epochs spread evenly over the schedule. Once ``initial`` trainings
    have finished, each further curve is followed to its end as soon as it begins, and how far such guesses were off for
    the finished ones gives the chance that this one becomes the best. Below ``chance`` it is stopped, and the searcher
    told the guess.
    Where no scores are known before the end of the schedule this is the other searcher as it is.

    Domhan, Springenberg and Hutter, "Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
    Extrapolation of Learning Curves", IJCAI 2015: the rule, the chance of 5 %, and that the searcher is told the guess.
    Theirs checks at one interval and takes the chance from a posterior over curves; the rest is ours.

    Args:
        space: where to search.
        rng: its source of chance.
        searcher: who chooses the architectures, with its default settings.
        curve: how curves are followed: ``curve_fit`` by parametric families, ``last_value`` as the last score.
        checks: epochs at which trainings are looked at, the whole schedule among them.
        chance: of becoming the best, below which a training is stopped.
        initial: trainings that are never stopped.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        searcher: str = "random_search",
        curve: str = "curve_fit",
        checks: int = 10,
        chance: float = 0.05,
        initial: int = 10,
    ) -> None:
        super().__init__(space, rng)
        if curve not in CURVES:
            raise ValueError(f"curve_stopping.curve must be {' or '.join(CURVES)}, got {curve!r}")
        if checks < 1:
            raise ValueError(f"curve_stopping.checks must be at least 1, got {checks}")
        if not 0 <= chance <= 1:
            raise ValueError(f"curve_stopping.chance must be a share from 0 to 1, got {chance}")
        if initial < 3:
            raise ValueError(f"curve_stopping.initial must be at least 3, as a spread is measured, got {initial}")
        self.searcher, self.curve, self.checks, self.chance, self.initial = searcher, curve, checks, chance, initial
        self._inner: Searcher = SEARCHERS.load(searcher)(space, rng)
        self._now: Choices | None = None  # what is in training
        self._values: Curve = []  # its scores so far
        self._before: dict[str, Any] = {}  # the searcher and its chance before it asked for that
        self._finished: list[Curve] = []
        self._outlooks: dict[tuple[int, int], Outlook] = {}  # by checks seen and trainings learned from

    @property
    def checked(self) -> tuple[int, ...]:
        """Epochs at which trainings are looked at, the last one the whole schedule."""
        whole = self.epochs[-1]
        wanted = [whole * number / self.checks for number in range(1, self.checks + 1)]
        return tuple(sorted({min(self.epochs, key=lambda known: (abs(known - each), known)) for each in wanted}))

    def ask(self) -> Architecture | Partial:
        """The training goes on to its next check; or, where none is going on, the searcher's next architecture."""
        if self._now is None:
            self._begin()
        assert self._now is not None
        architecture = Architecture(self.space.name, self._now)
        epochs = self.checked[len(self._values)]
        return architecture if epochs == self.epochs[-1] else Partial(architecture, epochs)

    def _begin(self) -> None:
        """Asks the searcher; keeps what it was before, as states are taken between its question and its answer too."""
        self._inner.hints = self.hints
        if len(self.checked) > 1:
            self._before = {"memory": self._inner.memory(), "state": self.rng.bit_generator.state}
        question = self._inner.ask()
        if not isinstance(question, Architecture):
            raise ValueError(f"curve_stopping.searcher must ask for whole trainings, {self.searcher} does not")
        self._now, self._values = question.choices, []

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Ends the training where it failed, is over, or will hardly become the best; and tells the searcher."""
        if self._now is None:
            return
        if score is None:
            self._end(architecture, None)
            return
        self._values.append(score)
        if len(self._values) == len(self.checked):
            self._finished.append(self._values)
            self._end(architecture, score)
            return
        guess = self._guess_if_hopeless()
        if guess is not None:
            self._end(architecture, guess)

    def _guess_if_hopeless(self) -> float | None:
        """The score guessed for the end of a training that will hardly become the best; None for one that may."""
        if len(self._finished) < self.initial:
            return None
        key = (len(self._values), learned_from(len(self._finished), self.initial))
        if key not in self._outlooks:
            curves = np.array(self._finished[: key[1]])
            self._outlooks[key] = look(curves, np.array(self.checked, dtype=float), key[0], self.curve)
        outlook = self._outlooks[key]
        guess = outlook.guess(np.array([self._values]))
        best = max(curve[-1] for curve in self._finished)
        above = (best - guess) / outlook.spread if outlook.spread > 0 else math.copysign(math.inf, best - guess)
        return guess if 1 - NormalDist().cdf(above) < self.chance else None

    def _end(self, architecture: Architecture, score: float | None) -> None:
        self._now, self._values = None, []
        self._inner.tell(architecture, score)

    def memory(self) -> dict[str, Any]:
        """The searcher as it is, or as it was before it asked for what is in training; that one, and what finished."""
        return {
            "inner": self._inner.memory() if self._now is None else self._before,
            "training": None if self._now is None else list(self._values),
            "finished": [list(curve) for curve in self._finished],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back; the searcher asks once more for what was in training."""
        self._finished = [list(curve) for curve in memory["finished"]]
        self._outlooks.clear()
        self._now, self._values = None, []
        if memory["training"] is None:
            self._inner.recall(memory["inner"])
        else:
            now = self.rng.bit_generator.state
            self._inner.recall(memory["inner"]["memory"])
            self.rng.bit_generator.state = memory["inner"]["state"]
            self._begin()
            self.rng.bit_generator.state = now
            self._values = list(memory["training"])
