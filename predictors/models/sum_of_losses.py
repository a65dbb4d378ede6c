"""The sum of training losses over the epochs seen, or over the last of them, calibrated to scores.

Ru, Lyle, Schut, Fil, van der Wilk and Gal, "Speedy Performance Estimation for Neural Architecture Search", NeurIPS
2021: SoTL over all epochs, SoTL-E over the last E, in the paper mostly 1. A table's training loss is the mean over an
epoch's batches, so the sum is that of the paper but for the number of batches, which the calibration makes up for.
"""

from __future__ import annotations

import numpy as np

from predictors.learning_curves import CurvePredictor, Seen, strength
from predictors.predictor import State


class SumOfLosses(CurvePredictor):
    """Sum of training losses.

    Args:
        encoding: encodings joined by a plus; the first curve of the training loss counts, other features do not.
        last: how many of the last epochs seen are summed; 0 for all; None: 1, 2, 4, ... or all, whichever ranks the
            training rows best, and the fewest of those that do.
        folds: of the cross-validation, which never parts a class, that chooses the calibration's warp.
        seed: of the folds.
    """

    metric = "train_loss"

    def __init__(
        self, encoding: str = "learning_curve", last: int | None = None, folds: int = 10, seed: int = 0
    ) -> None:
        self.encoding = encoding
        self.last = last
        self.folds = folds
        self.seed = seed

    def prepare(self, seen: Seen, values: np.ndarray, y: np.ndarray) -> None:
        """Chooses how many epochs are summed.

        Raises:
            ValueError: fewer than no epochs are to be summed.
        """
        if self.last is not None and self.last < 0:
            raise ValueError(f"last must be a number of epochs, or 0 for all of them, got {self.last}")
        count = len(seen.epochs)
        self.last_ = min(self.last or count, count)
        if self.last is None:
            tried = [2**power for power in range(count.bit_length()) if 2**power < count] + [count]
            self.last_ = max(tried, key=lambda last: strength(y, values[:, count - last :].sum(axis=1)))

    def boil(self, seen: Seen, values: np.ndarray) -> np.ndarray:
        """The sum; of all epochs where fewer than ``last`` were seen."""
        return values[:, len(seen.epochs) - self.last_ :].sum(axis=1)

    def state(self) -> State:
        """The calibration, and how many epochs are summed."""
        return State({**super().state().values, "last": self.last_})

    def restore(self, state: State) -> None:
        """Takes those over."""
        super().restore(state)
        self.last_ = int(state.values["last"])
