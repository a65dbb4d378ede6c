"""Where to begin when nothing is known: architectures that promise much and lie far from each other."""

from __future__ import annotations

import math

import numpy as np

from nasbench.space import Architecture
from searchers.beliefs import View
from searchers.hints import Hints
from searchers.notebook import Notebook
from searchers.warm_start import SURVEYED, most_promising


def opening(
    notebook: Notebook, view: View, hints: Hints, name: str, share: float, count: int, rng: np.random.Generator
) -> list[Architecture]:
    """Up to ``count`` new architectures, far from each other and from those told, of the promising ones among draws.

    A space-filling design: each next one is the farthest from all before it, where features are measured in deviations
    over the space. Kennard and Stone, "Computer Aided Design of Experiments", Technometrics 1969; within a factor of
    two no design of as many has a larger smallest distance (Gonzalez, Theoretical Computer Science 1985).

    Args:
        notebook: what was asked.
        view: the features.
        hints: what is known without training.
        name: the hint whose upper ``share`` of the draws is promising; empty for all of them.
        share: more than 0, at most 1.
        count: how many.
        rng: source of chance.

    Raises:
        UnknownNameError: there is no such hint; the message names the nearest.
    """
    pool = list(dict.fromkeys(notebook.space.sample(rng) for _ in range(SURVEYED)))
    if name:
        pool = most_promising(hints, name, pool, max(count, math.ceil(share * len(pool))))
    pool = notebook.distinct(filter(notebook.is_new, pool))
    told = [Architecture(notebook.space.name, choices) for choices in notebook.told]
    scale = view.deviations
    return [pool[place] for place in farthest(view.features(pool) / scale, view.features(told) / scale, count, rng)]


def farthest(points: np.ndarray, others: np.ndarray, count: int, rng: np.random.Generator) -> list[int]:
    """Up to ``count`` numbers of points, each the farthest from those before it and from the others.

    Args:
        points: float64 [n, features].
        others: float64 [m, features]; with none of them the first point is drawn.
        count: how many.
        rng: source of chance.
    """
    away = np.full(len(points), np.inf)
    for other in others:
        np.minimum(away, ((points - other) ** 2).sum(axis=1), out=away)
    chosen: list[int] = []
    while len(chosen) < min(count, len(points)):
        place = int(np.argmax(away)) if len(others) or chosen else int(rng.random() * len(points))
        chosen.append(place)
        np.minimum(away, ((points - points[place]) ** 2).sum(axis=1), out=away)
        away[chosen] = -1.0  # those that equal a chosen one have 0 and stay
    return chosen
