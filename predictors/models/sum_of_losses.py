"""The sum of training losses over the epochs seen, or over the last of them, calibrated to scores.

Ru, Lyle, Schut, Fil, van der Wilk and Gal, "Speedy Performance Estimation for Neural Architecture Search", NeurIPS
2021: SoTL over all epochs, SoTL-E over the last E. A table's training loss is the mean over an epoch's batches, so the
sum is that of the paper but for the number of batches, which the calibration makes up for.
"""

from __future__ import annotations

import numpy as np

from predictors.learning_curves import CurvePredictor, Seen


class SumOfLosses(CurvePredictor):
    """Sum of training losses.

    Args:
        encoding: encodings joined by a plus; the first curve of the training loss counts, other features do not.
        last: how many of the last epochs seen are summed; 0 for all.
        folds: of the cross-validation, which never parts a class, that chooses the calibration's warp.
        seed: of the folds.
    """

    metric = "train_loss"

    def __init__(self, encoding: str = "learning_curve", last: int = 0, folds: int = 10, seed: int = 0) -> None:
        self.encoding = encoding
        self.last = last
        self.folds = folds
        self.seed = seed

    def prepare(self, seen: Seen, values: np.ndarray, y: np.ndarray) -> None:
        """Checks the parameter.

        Raises:
            ValueError: fewer than no epochs are to be summed.
        """
        if self.last < 0:
            raise ValueError(f"last must be a number of epochs, or 0 for all of them, got {self.last}")

    def boil(self, seen: Seen, values: np.ndarray) -> np.ndarray:
        """The sum; of all epochs where fewer than ``last`` were seen."""
        first = max(0, len(seen.epochs) - self.last) if self.last else 0
        return values[:, first:].sum(axis=1)
