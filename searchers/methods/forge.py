"""Forge: our own searcher. A spread opening among large networks, calibrated models of programs, an upper bound."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.acquisitions import ACQUISITIONS, worth
from searchers.beliefs import View
from searchers.forecasts import Forecasts, beliefs, mixed
from searchers.hints import TOGETHER
from searchers.notebook import Notebook
from searchers.offspring import check_counts, check_one_of
from searchers.openings import opening
from searchers.prospects import Prospects
from searchers.searcher import Searcher
from searchers.warm_start import check_share

BEST = 10
"""How many of the best are mutated in a space too large to enumerate."""


class Forge(Searcher):
    """Bayesian optimisation that begins far apart among large networks and asks where a model's upper bound is highest.

    The first ``initial`` architectures lie far from each other among those that a hint ranks in the upper ``share`` of
    the space. Then each step fits ``predictor`` to everything told and asks the prospects with the highest acquisition:
    in a space that can be enumerated all of it is looked at, in a larger one draws and mutations of the best. Several
    predictors are a mixture, each with its spread calibrated by how far its own forecasts were off in this run. By
    default no canonical class is asked twice, as its members compute one function.

    The upper confidence bound is that of Srinivas, Krause, Kakade and Seeger, "Gaussian Process Optimization in the
    Bandit Setting", ICML 2010, with the fixed weight of one deviation that follows from nothing but simplicity; the
    opening is Kennard and Stone's (1969); graph features in Bayesian architecture search are from Ru et al., ICLR 2021;
    beginning among large networks is the cheapest of the zero-cost proxies (Abdelfattah et al., ICLR 2021).

    Args:
        space: where to search.
        rng: its source of chance.
        initial: architectures asked before the first model.
        batch: architectures asked between two fits.
        share: of the space that the first ones come from, the upper by the hint; 1 for all of it.
        hint: what ranks the space before anything is trained: a size, a cost or a proxy that the table holds;
            ``zero_cost`` are all its proxies together, and parameters where it has none.
        guesses: hints joined by a plus that the predictors see as features; ``zero_cost`` is left out where a table
            has no proxies.
        predictor: predictors joined by a plus, whose means and variances are averaged as a mixture.
        encoding: what they see.
        acquisition: what ranks prospects, see ``searchers/acquisitions.py``.
        kappa: deviations that the upper confidence bound adds to the mean.
        calibrated: whether deviations are stretched by how far forecasts of this run were off.
        members: whether further members of a class may be asked, where a table trained them apart.
    """

    costly = True

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int = 10,
        batch: int = 1,
        share: float = 0.3,
        hint: str = TOGETHER,
        guesses: str = TOGETHER,
        predictor: str = "gaussian_process(restarts=1)",
        encoding: str = "program",
        acquisition: str = "upper_confidence_bound",
        kappa: float = 1.0,
        calibrated: bool = False,
        members: bool = False,
    ) -> None:
        super().__init__(space, rng)
        check_counts("forge", 1, initial=initial, batch=batch)
        check_share("forge", share)
        check_one_of("forge", ACQUISITIONS, acquisition=acquisition)
        if not (math.isfinite(kappa) and kappa >= 0):
            raise ValueError(f"forge.kappa must be a number from 0, got {kappa}")
        self.initial, self.batch = initial, batch
        self.share, self.hint, self.guesses = share, hint, guesses
        self.predictor, self.encoding = predictor, encoding
        self.acquisition, self.kappa = acquisition, kappa
        self.calibrated, self.members = calibrated, members
        self.notes = Notebook(space, members)
        self.forecasts = Forecasts()

    @cached_property
    def view(self) -> View:
        """The space as the predictors see it."""
        return View(self.space, self.hints, self.encoding, "" if self._is_bare(self.guesses) else self.guesses)

    def _is_bare(self, hint: str) -> bool:
        """Whether zero-cost proxies are asked for, of which there are none."""
        return hint == TOGETHER and not self.hints.proxies

    def ask(self) -> Architecture:
        """The next of the opening or of the batch; a draw where nothing is new."""
        notes = self.notes
        if not notes.waiting:
            notes.waiting = [architecture.choices for architecture in self._next_batch()[::-1]]
        return notes.hand_out() if notes.waiting else self.space.sample(self.rng)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers the score; a failure too, so that it is not asked again."""
        self.notes.note(architecture, score)
        self.forecasts.compare(architecture.choices, score)

    def memory(self) -> dict[str, Any]:
        """Everything told, in order, and how forecasts came out; models are made from it."""
        return {**self.notes.memory(), **self.forecasts.memory()}

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back what was told."""
        self.notes.recall(memory)
        self.forecasts.recall(memory)

    def _next_batch(self) -> list[Architecture]:
        """What to ask next, the most worth first; nothing where nothing is new."""
        asked, scores = self.notes.scored()
        if len(asked) < self.initial or np.ptp(scores) == 0:
            count = 1 if self.notes.told else self.initial
            hint = "parameters" if self._is_bare(self.hint) else self.hint
            return opening(self.notes, self.view, self.hints, hint, self.share, count, self.rng)
        prospects = self.view.everything if self.view.field.is_small else self.view.drawn(asked[:BEST], self.rng)
        means, deviations = beliefs(self.predictor, self.view, asked, scores, prospects.rows)
        return self._best(prospects, means, deviations, float(scores[0]))

    def _best(
        self, prospects: Prospects, means: np.ndarray, deviations: np.ndarray, incumbent: float
    ) -> list[Architecture]:
        """A batch of prospects with the highest acquisition, ties by lot, by beliefs of shape [members, rows]."""
        stretch = self.forecasts.stretches(len(means))[:, None] if self.calibrated else 1.0
        mean, deviation = mixed(means, deviations * stretch)
        numbers = np.flatnonzero(self._open(prospects))
        rows = prospects.place[numbers]
        values = worth(self.acquisition, mean[rows], deviation[rows], incumbent, self.rng, self.kappa)
        chosen: dict[object, int] = {}
        for number in numbers[np.lexsort((self.rng.random(len(numbers)), -values))].tolist():
            architecture = prospects.architectures[number]
            chosen.setdefault(architecture if self.members else self.space.canonical_hash(architecture), number)
            if len(chosen) == self.batch:
                break
        for number in chosen.values():
            row = prospects.place[number]
            self.forecasts.make(prospects.architectures[number].choices, means[:, row], deviations[:, row])
        return [prospects.architectures[number] for number in chosen.values()]

    def _open(self, prospects: Prospects) -> np.ndarray:
        """bool [prospects]: which of them may be asked."""
        if not self.view.field.is_small:
            return np.array([self.notes.is_new(architecture) for architecture in prospects.architectures], dtype=bool)
        whole = self.view.field.everything  # at once: all of the space is here
        told = [whole.index[choices] for choices in (*self.notes.told, *self.notes.out)]
        numbers = np.arange(len(whole.architectures)) if self.members else whole.classes
        return ~np.isin(numbers, numbers[told])
