"""What a training shows beyond the score that is expected of it: its learning curve, and its noise.

Yan et al., "NAS-Bench-x11 and the Power of Learning Curves", NeurIPS 2021: a surrogate's curves and their noise are
learned from the curves and the seeds of the table. What a table does not tell is not made up: without curves there are
none, without repeated trainings there is no noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

import nasbench
from nasbench.space import Architecture
from predictors.curve_noise import CurveNoise, fit_curve_noise
from predictors.curves import CurveModel, fit_curves, possible
from predictors.ensemble import Ensemble
from predictors.measured import Measured
from predictors.measured_curves import MeasuredCurves
from predictors.noise import NoiseModel, fit_noise
from predictors.repeats import LEAST, find_repeats


@dataclass(frozen=True)
class Trainings:
    """Models of learning curves and of noise, each None where the table told nothing of it.

    Args:
        metric: whose score is predicted.
        noise: of single scores around the predicted one.
        curves: predicts learning curves that end at a score.
        curve_noise: of single curves around the predicted ones.
    """

    metric: str
    noise: NoiseModel | None = None
    curves: CurveModel | None = None
    curve_noise: CurveNoise | None = None

    def noisy_score(self, score: float, rng: np.random.Generator) -> float:
        """The score of one training of an architecture of which ``score`` is expected.

        Raises:
            LookupError: the table did not tell how far trainings lie apart.
        """
        noise = self._told_noise()
        return float(possible(self.metric, np.array(score + noise.standard(rng) * noise.deviation(score))))

    def coordinates(self, features: np.ndarray, scores: np.ndarray) -> dict[str, np.ndarray]:
        """What :meth:`expected_curves` needs to know of architectures: of each metric float64 [architectures, k].

        Args:
            features: of the architectures, float64 [architectures, features].
            scores: expected of them, float64 [architectures].

        Raises:
            LookupError: the table had no learning curves.
        """
        return self._told_curves().coordinates(features, scores)

    def expected_curves(self, coordinates: dict[str, np.ndarray], score: float) -> dict[str, np.ndarray]:
        """Curves of each metric, float64 [epochs]; that of the predicted metric ends at the score.

        Args:
            coordinates: of the architecture, of each metric float64 [k].
            score: expected of it.

        Raises:
            LookupError: the table had no learning curves.
        """
        one = {metric: along[None] for metric, along in coordinates.items()}
        return {metric: curve[0] for metric, curve in self._told_curves().curves(one, np.array([score])).items()}

    def noisy_curves(
        self, coordinates: dict[str, np.ndarray], score: float, rng: np.random.Generator
    ) -> dict[str, np.ndarray]:
        """Curves of one training, which end at the :meth:`noisy_score` of a generator in the same state.

        Raises:
            LookupError: the table had no learning curves, or did not tell how far trainings lie apart.
        """
        noise, curves = self._told_noise(), self.expected_curves(coordinates, score)
        standard, deviation = noise.standard(rng), float(noise.deviation(score))
        if self.curve_noise is None:
            if deviation == 0:
                return curves
            raise LookupError(
                "this surrogate has no noise of learning curves: its table held those of too few repeated trainings; "
                "ask for scores, or without noise"
            )
        drawn = self.curve_noise.draw(standard, deviation, rng)
        parts = np.split(drawn, np.cumsum([len(curve) for curve in curves.values()])[:-1])
        return {
            metric: possible(metric, curve + part) for (metric, curve), part in zip(curves.items(), parts, strict=True)
        }

    def _told_noise(self) -> NoiseModel:
        if self.noise is None:
            raise LookupError(
                f"this surrogate has no noise: its table had fewer than {LEAST} architectures or classes that were "
                "trained more than once; ask without noise, or fit a table with more seeds"
            )
        return self.noise

    def _told_curves(self) -> CurveModel:
        if self.curves is None:
            raise LookupError("this surrogate has no learning curves: its table held the last epoch alone")
        return self.curves

    # -- files --------------------------------------------------------------------------------------------------

    def arrays(self) -> dict[str, np.ndarray]:
        """What a file must keep besides :meth:`description`."""
        parts = {
            "noise": {} if self.noise is None else self.noise.arrays(),
            "curves": {} if self.curves is None else self.curves.arrays,
            "curve_noise": {} if self.curve_noise is None else self.curve_noise.arrays(),
        }
        return {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def description(self) -> dict[str, Any]:
        """Which models there are, and what of them is not an array."""
        noise, curves = self.noise, self.curves
        return {
            "noise": None if noise is None else noise.description(),
            "curves": None if curves is None else {"epochs": {name: list(at) for name, at in curves.epochs.items()}},
            "curve_noise": None if self.curve_noise is None else {},
        }


def restored(metric: str, description: dict[str, Any], arrays: dict[str, np.ndarray]) -> Trainings:
    """The models that :meth:`Trainings.description` and :meth:`Trainings.arrays` tell of.

    Raises:
        KeyError: something is missing.
        TypeError: something is too much.
    """
    told: dict[str, dict[str, Any]] = {part: {} for part in description}
    for name, array in arrays.items():
        part, _, inner = name.partition("/")
        told[part][inner] = array
    noise, curves, curve_noise = (description[part] for part in ("noise", "curves", "curve_noise"))
    return Trainings(
        metric,
        None if noise is None else NoiseModel(**told["noise"], **noise),
        None
        if curves is None
        else CurveModel(metric, {name: tuple(at) for name, at in curves["epochs"].items()}, told["curves"]),
        None if curve_noise is None else CurveNoise(**told["curve_noise"], **curve_noise),
    )


def fit_trainings(
    measured: Measured, curves: MeasuredCurves | None, rows: np.ndarray, ensemble: Ensemble, seed: int
) -> Trainings:
    """Models of the learning curves and the noise of some rows.

    Args:
        measured: from :func:`predictors.measured.read_measured`.
        curves: from :func:`predictors.measured_curves.read_curves`.
        rows: places in them to learn from.
        ensemble: fitted to those rows; curves end at its scores, and noise depends on them.
        seed: of the folds on which the curves' penalty is chosen.
    """
    expected = np.full(len(measured), np.nan)
    expected[rows] = ensemble.predict(measured.of(rows))
    repeats = find_repeats(measured)
    repeats = None if repeats is None else repeats.within(rows)
    noise = model = curve_noise = None
    if repeats is not None and len(repeats.classes) >= LEAST:
        noise = fit_noise(repeats, expected[repeats.rows])
    if curves is not None:
        features = encoded(ensemble, measured.of(rows))
        model = fit_curves(curves, rows, features, expected[rows], measured.classes[rows], seed)
        if model is not None and noise is not None and repeats is not None:
            curve_noise = fit_curve_noise(model, curves, repeats, noise, expected[repeats.rows])
    return Trainings(measured.metric, noise, model, curve_noise)


def encoded(ensemble: Ensemble, architectures: list[Architecture]) -> np.ndarray:
    """What the ensemble's members see of architectures, float64 [architectures, features]."""
    return np.asarray(ensemble.encoder.encode(nasbench.load_space(ensemble.space_), architectures), dtype=np.float64)
