"""Forests of regression trees as plain arrays, grown by scikit-learn, walked by NumPy.

Arrays can be saved without pickle and give the same numbers whichever version of scikit-learn grew the trees. All trees
stand one after the other; a tree's nodes are in depth-first order, so that a left child is the node after its parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import sklearn
from sklearn.tree import BaseDecisionTree

from predictors.predictor import Predictor, State
from predictors.rows import different_rows
from predictors.warps import Warp


@dataclass(frozen=True)
class Forest:
    """Regression trees.

    Args:
        feature: int32 [nodes], the column that a node asks for.
        threshold: float32 [nodes]; rows whose feature is at most this go left; minus infinity at a leaf.
        right: int32 [nodes], place of the right child; a leaf's own place.
        value: float64 [nodes], the answer of a leaf.
        roots: int32 [trees], place of each tree's first node.
        depths: int32 [trees], steps from the root to the furthest leaf.
    """

    feature: np.ndarray
    threshold: np.ndarray
    right: np.ndarray
    value: np.ndarray
    roots: np.ndarray
    depths: np.ndarray

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Answer of each tree for each row: float64 [trees, n].

        Args:
            features: shape (n, features); they are compared as float32, as scikit-learn does.
        """
        rows, place = different_rows(features)
        count, columns = rows.shape
        flat = rows.astype(np.float32).ravel()
        starts = np.arange(count) * columns
        answers = np.empty((len(self.roots), count))
        for tree, (root, depth) in enumerate(zip(self.roots.tolist(), self.depths.tolist(), strict=True)):
            node: np.ndarray = np.full(count, root, dtype=np.int32)
            for _ in range(depth):
                left = flat.take(starts + self.feature.take(node)) <= self.threshold.take(node)
                node = np.where(left, node + 1, self.right.take(node))
            answers[tree] = self.value.take(node)
        return answers[:, place]

    def arrays(self) -> dict[str, np.ndarray]:
        """All fields; ``Forest(**fields)`` reads them."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class ForestPredictor(Predictor):
    """What predictors that are a forest share once it is grown: answers, and what a file must keep."""

    forest_: Forest
    warp_: Warp
    noise_: float

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean over trees; the variance is theirs, and what was left beyond it of rows that trees did not see."""
        answers = self.forest_.predict(features)
        t = answers.mean(axis=0)
        return self.warp_.back(t), np.sqrt(answers.var(axis=0) + self.noise_) * self.warp_.slope(t)

    def state(self) -> State:
        """The trees, the warp and the noise."""
        return State(values={"noise": self.noise_, "warp": self.warp_.to_json()}, arrays=self.forest_.arrays())

    def restore(self, state: State) -> None:
        """Takes over trees, warp and noise."""
        self.noise_, self.warp_ = float(state.values["noise"]), Warp(**state.values["warp"])
        self.forest_ = Forest(**state.arrays)


def grow(
    kind: type[BaseDecisionTree],
    features: np.ndarray,
    t: np.ndarray,
    seeds: Iterable[int],
    bags: Iterable[np.ndarray | None],
    **settings: Any,
) -> Forest:
    """A forest of scikit-learn's trees, one for each bag.

    Args:
        kind: of tree.
        features: shape (n, features).
        t: scores, shape (n,).
        seeds: of the trees; there may be more than bags.
        bags: weights of the rows for each tree, shape (n,); None for one that learns from all alike.
        **settings: of every tree.
    """
    rows, target = np.ascontiguousarray(features, dtype=np.float32), np.ascontiguousarray(t[:, None])
    with sklearn.config_context(skip_parameter_validation=True):  # once and not for every tree
        return as_forest(
            kind(**settings, random_state=int(seed) % 2**31).fit(rows, target, sample_weight=bag, check_input=False)
            for seed, bag in zip(seeds, bags, strict=False)
        )


def as_forest(trees: Iterable[BaseDecisionTree]) -> Forest:
    """The forest of fitted regression trees of scikit-learn."""
    parts = [tree.tree_ for tree in trees]
    sizes = np.array([part.node_count for part in parts])
    roots = np.cumsum(sizes) - sizes
    leaf = np.concatenate([part.children_left < 0 for part in parts])
    place = np.arange(len(leaf))
    right = np.concatenate([part.children_right + root for part, root in zip(parts, roots.tolist(), strict=True)])
    left = np.concatenate([part.children_left + root for part, root in zip(parts, roots.tolist(), strict=True)])
    assert (left[~leaf] == place[~leaf] + 1).all()
    return Forest(
        feature=np.where(leaf, 0, np.concatenate([part.feature for part in parts])).astype(np.int32),
        threshold=np.where(leaf, -np.inf, _rounded_down(np.concatenate([part.threshold for part in parts]))),
        right=np.where(leaf, place, right).astype(np.int32),
        value=np.concatenate([part.value[:, 0, 0] for part in parts]),
        roots=roots.astype(np.int32),
        depths=np.array([part.max_depth for part in parts], dtype=np.int32),
    )


def _rounded_down(threshold: np.ndarray) -> np.ndarray:
    """The largest float32 that is not above each number: a float32 is at most the one where it is at most the other."""
    nearest = threshold.astype(np.float32)
    return np.where(nearest > threshold, np.nextafter(nearest, np.float32(-np.inf)), nearest)


def mean_answer(answers: np.ndarray) -> np.ndarray:
    """Mean over trees of what they said, shape (n,); NaN where none did.

    Args:
        answers: shape (trees, n), NaN where a tree has no say.
    """
    told = ~np.isnan(answers)
    count = told.sum(axis=0)
    return np.where(count > 0, np.where(told, answers, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def unexplained(answers: np.ndarray, actual: np.ndarray) -> float:
    """Mean squared error of the trees' mean beyond the trees' variance, at least 0.

    Args:
        answers: of trees for rows they had not seen, shape (trees, n); NaN where a tree had seen a row.
        actual: what they should have been, shape (n,).
    """
    mean = mean_answer(answers)
    left = (mean - actual) ** 2 - mean_answer((answers - mean) ** 2)
    known = ~np.isnan(left)
    return max(0.0, float(left[known].mean())) if known.any() else 0.0
