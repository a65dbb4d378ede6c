"""Models of learning curves: where the curves are among the features, and models that boil one down to one number.

An encoding names a metric's value after an epoch ``metric@epoch``; side by side with others, after its own text and a
colon.

White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021, section 2.2.
"""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from predictors.calibration import fit_calibration, read_calibration
from predictors.metrics import kendall
from predictors.predictor import Predictor, State

_COLUMN = re.compile(r"(?P<source>.*:)?(?P<metric>\w+)@(?P<epoch>\d+)", re.DOTALL)


@dataclass(frozen=True)
class Seen:
    """Where the beginning of a metric's curve stands among features.

    Args:
        metric: its name.
        epochs: completed, in rising order.
        columns: place of each epoch's value among the features.
    """

    metric: str
    epochs: tuple[int, ...]
    columns: tuple[int, ...]

    def of(self, features: np.ndarray) -> np.ndarray:
        """The values, float64 [rows, epochs], of features [rows, features]."""
        return features[:, list(self.columns)]


def find_curves(names: Sequence[str]) -> list[Seen]:
    """The curves among features, in order of appearance; one for each metric of each encoding.

    >>> find_curves(["one_hot:edge", "learning_curve:val_loss@1", "learning_curve:val_loss@2"])
    [Seen(metric='val_loss', epochs=(1, 2), columns=(1, 2))]
    """
    found: dict[tuple[str, str], dict[int, int]] = {}
    for place, name in enumerate(names):
        if match := _COLUMN.fullmatch(name):
            curve = found.setdefault((match["source"] or "", match["metric"]), {})
            curve[int(match["epoch"])] = place
    return [Seen(metric, *_rising(places)) for (_, metric), places in found.items()]


def require_curves(model: str, names: Sequence[str], metric: str | None = None) -> list[Seen]:
    """The curves among features, those of one metric where it is given; at least one.

    Args:
        model: who asks, for messages.
        names: of the features.
        metric: that is needed; None for any.

    Raises:
        ValueError: there are none.
    """
    curves = find_curves(names)
    if not curves:
        raise ValueError(
            f"{model} needs the beginning of a learning curve (columns such as val_accuracy@3), got {len(names)} "
            "features without one: put learning_curve among its encodings"
        )
    fitting = [curve for curve in curves if metric in (None, curve.metric)]
    if not fitting:
        held = ", ".join(dict.fromkeys(curve.metric for curve in curves))
        raise ValueError(
            f"{model} needs the curve of {metric} (columns {metric}@1, ...), got curves of {held} only: "
            "name a table that holds it"
        )
    return fitting


def strength(y: np.ndarray, guess: np.ndarray) -> float:
    """How well guesses rank scores, upwards or downwards: Kendall's tau-b without its sign, 0 where it has no value."""
    value = abs(kendall(y, guess))
    return 0.0 if math.isnan(value) else value


class CurvePredictor(Predictor):
    """Boils the curve of one metric down to one number for each architecture, and calibrates that to scores.

    Subclasses take ``encoding``, ``folds`` and ``seed`` among their parameters and write :meth:`boil`.
    """

    needs = "learning_curve"
    metric: str = "val_accuracy"
    folds: int
    seed: int

    @abstractmethod
    def boil(self, seen: Seen, values: np.ndarray) -> np.ndarray:
        """One number for each architecture, shape (n,); each row's depends on nothing but the row and what was learned.

        Args:
            seen: which epochs the values are of.
            values: float64 [n, epochs].
        """

    def prepare(self, seen: Seen, values: np.ndarray, y: np.ndarray) -> None:
        """Learns what :meth:`boil` needs of training rows; nothing by default."""

    def check_features(self, names: Sequence[str]) -> None:
        """Checks that the curve of the metric is among the features.

        Raises:
            ValueError: it is not.
        """
        require_curves(self.registered_name(), names, self.metric)

    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Boils the curves down and fits the calibration to what is left."""
        seen = self._seen()
        values = seen.of(features)
        self.prepare(seen, values, y)
        self.calibration_ = fit_calibration(self.boil(seen, values), y, classes, self.folds, self.seed)

    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The calibrated number; the deviation is that of errors in cross-validation, the same for warped scores."""
        seen = self._seen()
        return self.calibration_.predict(self.boil(seen, seen.of(features)))

    def state(self) -> State:
        """The calibration."""
        return State(values={"calibration": self.calibration_.to_json()})

    def restore(self, state: State) -> None:
        """Takes the calibration over."""
        self.calibration_ = read_calibration(state.values["calibration"])

    def _seen(self) -> Seen:
        return require_curves(self.registered_name(), self.feature_names_, self.metric)[0]


def _rising(places: dict[int, int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    epochs = tuple(sorted(places))
    return epochs, tuple(places[epoch] for epoch in epochs)
