"""What searchers that fit a model and ask in batches share: the batch, its candidates, what is kept in mind."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property
from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.beliefs import View
from searchers.notebook import Notebook
from searchers.offspring import check_counts
from searchers.searcher import Searcher
from searchers.warm_start import check_share, starts


class ModelSearch(Searcher):
    """Draws to begin with, then batches of the candidates that a model thinks worth most.

    Subclasses write :meth:`values`, and :meth:`prospects` where candidates are not mutations of the best alone. The
    model is fitted anew from what was told, so that nothing of it is kept.

    Args:
        name: the searcher's, for errors.
        space: where to search.
        rng: its source of chance.
        initial: architectures drawn before the first fit, at least 2.
        batch: architectures asked between two fits.
        parents: how many of the best are mutated.
        candidates: architectures that are ranked in a step, at least ``batch``.
        encoding: what the model sees, encodings joined by a plus.
        members: whether further members of a class may be asked, where a table trained them apart.
        warm_start: a hint: the first ones are the best by it of random draws; empty for the draws themselves.
        share: of those draws that the first ones are.
        guesses: hints joined by a plus that the model sees as well.
    """

    costly = True

    def __init__(
        self,
        name: str,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int,
        batch: int,
        parents: int,
        candidates: int,
        encoding: str,
        members: bool,
        warm_start: str = "",
        share: float = 1.0,
        guesses: str = "",
    ) -> None:
        super().__init__(space, rng)
        check_counts(name, 2, initial=initial)
        check_counts(name, 1, batch=batch, parents=parents)
        check_counts(name, batch, candidates=candidates)
        check_share(name, share)
        self.initial, self.batch, self.parents, self.candidates = initial, batch, parents, candidates
        self.encoding, self.members = encoding, members
        self.warm_start, self.share, self.guesses = warm_start, share, guesses
        self.notes = Notebook(space, members)

    @abstractmethod
    def values(self, asked: list[Architecture], scores: np.ndarray, new: list[Architecture]) -> np.ndarray:
        """What new architectures are worth asking, float64 [new], by a model of those asked, the best of them first."""

    def prospects(self, parents: list[Architecture]) -> list[Architecture]:
        """New architectures to rank: mutations of the best, filled up to a batch with draws."""
        new = self.notes.mutations(parents, self.candidates, self.rng)
        if len(new) < self.batch:
            new = self.notes.distinct([*new, *self.notes.draws(self.batch, self.rng)])[: self.batch]
        return new

    def ask(self) -> Architecture:
        """The next of the batch; a fit makes a new one when it is used up."""
        if not self.notes.waiting:
            self.notes.waiting = [architecture.choices for architecture in self._next_batch()[::-1]]
        return self.notes.hand_out()

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers what an architecture scored, or that it has no score."""
        self.notes.note(architecture, score)

    def memory(self) -> dict[str, Any]:
        """Everything told, what is out, what waits; the model is fitted again when it is next needed."""
        return self.notes.memory()

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes it back."""
        self.notes.recall(memory)

    @cached_property
    def view(self) -> View:
        """The space as the model sees it."""
        return View(self.space, self.hints, self.encoding, self.guesses)

    def _next_batch(self) -> list[Architecture]:
        """What to ask next, the most worth first."""
        notes = self.notes
        asked, scores = notes.scored()
        if len(asked) < self.initial or np.ptp(scores) == 0:
            count = 1 if notes.told or notes.out else self.initial
            return starts(notes, self.hints, self.warm_start, self.share, count, self.rng)
        new = self.prospects(asked[: self.parents])
        if not new:
            return [self.space.sample(self.rng)]
        values = self.values(asked, scores, new)
        return [new[place] for place in np.argsort(-values, kind="stable")[: self.batch].tolist()]
