"""Weisfeiler-Lehman relabelling of many graphs at once: what a node is, and what flows into it, up to a depth.

At depth 0 a node's label is its operation; at each further depth it is the label before together with the multiset of
its predecessors' labels before, which stands for the tree of what flows into the node. Shervashidze, Schweitzer, van
Leeuwen, Mehlhorn and Borgwardt, "Weisfeiler-Lehman Graph Kernels", JMLR 2011, algorithm 1. Only what is alive counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from predictors.graphs import GraphBatch

OTHER, INPUT, OUTPUT, FIRST = 0, 1, 2, 3
"""Labels at depth 0: of what is not known, of input and output, of the first operation."""
ABSENT = -1
"""Label of nodes that are dead or padding."""

Key = tuple[int, ...]
"""A node's label before, then its predecessors', ascending."""


@dataclass(frozen=True)
class Vocabulary:
    """The labels that the graphs of a survey have.

    Args:
        texts: for each depth each label's tree as text, as in "conv(input,pool(input))"; label 0 is of unknown ones.
        numbers: for each depth from 1 on, key -> label.
        columns: for each depth the labels that are counted by themselves, ascending; the others are counted together.
    """

    texts: tuple[tuple[str, ...], ...]
    numbers: tuple[dict[Key, int], ...]
    columns: tuple[np.ndarray, ...]


def read_vocabulary(batch: GraphBatch, operations: Sequence[str], depth: int, most: int) -> Vocabulary:
    """The vocabulary of graphs.

    Args:
        batch: the graphs of a survey.
        operations: labels of the batch's nodes.
        depth: of the trees.
        most: labels of one depth that are counted by themselves; those that most graphs have.
    """
    labels = _first(batch)
    texts = [("other", "input", "output", *operations)]
    numbers: list[dict[Key, int]] = []
    columns = [_frequent(labels, most)]
    for _ in range(depth):
        keys, place = _keys(batch, labels)
        numbers.append({key: FIRST + number for number, key in enumerate(sorted(set(keys)))})
        texts.append(_texts(numbers, texts))
        labels = _renamed(labels, keys, place, numbers[-1])
        columns.append(_frequent(labels, most))
    return Vocabulary(tuple(texts), tuple(numbers), tuple(columns))


def count_subtrees(batch: GraphBatch, vocabulary: Vocabulary) -> np.ndarray:
    """How many nodes have each label: float64, of shape (n, labels with a column + 1), the last for all others."""
    labels = _first(batch)
    parts, others = [], np.zeros(len(labels))
    for depth, columns in enumerate(vocabulary.columns):
        if depth:
            labels = _renamed(labels, *_keys(batch, labels), vocabulary.numbers[depth - 1])
        place = np.full(len(vocabulary.texts[depth]), len(columns))
        place[columns] = np.arange(len(columns))
        counts = np.zeros((len(labels), len(columns) + 1))
        rows, nodes = np.nonzero(labels != ABSENT)
        np.add.at(counts, (rows, place[labels[rows, nodes]]), 1.0)
        parts.append(counts[:, :-1])
        others += counts[:, -1]
    return np.hstack([*parts, others[:, None]])


def _first(batch: GraphBatch) -> np.ndarray:
    labels = np.where(batch.alive & (batch.labels >= 0), batch.labels.astype(np.int64) + FIRST, ABSENT)
    labels[:, 0], labels[:, -1] = INPUT, OUTPUT
    return labels


def _keys(batch: GraphBatch, labels: np.ndarray) -> tuple[list[Key], np.ndarray]:
    """The different keys, and the place among them of that of each node that is there, in order of rows and nodes."""
    there = labels != ABSENT
    flows = batch.edges & there[:, :, None] & there[:, None, :]
    before = np.sort(np.where(flows, labels[:, :, None], ABSENT), axis=1).swapaxes(1, 2)
    different, place = np.unique(np.column_stack([labels[there], before[there]]), axis=0, return_inverse=True)
    return [tuple(label for label in row if label != ABSENT) for row in different.tolist()], place.reshape(-1)


def _renamed(labels: np.ndarray, keys: list[Key], place: np.ndarray, numbers: dict[Key, int]) -> np.ndarray:
    renamed = np.full_like(labels, ABSENT)
    renamed[labels != ABSENT] = np.array([numbers.get(key, OTHER) for key in keys], dtype=np.int64)[place]
    return renamed


def _texts(numbers: list[dict[Key, int]], texts: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Trees of the deepest labels: the operation at the root, in brackets the trees before of what flows in."""
    found = []
    for key in numbers[-1]:
        root = key[0]
        for shallower in reversed(numbers[:-1]):
            root = list(shallower)[root - FIRST][0]
        inside = ",".join(sorted(texts[-1][label] for label in key[1:]))
        found.append(f"{texts[0][root]}({inside})" if inside else texts[0][root])
    return ("other", "", "", *found)


def _frequent(labels: np.ndarray, most: int) -> np.ndarray:
    """The labels that most graphs have, ascending."""
    rows = np.broadcast_to(np.arange(len(labels))[:, None], labels.shape)
    there = labels > OTHER
    pairs = np.unique(np.stack([rows[there], labels[there]]), axis=1)
    different, graphs = np.unique(pairs[1], return_counts=True)
    return np.sort(different[np.argsort(-graphs, kind="stable")[:most]])
