"""An ensemble of one predictor: members differ in their seed and in the classes that they saw.

Each member is fitted without one part of the classes, as in cross-validation, so that no class is in fewer than all
members but one (Parmanto, Munro and Doyle, "Improving Committee Diagnosis with Resampling Techniques", NIPS 1995).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from nasbench.space import Architecture
from predictors.encoding import Encoding
from predictors.measured import Measured
from predictors.predictor import Predictor, load_fitted
from predictors.splits import folds


@dataclass(frozen=True)
class Ensemble:
    """Fitted predictors of one kind whose mean answers.

    Args:
        members: at least one, all fitted to the same space.
    """

    members: tuple[Predictor, ...]

    def __post_init__(self) -> None:
        if len({member.space_ for member in self.members}) != 1:
            raise ValueError(f"expected fitted predictors of one space, got {len(self.members)} of several or none")

    @property
    def space_(self) -> str:
        """Name of the space."""
        return str(self.members[0].space_)

    @property
    def encoder(self) -> Encoding:
        """What turns architectures into features, with what it looked up."""
        encoder: Encoding = self.members[0].encoder_
        return encoder

    def predict(self, architectures: Sequence[Architecture], return_std: bool = False) -> Any:
        """Mean over members, shape (n,); with ``return_std`` also a standard deviation for each.

        The variance is that of the mixture: the mean of the members' variances and the variance of their means
        (Lakshminarayanan et al., "Simple and Scalable Predictive Uncertainty Estimation", NeurIPS 2017, section 2.4).
        """
        answers = [member.predict(architectures, return_std=True) for member in self.members]
        means, deviations = (np.stack(part) for part in zip(*answers, strict=True))
        mean = means.mean(axis=0)
        if not return_std:
            return mean
        return mean, np.sqrt((deviations**2).mean(axis=0) + means.var(axis=0))

    def save(self, folder: str | Path) -> None:
        """Writes the members into the folder: the first as a single predictor is written, others below it.

        Raises:
            OSError: the folder cannot be written.
        """
        for place, member in enumerate(self.members):
            member.save(_folder(folder, place))


def load_ensemble(folder: str | Path, count: int = 1) -> Ensemble:
    """The ensemble of ``count`` members that :meth:`Ensemble.save` wrote into a folder; of one, a saved predictor.

    Raises:
        FileNotFoundError: the folder holds fewer.
        ValueError: one is damaged, or of a newer version.
    """
    return Ensemble(tuple(load_fitted(_folder(folder, place)) for place in range(count)))


def _folder(folder: str | Path, place: int) -> Path:
    return Path(folder) / f"member{place}" if place else Path(folder)


def fit_ensemble(predictor: Predictor, measured: Measured, rows: np.ndarray, count: int, seed: int) -> Ensemble:
    """``count`` copies of a predictor, fitted to rows of what was measured.

    Args:
        predictor: copied, never fitted itself; copies get seeds of their own where it has a parameter ``seed``.
        measured: see :func:`predictors.measured.read_measured`.
        rows: places in it to learn from.
        count: 1 for the predictor itself, with its own seed, fitted to all rows; with few classes there are fewer
            members, so that each can leave some out.
        seed: of the members' seeds and of the classes that each does not see.

    Raises:
        ValueError: ``count`` is less than 1.
    """
    if count < 1:
        raise ValueError(f"an ensemble has at least one member, got {count}")
    classes = measured.classes[rows]
    count = min(count, len(np.unique(classes)) // 2)
    if count <= 1:
        return Ensemble((_fitted(clone(predictor), measured, rows),))
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(7,)))
    members = []
    for inside, _ in folds(classes, count, rng):
        member: Predictor = clone(predictor)
        if "seed" in member.get_params(deep=False):
            member.set_params(seed=int(rng.integers(2**31)))
        members.append(_fitted(member, measured, rows[inside]))
    return Ensemble(tuple(members))


def _fitted(predictor: Predictor, measured: Measured, rows: np.ndarray) -> Predictor:
    fitted: Predictor = predictor.fit(measured.of(rows), measured.y[rows], measured.classes[rows])
    return fitted
