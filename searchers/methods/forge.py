"""Forge: our own searcher, a Gaussian process on canonical programs, begun where networks are large."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture, Space
from predictors.encoding_text import split_encodings
from predictors.predictor import Predictor
from searchers.acquisitions import upper_confidence_bound
from searchers.beliefs import View
from searchers.notebook import Notebook
from searchers.offspring import check_counts
from searchers.prospects import Prospects
from searchers.searcher import Searcher
from searchers.warm_start import check_share, promises

BEST = 10
"""How many of the best are mutated in a space too large to enumerate."""
TRIES = 1000
"""Draws for one start, after which the last one is taken."""
SURVEYED = 1000
"""Draws that tell what is much of a hint."""


class Forge(Searcher):
    """Bayesian optimisation that asks one architecture at a time, where the model's upper bound is highest.

    The first ``initial`` architectures are drawn among those that a hint ranks in the upper ``share`` of the space.
    Then each step fits ``predictor`` to everything told and asks the prospect with the highest mean plus ``kappa``
    deviations: in a space that can be enumerated all of it is looked at, in a larger one draws and mutations of the
    best. By default no canonical class is asked twice, as its members compute one function.

    The upper confidence bound is that of Srinivas, Krause, Kakade and Seeger, "Gaussian Process Optimization in the
    Bandit Setting", ICML 2010, with the fixed weight of one deviation that follows from nothing but simplicity; graph
    features in Bayesian architecture search are from Ru et al., ICLR 2021; beginning among large networks is the
    cheapest of the zero-cost proxies (Abdelfattah et al., ICLR 2021).

    Args:
        space: where to search.
        rng: its source of chance.
        initial: architectures asked before the first model.
        share: of the space that the first ones come from, the upper by the hint; 1 for all of it.
        hint: what ranks the space before anything is trained: a size, a cost or a proxy that the table holds.
        predictor: predictors joined by a plus, whose means and variances are averaged as a mixture.
        encoding: what they see.
        kappa: deviations added to the mean.
        members: whether further members of a class may be asked, where a table trained them apart.
    """

    costly = True

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int = 10,
        share: float = 0.3,
        hint: str = "parameters",
        predictor: str = "gaussian_process(restarts=1)",
        encoding: str = "program",
        kappa: float = 1.0,
        members: bool = False,
    ) -> None:
        super().__init__(space, rng)
        check_counts("forge", 1, initial=initial)
        check_share("forge", share)
        if not (math.isfinite(kappa) and kappa >= 0):
            raise ValueError(f"forge.kappa must be a number from 0, got {kappa}")
        self.initial, self.share, self.hint = initial, share, hint
        self.predictor, self.encoding = predictor, encoding
        self.kappa, self.members = kappa, members
        self.notes = Notebook(space, members)

    @cached_property
    def view(self) -> View:
        """The space as the predictors see it."""
        return View(self.space, self.hints, self.encoding, "")

    def ask(self) -> Architecture:
        """A start, or the prospect with the highest upper bound; a draw where nothing can be learned."""
        asked, scores = self.notes.scored()
        if len(asked) < self.initial or np.ptp(scores) == 0:
            return self._start()
        field = self.view.field
        prospects = field.everything if field.is_small else field.drawn(asked[:BEST], self.rng)
        open_ones = self._open(prospects)
        if not open_ones.any():
            return self._start()
        bound = np.where(open_ones, self._bounds(prospects, asked, scores)[prospects.place], -np.inf)
        ties = np.flatnonzero(bound == bound.max())
        return prospects.architectures[int(ties[int(self.rng.random() * len(ties))])]

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers the score; a failure too, so that it is not asked again."""
        self.notes.note(architecture, score)

    def memory(self) -> dict[str, Any]:
        """Everything told, in order; models are made from it."""
        return self.notes.memory()

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back what was told."""
        self.notes.recall(memory)

    def _open(self, prospects: Prospects) -> np.ndarray:
        """bool [prospects]: which of them may be asked."""
        if not self.view.field.is_small:
            return np.array([self.notes.is_new(architecture) for architecture in prospects.architectures], dtype=bool)
        told = [prospects.index[choices] for choices in self.notes.told]  # all of the space is here, at once
        numbers = np.arange(len(prospects.architectures)) if self.members else prospects.classes
        return ~np.isin(numbers, numbers[told])

    def _bounds(self, prospects: Prospects, asked: list[Architecture], scores: np.ndarray) -> np.ndarray:
        """Upper bound of each row of features."""
        means, variances = [], []
        for part in split_encodings(self.predictor):
            model: Predictor = nasbench.load_predictor(part.name)
            model.set_params(**dict(part.arguments))
            self.view.fit(model, asked, scores)
            mean, deviation = model.predict_features(prospects.rows)
            means.append(mean)
            variances.append(deviation**2)
        variance = np.mean(variances, axis=0) + np.var(means, axis=0)
        return upper_confidence_bound(np.mean(means, axis=0), np.sqrt(variance), self.kappa)

    def _start(self) -> Architecture:
        """A draw from the upper share by the hint, of a class not asked if one is found."""
        for _ in range(TRIES):
            architecture = self.space.sample(self.rng)
            if self.notes.is_new(architecture) and self._is_promising(architecture):
                break
        return architecture

    def _is_promising(self, architecture: Architecture) -> bool:
        return self.share == 1 or not promises(self.hints, self.hint, [architecture])[0] < self._least

    @cached_property
    def _least(self) -> float:
        """What is much of the hint: the same in every run."""
        rng = np.random.default_rng(0)
        values = promises(self.hints, self.hint, [self.space.sample(rng) for _ in range(SURVEYED)])
        return float(np.nanquantile(values, 1 - self.share)) if np.isfinite(values).any() else -math.inf
