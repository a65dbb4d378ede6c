"""A small ensemble of graph networks that learn to rank, their scores calibrated on rows that they did not see.

Gated flow and pairwise hinge loss as in GATES (Ning et al., ECCV 2020) and FLAN (Akhauri and Abdelfattah, ICML 2024).
The mathematics is in ``predictors/graph_layers.py``.
"""

from __future__ import annotations

import math

import numpy as np

from nasbench.registry import missing_extra
from predictors import graph_layers
from predictors.graph_layers import Schedule, Shape
from predictors.predictor import Predictor, State
from predictors.rows import different_rows, standardised
from predictors.splits import folds
from predictors.tensors import FIRST, unfold
from predictors.warps import WARPS, Warp, fit_warp

BATCH = 32
"""Rows of a step."""
PASSES, MOST = 40, 2000
"""Each row is seen in at least so many steps on average, unless that takes more than so many steps in all."""
LEAST = 0.1
"""Of the scores' deviation, what one deviation of the networks' answers is worth at least."""


class GraphNetwork(Predictor):
    """The mean of graph networks that differ in their first weights and in the order in which they saw the rows.

    As many more, each fitted without one fold of the classes, answer that fold: on those answers the line is fitted
    that turns the networks' standardised answers into scores, and the error is learned.

    Args:
        encoding: encodings joined by a plus. Columns of "graph_tensors" or "adjacency" are unfolded into graphs; all
            others, made standard by their spread over the space, are joined to what was read from them.
        width: of states and hidden layers.
        layers: of the flow along edges.
        steps: of Adam; with many rows more are taken, see :data:`PASSES`.
        rate: of learning.
        decay: decoupled weight decay.
        regression: weight of the squared error of warped scores beside the ranking loss.
        members: networks averaged.
        folds: of the cross-validation, which never parts a class.
        warp: how scores are seen by the calibration, "identity" or "logarithm"; None: as the smaller error out of fold
            says.
        device: of the computation, as torch names it.
        seed: of folds, first weights and batches.
    """

    def __init__(
        self,
        encoding: str = "graph_tensors(canonical=True)",
        width: int = 32,
        layers: int = 3,
        steps: int = 200,
        rate: float = 0.005,
        decay: float = 0.1,
        regression: float = 0.5,
        members: int = 4,
        folds: int = 4,
        warp: str | None = None,
        device: str = "cpu",
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.width = width
        self.layers = layers
        self.steps = steps
        self.rate = rate
        self.decay = decay
        self.regression = regression
        self.members = members
        self.folds = folds
        self.warp = warp
        self.device = device
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Trains the members and those of the folds side by side, then fits the line.

        Raises:
            ValueError: width, layers, steps or members is less than 1, or there is no such warp.
            ImportError: torch is not installed.
        """
        for name in ("width", "layers", "steps", "members"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        self.spread_ = self.feature_spread_
        shape, rng = self._shape(), np.random.default_rng(self.seed)
        splits = list(folds(classes, self.folds, rng))
        rows = [*(inside for inside, _ in splits), *[np.arange(len(y))] * self.members]
        with missing_extra("the predictor 'graph_network'"), graph_layers.one_thread():
            theta = graph_layers.begin(len(rows), shape, int(rng.integers(2**63)))
            wanted = min(PASSES * len(y) // BATCH, MOST)
            schedule = Schedule(max(self.steps, wanted), self.rate, self.decay, BATCH, self.regression)
            t, inputs = fit_warp("logarithm", y).forward(y), self._inputs(features, False)
            theta = graph_layers.train(theta, shape, inputs, t, rows, schedule, rng)
            said = graph_layers.score(theta, shape, self._inputs(features, True))
        centre = np.array([line[seen].mean() for line, seen in zip(said, rows, strict=True)])
        width = np.array([line[seen].std() for line, seen in zip(said, rows, strict=True)])
        width = np.where(width > 0, width, 1.0)
        outside = np.empty(len(y))
        for fold, (_, held) in enumerate(splits):
            outside[held] = (said[fold, held] - centre[fold]) / width[fold]
        self._calibrate(outside, y)
        self.theta_ = {name: part[len(splits) :] for name, part in theta.items()}
        self.centre_, self.width_ = centre[len(splits) :], width[len(splits) :]

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The line at the mean over members; the variance is theirs plus the squared error out of fold."""
        rows, place = different_rows(features)
        with missing_extra("the predictor 'graph_network'"), graph_layers.one_thread():
            said = graph_layers.score(self.theta_, self._shape(), self._inputs(rows, True))
        said = ((said - self.centre_[:, None]) / self.width_[:, None])[:, place]
        t = self.start_ + self.slope_ * said.mean(axis=0)
        return self.warp_.back(t), np.sqrt(self.slope_**2 * said.var(axis=0) + self.noise_) * self.warp_.slope(t)

    def state(self) -> State:
        """Weights of all members, what makes features and answers standard, the line, its error, the warp."""
        weights = {f"theta.{name}": part for name, part in self.theta_.items()}
        line = {"start": self.start_, "slope": self.slope_, "noise": self.noise_, "warp": self.warp_.to_json()}
        return State(line, {"spread": self.spread_, "centre": self.centre_, "width": self.width_, **weights})

    def restore(self, state: State) -> None:
        """Takes those over."""
        self.start_, self.slope_, self.noise_ = (float(state.values[name]) for name in ("start", "slope", "noise"))
        self.warp_ = Warp(**state.values["warp"])
        self.spread_, self.centre_, self.width_ = (state.arrays[name] for name in ("spread", "centre", "width"))
        self.theta_ = {name[6:]: part for name, part in state.arrays.items() if name.startswith("theta.")}

    def _shape(self) -> Shape:
        graphs, told = unfold(np.zeros((0, len(self.feature_names_))), self.feature_names_)
        operations = 0 if graphs is None else FIRST + len(graphs.labels)
        count = 0 if graphs is None else graphs.operations.shape[1]
        return Shape(operations, count, int((~told).sum()), self.width, self.layers)

    def _inputs(self, features: np.ndarray, precise: bool) -> graph_layers.Inputs:
        graphs, told = unfold(features, self.feature_names_)
        others = standardised(features[:, ~told], self.spread_[:, ~told])
        return graph_layers.to_inputs(graphs, others, self.device, precise)

    def _calibrate(self, outside: np.ndarray, y: np.ndarray) -> None:
        """The line from answers (n,) out of fold to warped scores, for the warp with the smallest error of scores."""
        least = math.inf
        for name in WARPS if self.warp is None else (self.warp,):
            warp = fit_warp(name, y)
            t = warp.forward(y)
            away = outside - outside.mean()
            slope = float(away @ t / (away @ away)) if away.any() else 0.0
            slope = max(slope, LEAST * float(t.std()))
            start = float(t.mean() - slope * outside.mean())
            guess = start + slope * outside
            error = float(((warp.back(guess) - y) ** 2).mean())
            if error < least:
                least, self.warp_, self.slope_, self.start_ = error, warp, slope, start
                self.noise_ = float(((guess - t) ** 2).mean())
