"""A card for each zero-cost proxy of a table: what it costs, how steady it is, and how well it ranks.

Scores stand in one table, what was measured in the same or another; architectures are joined by their class. All
correlations are of goodness: a proxy of which lower is better is turned round, so that higher is always better.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.complexity import complexities
from nasbench.description import describe_proxies
from nasbench.plan import Skeleton
from nasbench.space import Architecture
from nasbench.table import SearchView, Table
from predictors.agreement import Agreement, Truth, agreements
from predictors.measured import Measured, read_measured
from predictors.metrics import spearman
from predictors.published import published_spearman
from predictors.scores import rank_ensemble

ENSEMBLE = "rank_ensemble"
"""Name of the card of all proxies together, by mean rank."""
SIZES = ("params", "flops")
"""Proxies that are as published where they stand for rows."""


@dataclass(frozen=True)
class Card:
    """What there is to know of a proxy; NaN where it is not defined.

    Args:
        proxy: its name.
        better: "higher" or "lower".
        seconds: of one score, the median.
        scored: scores in the table, over classes and initialisation seeds.
        failed: scores that failed.
        seeds: initialisation seeds.
        seed_spearman: Spearman's rho between scores of two seeds, mean over pairs of seeds.
        deviation: standard deviation over seeds, as a share of the mean's absolute value; median over classes.
        rows: over architectures as they are written down, each with the mean score of its class over seeds.
        classes: over classes, each with the mean of what was measured of its members.
        published: Spearman's rho that others published for the same space and images, by source.
    """

    proxy: str
    better: str
    seconds: float
    scored: int
    failed: int
    seeds: int
    seed_spearman: float
    deviation: float
    rows: Agreement
    classes: Agreement
    published: Mapping[str, float]


def make_cards(
    scores: str | Path, truth: str | Path | None = None, metric: str = "val_accuracy", schedule: int | None = None
) -> tuple[list[Card], Measured]:
    """A card for each proxy of the table ``scores``, and one of all together; and what they were judged by.

    Args:
        scores: a table that ``nasbench proxies`` filled.
        truth: a table of trainings of the same space; None for the same table.
        metric: to rank by, not one of the test images.
        schedule: in epochs; None for the longest.

    Raises:
        LookupError: there are no scores, or no such metric.
        ValueError: the tables are of different spaces, or share no class.
    """
    with nasbench.open_table(scores) as table:
        if not table.proxies:
            raise LookupError(f"{scores} holds no zero-cost scores: run nasbench proxies {scores}")
        measured = read_measured(scores if truth is None else truth, metric, schedule)
        if measured.space.name != table.space.name:
            raise ValueError(f"{scores} holds {table.space.name}, and {truth} holds {measured.space.name}")
        view = table.for_search()
        first = np.unique(view.class_hashes, return_index=True)[1]
        by_seed = {name: _by_seed(view, name, first) for name in view.proxies}
        about = {one["name"]: one for one in describe_proxies(table)}
        if len(by_seed) > 1:
            by_seed[ENSEMBLE] = _ensemble(by_seed, _tried(view, first))
            about[ENSEMBLE] = _about_ensemble(list(about.values()), by_seed[ENSEMBLE])
        rows, classes = _truths(view, first, measured)
        goodness = {name: _mean(values) for name, values in by_seed.items()}
        of_rows = agreements([_of_rows(name, values, rows) for name, values in goodness.items()], rows)
        of_classes = agreements([values[classes.place] for values in goodness.values()], classes)
        space, images = table.space.name, image_classes(table)
        return [
            _card(about[name], by_seed[name], of_row, of_class, published_spearman(name, space, images))
            for name, of_row, of_class in zip(by_seed, of_rows, of_classes, strict=True)
        ], measured


def image_classes(table: Table) -> tuple[str, ...]:
    """Names of the classes of the images that scores were made with; none where the table does not say."""
    card = table.header.data_card
    same = card.get("sha256") == table.proxy_settings.get("data_sha256")
    return tuple(card["classes"]) if same and "classes" in card else ()


def _card(
    about: Mapping[str, Any], by_seed: np.ndarray, rows: Agreement, classes: Agreement, published: Mapping[str, float]
) -> Card:
    return Card(
        proxy=about["name"],
        better=about["better"],
        seconds=about["median_seconds"],
        scored=about["scored"],
        failed=about["failed"],
        seeds=by_seed.shape[1],
        seed_spearman=_between_seeds(by_seed),
        deviation=_deviation(by_seed),
        rows=rows,
        classes=classes,
        published=published,
    )


def _of_rows(name: str, goodness: np.ndarray, rows: Truth) -> np.ndarray:
    """Goodness of each row: of its class, but of sizes as published."""
    return rows.sizes[:, SIZES.index(name)] if name in SIZES else goodness[rows.place]


def _truths(view: SearchView, first: np.ndarray, measured: Measured) -> tuple[Truth, Truth]:
    """The truth over rows, with sizes as published, and over classes, with sizes as built.

    Raises:
        ValueError: no architecture that was measured has a score.
    """
    scored = np.any([np.isfinite(view.proxy(name)[first]) for name in view.proxies], axis=0)
    lines = {text: at for at, text in enumerate(view.class_hashes[first].tolist()) if scored[at]}
    kept = np.array([text in lines for text in measured.class_hashes.tolist()], dtype=bool)
    if not kept.any():
        raise ValueError(f"none of the {len(measured):,} architectures measured in {measured.table} has a score")
    common = measured.only(kept)
    place = np.array([lines[text] for text in common.class_hashes.tolist()])
    rows = Truth(common.y, place, _sizes(view, common.architectures, built=False))
    of_class, member = np.unique(place, return_inverse=True)
    y = np.bincount(member, common.y) / np.bincount(member)
    representatives = [view.architectures[line] for line in first[of_class].tolist()]
    return rows, Truth(y, of_class, _sizes(view, representatives, built=True))


def _sizes(view: SearchView, architectures: list[Architecture], built: bool) -> np.ndarray:
    """Parameters and FLOPs of the networks that were scored, float64 [n, 2].

    Raises:
        ValueError: the table does not say which networks these were.
    """
    said = view.proxy_settings
    if absent := [name for name in ("channels", "cells", "classes", "input_shape") if name not in said]:
        raise ValueError(f"the settings of the table's scores do not say {', '.join(absent)}: score them anew")
    skeleton = Skeleton(said["channels"], said["cells"], said["classes"], tuple(said["input_shape"]))
    return np.stack(complexities(view.space, architectures, skeleton, built), axis=1).astype(np.float64)


def _by_seed(view: SearchView, name: str, first: np.ndarray) -> np.ndarray:
    """Goodness of each class with each initialisation seed, float64 [classes, seeds]."""
    sign = 1.0 if view.proxies[name] == "higher" else -1.0
    return sign * np.stack([view.proxy(name, seed)[first] for seed in view.proxy_seeds(name)], axis=1)


def _tried(view: SearchView, first: np.ndarray) -> np.ndarray:
    """Whether every proxy scored a class or failed for it, bool [classes]."""
    return np.all([np.isfinite(view.proxy_seconds(name)[first]) for name in view.proxies], axis=0)


def _ensemble(by_seed: Mapping[str, np.ndarray], tried: np.ndarray) -> np.ndarray:
    """Mean rank over proxies of each class that all have tried, with each seed; NaN of the other classes."""
    better = dict.fromkeys(by_seed, "higher")
    found = np.full((len(tried), min(values.shape[1] for values in by_seed.values())), np.nan)
    for seed, column in enumerate(found.T):
        column[tried] = rank_ensemble({name: values[tried, seed] for name, values in by_seed.items()}, better)
    return found


def _about_ensemble(proxies: list[dict[str, Any]], by_seed: np.ndarray) -> dict[str, Any]:
    scored = int(np.isfinite(by_seed).sum())
    seconds = sum(one["median_seconds"] for one in proxies)
    return {"name": ENSEMBLE, "better": "higher", "median_seconds": seconds, "scored": scored, "failed": 0}


def _between_seeds(by_seed: np.ndarray) -> float:
    pairs = [spearman(first, second) for first, second in itertools.combinations(by_seed.T, 2)]
    return float(np.mean(pairs)) if pairs else math.nan


def _deviation(by_seed: np.ndarray) -> float:
    whole = by_seed[np.isfinite(by_seed).all(axis=1)]
    if by_seed.shape[1] < 2 or not len(whole):
        return math.nan
    mean, spread = np.abs(whole.mean(axis=1)), whole.std(axis=1, ddof=1)
    return float(np.median(spread[mean > 0] / mean[mean > 0])) if (mean > 0).any() else math.nan


def _mean(by_seed: np.ndarray) -> np.ndarray:
    """Mean over the seeds that gave a score, NaN where none did."""
    known = np.isfinite(by_seed)
    total, count = np.where(known, by_seed, 0.0).sum(axis=1), known.sum(axis=1)
    return np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
