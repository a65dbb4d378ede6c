"""NPENAS: evolution that makes many children and asks the few that a predictor thinks best."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.candidates import Candidates
from searchers.offspring import Choices, check_counts, new_child
from searchers.searcher import Searcher

TRIES = 20
"""Mutations made for each child wanted, after which the draws of a step go on with fewer children."""


class Npenas(Searcher):
    """Predictor-guided evolution: mutate the best many times, ask the best guessed.

    The first ``initial`` architectures are drawn uniformly. Then, step by step, a predictor is fitted to everything
    told; the best ``parents`` are mutated in turn until there are ``candidates`` different children that were not asked
    before, and the ``batch`` of them with the highest guesses are asked. Where no new child can be made, draws fill
    the step up. A failure is remembered, so that it is not asked again, and is no parent.

    Wei, Niu, Tang, Wang, Hu and Liang, "NPENAS: Neural Predictor Guided Evolution for Neural Architecture Search",
    IEEE TNNLS 2022 (2020 as a preprint), algorithm 1 with a predictor of means (NPENAS-NP). Its sizes are the defaults:
    10 to begin with, 100 children of the 10 best, 10 asked a step. The predictor is not its graph isomorphism network
    but extremely randomised trees (Geurts et al., 2006) on canonical graph features (Kadlecová et al., ICML 2024),
    which are grown in a fraction of a second.

    Args:
        space: where to search.
        rng: its source of chance.
        initial: architectures drawn before the first predictor, at least 2.
        parents: how many of the best are mutated.
        candidates: children that the predictor ranks in a step, at least ``batch``.
        batch: children asked before the predictor is fitted again.
        trees: of the predictor.
        encoding: what the predictor sees, encodings joined by a plus.
    """

    costly = True

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        initial: int = 10,
        parents: int = 10,
        candidates: int = 100,
        batch: int = 10,
        trees: int = 100,
        encoding: str = "program+graph_features(canonical=True)",
    ) -> None:
        super().__init__(space, rng)
        check_counts("npenas", 2, initial=initial)
        check_counts("npenas", 1, parents=parents, batch=batch, trees=trees)
        check_counts("npenas", batch, candidates=candidates)
        self.initial, self.parents, self.candidates, self.batch = initial, parents, candidates, batch
        self.trees, self.encoding = trees, encoding
        self._told: dict[Choices, float | None] = {}  # in the order told; a later score takes the place of an earlier
        self._waiting: list[Choices] = []  # children of this step still to ask, the best guessed last

    def ask(self) -> Architecture:
        """A draw to begin with, then the next child of the step."""
        scored = [(choices, score) for choices, score in self._told.items() if score is not None]
        if not self._waiting and len(scored) >= self.initial:
            self._waiting = self._step(scored)[::-1]
        if not self._waiting:
            return self._drawn()
        return Architecture(self.space.name, self._waiting.pop())

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Remembers what an architecture scored, and that it was asked."""
        self._told[architecture.choices] = score

    def _drawn(self) -> Architecture:
        return new_child(lambda: self.space.sample(self.rng), self._told)

    def _step(self, scored: list[tuple[Choices, float]]) -> list[Choices]:
        """Children to ask, the best guessed first; none where all that can be made were asked."""
        best = sorted(scored, key=lambda pair: -pair[1])[: self.parents]
        children: dict[Choices, None] = {}
        for attempt in range(TRIES * self.candidates):
            if len(children) >= self.candidates:
                break
            parent = Architecture(self.space.name, best[attempt % len(best)][0])
            child = self.space.mutate(parent, self.rng).choices
            if child not in self._told:
                children[child] = None
        if not children:
            return []
        guesses = self._guesses(scored, list(children))
        order = np.argsort(-guesses, kind="stable")[: self.batch]
        ranked = list(children)
        return [ranked[place] for place in order.tolist()]

    def _guesses(self, scored: list[tuple[Choices, float]], children: list[Choices]) -> np.ndarray:
        """Guessed scores of children by trees grown on what was told."""
        from predictors.encoding import load_encoding
        from predictors.models.extra_trees import ExtraTrees

        whole = self.space.whole if isinstance(self.space, Candidates) else self.space
        asked = [choices for choices, _ in scored]
        everything = [Architecture(whole.name, choices) for choices in [*asked, *children]]
        features = load_encoding(self.encoding).encode(whole, everything)
        scores = np.array([score for _, score in scored])
        seed = int(self.rng.integers(2**31))
        trees = ExtraTrees(self.encoding, trees=self.trees, warp="identity", folds=1, seed=seed)
        trees.fit_features(features[: len(asked)], scores, np.arange(len(asked)))
        return trees.predict_features(features[len(asked) :])[0]

    def memory(self) -> dict[str, Any]:
        """Everything told, and the children still to ask; the predictor is fitted again when it is next needed."""
        return {
            "told": [[list(choices), score] for choices, score in self._told.items()],
            "waiting": [list(choices) for choices in self._waiting],
        }

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        self._told = {tuple(choices): score for choices, score in memory["told"]}
        self._waiting = [tuple(choices) for choices in memory["waiting"]]
