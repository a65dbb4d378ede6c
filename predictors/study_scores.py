"""The scores of a study's row that need nothing but what was measured and what was predicted."""

from __future__ import annotations

import numpy as np

from nasbench.database.schema import METRICS
from predictors.metrics import (
    best_rank,
    kendall,
    kendall_rounded,
    mae,
    pearson,
    precision_at,
    r2,
    rmse,
    spearman,
)

TOPS = (10, 20)
"""How many predicted best are looked at."""


def study_scores(actual: np.ndarray, predicted: np.ndarray, metric: str = "val_accuracy") -> dict[str, float]:
    """Scores by the names that :class:`predictors.study_file.StudyRow` gives them.

    Args:
        actual: measured values of a metric of a table, shape (n,).
        predicted: predictions, shape (n,).
        metric: the metric's name; it says whether more is better, and whether values are percentages.
    """
    about = METRICS[metric]
    found = {name: score(actual, predicted) for name, score in _PLAIN.items()}
    found["kendall_rounded"] = kendall_rounded(actual, predicted, 0.1 if about.unit == "percent" else 0.001)
    for k in TOPS:
        found[f"precision_{k}"] = precision_at(actual, predicted, k, about.higher_is_better)
    ranks = {k: best_rank(actual, predicted, k, about.higher_is_better) for k in TOPS}
    found.update({f"best_rank_{k}": rank for k, rank in ranks.items()})
    found.update({f"best_share_{k}": rank / max(len(actual), 1) for k, rank in ranks.items()})
    return found


_PLAIN = {"kendall": kendall, "spearman": spearman, "pearson": pearson, "r2": r2, "mae": mae, "rmse": rmse}
