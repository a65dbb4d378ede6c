"""SurrogateBenchmark: an ensemble of predictors that answers like a table, for every architecture of its space.

Zela et al., "Surrogate NAS Benchmarks: Going Beyond the Limited Search Spaces of Tabular NAS Benchmarks", ICLR 2022.
Answers are predictions throughout, for architectures that were trained as well, so that no search is drawn to them. No
noise is added unless it is asked for, with a seed. For a space that can be enumerated all scores are computed once and
stored. Files are the business of :mod:`predictors.surrogate_file`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from predictors.ensemble import Ensemble
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

    def __post_init__(self) -> None:
        self.space: Space = nasbench.load_space(self.ensemble.space_)
        self.metric: str = self.about["metric"]
        self.schedule: int = self.about["schedule"]

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
            noise: whether to answer as one training would, instead of what is expected of it.
            seed: of that training: the same architecture and seed give the same answer, in whatever order one asks.

        Raises:
            LookupError: the surrogate was fitted to another metric, or has no noise.
            ValueError: it is not an architecture of the space; or there is noise without a seed, a seed without noise.
        """
        if metric is not None and metric != self.metric:
            raise LookupError(f"this surrogate answers {self.metric}, not {metric}; fit another one for that")
        if not noise and seed is None:
            return self._answer(architecture)[0]
        architecture = self._parsed(architecture)
        chance = _chance(noise, seed, architecture)
        return self.trainings.noisy_score(self._answer(architecture)[0], chance)

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
            noise: whether to answer as one training would; then curves of one seed belong to one training.
            seed: of that training.

        Raises:
            LookupError: there is no such curve, or no noise.
            ValueError: as :meth:`query`.
        """
        architecture = self._parsed(architecture)
        score = self._answer(architecture)[0]
        features = encoded(self.ensemble, [architecture])[0]
        if noise or seed is not None:
            found = self.trainings.noisy_curves(features, score, _chance(noise, seed, architecture))
        else:
            found = self.trainings.expected_curves(features, score)
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

    # -- files --------------------------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Writes the surrogate into a folder, made if need be, without a pickle: JSON, NPZ, UBJSON.

        Raises:
            OSError: the folder cannot be written.
        """
        if self.enumerated:
            self._fill()
        answers = np.array(list(self._answers.values())) if self.enumerated else None
        write_parts(Parts(self.ensemble, self.clock, self.trainings, self.about, answers), folder)

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
        return surrogate


@dataclass(frozen=True)
class NoisyView:
    """A surrogate's answers with the noise of one seed; expected seconds, as noise is of scores alone.

    Args:
        surrogate: that is asked.
        seed: of every training.
    """

    surrogate: SurrogateBenchmark
    seed: int

    @property
    def space(self) -> Space:
        """The surrogate's space."""
        return self.surrogate.space

    @property
    def metric(self) -> str:
        """What is answered."""
        return self.surrogate.metric

    @property
    def schedule(self) -> int:
        """In epochs."""
        return self.surrogate.schedule

    def noisy(self, seed: int) -> NoisyView:
        """The same surrogate with the noise of another seed; see :meth:`SurrogateBenchmark.noisy`."""
        return self.surrogate.noisy(seed)

    def query(self, architecture: Architecture | str, metric: str | None = None) -> float:
        """Score of the seed's training; see :meth:`SurrogateBenchmark.query`."""
        return self.surrogate.query(architecture, metric, noise=True, seed=self.seed)

    def curve(self, architecture: Architecture | str, metric: str | None = None) -> np.ndarray:
        """Learning curve of the seed's training; see :meth:`SurrogateBenchmark.curve`."""
        return self.surrogate.curve(architecture, metric, noise=True, seed=self.seed)

    def seconds(self, architecture: Architecture | str) -> float:
        """Predicted training seconds; see :meth:`SurrogateBenchmark.seconds`."""
        return self.surrogate.seconds(architecture)


def _chance(noise: bool, seed: int | None, architecture: Architecture) -> np.random.Generator:
    """What draws the noise of one architecture's training of a seed."""
    if not noise:
        raise ValueError(f"the seed {seed} is of noise, which was not asked for: say noise=True, or leave the seed out")
    if seed is None or seed < 0:
        raise ValueError(f"noise needs a seed, a whole number from 0, got {seed}: say which training is meant")
    return np.random.default_rng(np.random.SeedSequence([seed, *architecture.choices]))
