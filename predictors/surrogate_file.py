"""Folders of a surrogate: JSON, NPZ and models in their own formats, with digests; nothing is unpickled.

``surrogate.json`` describes the rest and is written last; ``predictor`` holds the ensemble, ``clock`` the predictor of
seconds, ``trainings.npz`` the models of curves and noise, ``answers.npz`` the answers for an enumerated space, with the
coordinates of learning curves where there are any (folders written before these were kept have none).
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.database.files import write_atomically
from predictors.ensemble import Ensemble, load_ensemble
from predictors.predictor import Predictor, load_fitted
from predictors.trainings import Trainings, restored

VERSION = 2
"""Version 1 had one predictor, and knew neither curves nor noise; it is read."""
DESCRIPTION = "surrogate.json"
FORMAT = "nasbench-forge surrogate"


@dataclass(frozen=True)
class Parts:
    """What a surrogate is made of; see :class:`predictors.surrogate.SurrogateBenchmark`.

    Args:
        ensemble: of predictors of the score.
        clock: predictor of the logarithm of seconds, or None.
        trainings: models of curves and noise.
        about: what is said of it.
        answers: score, deviation, seconds of each architecture of an enumerated space, float64 [count, 3], or None.
        coordinates: of the learning curves of each metric there, float64 [count, k].
    """

    ensemble: Ensemble
    clock: Predictor | None
    trainings: Trainings
    about: dict[str, Any]
    answers: np.ndarray | None
    coordinates: dict[str, np.ndarray] = field(default_factory=dict)

    def known(self) -> dict[str, np.ndarray]:
        """Arrays of the file of answers."""
        assert self.answers is not None
        return {"answers": self.answers, **{f"curves/{name}": along for name, along in self.coordinates.items()}}


def write_parts(parts: Parts, folder: str | Path) -> None:
    """Writes a surrogate into a folder, made if need be.

    Raises:
        OSError: the folder cannot be written.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DESCRIPTION).unlink(missing_ok=True)  # an earlier one no longer describes what is there
    parts.ensemble.save(folder / "predictor")
    if parts.clock is not None:
        parts.clock.save(folder / "clock")
    description = {
        "format": FORMAT,
        "version": VERSION,
        "space": parts.ensemble.space_,
        "members": len(parts.ensemble.members),
        "clock": parts.clock is not None,
        "trainings": parts.trainings.description(),
        "trainings_digest": _write(folder / "trainings.npz", parts.trainings.arrays()),
        "answers": None if parts.answers is None else _write(folder / "answers.npz", parts.known()),
        **parts.about,
    }
    write_atomically(folder / DESCRIPTION, f"{json.dumps(description, indent=2)}\n".encode())


def read_parts(folder: str | Path) -> Parts:
    """The surrogate that :func:`write_parts`, and so ``nasbench fit``, wrote into a folder.

    Raises:
        FileNotFoundError: the folder holds none.
        ValueError: it is damaged, or of a newer version.
    """
    folder = Path(folder)
    if not (folder / DESCRIPTION).is_file():
        raise FileNotFoundError(f"{folder} holds no surrogate ({DESCRIPTION} is not there): run `nasbench fit`")
    try:
        return _read(folder, json.loads((folder / DESCRIPTION).read_bytes()))
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        if str(error).startswith("cannot read"):
            raise
        raise ValueError(f"cannot read the surrogate in {folder}: {error}; fit it again") from error


def _read(folder: Path, about: dict[str, Any]) -> Parts:
    version = about.pop("version")
    if about.pop("format") != FORMAT:
        raise ValueError(f"{DESCRIPTION} describes something else")
    if version > VERSION:
        raise ValueError(f"it is of version {version}, newer than {VERSION}: update nasbench-forge")
    if version == 1:
        about["members"] = 1
    members, answers, named = about.pop("members"), about.pop("answers"), about.pop("space")
    clock = load_fitted(folder / "clock") if about.pop("clock") else None
    trainings = Trainings(about["metric"])
    if version > 1:
        arrays = _arrays(folder / "trainings.npz", about.pop("trainings_digest"))
        trainings = restored(about["metric"], about.pop("trainings"), arrays)
    ensemble = load_ensemble(folder / "predictor", members)
    if ensemble.space_ != named:
        raise ValueError(f"{DESCRIPTION} says it is of {named}, its predictor of {ensemble.space_}")
    if answers is None:
        return Parts(ensemble, clock, trainings, about, None)
    known = _arrays(folder / "answers.npz", answers)
    coordinates = {name.removeprefix("curves/"): along for name, along in known.items() if name.startswith("curves/")}
    return Parts(ensemble, clock, trainings, about, known["answers"], coordinates)


def _write(path: Path, arrays: dict[str, np.ndarray]) -> str:
    """Writes arrays into a file; its SHA-256."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    write_atomically(path, buffer.getvalue())
    return hashlib.sha256(buffer.getvalue()).hexdigest()


def _arrays(path: Path, digest: str) -> dict[str, np.ndarray]:
    """What :func:`_write` wrote, if it is still that."""
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"the content of {path.name} is not what was written")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
