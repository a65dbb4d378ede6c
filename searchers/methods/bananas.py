"""BANANAS: an ensemble of perceptrons on paths, independent Thompson sampling, mutations of the best."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.acquisitions import ACQUISITIONS, worth
from searchers.beliefs import View
from searchers.notebook import Notebook
from searchers.offspring import check_counts, check_one_of
from searchers.searcher import Searcher
from searchers.warm_start import check_share, starts


class BananasSearch(Searcher):
    """Bayesian optimisation with an ensemble of neural predictors in place of a Gaussian process.

    The first ``initial`` architectures are drawn uniformly. Then, step by step, ``networks`` perceptrons are fitted to
    the paths of everything told; the ``parents`` best are mutated until there are ``candidates`` new architectures, a
    score is drawn for each from the mean and deviation of the perceptrons, and the ``batch`` of the highest draws are
    asked, all before the next fit: that many can be trained at once. Draws take the place of mutations where all were
    asked. An architecture that failed is remembered and teaches nothing.

    White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
    Search", AAAI 2021, algorithm 1. Theirs are 10 draws to begin with, batches of 10, five networks of ten layers of
    twenty units, the percentage error, independent Thompson sampling, and that of a class one member is asked; 800
    steps of training are :class:`predictors.models.bananas.Bananas`'s. The paper mutates "the best" and ranks about 100
    children; ten parents are NPENAS's choice for the same step.

    Args:
        space: where to search.
        rng: its source of chance.
        initial: architectures drawn before the first fit, at least 2.
        batch: architectures asked between two fits.
        parents: how many of the best are mutated.
        candidates: mutations that are ranked in a step, at least ``batch``.
        networks: perceptrons of the ensemble.
        steps: of their training.
        encoding: what they see, encodings joined by a plus.
        acquisition: what ranks candidates, see ``searchers/acquisitions.py``.
        members: whether further members of a class may be asked, where a table trained them apart.
        warm_start: a hint, such as ``synflow`` or ``parameters``: the first ones are the best by it of random draws.
        share: of those draws that the first ones are.
        guesses: hints joined by a plus that the perceptrons see as well.
    """

    costly = True

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int = 10,
        batch: int = 10,
        parents: int = 10,
        candidates: int = 100,
        networks: int = 5,
        steps: int = 800,
        encoding: str = "paths",
        acquisition: str = "independent_thompson_sampling",
        members: bool = False,
        warm_start: str = "",
        share: float = 0.3,
        guesses: str = "",
    ) -> None:
        super().__init__(space, rng)
        check_counts("bananas", 2, initial=initial)
        check_counts("bananas", 1, batch=batch, parents=parents, networks=networks, steps=steps)
        check_counts("bananas", batch, candidates=candidates)
        check_one_of("bananas", ACQUISITIONS, acquisition=acquisition)
        check_share("bananas", share)
        self.initial, self.batch, self.parents, self.candidates = initial, batch, parents, candidates
        self.networks, self.steps, self.encoding, self.acquisition = networks, steps, encoding, acquisition
        self.members, self.warm_start, self.share, self.guesses = members, warm_start, share, guesses
        self._notes = Notebook(space, members)

    def ask(self) -> Architecture:
        """The next of the batch; a fit makes a new one when it is used up."""
        if not self._notes.waiting:
            self._notes.waiting = [architecture.choices for architecture in self._batch()[::-1]]
        return self._notes.hand_out()

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers what an architecture scored, or that it has no score."""
        self._notes.note(architecture, score)

    def memory(self) -> dict[str, Any]:
        """Everything told, what is out, what waits; the perceptrons are fitted again when they are next needed."""
        return self._notes.memory()

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes it back."""
        self._notes.recall(memory)

    @cached_property
    def _view(self) -> View:
        return View(self.space, self.hints, self.encoding, self.guesses)

    def _batch(self) -> list[Architecture]:
        """What to ask next, the highest draw first."""
        notes, rng = self._notes, self.rng
        asked, scores = notes.scored()
        if len(asked) < self.initial or np.ptp(scores) == 0:
            count = 1 if notes.told or notes.out else self.initial
            return starts(notes, self.hints, self.warm_start, self.share, count, rng)
        new = notes.mutations(asked[: self.parents], self.candidates, rng)
        if len(new) < self.batch:
            new = notes.distinct([*new, *notes.draws(self.batch, rng)])[: self.batch]
        if not new:
            return [self.space.sample(rng)]
        mean, deviation = self._beliefs(asked, scores, new)
        values = worth(self.acquisition, mean, deviation, float(scores[0]), rng)
        return [new[place] for place in np.argsort(-values, kind="stable")[: self.batch].tolist()]

    def _beliefs(
        self, asked: list[Architecture], scores: np.ndarray, new: list[Architecture]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation of what the perceptrons say of new architectures."""
        from predictors.models.bananas import Bananas

        seed = int(self.rng.integers(2**31))
        model = Bananas(self.encoding, members=self.networks, steps=self.steps, seed=seed)
        self._view.fit(model, asked, scores)
        return model.predict_features(self._view.features(new))
