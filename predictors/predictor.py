"""The promise of a predictor: fit(architectures, y), predict(architectures, return_std=False); kept as plain files.

Predictors keep scikit-learn's conventions: parameters are the constructor's arguments and nothing else, ``clone``
gives an unfitted copy, fitted attributes end in an underscore, and ``Pipeline`` and ``GridSearchCV`` take them.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import NotFittedError

import nasbench
from nasbench.database.files import write_atomically
from nasbench.registry import PREDICTORS
from nasbench.space import Architecture, Space
from predictors.encoding import Encoding, load_encoding, space_of
from predictors.splits import class_numbers

VERSION = 1
"""Of the files that :meth:`Predictor.save` writes."""
DESCRIPTION = "predictor.json"


@dataclass
class State:
    """What a fitted model is made of, in forms that are plain files: JSON values, arrays, models by their suffix."""

    values: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    models: dict[str, bytes] = field(default_factory=dict)


class Predictor(RegressorMixin, BaseEstimator, ABC):
    """Guesses scores of architectures of one space.

    Subclasses take ``encoding`` (names joined by a plus) among their parameters and write the methods on features:
    :meth:`fit_features`, :meth:`predict_features`, :meth:`state` and :meth:`restore`. A parameter ``seed`` is all the
    chance there is.

    When features come in, attributes tell of them: ``feature_names_``; ``feature_guesses_``, bool [features], which of
    them are measured guesses of the score; and, in :meth:`fit_features` alone, ``feature_spread_``, mean and standard
    deviation of each over classes of the space, float64 [2, features].
    """

    needs: str = ""
    """The encoding that must be among those of ``encoding``; empty where any will do."""

    encoding: str
    feature_names_: tuple[str, ...]
    feature_guesses_: np.ndarray
    feature_spread_: np.ndarray

    @abstractmethod
    def fit_features(self, features: np.ndarray, y: np.ndarray, classes: np.ndarray) -> None:
        """Learns from features of shape (n, features), scores and class numbers of shape (n,), n at least 2."""

    @abstractmethod
    def predict_features(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the score, each of shape (n,)."""

    @abstractmethod
    def state(self) -> State:
        """What was learned."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Takes over what another object of this class has learned."""

    def check_features(self, names: Sequence[str]) -> None:
        """Raises ValueError where features of these names lack what this predictor :attr:`needs`."""

    def fit(self, architectures: Sequence[Architecture], y: Any, classes: Any = None) -> Self:
        """This predictor, fitted.

        Args:
            architectures: of one space.
            y: a score for each, finite.
            classes: the canonical class of each, as numbers; worked out where not given. What a predictor tunes it
                tunes by cross-validation that never parts a class.

        Raises:
            ValueError: scores and architectures differ in number, are too few, a score is not a finite number, or the
                encoding lacks what this predictor needs.
        """
        architectures = list(architectures)
        space = space_of(architectures)
        y = np.asarray(y, dtype=np.float64)
        if y.shape != (len(architectures),):
            raise ValueError(f"expected one score for each of {len(architectures)} architectures, got shape {y.shape}")
        if not np.isfinite(y).all():
            raise ValueError(f"{(~np.isfinite(y)).sum()} of {len(y)} scores are not finite numbers; leave those out")
        numbers = class_numbers(space, architectures) if classes is None else np.unique(classes, return_inverse=True)[1]
        if numbers.shape != y.shape:
            raise ValueError(f"expected one class for each of {len(architectures)} architectures, got {len(numbers)}")
        if len(y) < 2 or numbers.max() == 0:
            raise ValueError(
                f"expected architectures of at least two classes to learn from, got {len(y)} of {numbers.max() + 1}"
            )
        encoder = load_encoding(self.encoding)
        self._tell(encoder, space)
        self.check_features(self.feature_names_)
        self.feature_spread_ = encoder.spread(space)
        self.fit_features(encoder.encode(space, architectures), y, numbers)
        self.encoder_, self.space_ = encoder, space.name
        return self

    def predict(self, architectures: Sequence[Architecture], return_std: bool = False) -> Any:
        """Predicted scores, shape (n,); with ``return_std`` also the standard deviation of each.

        Raises:
            NotFittedError: nothing was learned yet.
            ValueError: architectures of another space, or the model gives a number that is not finite.
        """
        if not hasattr(self, "space_"):
            raise NotFittedError(f"this {type(self).__name__} is not fitted; call fit(architectures, y) first")
        architectures = list(architectures)
        features = self.encoder_.encode(nasbench.load_space(self.space_), architectures)
        mean, deviation = self.predict_features(features)
        if not (np.isfinite(mean).all() and np.isfinite(deviation).all()):
            bad = int((~np.isfinite(mean) | ~np.isfinite(deviation)).sum())
            raise ValueError(f"{type(self).__name__} gave {bad} of {len(mean)} predictions that are not finite numbers")
        return (mean, deviation) if return_std else mean

    def _tell(self, encoder: Encoding, space: Space) -> None:
        self.feature_names_, self.feature_guesses_ = encoder.feature_names(space), encoder.guessing(space)

    @classmethod
    def registered_name(cls) -> str:
        """Name under which commands and files know this predictor: its file's, unless a class says otherwise."""
        return cls.__module__.rpartition(".")[2]

    def files(self) -> dict[str, bytes]:
        """The fitted predictor as files by name: JSON, NPZ, and models in their own formats; the description is last.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        if not hasattr(self, "space_"):
            raise NotFittedError(f"this {type(self).__name__} is not fitted; call fit(architectures, y) first")
        state = self.state()
        files = {"arrays.npz": _packed(state.arrays), **state.models}
        if looked_up := self.encoder_.state():
            files["encoding.npz"] = _packed(looked_up)
        description = {
            "format": "nasbench-forge predictor",
            "version": VERSION,
            "predictor": self.registered_name(),
            "parameters": self.get_params(deep=False),
            "space": self.space_,
            "values": state.values,
            "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        }
        return {**files, DESCRIPTION: json.dumps(description, indent=1).encode()}

    def save(self, folder: str | Path) -> None:
        """Writes :meth:`files` into a folder, made if need be.

        Raises:
            NotFittedError: there is nothing to save.
            OSError: the folder cannot be written.
        """
        files = self.files()
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            write_atomically(folder / name, content)


def load_fitted(folder: str | Path) -> Predictor:
    """The fitted predictor that :meth:`Predictor.save` wrote into a folder.

    Raises:
        FileNotFoundError: the folder holds none.
        ValueError: it is damaged, or of a newer version.
    """
    folder = Path(folder)
    try:
        listed = json.loads((folder / DESCRIPTION).read_bytes())["files"]
        files = {name: (folder / name).read_bytes() for name in [*listed, DESCRIPTION]}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"cannot read the predictor in {folder}: {error}; fit it again") from error
    return read_fitted(files, str(folder))


def read_fitted(files: Mapping[str, bytes], source: str) -> Predictor:
    """The fitted predictor that :meth:`Predictor.files` gave.

    Args:
        files: their contents by name.
        source: where they are from, for messages.

    Raises:
        ValueError: they are damaged, or of a newer version.
    """
    try:
        description = json.loads(files[DESCRIPTION])
        if description["format"] != "nasbench-forge predictor":
            raise ValueError(f"its format is {description['format']!r}")
        if description["version"] > VERSION:
            raise ValueError(f"it is of version {description['version']}, newer than {VERSION}: update nasbench-forge")
        contents = {name: files[name] for name in description["files"]}
        for name, content in contents.items():
            if hashlib.sha256(content).hexdigest() != description["files"][name]:
                raise ValueError(f"the content of {name} is not what was written")
        arrays = _unpacked(contents.pop("arrays.npz"))
        predictor: Predictor = PREDICTORS.load(description["predictor"])(**description["parameters"])
        encoder = load_encoding(predictor.encoding)
        if "encoding.npz" in contents:
            encoder.restore(_unpacked(contents.pop("encoding.npz")))
        predictor.space_, predictor.encoder_ = description["space"], encoder
        predictor._tell(encoder, nasbench.load_space(predictor.space_))
        predictor.restore(State(description["values"], arrays, contents))
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        if isinstance(error, LookupError) and not isinstance(error, KeyError):
            raise
        raise ValueError(f"cannot read the predictor in {source}: {error}; fit it again") from error
    return predictor


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()


def _unpacked(content: bytes) -> dict[str, np.ndarray]:
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
