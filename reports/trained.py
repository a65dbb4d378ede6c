"""Trainings from scratch as results: what ``nasbench train`` wrote, and which may stand side by side."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nasbench.scratch.history import History
from reports.result import Result

SPLITS = ("validation", "test")
"""Splits on which the best network is judged."""


@dataclass(frozen=True, kw_only=True)
class Trained(Result):
    """A training from scratch, perhaps not at its end.

    Args:
        history: the epochs so far.
        confusion: by split, int64 [classes, classes]: how often which class (row) was taken for which (column); empty
            before the end.
    """

    history: History
    confusion: dict[str, np.ndarray]

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(map(str, self.info["data"]["classes"]))

    @property
    def origin(self) -> str:
        """Where the architecture comes from, in words."""
        return str(self.info.get("origin", "given as text"))

    @property
    def at_random(self) -> bool:
        """Whether the architecture was drawn at random."""
        return self.info.get("source") == "random"

    def number(self, name: str) -> float:
        """A number of ``result.json``; NaN before the end."""
        value = self.info.get(name)
        return float("nan") if value is None else float(value)


def read_trained(folder: Path, info: dict[str, Any], common: dict[str, Any]) -> Trained:
    """The training in a folder; of one that was stopped, its epochs so far.

    Raises:
        ValueError: files are missing or damaged, or no epoch is finished.
    """
    if not (folder / "curves.csv").is_file():
        raise ValueError(f"{folder} holds a training without a finished epoch: run the same command again")
    history = History.read(folder / "curves.csv")
    if not info.get("complete"):
        asked = info.get("recipe", {}).get("epochs", "all")
        missing = (f"{len(history)} of {asked} epochs are done, and test images are not read: run it again",)
        return Trained(**common, history=history, confusion={}, missing=missing)
    return Trained(**common, history=history, confusion=_read_confusion(folder / "confusion.npz", info))


def _read_confusion(path: Path, info: dict[str, Any]) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            found = {split: stored[split].astype(np.int64) for split in SPLITS}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read ({error}): remove the folder and train again") from None
    count = len(info["data"]["classes"])
    for split, counts in found.items():
        if counts.shape != (count, count):
            raise ValueError(f"{path} should count {count} x {count} classes on {split}, it has {counts.shape}")
    return found


def group_trainings(results: Iterable[Result]) -> list[list[Trained]]:
    """Trainings of one space, recipe and data set together, in the order given."""
    alike: dict[str, list[Trained]] = {}
    for result in results:
        if isinstance(result, Trained):
            info = result.info
            key = json.dumps([info["data"].get("sha256"), info["space"], info["recipe"]], sort_keys=True)
            alike.setdefault(key, []).append(result)
    return list(alike.values())


def by_architecture(trainings: Iterable[Trained]) -> list[list[Trained]]:
    """Finished trainings of one architecture together, in the order given."""
    found: dict[str, list[Trained]] = {}
    for training in trainings:
        if training.confusion:
            found.setdefault(str(training.info["architecture"]), []).append(training)
    return list(found.values())


def best_of(trainings: Sequence[Trained]) -> Trained | None:
    """The finished training of the highest validation accuracy, the first of equals; None where none is finished."""
    finished = [training for training in trainings if training.confusion]
    return max(finished, key=lambda training: training.number("val_accuracy"), default=None)
