"""Forge: our own searcher, a Gaussian process on canonical programs, begun where networks are large."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture, Space
from predictors.encoding_text import split_encodings
from predictors.predictor import Predictor
from searchers.prospects import Field, Prospects, field_of
from searchers.searcher import Searcher

Choices = tuple[int, ...]
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
        if initial < 1:
            raise ValueError(f"forge.initial must be at least 1, got {initial}")
        if not 0 < share <= 1:
            raise ValueError(f"forge.share must be more than 0 and at most 1, got {share}")
        if not (math.isfinite(kappa) and kappa >= 0):
            raise ValueError(f"forge.kappa must be a number from 0, got {kappa}")
        self.initial, self.share, self.hint = initial, share, hint
        self.predictor, self.encoding = predictor, encoding
        self.kappa, self.members = kappa, members
        self._told: dict[Choices, float | None] = {}  # everything told, in the order it was told
        self._classes: set[str] = set()
        self._least: float | None = None

    @property
    def field(self) -> Field:
        """The space as the predictors see it."""
        return field_of(self.space, self.encoding)

    def ask(self) -> Architecture:
        """A start, or the prospect with the highest upper bound; a draw where nothing can be learned."""
        scored = [(choices, score) for choices, score in self._told.items() if score is not None]
        if len(scored) < self.initial or len({score for _, score in scored}) < 2:
            return self._start()
        best = sorted(scored, key=lambda pair: -pair[1])[:BEST]
        field = self.field
        if field.is_small:
            prospects = field.everything
        else:
            prospects = field.drawn([Architecture(self.space.name, choices) for choices, _ in best], self.rng)
        open_ones = self._open(prospects)
        if not open_ones.any():
            return self._start()
        bound = self._bounds(prospects, scored)[prospects.place]
        bound = np.where(open_ones, bound, -np.inf)
        ties = np.flatnonzero(bound == bound.max())
        return prospects.architectures[int(ties[int(self.rng.random() * len(ties))])]

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers the score; a failure too, so that it is not asked again."""
        self._told[architecture.choices] = score
        self._classes.add(self.space.canonical_hash(architecture))

    def memory(self) -> dict[str, Any]:
        """Everything told, in order; models are made from it."""
        return {"told": [[list(choices), score] for choices, score in self._told.items()]}

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes back what was told."""
        self._told = {tuple(choices): score for choices, score in memory["told"]}
        self._classes = {self.space.canonical_hash(Architecture(self.space.name, c)) for c in self._told}

    def _open(self, prospects: Prospects) -> np.ndarray:
        """bool [prospects]: which of them may be asked."""
        told = [prospects.index[choices] for choices in self._told if choices in prospects.index]
        if self.members:
            free = np.ones(len(prospects.architectures), dtype=bool)
            free[told] = False
            return free
        return ~np.isin(prospects.classes, prospects.classes[told])

    def _bounds(self, prospects: Prospects, scored: list[tuple[Choices, float]]) -> np.ndarray:
        """Upper bound of each row of features."""
        seen = self.field.of([Architecture(self.space.name, choices) for choices, _ in scored])
        features, y = seen.rows[seen.place], np.array([score for _, score in scored])
        means, variances = [], []
        for part in split_encodings(self.predictor):
            model: Predictor = nasbench.load_predictor(part.name)
            model.set_params(**dict(part.arguments))
            model.feature_names_ = self.field.names
            model.feature_spread_, model.feature_guesses_ = self.field.spread, self.field.guessing
            model.fit_features(features, y, seen.place)
            mean, deviation = model.predict_features(prospects.rows)
            means.append(mean)
            variances.append(deviation**2)
        mean = np.mean(means, axis=0)
        variance = np.mean(variances, axis=0) + np.var(means, axis=0)
        return np.asarray(mean + self.kappa * np.sqrt(variance))

    def _start(self) -> Architecture:
        """A draw from the upper share by the hint, of a class not asked if one is found."""
        if self.share < 1 and self._least is None:
            rng = np.random.default_rng(0)  # what is much is the space's, not the run's
            values = self._hinted([self.space.sample(rng) for _ in range(SURVEYED)])
            self._least = float(np.nanquantile(values, 1 - self.share)) if np.isfinite(values).any() else -math.inf
        for _ in range(TRIES):
            architecture = self.space.sample(self.rng)
            known = architecture.choices in self._told
            if known or (not self.members and self.space.canonical_hash(architecture) in self._classes):
                continue
            if self._least is None or not self._hinted([architecture])[0] < self._least:
                break
        return architecture

    def _hinted(self, architectures: list[Architecture]) -> np.ndarray:
        """The hint of each, larger for those that promise more: a size counts for a promise."""
        values = self.hints.values(self.hint, architectures)
        return -values if self.hint in self.hints.proxies and self.hints.better(self.hint) == "lower" else values
