"""What seeing more of a training is worth: a predictor's score by the epochs that it sees of each architecture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from reports.drawing import Look, draw_estimates, new_axes, set_labels, set_legend, set_log_axis, words
from reports.result import Study
from reports.settings import Settings
from reports.statistics import Estimate

_EPOCHS = re.compile(r"(?<=[(,])epochs=\d+,?")


@dataclass(frozen=True, slots=True)
class EpochCurve:
    """A predictor's score at the largest n, by epochs seen."""

    predictor: str
    size: int
    epochs: tuple[int, ...]
    estimates: tuple[Estimate, ...]


def family(name: str) -> str:
    """The name of a predictor without the number of epochs that it sees.

    >>> family("ridge[one_hot+learning_curve(epochs=5,seed=0)]")
    'ridge[one_hot+learning_curve(seed=0)]'
    """
    return _EPOCHS.sub("", name).replace("()", "").replace(",)", ")")


def fullest(study: Study) -> list[str]:
    """Predictors, of those that differ only in the epochs seen the one that sees the most."""
    seen = study.info.get("seen")
    most: dict[str, tuple[int, str]] = {}
    for name in study.predictors:
        about = seen.get(name) if isinstance(seen, dict) else None
        epochs = int(about["epochs"]) if isinstance(about, dict) else 0
        key = family(name) if epochs else name
        if key not in most or epochs > most[key][0]:
            most[key] = epochs, name
    kept = {name for _, name in most.values()}
    return [name for name in study.predictors if name in kept]


def compute_correlation_by_epochs(study: Study, score: str, settings: Settings) -> list[EpochCurve]:
    """A curve for each predictor that was run with two numbers of epochs seen or more."""
    seen = study.info.get("seen")
    found: dict[str, list[tuple[int, Estimate]]] = {}
    size = int(study.size.max(initial=0))
    for name in study.predictors:
        about = seen.get(name) if isinstance(seen, dict) else None
        estimate = settings.estimate(study.by_seed(name, size, score).values())
        if isinstance(about, dict) and estimate.n:
            found.setdefault(family(name), []).append((int(about["epochs"]), estimate))
    curves = []
    for name, points in found.items():
        if len(points) > 1:
            points.sort(key=lambda point: point[0])
            curves.append(EpochCurve(name, size, tuple(e for e, _ in points), tuple(s for _, s in points)))
    return curves


def draw_correlation_by_epochs(curves: Sequence[EpochCurve], looks: Mapping[str, Look], label: str) -> Figure:
    """Points with intervals over a logarithmic axis of epochs."""
    figure, axes = new_axes()
    for place, curve in enumerate(curves):
        x = np.array(curve.epochs) * 1.02 ** (place - (len(curves) - 1) / 2)  # beside each other, not over
        draw_estimates(axes, x, curve.estimates, looks[curve.predictor], words(curve.predictor))
    set_log_axis(axes)
    axes.margins(x=0.06)
    set_labels(axes, "epochs seen of each architecture's training", label)
    set_legend(figure)
    return figure
