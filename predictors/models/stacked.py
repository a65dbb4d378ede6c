"""An ensemble of different predictors, weighted by what each got right on classes it had not seen.

Wolpert, "Stacked Generalization", Neural Networks 1992; weights without a negative one as in Breiman, "Stacked
Regressions", Machine Learning 1996. Members that err in different ways, a smooth process and trees, rank better
together than the best of them alone: White et al., "How Powerful are Performance Predictors in NAS?", NeurIPS 2021.

t: warped scores (n,); P: members' predictions of them out of fold (n, members); w: weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import optimize

import nasbench
from predictors.encoding_text import split_encodings
from predictors.models.gaussian_process import GaussianProcess
from predictors.predictor import Predictor, State
from predictors.splits import folds
from predictors.warps import Warp, fit_warp

MEMBERS = (
    "gaussian_process(without=graph_features)"
    "+xgboost(depth=4,folds=1,members=1,rounds=200)"
    "+extra_trees(folds=1,leaf=1,max_features=0.25,trees=200)"
    "+mlp(folds=2,without=graph_features)"
)
PULL = 200.0
"""Equal weights count as much as so many rows that speak for them."""
LEAST = 6
"""With fewer classes than this all weights are equal."""


class Stacked(Predictor):
    """A weighted sum of members that all learn the same warped scores.

    Args:
        encoding: encodings joined by a plus.
        members: names of predictors joined by a plus, each with parameters in brackets; ``without=NAME`` hides the
            columns of an encoding of this name from a member, where that leaves it any.
        warp: how scores are seen, "identity" or "logarithm"; None: the one under which a Gaussian process ranks better
            in cross-validation on the training rows.
        folds: of the cross-validation that gives the weights, which never parts a class.
        seed: of folds and members.
    """

    def __init__(
        self,
        encoding: str = "graph_features(canonical=True)+program",
        members: str = MEMBERS,
        warp: str | None = None,
        folds: int = 5,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.members = members
        self.warp = warp
        self.folds = folds
        self.seed = seed

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Weighs the members by their predictions out of fold, then fits them to all rows.

        Raises:
            LookupError: a member's name is unknown.
            ValueError: a member does not take the parameters given.
        """
        self.warp_ = fit_warp(self.warp or self._ranking_warp(features, y, classes), y)
        t = self.warp_.forward(y)
        count = len(split_encodings(self.members))
        self.weights_, self.scale_ = np.full(count, 1 / count), 1.0
        if len(np.unique(classes)) >= LEAST:
            outside, variance = np.empty((len(t), count)), np.empty((len(t), count))
            for inside, held in folds(classes, self.folds, np.random.default_rng(self.seed)):
                self._fit_members(features[inside], t[inside], classes[inside])
                outside[held], variance[held] = self._answers(features[held])
            self.weights_ = weights(outside, t)
            error = (t - np.einsum("nm,m->n", outside, self.weights_)) ** 2
            told = _mixture(outside, variance, self.weights_)
            self.scale_ = float(np.sqrt((error / np.maximum(told, 1e-12)).mean()))
        self._fit_members(features, t, classes)

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The weighted sum; the deviation is the mixture's, in proportion as errors out of fold asked for."""
        answers, variance = self._answers(features)
        t = np.einsum("nm,m->n", answers, self.weights_)
        deviation = self.scale_ * np.sqrt(_mixture(answers, variance, self.weights_))
        return self.warp_.back(t), deviation * self.warp_.slope(t)

    def state(self) -> State:
        """Weights, warp, and each member's state with names after its place."""
        states = [member.state() for member in self.members_]
        return State(
            values={
                "warp": self.warp_.to_json(),
                "scale": self.scale_,
                "members": [state.values for state in states],
            },
            arrays={
                "weights": self.weights_,
                **{f"{i}.{name}": array for i, state in enumerate(states) for name, array in state.arrays.items()},
            },
            models={f"{i}.{name}": model for i, state in enumerate(states) for name, model in state.models.items()},
        )

    def restore(self, state: State) -> None:
        """Makes the members and gives each what it had learned."""
        self.warp_, self.scale_ = Warp(**state.values["warp"]), float(state.values["scale"])
        self.weights_ = state.arrays["weights"]
        self._make_members()
        for place, member in enumerate(self.members_):
            own = f"{place}."
            arrays = {name[len(own) :]: array for name, array in state.arrays.items() if name.startswith(own)}
            models = {name[len(own) :]: model for name, model in state.models.items() if name.startswith(own)}
            member.restore(State(state.values["members"][place], arrays, models))

    def _ranking_warp(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> str:
        process = GaussianProcess(kernel="matern", restarts=1, seed=self.seed)
        process.feature_names_, process.feature_guesses_ = self.feature_names_, self.feature_guesses_
        process.feature_spread_ = self.feature_spread_
        process.fit_features(features, y, classes)
        return process.warp_.name

    def _make_members(self) -> None:
        """Unfitted members, and the columns that each sees."""
        owners = [name.partition(":")[0].partition("(")[0] for name in self.feature_names_]
        self.members_: list[Predictor] = []
        self.columns_: list[np.ndarray] = []
        for part in split_encodings(self.members):
            arguments: dict[str, Any] = dict(part.arguments)
            hidden = str(arguments.pop("without", "")).split()
            columns = np.array([i for i, owner in enumerate(owners) if owner not in hidden], dtype=np.int64)
            columns = columns if len(columns) else np.arange(len(owners))
            member: Predictor = nasbench.load_predictor(part.name)
            known = member.get_params(deep=False)
            given = {"seed": self.seed, "warp": "identity"}
            member.set_params(**{**{name: value for name, value in given.items() if name in known}, **arguments})
            member.feature_names_ = tuple(self.feature_names_[column] for column in columns.tolist())
            member.feature_guesses_ = self.feature_guesses_[columns]
            self.members_.append(member)
            self.columns_.append(columns)

    def _fit_members(self, features: np.ndarray, t: np.ndarray, classes: np.ndarray) -> None:
        self._make_members()
        numbers = np.unique(classes, return_inverse=True)[1]
        for member, columns in zip(self.members_, self.columns_, strict=True):
            member.feature_spread_ = self.feature_spread_[:, columns]
            member.fit_features(features[:, columns], t, numbers)

    def _answers(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Members' means and variances, each of shape (n, members)."""
        answers = [
            member.predict_features(features[:, columns])
            for member, columns in zip(self.members_, self.columns_, strict=True)
        ]
        means, deviations = (np.stack(part, axis=1) for part in zip(*answers, strict=True))
        return means, deviations**2


def weights(outside: np.ndarray, t: np.ndarray) -> np.ndarray:
    """Weights without a negative one, shape (members,): least squares, pulled towards equal ones.

    The least of |t - P w|² + PULL |w - 1 / members|², with w at least 0.

    Args:
        outside: P, predictions out of fold, shape (n, members).
        t: what they should have been, shape (n,).
    """
    count = outside.shape[1]
    rows = np.vstack([outside, np.sqrt(PULL) * np.eye(count)])
    return np.asarray(optimize.nnls(rows, np.concatenate([t, np.full(count, np.sqrt(PULL) / count)]))[0])


def _mixture(means: np.ndarray, variances: np.ndarray, given: np.ndarray) -> np.ndarray:
    """Variance of the weighted mixture of members, shape (n,)."""
    share = given / max(float(given.sum()), 1e-12)
    middle = np.einsum("nm,m->n", means, share)
    return np.einsum("nm,m->n", variances + (means - middle[:, None]) ** 2, share)
