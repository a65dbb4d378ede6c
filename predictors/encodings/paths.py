"""The path encoding: a column for each sequence of operations from a cell's input to its output.

White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
Search", AAAI 2021, section 4. Operations that carry nothing are on no path. The encoding can be truncated as in that
paper to the sequences that a drawn architecture has most probably, which are mostly short, or to those of a length. In
a space too large to enumerate it always is: the most frequent sequences of a fixed random sample have a column.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np

from nasbench.space import Architecture, Space
from predictors.encoding import Encoding
from predictors.graphs import GraphBatch, graph_batches, survey

COLUMNS = 1024
"""Most columns for one graph, unless an argument says less; the sequences that occur in most architectures are kept."""
ROUTES = 4096
"""Most ways through the nodes of a graph that are followed, short ones first."""

_VOCABULARIES: WeakKeyDictionary[Space, list[np.ndarray]] = WeakKeyDictionary()


class Paths(Encoding):
    """A one where the cell has at least one path with exactly these operations, in order.

    Args:
        most: sequences of one graph that have a column, those that occur in most architectures; None: all, up to
            :data:`COLUMNS`.
        longest: operations of the longest sequence that has a column; None: all have.
    """

    def __init__(self, most: int | None = None, longest: int | None = None) -> None:
        self.most = most
        self.longest = longest

    def feature_names(self, space: Space) -> tuple[str, ...]:
        """``graph:operation>operation``; an edge from input to output alone is the empty sequence."""
        return tuple(
            f"{place}:{'>'.join(labels[step] for step in _steps(code, len(labels)))}"
            for place, (codes, labels) in enumerate(zip(self._kept(space), survey(space).labels, strict=True))
            for code in codes.tolist()
        )

    def compute(self, space: Space, architectures: Sequence[Architecture]) -> np.ndarray:
        """Array of zeros and ones."""
        return np.hstack(
            [
                _present(batch, codes, len(labels))
                for batch, codes, labels in zip(
                    graph_batches(space, architectures), self._kept(space), survey(space).labels, strict=True
                )
            ]
        )

    def _kept(self, space: Space) -> list[np.ndarray]:
        """For each graph the codes that have a column, ascending (short sequences first).

        Raises:
            ValueError: ``most`` is less than 1 or ``longest`` less than 0.
        """
        if self.most is not None and self.most < 1:
            raise ValueError(f"most must be at least 1, got {self.most}")
        if self.longest is not None and self.longest < 0:
            raise ValueError(f"longest must be at least 0, got {self.longest}")
        most = COLUMNS if self.most is None else self.most
        kept = []
        for codes, labels in zip(_vocabulary(space), survey(space).labels, strict=True):
            end = math.inf if self.longest is None else (len(labels) + 1) ** self.longest
            kept.append(np.sort(codes[codes < end][:most]))
        return kept


def _present(batch: GraphBatch, codes: np.ndarray, labels: int) -> np.ndarray:
    features = np.zeros((len(batch.labels), len(codes)))
    if len(codes):
        for rows, found in _codes(batch, labels):
            places = np.minimum(np.searchsorted(codes, found), len(codes) - 1)
            known = codes[places] == found
            features[rows[known], places[known]] = 1.0
    return features


def _vocabulary(space: Space) -> list[np.ndarray]:
    """For each graph the codes of all its sequences, those that most architectures have first."""
    if space not in _VOCABULARIES:
        known = survey(space)
        ranked = []
        for batch, labels in zip(graph_batches(space, known.architectures), known.labels, strict=True):
            pairs = [np.stack([rows, found]) for rows, found in _codes(batch, len(labels))]
            pairs_seen = np.unique(np.hstack([np.zeros((2, 0), np.int64), *pairs]), axis=1)
            codes, counts = np.unique(pairs_seen[1], return_counts=True)
            ranked.append(codes[np.argsort(-counts, kind="stable")])
        _VOCABULARIES[space] = ranked
    return _VOCABULARIES[space]


def _codes(batch: GraphBatch, labels: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each route through the nodes: the rows that have it alive, and the number of its operations' sequence.

    A sequence is a number whose digits, to the base of labels + 1, are one more than the places of its labels.
    """
    for route in _routes(batch, labels):
        nodes = [0, *route, batch.labels.shape[1] - 1]
        there = batch.alive[:, nodes].all(axis=1)
        for source, target in pairwise(nodes):
            there &= batch.edges[:, source, target]
        rows = np.flatnonzero(there)
        codes = np.zeros(len(rows), dtype=np.int64)
        for node in route:
            codes = codes * (labels + 1) + batch.labels[rows, node] + 1
        yield rows, codes


def _routes(batch: GraphBatch, labels: int) -> Iterator[tuple[int, ...]]:
    """Inner nodes of ways from first to last node along edges that any graph of the batch has, short ones first."""
    edges: np.ndarray = np.asarray(batch.edges.any(axis=0))
    last = len(edges) - 1
    longest = int(62 * np.log(2) / np.log(labels + 1)) if labels else 0  # codes stay below 2^62
    given = 0
    ways: list[tuple[int, ...]] = [()]
    while ways and given < ROUTES:
        for way in ways:
            if edges[way[-1] if way else 0, last]:
                given += 1
                yield way
        ways = [
            (*way, int(node))
            for way in ways
            if len(way) < longest
            for node in np.flatnonzero(edges[way[-1] if way else 0, :last])
        ]


def _steps(code: int, labels: int) -> list[int]:
    steps = []
    while code:
        code, digit = divmod(code, labels + 1)
        steps.append(digit - 1)
    return steps[::-1]
