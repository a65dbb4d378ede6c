"""BOHB: Hyperband whose architectures come from where good ones are dense and bad ones are rare."""

from __future__ import annotations

from typing import Any

import numpy as np

from nasbench.space import Architecture, Space
from searchers.bracket_search import BracketSearch
from searchers.densities import Density
from searchers.rungs import Choices, draw_new, halved

LEAST_DENSITY = 1e-32
"""Densities below it count as it, as in the authors' code."""


class Bohb(BracketSearch):
    """Hyperband's brackets, filled by a model of the highest rung that holds enough scores.

    The model is two kernel densities over the choices, l of the best ``top`` of the scores and g of the rest; of
    ``samples`` draws from l the one with the highest l / g is asked. A share ``random`` of architectures is drawn
    uniformly, as Hyperband draws all. Where no scores are known before the end of the schedule every bracket is one
    whole training, and this is a tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011).

    Falkner, Klein and Hutter, "BOHB: Robust and Efficient Hyperparameter Optimization at Scale", ICML 2018, algorithm
    2. The defaults are the paper's, brackets are sized as in its authors' code; the paper's factor on bandwidths has no
    use where choices have no order. Failures count among the worst. Draws asked before are passed over, which is ours:
    here an answer is the same each time.

    Args:
        space: where to search.
        rng: its source of chance.
        eta: one of so many goes on.
        random: share of uniform draws.
        top: share of the scores that is good.
        samples: draws from l.
    """

    def __init__(
        self,
        space: Space,
        rng: np.random.Generator,
        *,
        eta: int = 3,
        random: float = 1 / 3,
        top: float = 0.15,
        samples: int = 64,
    ) -> None:
        super().__init__("bohb", space, rng, eta)
        for name, share in (("random", random), ("top", top)):
            if not 0 <= share <= 1:
                raise ValueError(f"bohb.{name} must be a share from 0 to 1, got {share}")
        if samples < 1:
            raise ValueError(f"bohb.samples must be at least 1, got {samples}")
        self.random, self.top, self.samples = random, top, samples
        self._scores: dict[int, list[tuple[Choices, float | None]]] = {}  # by epochs, in the order told

    def plan(self, ladder: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """Hyperband's brackets, of the sizes that the authors' code has."""
        return brackets(ladder, self.eta)

    def tell(self, architecture: Architecture, score: float | None) -> None:
        """Fills the rung, and remembers the score for the model."""
        if self.bracket is not None and not self.bracket.is_over:
            self._scores.setdefault(self.bracket.next_epochs, []).append((architecture.choices, score))
        super().tell(architecture, score)

    def new(self) -> Architecture:
        """A draw: uniform, or from the model where there is one."""
        scores = self._modelled()
        if scores is None or self.rng.random() < self.random:
            return draw_new(self.space, self.rng, self.drawn)
        least = len(self.space.options) + 1
        ranked = [choices for choices, _ in sorted(scores, key=lambda told: _loss(told[1]))]
        good = max(least, int(self.top * len(ranked)))
        bad = max(least, len(ranked) - good)
        low = Density(np.array(ranked[:good]), self.space.options)
        high = Density(np.array(ranked[-bad:]), self.space.options)
        drawn = low.draw(self.samples, self.rng)
        ratio = np.maximum(low.of(drawn), LEAST_DENSITY) / np.maximum(high.of(drawn), LEAST_DENSITY)
        for place in np.argsort(-ratio, kind="stable").tolist():
            choices = tuple(drawn[place].tolist())
            if choices not in self.drawn and self.space.is_valid(choices):
                self.drawn[choices] = None
                return Architecture(self.space.name, choices)
        return self._neighbour(ranked[:good])

    def _neighbour(self, good: list[Choices]) -> Architecture:
        """What stands in where the model draws nothing new that is valid: a mutation of a good one, or any draw."""
        for choices in good:
            architecture = self.space.mutate(Architecture(self.space.name, choices), self.rng)
            if architecture.choices not in self.drawn:
                self.drawn[architecture.choices] = None
                return architecture
        return draw_new(self.space, self.rng, self.drawn)

    def _modelled(self) -> list[tuple[Choices, float | None]] | None:
        """Scores of the highest rung that has more than one for each choice and three besides."""
        least = len(self.space.options) + 3
        enough = [epochs for epochs, scores in self._scores.items() if len(scores) >= least]
        return self._scores[max(enough)] if enough else None

    def memory(self) -> dict[str, Any]:
        """What brackets keep, and all scores."""
        scores = [[epochs, [[list(c), score] for c, score in told]] for epochs, told in self._scores.items()]
        return {**super().memory(), "scores": scores}

    def recall(self, memory: dict[str, Any]) -> None:
        """Takes them back."""
        super().recall(memory)
        self._scores = {epochs: [(tuple(c), score) for c, score in told] for epochs, told in memory["scores"]}


def brackets(ladder: tuple[int, ...], eta: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Epochs and sizes of the rungs of each bracket as the authors' code has them: floor(most / levels) eta^s at first.

    >>> [sizes[0] for _, sizes in brackets((1, 3, 9, 27, 81), 3)]
    [81, 27, 9, 6, 5]
    """
    most = len(ladder)
    counts = [(levels, most // levels * eta ** (levels - 1)) for levels in range(most, 0, -1)]
    return [(ladder[most - levels :], halved(count, levels, eta)) for levels, count in counts]


def _loss(score: float | None) -> float:
    return float("inf") if score is None else -score
