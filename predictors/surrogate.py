"""SurrogateBenchmark: a predictor that answers like a table, for every architecture of its space.

Zela et al., "Surrogate NAS Benchmarks: Going Beyond the Limited Search Spaces of Tabular NAS Benchmarks", ICLR 2022.
Answers are predictions throughout, for architectures that were trained as well, so that no search is drawn to them; no
noise is added. For a space that can be enumerated all answers are computed once and stored.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.database.files import write_atomically
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from predictors.predictor import Predictor, load_fitted

VERSION = 1
DESCRIPTION = "surrogate.json"
_REMEMBERED = 200_000
"""Answers kept in memory for a space that is not enumerated."""


@dataclass
class SurrogateBenchmark:
    """Predicted scores and training seconds of every architecture of a space.

    Args:
        predictor: fitted to the scores.
        clock: fitted to the logarithm of training seconds; None where the table had none.
        about: ``metric``, ``schedule``, ``table``, ``table_digest``, ``rows`` it was fitted to and the ``heldout``
            quality of a predictor fitted the same way that had not seen them all.
    """

    predictor: Predictor
    clock: Predictor | None
    about: dict[str, Any]
    _answers: dict[tuple[int, ...], tuple[float, float, float]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.space: Space = nasbench.load_space(self.predictor.space_)
        self.metric: str = self.about["metric"]
        self.schedule: int = self.about["schedule"]

    @property
    def enumerated(self) -> bool:
        """Whether all answers are computed beforehand."""
        return self.space.count() <= LARGEST_ENUMERATED

    # -- answers ------------------------------------------------------------------------------------------------

    def query(self, architecture: Architecture | str, metric: str | None = None) -> float:
        """Predicted score of an architecture, or of its text, in the metric's unit.

        Raises:
            LookupError: the surrogate was fitted to another metric.
            ValueError: it is not an architecture of the space.
        """
        if metric is not None and metric != self.metric:
            raise LookupError(f"this surrogate answers {self.metric}, not {metric}; fit another one for that")
        return self._answer(architecture)[0]

    def std(self, architecture: Architecture | str) -> float:
        """Standard deviation of the predicted score, as the predictor gives it."""
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
        mean, deviation = self.predictor.predict(architectures, return_std=True)
        seconds = np.full(len(mean), np.nan) if self.clock is None else np.exp(self.clock.predict(architectures))
        return np.stack([mean, deviation, seconds], axis=1)

    def _answer(self, architecture: Architecture | str) -> tuple[float, float, float]:
        if isinstance(architecture, str):
            architecture = self.space.parse(architecture)
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
        """Writes the surrogate into a folder, made if need be; ``surrogate.json`` comes last.

        Raises:
            OSError: the folder cannot be written.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / DESCRIPTION).unlink(missing_ok=True)  # an earlier one no longer describes what is there
        self.predictor.save(folder / "predictor")
        if self.clock is not None:
            self.clock.save(folder / "clock")
        answers = b""
        if self.enumerated:
            self._fill()
            buffer = io.BytesIO()
            np.savez_compressed(buffer, answers=np.array(list(self._answers.values())))
            answers = buffer.getvalue()
            write_atomically(folder / "answers.npz", answers)
        description = {
            "format": "nasbench-forge surrogate",
            "version": VERSION,
            "space": self.space.name,
            "clock": self.clock is not None,
            "answers": hashlib.sha256(answers).hexdigest() if self.enumerated else None,
            **self.about,
        }
        write_atomically(folder / DESCRIPTION, f"{json.dumps(description, indent=2)}\n".encode())

    @classmethod
    def load(cls, folder: str | Path) -> SurrogateBenchmark:
        """The surrogate that :meth:`save`, and so ``nasbench fit``, wrote into a folder.

        Raises:
            FileNotFoundError: the folder holds none.
            ValueError: it is damaged, or of a newer version.
        """
        folder = Path(folder)
        if not (folder / DESCRIPTION).is_file():
            raise FileNotFoundError(f"{folder} holds no surrogate ({DESCRIPTION} is not there): run `nasbench fit`")
        try:
            about = json.loads((folder / DESCRIPTION).read_bytes())
            version, digest = about.pop("version"), about.pop("answers")
            if about.pop("format") != "nasbench-forge surrogate":
                raise ValueError(f"{DESCRIPTION} describes something else")
            if version > VERSION:
                raise ValueError(f"it is of version {version}, newer than {VERSION}: update nasbench-forge")
            clock = load_fitted(folder / "clock") if about.pop("clock") else None
            del about["space"]
            surrogate = cls(load_fitted(folder / "predictor"), clock, about)
            if digest is not None:
                surrogate._read(folder / "answers.npz", digest)
        except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
            if str(error).startswith("cannot read"):
                raise
            raise ValueError(f"cannot read the surrogate in {folder}: {error}; fit it again") from error
        return surrogate

    def _read(self, path: Path, digest: str) -> None:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(f"the content of {path.name} is not what was written")
        with np.load(io.BytesIO(content)) as file:
            self._keep(list(self.space), file["answers"])
