"""An ensemble of deep narrow perceptrons on the path encoding, with a loss that looks at the best.

White, Neiswanger and Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
Search", AAAI 2021: five networks of ten layers of twenty units, absolute percentage error, Adam at 0.01. The
mathematics is in ``predictors/perceptrons.py``.
"""

from __future__ import annotations

import numpy as np

from predictors import perceptrons
from predictors.perceptrons import Schedule
from predictors.predictor import Predictor, State
from predictors.rows import different_rows
from predictors.warps import fit_warp


class Bananas(Predictor):
    """The mean of perceptrons that differ in their first weights and in the order in which they saw the rows.

    The loss of a row is the mean absolute percentage error of that paper's section 4: the absolute error over the
    distance of the score to a bound, so that an error weighs more the better the score. The bound lies beyond the best
    score by the interquartile range; where the long tail of the scores is above, beyond the worst.

    Args:
        encoding: encodings joined by a plus.
        width: units of a hidden layer.
        depth: hidden layers.
        steps: of Adam.
        rate: of learning.
        members: perceptrons averaged.
        percentage: weigh errors so; otherwise all alike.
        seed: of first weights and batches.
    """

    def __init__(
        self,
        encoding: str = "paths",
        width: int = 20,
        depth: int = 10,
        steps: int = 800,
        rate: float = 0.01,
        members: int = 5,
        percentage: bool = True,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.width = width
        self.depth = depth
        self.steps = steps
        self.rate = rate
        self.members = members
        self.percentage = percentage
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Trains the members side by side.

        Raises:
            ValueError: width, depth, members or steps is less than 1.
        """
        for name in ("width", "depth", "members", "steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        self.mean_, self.scale_ = float(y.mean()), float(y.std()) if np.ptp(y) > 0 else 1.0
        rng = np.random.default_rng(self.seed)
        sizes = self._sizes(features)
        self.theta_ = perceptrons.train(
            perceptrons.begin(self.members, sizes, rng),
            sizes,
            features,
            np.tile((y - self.mean_) / self.scale_, (self.members, 1)),
            row_weights(y) if self.percentage else np.ones(len(y)),
            [np.arange(len(y))] * self.members,
            np.zeros(self.members),
            Schedule(self.steps, self.rate, absolute=True),
            rng,
        )

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and deviation over members."""
        rows, place = different_rows(features)
        said = perceptrons.answers(self.theta_, self._sizes(rows), rows.astype(np.float32)).astype(np.float64)
        said = said[:, place]
        return said.mean(axis=0) * self.scale_ + self.mean_, said.std(axis=0) * self.scale_

    def state(self) -> State:
        """Weights of all members, mean and deviation of the scores."""
        return State(values={"mean": self.mean_, "scale": self.scale_}, arrays={"theta": self.theta_})

    def restore(self, state: State) -> None:
        """Takes them over."""
        self.mean_, self.scale_ = float(state.values["mean"]), float(state.values["scale"])
        self.theta_ = state.arrays["theta"]

    def _sizes(self, features: np.ndarray) -> tuple[int, ...]:
        return (features.shape[1], *[self.width] * self.depth, 1)


def row_weights(y: np.ndarray) -> np.ndarray:
    """Weight of each row's absolute error, mean 1, shape (n,): one over its score's distance to the bound."""
    warp = fit_warp("logarithm", y)
    weights = 1 / (warp.origin - warp.sign * y)
    return weights / weights.mean()
