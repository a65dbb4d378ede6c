"""The last validation accuracy that was seen, calibrated to scores.

White et al., "How Powerful are Performance Predictors in Neural Architecture Search?", NeurIPS 2021, where it is called
early stopping with validation accuracy, as in Zoph et al., "Learning Transferable Architectures", CVPR 2018.
"""

from __future__ import annotations

import numpy as np

from predictors.learning_curves import CurvePredictor, Seen


class LastValue(CurvePredictor):
    """The last value of a metric's curve.

    Args:
        encoding: encodings joined by a plus; the first curve of the metric counts, other features do not.
        metric: whose curve.
        folds: of the cross-validation, which never parts a class, that chooses the calibration's warp.
        seed: of the folds.
    """

    def __init__(
        self, encoding: str = "learning_curve", metric: str = "val_accuracy", folds: int = 10, seed: int = 0
    ) -> None:
        self.encoding = encoding
        self.metric = metric
        self.folds = folds
        self.seed = seed

    def boil(self, seen: Seen, values: np.ndarray) -> np.ndarray:
        """The value after the last epoch seen, in the metric's unit."""
        return values[:, -1]
