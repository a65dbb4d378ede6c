"""Scores guessed by a fitted predictor: an answer for every architecture of the space, in no time."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nasbench.space import Architecture
from searchers.clock import NO_CLOCK, PREDICTED
from searchers.evaluator import Evaluation, Evaluator, failed
from searchers.measure import Measure

if TYPE_CHECKING:
    from predictors.noisy_view import NoisyView
    from predictors.surrogate import SurrogateBenchmark


class SurrogateEvaluator(Evaluator):
    """Answers with a surrogate's predictions; seconds are predicted too, where its table had timed trainings.

    Args:
        name: the evaluator's name in results.
        surrogate: what ``nasbench fit`` wrote, loaded; or its view with the noise of a seed.
        measure: what the score is; the surrogate must have been fitted to it.
        digest: identifies the surrogate in results.
        own_noise: whether each run gets the noise of its own seed, in place of the view's.

    Raises:
        ValueError: the surrogate was fitted to something else, or to a test metric.
    """

    def __init__(
        self,
        name: str,
        surrogate: SurrogateBenchmark | NoisyView,
        measure: Measure | None,
        digest: str = "",
        own_noise: bool = False,
    ) -> None:
        fitted = Measure(surrogate.metric, surrogate.schedule)
        if measure is not None and (measure.metric, measure.schedule or fitted.schedule) != (
            fitted.metric,
            fitted.schedule,
        ):
            raise ValueError(
                f"the surrogate {name} was fitted to {fitted}, and the search selects by {measure}: "
                f"fit one to {measure}, or select by {fitted}"
            )
        self._surrogate = surrogate
        self._digest = digest
        self._own_noise = own_noise
        self.noise_seed = getattr(surrogate, "seed", None)
        sample = surrogate.seconds(surrogate.space.from_index(0))
        super().__init__(name, surrogate.space, fitted, NO_CLOCK if sample != sample else PREDICTED)
        self.epochs = _epochs(surrogate) or self.epochs
        self._curves: dict[tuple[int, ...], list[float]] = {}

    @classmethod
    def open(
        cls,
        name: str,
        path: Path,
        select: Measure | None,
        *,
        noise: bool = False,
        noise_seed: int | None = None,
    ) -> SurrogateEvaluator:
        """The evaluator of a folder that ``nasbench fit`` wrote.

        Args:
            name: the evaluator's name in results.
            path: the folder.
            select: what the score is; None for what the surrogate was fitted to.
            noise: whether to answer as single trainings would.
            noise_seed: of those trainings; None for each run's own seed.

        Raises:
            LookupError: noise is asked for, and the surrogate's table did not tell how far trainings lie apart.
        """
        from predictors.surrogate import SurrogateBenchmark
        from predictors.surrogate_file import DESCRIPTION

        surrogate = SurrogateBenchmark.load(path)
        digest = hashlib.sha256((path / DESCRIPTION).read_bytes()).hexdigest()
        asked = surrogate.noisy(noise_seed or 0) if noise else surrogate
        return cls(name, asked, select, digest, own_noise=noise and noise_seed is None)

    def of_run(self, seed: int) -> SurrogateEvaluator:
        """The same surrogate with the noise of this seed, where noise is each run's own; otherwise this evaluator."""
        if not self._own_noise:
            return self
        return SurrogateEvaluator(self.name, self._surrogate.noisy(seed), self.measure, self._digest)

    def find(self, architecture: Architecture) -> Evaluation:
        """The surrogate's guess."""
        class_hash = self.class_hash(architecture)
        seconds = self._surrogate.seconds(architecture)
        try:
            score = self._surrogate.query(architecture, self.measure.metric)
        except LookupError as error:
            return failed(error, seconds, class_hash)
        return Evaluation(score, seconds, "surrogate", class_hash)

    def find_after(self, architecture: Architecture, epochs: int) -> Evaluation:
        """The surrogate's guess of the learning curve, at one of its epochs."""
        if architecture.choices not in self._curves:
            self._curves[architecture.choices] = self._surrogate.curve(architecture, self.measure.metric).tolist()
        score = self._curves[architecture.choices][self.epochs.index(epochs)]
        seconds = self._surrogate.seconds(architecture)
        return Evaluation(score, seconds, "surrogate", self.class_hash(architecture))

    def close(self) -> None:
        """Forgets what it has found."""
        super().close()
        self._curves.clear()

    def description(self) -> dict[str, Any]:
        """The kind, the measure, the clock, the digest of the fit and, where there is noise, whose it is."""
        said = {**super().description(), "digest": self._digest}
        if self.noise_seed is not None:
            whose = "of each run's own seed" if self._own_noise else f"of the seed {self.noise_seed}"
            said["noise"] = f"{whose}, one training a class"
        return said


def _epochs(surrogate: SurrogateBenchmark | NoisyView) -> tuple[int, ...]:
    """Epochs of the curves that it guesses; none where its table had no curves, or none of the noise asked for."""
    known = getattr(surrogate, "surrogate", surrogate)  # a view with noise holds the surrogate
    epochs: tuple[int, ...] = getattr(known, "epochs", {}).get(surrogate.metric, ())
    if not epochs or epochs[-1] != surrogate.schedule:
        return ()
    try:
        surrogate.curve(surrogate.space.from_index(0), surrogate.metric)
    except LookupError:
        return ()
    return epochs
