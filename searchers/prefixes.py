"""Which options may follow which choices, so that a policy draws valid architectures one choice after another."""

from __future__ import annotations

import math

import numpy as np

from nasbench.space import LARGEST_ENUMERATED, Space

MOST_TRIED = 10 * LARGEST_ENUMERATED
"""Combinations of choices that are tried at most to find a space's valid ones."""


class Prefixes:
    """The tree of all beginnings of valid architectures.

    Nodes of a level are the different beginnings of that many choices; the root is node 0 of level 0. Where everything
    is valid one node a level is enough, and so it is in a space too large to list, where :attr:`exact` is False and a
    walk may end in an invalid architecture.

    Args:
        space: whose architectures.
    """

    def __init__(self, space: Space) -> None:
        self.options = space.options
        combinations = math.prod(space.options)
        free = space.count() == combinations
        listed = type(space).__iter__ is not Space.__iter__ or combinations <= MOST_TRIED
        self.exact = free or (listed and space.count() <= LARGEST_ENUMERATED)
        """Whether every walk from the root ends in a valid architecture."""
        rows = None if free or not self.exact else space.choices_array(list(space))
        self._children = self._one_node() if rows is None else self._tree(rows)

    def children(self, level: int, nodes: np.ndarray) -> np.ndarray:
        """int32 [nodes, options]: the node that each option leads to, -1 where none may follow.

        There are as many columns as the choice with the most options has.
        """
        return self._children[level][nodes]

    def _one_node(self) -> list[np.ndarray]:
        column = np.arange(max(self.options))
        return [np.where(column < count, 0, -1).astype(np.int32)[None] for count in self.options]

    def _tree(self, rows: np.ndarray) -> list[np.ndarray]:
        """Children of each level's nodes, from int64 [architectures, choices]."""
        nodes, count, levels = np.zeros(len(rows), dtype=np.int64), 1, []
        for level in range(len(self.options)):
            table = np.full((count, max(self.options)), -1, dtype=np.int32)
            pairs, places = np.unique(nodes * max(self.options) + rows[:, level], return_inverse=True)
            table.flat[pairs] = np.arange(len(pairs))
            nodes, count = places.reshape(-1), len(pairs)
            levels.append(table)
        return levels
