"""Fronts and hypervolumes of finished runs: ``pareto.csv`` and ``hypervolume.csv`` beside ``result.json``.

A run's objectives are its scores, as the evaluator gave them, and costs known without training. Scores that a search
selected by less penalties are taken without these: a cost that is an objective itself would count twice. The
hypervolume is in units of the score: costs count as shares of the most that an architecture of the space costs, and
scores from a least one on, so that with one cost it is the best score affordable, less that least one, averaged over
all budgets from nothing to the dearest architecture. Nothing here is known to a searcher.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.database.files import write_atomically
from nasbench.space import Architecture
from searchers.costs import check_costs, cost_values, largest_costs, parse_costs, unit
from searchers.objective import Penalised
from searchers.pareto import anytime_hypervolume, fronts
from searchers.trace import Trace
from searchers.workplace import Workplace

PARETO, HYPERVOLUME = "pareto.csv", "hypervolume.csv"
RUN = ("evaluator", "searcher", "seed")
DIGITS = 9
"""Decimals of a score to which a penalty was added back: two that were equal are equal again."""


@dataclass(frozen=True)
class Objectives:
    """What fronts are of.

    Args:
        costs: names of costs.
        largest: most that an architecture costs, in each.
        least: the score from which a hypervolume counts.
        sign: 1 where larger scores are better, -1 where smaller are.
    """

    costs: tuple[str, ...]
    largest: tuple[float, ...]
    least: float
    sign: float

    def points(self, scores: np.ndarray, costs: np.ndarray) -> np.ndarray:
        """float64 [n, 1 + costs]: losses, costs as shares of the largest.

        Args:
            scores: [n] as the evaluator gave them.
            costs: [n, costs] in their units.
        """
        shares = costs / np.where(np.array(self.largest) > 0, self.largest, 1.0)
        return np.column_stack([self.sign * (self.least - scores), shares])

    def volumes(self, points: np.ndarray) -> np.ndarray:
        """float64 [n]: hypervolume after each of the points, in units of the score."""
        reference = np.array([0.0, *(np.nextafter(1.0, 2.0) for _ in self.costs)])  # the dearest one counts too
        return anytime_hypervolume(points, reference)

    def to_json(self) -> dict[str, Any]:
        """What ``result.json`` says of them."""
        named = dict(zip(self.costs, self.largest, strict=True))
        return {"costs": named, "units": {name: unit(name) for name in self.costs}, "least": self.least}


@dataclass(frozen=True)
class Volume:
    """A run's hypervolume after each query, and its front: place, score and costs of members, the cheapest first."""

    trace: Trace
    volumes: np.ndarray
    front: list[tuple[int, float, list[float]]]

    def steps(self) -> list[list[float]]:
        """[queries, hypervolume] where it has grown, and at the end."""
        grown = np.flatnonzero(np.diff(self.volumes, prepend=0.0) != 0)
        places = dict.fromkeys([*grown.tolist(), len(self.volumes) - 1])
        return [[place + 1, float(self.volumes[place])] for place in places]


def costs_of(workplace: Workplace, parameters: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, ...], list[str]]:
    """Searchers by the names of their costs: those asked for, or else each searcher's own, if it has any.

    Raises:
        UnknownNameError: an evaluator does not know such a cost.
        ValueError: the measure is no accuracy and no least score is given.
    """
    asked = workplace.request.pareto
    found: dict[tuple[str, ...], list[str]] = {}
    for searcher, settings in parameters.items():
        if asked or "costs" in settings:
            found.setdefault(asked or parse_costs(settings["costs"]), []).append(searcher)
    for names in found:
        for source in workplace.request.evaluators:
            _objectives(workplace, source.name, names)
    return found


def summarise(folder: Path, workplace: Workplace, about: Mapping[str, Any], traces: Sequence[Trace]) -> dict[str, Any]:
    """What ``result.json`` says of fronts and hypervolumes, empty where no run has costs; writes both files.

    Args:
        folder: of the result.
        workplace: where the runs were made.
        about: what ``result.json`` says besides, parameters of searchers among it.
        traces: finished runs.

    Raises:
        UnknownNameError, ValueError: as :func:`costs_of`.
    """
    said, volumes, names = {}, [], []
    for costs, searchers in costs_of(workplace, about["parameters"]).items():
        for evaluator in dict.fromkeys(trace.meta["evaluator"] for trace in traces):
            runs = [t for t in traces if t.meta["evaluator"] == evaluator and t.meta["searcher"] in searchers]
            objectives = _objectives(workplace, evaluator, costs)
            said[f"{evaluator}: {'+'.join(costs)}"] = objectives.to_json()
            volumes += _measured(workplace, evaluator, runs, objectives)
            names += [costs] * len(runs)
    for name in (PARETO, HYPERVOLUME):
        (folder / name).unlink(missing_ok=True)
    if not volumes:
        return {}
    write_volumes(folder, volumes, names)
    found = {"pareto": said}
    return found if len(volumes) > 1 else {**found, "hypervolume": volumes[0].steps()}


def _objectives(workplace: Workplace, evaluator_name: str, names: tuple[str, ...]) -> Objectives:
    evaluator, least = workplace.evaluator(evaluator_name), workplace.request.pareto_from
    if least is None and not evaluator.measure.metric.endswith("accuracy"):
        raise ValueError(
            f"a hypervolume of {evaluator.measure} needs the worst score that counts: name it with --pareto-from"
        )
    check_costs(names, workplace.hints(evaluator.name))
    largest = largest_costs(workplace.hints(evaluator.name), workplace.space(evaluator), names)
    return Objectives(names, tuple(largest.tolist()), least or 0.0, evaluator.measure.sign)


def _measured(workplace: Workplace, name: str, runs: Sequence[Trace], objectives: Objectives) -> list[Volume]:
    """Volumes of runs on one evaluator; each architecture's cost is looked up once."""
    evaluator = workplace.evaluator(name)
    rows, place = np.unique(np.concatenate([run.choices for run in runs]), axis=0, return_inverse=True)
    asked = [Architecture(evaluator.space.name, tuple(row)) for row in rows.tolist()]
    costs = cost_values(workplace.hints(evaluator.name), workplace.space(evaluator), objectives.costs, asked)[
        place.reshape(-1)
    ]
    penalties = evaluator.penalty(asked)[place.reshape(-1)] if isinstance(evaluator, Penalised) else None
    found, start = [], 0
    for run in runs:
        own = costs[start : start + len(run)]
        scores = np.where(run.epochs == evaluator.epochs[-1], run.score, np.nan)  # whole trainings alone
        if penalties is not None:
            scores = np.round(scores + objectives.sign * penalties[start : start + len(run)], DIGITS)
        start += len(run)
        points = objectives.points(scores, own)
        found.append(Volume(run, objectives.volumes(points), _front(points, scores, own)))
    return found


def _front(points: np.ndarray, scores: np.ndarray, costs: np.ndarray) -> list[tuple[int, float, list[float]]]:
    known = np.flatnonzero(~np.isnan(points).any(axis=1))
    distinct = known[np.sort(np.unique(points[known], axis=0, return_index=True)[1])]
    best = distinct[fronts(points[distinct]) == 0]
    cheapest_first = best[np.lexsort(points[best].T[::-1][:-1])] if len(best) else best
    return [(int(place), float(scores[place]), costs[place].tolist()) for place in cheapest_first.tolist()]


def write_volumes(folder: Path, volumes: Sequence[Volume], costs: Sequence[Sequence[str]]) -> None:
    """Writes both files in one step each; a cost that a run's front is not of is an empty field.

    Args:
        folder: where ``result.json`` is.
        volumes: of runs.
        costs: names of the costs of each.
    """
    every = list(dict.fromkeys(name for names in costs for name in names))
    grown: list[list[Any]] = [[*RUN, "queries", "hypervolume"]]
    members: list[list[Any]] = [[*RUN, "query", "architecture", "score", *every]]
    for volume, names in zip(volumes, costs, strict=True):
        run = [volume.trace.meta[field] for field in RUN]
        space = nasbench.load_space(volume.trace.meta["space"])
        grown += [[*run, int(queries), value] for queries, value in volume.steps()]
        for place, score, own in volume.front:
            named = dict(zip(names, own, strict=True))
            text = space.format(space.architecture(volume.trace.choices[place].tolist()))
            members.append([*run, place + 1, text, score, *(named.get(name, math.nan) for name in every)])
    for name, rows in ((HYPERVOLUME, grown), (PARETO, members)):
        text_file = io.StringIO()
        writer = csv.writer(text_file, lineterminator="\n")
        writer.writerows([["" if value != value else value for value in row] for row in rows])
        write_atomically(folder / name, text_file.getvalue().encode())
