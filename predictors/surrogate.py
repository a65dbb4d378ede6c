"""SurrogateBenchmark: an ensemble of predictors that answers like a table, for every architecture of its space.

Zela et al., "Surrogate NAS Benchmarks: Going Beyond the Limited Search Spaces of Tabular NAS Benchmarks", ICLR 2022.
Answers are predictions throughout, for architectures that were trained as well, so that no search is drawn to them. No
noise is added unless it is asked for, with a seed. For a space that can be enumerated all scores are computed once and
stored, and so is what learning curves are made of. Files are the business of :mod:`predictors.surrogate_file`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from predictors.ensemble import Ensemble
from predictors.noisy_view import Draws, NoisyView
from predictors.predictor import Predictor
from predictors.surrogate_file import Parts, read_parts, write_parts
from predictors.trainings import Trainings, encoded

_REMEMBERED = 200_000
"""Answers kept in memory for a space that is not enumerated."""


@dataclass
class SurrogateBenchmark:
    """Predicted scores, learning curves and training seconds of every architecture of a space.

    Args:
        ensemble: fitted to the scores.
        clock: fitted to the logarithm of training seconds; None where the table had none.
        trainings: models of learning curves and noise.
        about: ``metric``, ``schedule``, ``table``, ``table_digest``, ``rows`` it was fitted to and the ``heldout``
            quality of an ensemble fitted the same way that had not seen them all.
    """

    ensemble: Ensemble
    clock: Predictor | None
    trainings: Trainings
    about: dict[str, Any]
    _answers: dict[tuple[int, ...], tuple[float, float, float]] = field(default_factory=dict, repr=False)
    _coordinates: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.space: Space = nasbench.load_space(self.ensemble.space_)
        self.metric: str = self.about["metric"]
        self.schedule: int = self.about["schedule"]
        self._draws = Draws(self.space)

    @property
    def enumerated(self) -> bool:
        """Whether all answers are computed beforehand."""
        return self.space.count() <= LARGEST_ENUMERATED

    @property
    def epochs(self) -> dict[str, tuple[int, ...]]:
        """Epochs, as completed, of each metric that has a learning curve; empty where the table had none."""
        return {} if self.trainings.curves is None else dict(self.trainings.curves.epochs)

    # -- answers ------------------------------------------------------------------------------------------------

    def query(
        self,
        architecture: Architecture | str,
        metric: str | None = None,
        noise: bool = False,
        seed: int | None = None,
    ) -> float:
        """Predicted score of an architecture, or of its text, in the metric's unit.

        Args:
            architecture: of the space.
            metric: the one it was fitted to.
            noise: whether to answer as one training would, instead of what is expected of it. What is trained is the
                representative of the architecture's class: all members of a class get its answer.
            seed: of that training: the same class and seed give the same answer, in whatever order one asks.

        Raises:
            LookupError: the surrogate was fitted to another metric, or has no noise.
            ValueError: it is not an architecture of the space; or there is noise without a seed, a seed without noise.
        """
        if metric is not None and metric != self.metric:
            raise LookupError(f"this surrogate answers {self.metric}, not {metric}; fit another one for that")
        if not noise and seed is None:
            return self._answer(architecture)[0]
        trained, chance = self._training(architecture, noise, seed)
        return self.trainings.noisy_score(self._answer(trained)[0], chance)

    def curve(
        self,
        architecture: Architecture | str,
        metric: str | None = None,
        noise: bool = False,
        seed: int | None = None,
    ) -> np.ndarray:
        """Predicted learning curve, float64 [epochs]; that of the fitted metric ends at what :meth:`query` answers.

        Args:
            architecture: of the space.
            metric: one of :attr:`epochs`; the one it was fitted to by default.
            noise: whether to answer as one training of the class would; then curves of one seed belong to one training.
            seed: of that training.

        Raises:
            LookupError: there is no such curve, or no noise.
            ValueError: as :meth:`query`.
        """
        if noise or seed is not None:
            trained, chance = self._training(architecture, noise, seed)
            found = self.trainings.noisy_curves(self._along(trained), self._answer(trained)[0], chance)
        else:
            architecture = self._parsed(architecture)
            found = self.trainings.expected_curves(self._along(architecture), self._answer(architecture)[0])
        if (metric or self.metric) not in found:
            raise LookupError(f"this surrogate has no curve of {metric}; it has: {', '.join(found)}")
        return found[metric or self.metric]

    def noisy(self, seed: int) -> NoisyView:
        """A view that answers as the trainings of one seed would: what a search on noisy scores is run on.

        Raises:
            ValueError: the seed is negative.
            LookupError: the table did not tell how far trainings lie apart.
        """
        view = NoisyView(self, seed)
        view.query(self.space.from_index(0))
        return view

    def std(self, architecture: Architecture | str) -> float:
        """Standard deviation of the predicted score, as the ensemble gives it."""
        return self._answer(architecture)[1]

    def seconds(self, architecture: Architecture | str) -> float:
        """Predicted training seconds; NaN where the table had none."""
        return self._answer(architecture)[2]

    def values(self) -> np.ndarray:
        """Predicted score of every architecture in the order of the space's enumeration, float64 [count].

        Raises:
            ValueError: the space is too large to enumerate.
        """
        if not self.enumerated:
            raise ValueError(f"{self.space.name} is too large to enumerate; query single architectures")
        self._fill()
        return np.array([answer[0] for answer in self._answers.values()])

    def predict(self, architectures: Sequence[Architecture]) -> np.ndarray:
        """Scores, their deviations and seconds of architectures, computed now: float64 [architectures, 3]."""
        mean, deviation = self.ensemble.predict(architectures, return_std=True)
        seconds = np.full(len(mean), np.nan) if self.clock is None else np.exp(self.clock.predict(architectures))
        return np.stack([mean, deviation, seconds], axis=1)

    def _parsed(self, architecture: Architecture | str) -> Architecture:
        return self.space.parse(architecture) if isinstance(architecture, str) else architecture

    def _answer(self, architecture: Architecture | str) -> tuple[float, float, float]:
        architecture = self._parsed(architecture)
        try:
            if architecture.space == self.space.name:
                return self._answers[architecture.choices]
        except KeyError:
            pass
        if architecture not in self.space:
            raise ValueError(f"expected an architecture of {self.space.name}, got {architecture}")
        if self.enumerated:
            self._fill()
        else:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            self._keep([architecture], self.predict([architecture]))
        return self._answers[architecture.choices]

    def _fill(self) -> None:
        """Computes all answers, unless that was done."""
        if not self._answers:
            everything = list(self.space)
            self._keep(everything, self.predict(everything))

    def _keep(self, architectures: Sequence[Architecture], answers: np.ndarray) -> None:
        for architecture, (score, deviation, seconds) in zip(architectures, answers.tolist(), strict=True):
            self._answers[architecture.choices] = (score, deviation, seconds)

    def _training(
        self, architecture: Architecture | str, noise: bool, seed: int | None
    ) -> tuple[Architecture, np.random.Generator]:
        """The representative of the architecture's class, and the chance of its training of a seed."""
        architecture = self._parsed(architecture)
        self._answer(architecture)  # refuses what is not of the space
        return self._draws.training(architecture, noise, seed)

    def _along(self, architecture: Architecture) -> dict[str, np.ndarray]:
        """Coordinates of an architecture's curves."""
        score = self._answer(architecture)[0]
        if self.enumerated:
            place = self._places[architecture.choices]
            return {metric: rows[place] for metric, rows in self._all_along().items()}
        alone = self.trainings.coordinates(encoded(self.ensemble, [architecture]), np.array([score]))
        return {metric: rows[0] for metric, rows in alone.items()}

    def _all_along(self) -> dict[str, np.ndarray]:
        """Coordinates of the curves of all architectures, in one go: encoding them one by one takes far longer."""
        if not self._coordinates:
            scores = self.values()
            self._coordinates = self.trainings.coordinates(encoded(self.ensemble, list(self.space)), scores)
        return self._coordinates

    @cached_property
    def _places(self) -> dict[tuple[int, ...], int]:
        """Place of each architecture among all answers."""
        return {choices: place for place, choices in enumerate(self._answers)}

    # -- files --------------------------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Writes the surrogate into a folder, made if need be, without a pickle: JSON, NPZ, UBJSON.

        Raises:
            OSError: the folder cannot be written.
        """
        answers, coordinates = None, {}
        if self.enumerated:
            self._fill()
            answers = np.array(list(self._answers.values()))
            coordinates = self._all_along() if self.epochs else {}
        write_parts(Parts(self.ensemble, self.clock, self.trainings, self.about, answers, coordinates), folder)

    @classmethod
    def load(cls, folder: str | Path) -> SurrogateBenchmark:
        """The surrogate that :meth:`save`, and so ``nasbench fit``, wrote into a folder.

        Raises:
            FileNotFoundError: the folder holds none.
            ValueError: it is damaged, or of a newer version.
        """
        parts = read_parts(folder)
        surrogate = cls(parts.ensemble, parts.clock, parts.trainings, parts.about)
        if parts.answers is not None:
            surrogate._keep(list(surrogate.space), parts.answers)
            surrogate._coordinates = parts.coordinates
        return surrogate
