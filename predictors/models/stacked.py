"""An ensemble of different predictors, weighted by what each got right on classes it had not seen.

Wolpert, "Stacked Generalization", Neural Networks 1992. Members that err in different ways, smooth processes,
perceptrons and trees, rank better together than the best of them alone: White et al., "How Powerful are Performance
Predictors in NAS?", NeurIPS 2021. Members and their settings are a shelf, not a choice: which of them count, and
whether measured features help, is found inside the training rows. The mathematics is in ``predictors/stacking.py``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import nasbench
from predictors.encoding_text import split_encodings
from predictors.models.gaussian_process import GaussianProcess
from predictors.predictor import Predictor, State
from predictors.splits import folds
from predictors.stacking import chosen_pull, class_sizes, mixture, weights
from predictors.warps import Warp, fit_warp

MEMBERS = (
    "gaussian_process"
    "+gaussian_process(without=graph_features)"
    "+xgboost(depth=2,folds=1,members=1,rounds=200)"
    "+xgboost(depth=4,folds=1,members=1,rounds=200)"
    "+extra_trees(folds=1,leaf=1,max_features=0.25,trees=200)"
    "+extra_trees(folds=1,leaf=1,max_features=0.25,trees=200,without=graph_features)"
    "+mlp(folds=2,without=graph_features)"
    "+support_vectors(without=graph_features)"
    "+bayesian_linear(without=graph_features)"
)
LEAST = 6
"""With fewer classes than this all weights are equal."""


class Stacked(Predictor):
    """A weighted sum of members that all learn the same warped scores.

    Where features are guesses of the score, such as zero-cost scores, each member stands twice, with them and without:
    whether they help is for the weights to say. Of members that would be equal one stands.

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
        self._make_members()
        count = len(self.members_)
        self.weights_, self.scale_ = np.full(count, 1 / count), 1.0
        if len(np.unique(classes)) >= LEAST:
            outside, variance = np.empty((len(t), count)), np.empty((len(t), count))
            for inside, held in folds(classes, self.folds, np.random.default_rng(self.seed)):
                self._fit_members(features[inside], t[inside], classes[inside])
                outside[held], variance[held] = self._answers(features[held])
            pull = chosen_pull(outside, t, classes, self.folds, self.seed)
            self.weights_ = weights(outside, t, class_sizes(classes), pull)
            error = (t - np.einsum("nm,m->n", outside, self.weights_)) ** 2
            told = mixture(outside, variance, self.weights_)
            self.scale_ = float(np.sqrt((error / np.maximum(told, 1e-12)).mean()))
        self._fit_members(features, t, classes)

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The weighted sum; the deviation is the mixture's, in proportion as errors out of fold asked for."""
        answers, variance = self._answers(features)
        t = np.einsum("nm,m->n", answers, self.weights_)
        deviation = self.scale_ * np.sqrt(mixture(answers, variance, self.weights_))
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
        self.members_: list[Predictor] = []
        self.columns_: list[np.ndarray] = []
        seen: set[tuple[object, ...]] = set()
        for part in split_encodings(self.members):
            arguments: dict[str, Any] = dict(part.arguments)
            hidden = str(arguments.pop("without", "")).split()
            for columns in self._views(hidden):
                kind = (part.name, *sorted(arguments.items()), columns.tobytes())
                if kind not in seen:
                    seen.add(kind)
                    self.members_.append(self._member(part.name, arguments, columns))
                    self.columns_.append(columns)

    def _views(self, hidden: list[str]) -> list[np.ndarray]:
        """Columns left when some encodings are hidden: without those that guess the score, and with them."""
        owners = [name.partition(":")[0].partition("(")[0] for name in self.feature_names_]
        shown = np.array([owner not in hidden for owner in owners])
        shown = shown if shown.any() else np.ones(len(owners), dtype=bool)
        views = [shown & ~self.feature_guesses_, shown]
        return [np.flatnonzero(view) for view in views if view.any()]

    def _member(self, name: str, arguments: dict[str, Any], columns: np.ndarray) -> Predictor:
        member: Predictor = nasbench.load_predictor(name)
        known = member.get_params(deep=False)
        given = {"seed": self.seed, "warp": "identity"}
        member.set_params(**{**{key: value for key, value in given.items() if key in known}, **arguments})
        member.feature_names_ = tuple(self.feature_names_[column] for column in columns.tolist())
        member.feature_guesses_ = self.feature_guesses_[columns]
        return member

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
