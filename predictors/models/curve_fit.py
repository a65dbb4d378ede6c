"""Parametric curves fitted to the beginning of each training and followed to its end, calibrated to scores.

Domhan, Springenberg and Hutter, "Speeding Up Automatic Hyperparameter Optimization of Deep Neural Networks by
Extrapolation of Learning Curves", IJCAI 2015. The mathematics is in ``predictors/parametric_curves.py``.
"""

from __future__ import annotations

import numpy as np

from nasbench.database.schema import METRICS
from predictors.learning_curves import CurvePredictor, Seen, strength
from predictors.parametric_curves import LEAST, Habits, extrapolate, fit_habits
from predictors.predictor import State

REACHES = (1.0, 1.5, 2.0, 4.0, 8.0, 16.0)
"""Horizons tried, in multiples of the last epoch seen; the first stands where none ranks better."""


class CurveFit(CurvePredictor):
    """Families of curves, averaged by their posterior, at an epoch that was not seen.

    Of fewer than three epochs the last value stands for the curve.

    Args:
        encoding: encodings joined by a plus; the first curve of the metric counts, other features do not.
        metric: whose curve.
        horizon: the epoch at which curves are read, such as the last of the whole training; None: of the last one seen
            times :data:`REACHES`, the one that ranks the training rows best.
        folds: of the cross-validation, which never parts a class, that chooses the calibration's warp.
        seed: of the folds.
    """

    def __init__(
        self,
        encoding: str = "learning_curve",
        metric: str = "val_accuracy",
        horizon: int | None = None,
        folds: int = 10,
        seed: int = 0,
    ) -> None:
        self.encoding = encoding
        self.metric = metric
        self.horizon = horizon
        self.folds = folds
        self.seed = seed

    def prepare(self, seen: Seen, values: np.ndarray, y: np.ndarray) -> None:
        """Learns what shapes curves have and how far values lie from them, and chooses the horizon.

        Raises:
            ValueError: the horizon given was already passed, or there is no such metric.
        """
        last = seen.epochs[-1]
        if self.horizon is not None and self.horizon < last:
            raise ValueError(f"horizon must be no earlier than epoch {last}, the last one seen, got {self.horizon}")
        if self.metric not in METRICS:
            raise ValueError(f"metric must be one of {', '.join(METRICS)}, got {self.metric!r}")
        self.habits_, self.horizon_ = Habits(np.empty(0), 0.0), float(self.horizon or last)
        if len(seen.epochs) < LEAST:
            return
        self.habits_ = fit_habits(values, np.array(seen.epochs, dtype=float), METRICS[self.metric].higher_is_better)
        best = -np.inf
        for horizon in [reach * last for reach in REACHES] if self.horizon is None else ():
            ranked = strength(y, self._reached(seen, values, horizon))
            if ranked > best:
                best, self.horizon_ = ranked, horizon

    def boil(self, seen: Seen, values: np.ndarray) -> np.ndarray:
        """The value at the horizon, in the metric's unit."""
        return self._reached(seen, values, self.horizon_)

    def state(self) -> State:
        """The calibration, the horizon, the shapes that curves have and how far values lie from them."""
        values = {**super().state().values, "sigma": self.habits_.sigma, "horizon": self.horizon_}
        return State(values, arrays={"prior": self.habits_.prior})

    def restore(self, state: State) -> None:
        """Takes those over."""
        super().restore(state)
        self.habits_ = Habits(state.arrays["prior"], float(state.values["sigma"]))
        self.horizon_ = float(state.values["horizon"])

    def _reached(self, seen: Seen, values: np.ndarray, horizon: float) -> np.ndarray:
        if len(seen.epochs) < LEAST:
            return values[:, -1]
        metric = METRICS[self.metric]
        limits = (0.0, 100.0 if metric.unit == "percent" else np.inf)
        epochs = np.array(seen.epochs, dtype=float)
        return extrapolate(values, epochs, horizon, self.habits_, metric.higher_is_better, limits)
