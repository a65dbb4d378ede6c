"""Weisfeiler-Lehman features: how often each tree of operations flows into a node of a cell, up to a depth.

Shervashidze, Schweitzer, van Leeuwen, Mehlhorn and Borgwardt, "Weisfeiler-Lehman Graph Kernels", JMLR 2011; for cells
Ru, Wan, Dong and Osborne, "Interpretable Neural Architecture Search via Bayesian Optimisation with Weisfeiler-Lehman
Kernels", ICLR 2021. The relabelling is in ``predictors/subtrees.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.graphs import graph_batches, survey
from predictors.subtrees import Vocabulary, count_subtrees, read_vocabulary

COLUMNS = 512
"""Most columns for one depth of one graph; the trees that most architectures have are kept."""

_VOCABULARIES: WeakKeyDictionary[Space, dict[int, list[Vocabulary]]] = WeakKeyDictionary()


class WeisfeilerLehman(Encoding):
    """Counts of the trees that a space's survey met, by depth; all other trees of a graph are counted together.

    Args:
        depth: of the deepest trees; at 0 operations alone are counted.
        canonical: look at the representative of an architecture's class instead of the architecture as written; in a
            space too large to enumerate each architecture is its own.
    """

    def __init__(self, depth: int = 2, canonical: bool = False) -> None:
        self.depth = depth
        self.canonical = canonical

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``graph:depth:tree``, a tree written as in ``conv(input,pool(input))``, and ``graph:other``."""
        names: list[str] = []
        for place, vocabulary in enumerate(self._vocabularies(space)):
            for depth, (texts, columns) in enumerate(zip(vocabulary.texts, vocabulary.columns, strict=True)):
                names += [f"{place}:{depth}:{texts[column]}" for column in columns.tolist()]
            names.append(f"{place}:other")
        return tuple(names)

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of counts.

        Raises:
            ValueError: the depth is below 0.
        """
        vocabularies = self._vocabularies(space)
        if self.canonical:
            architectures = [space.canonical(architecture) for architecture in architectures]
        batches = graph_batches(space, architectures)
        return np.hstack([count_subtrees(*pair) for pair in zip(batches, vocabularies, strict=True)])

    def _vocabularies(self, space: Space) -> list[Vocabulary]:
        if self.depth < 0:
            raise ValueError(f"the depth of trees must be at least 0, got {self.depth}")
        kept = _VOCABULARIES.setdefault(space, {})
        if self.depth not in kept:
            known = survey(space)
            kept[self.depth] = [
                read_vocabulary(batch, labels, self.depth, COLUMNS)
                for batch, labels in zip(graph_batches(space, known.architectures), known.labels, strict=True)
            ]
        return kept[self.depth]
