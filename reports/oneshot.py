"""One-shot searches as results: what ``nasbench oneshot`` wrote, and which searches may be laid side by side.

K kinds of cells, E edges, O operations as in :mod:`nasbench.mixed_cells`, T epochs, N ranked architectures.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from nasbench import load_space
from nasbench.mixed_cells import MixedCells
from nasbench.space import Architecture, Space
from predictors.metrics import kendall
from reports.result import Result
from searchers.measure import Measure
from searchers.weight_sharing.history import AFTERWARDS, EPOCHWISE, SearchRecord, read_npz

ALIKE = ("space", "recipe", "judged_images")
"""Fields of ``result.json`` that searches side by side share, besides the images and what the table is asked."""


@dataclass(frozen=True, kw_only=True)
class OneShot(Result):
    """A one-shot search, perhaps not at its end.

    Args:
        arrays: as in :mod:`searchers.weight_sharing.history`; those of the ranking are empty before the end.
    """

    arrays: dict[str, np.ndarray]

    @property
    def searcher(self) -> str:
        """Name of the searcher."""
        return str(self.info["searcher"])

    @property
    def seed(self) -> int:
        """Seed of the search."""
        return int(self.info["seed"])

    @cached_property
    def space(self) -> Space:
        """The space that was searched."""
        return load_space(str(self.info["space"]))

    @cached_property
    def cells(self) -> MixedCells:
        """Its cells with every operation on every edge."""
        return self.space.mixed_cells()

    @property
    def measure(self) -> Measure | None:
        """What the table reports; None where no table was asked."""
        report = self.info.get("report")
        return None if report is None else Measure.parse(str(report))

    @property
    def pick(self) -> Architecture:
        """The architecture after the last epoch."""
        return self.space.architecture(self.arrays["choices"][-1].tolist())

    @cached_property
    def collapsed(self) -> list[int]:
        """Epochs, from 1, after which the architecture had collapsed to skips."""
        chosen = map(self.space.architecture, self.arrays["choices"].tolist())
        return [place + 1 for place, cell in enumerate(chosen) if self.cells.collapsed(cell)]

    @property
    def ranked(self) -> tuple[np.ndarray, np.ndarray]:
        """What the table reports, and accuracy by shared weights, of ranked architectures that the table knows."""
        known = np.isfinite(self.arrays["ranked_true"])
        return self.arrays["ranked_true"][known], self.arrays["ranked_accuracy"][known]

    @property
    def kendall(self) -> float:
        """Kendall correlation of the two, in -1 to 1; NaN of fewer than two architectures."""
        true, accuracy = self.ranked
        sign = 1.0 if self.measure is None else self.measure.sign
        return kendall(sign * true, accuracy) if len(true) > 1 else float("nan")


def read_oneshot(folder: Path, info: dict[str, Any], common: dict[str, Any]) -> OneShot:
    """The search in a folder; of one that was stopped, its epochs so far.

    Raises:
        ValueError: files are missing or damaged.
        LookupError: the space is not known here.
    """
    missing: tuple[str, ...] = ()
    if info.get("complete"):
        arrays = SearchRecord.load(folder / "search.npz").arrays
    elif not (folder / "checkpoint.npz").is_file():
        raise ValueError(f"{folder} holds a one-shot search without a finished epoch: run the same command again")
    else:
        stored, _ = read_npz(folder / "checkpoint.npz")
        arrays = {name: stored[f"history/{name}"] for name in EPOCHWISE if f"history/{name}" in stored}
        epochs = len(arrays.get("seconds", ()))
        arrays |= {name: np.full(epochs if name == "true" else 0, np.nan) for name in AFTERWARDS}
        asked = info.get("recipe", {}).get("epochs", "all")
        missing = (f"{epochs} of {asked} epochs are done, and nothing is ranked: run the same command again",)
    absent = [name for name in (*EPOCHWISE, *AFTERWARDS) if name not in arrays]
    if absent:
        raise ValueError(f"the one-shot search in {folder} lacks {absent[0]}: remove the folder and search again")
    search = OneShot(**common, arrays=arrays, missing=missing)
    if arrays["strengths"].shape[1:] != search.cells.shape:
        raise ValueError(
            f"the one-shot search in {folder} has strengths of shape {arrays['strengths'].shape[1:]}, and "
            f"{search.space.name} has cells of shape {search.cells.shape}: they are not of one version"
        )
    return search


def group_searches(results: Iterable[Result]) -> list[list[OneShot]]:
    """Searches of one space, recipe, data set and measure together, in the order given."""
    alike: dict[str, list[OneShot]] = {}
    for result in results:
        if isinstance(result, OneShot):
            data = result.info.get("data", {}).get("sha256")
            key = json.dumps([data, *(result.info.get(name) for name in ALIKE)], sort_keys=True)
            alike.setdefault(key, []).append(result)
    groups: list[list[OneShot]] = []
    for searches in alike.values():
        asked = list(dict.fromkeys(s.info["report"] for s in searches if s.info.get("report") is not None)) or [None]
        parts: dict[Any, list[OneShot]] = {report: [] for report in asked}
        for search in searches:  # one that asked no table, or has not come to it, stands with the first
            report = search.info.get("report")
            parts[asked[0] if report is None else report].append(search)
        groups += parts.values()
    return groups


def by_label(searches: Sequence[OneShot]) -> dict[str, list[OneShot]]:
    """Searches by searcher, with the parameters that tell apart those of one name, each by seed."""
    found: dict[str, list[OneShot]] = {}
    for search in searches:
        namesakes = [other.info.get("parameters", {}) for other in searches if other.searcher == search.searcher]
        own = search.info.get("parameters", {})
        telling = [name for name in own if any(other.get(name) != own[name] for other in namesakes)]
        text = ", ".join(f"{name}={own[name]}" for name in telling)
        found.setdefault(f"{search.searcher} ({text})" if text else search.searcher, []).append(search)
    return {label: sorted(of, key=lambda search: search.seed) for label, of in found.items()}
