"""What a table holds, and what it says of one architecture, as plain dictionaries that can be JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from nasbench.database.lines import blocks
from nasbench.database.schema import METRICS, STATUSES
from nasbench.space import Architecture
from nasbench.table import Table


def describe(table: Table) -> dict[str, Any]:
    """Everything there is to say about a table, as JSON values."""
    path = table.path
    return {
        "file": None if path is None else path.name,
        "bytes": None if path is None else path.stat().st_size,
        "schema_version": table.contents.schema_version,
        "digest": table.digest,
        "space": table.header.space,
        "space_size": table.space.count(),
        "architectures": len(table),
        "classes": len(table.classes),
        "origin": table.header.origin,
        "recipe": dict(table.header.recipe),
        "data_card": dict(table.header.data_card),
        "environments": _environments(table),
        "schedules": [_schedule(table, schedule) for schedule in table.schedules],
        "costs": [_cost(table, name) for name in table.costs],
        "proxies": describe_proxies(table),
        "proxy_settings": table.proxy_settings,
    }


def _environments(table: Table) -> list[dict[str, Any]]:
    """Versions and hardware, each with how many rows were made with it."""
    rows: Counter[int] = Counter()
    for schedule in table.schedules:
        present = table.contents.status(schedule) != 0
        rows.update(table.contents.environment(schedule)[present].tolist())
    return [{**environment, "rows": rows[place]} for place, environment in enumerate(table.environments)]


def _schedule(table: Table, schedule: int) -> dict[str, Any]:
    status = table.contents.status(schedule)
    seeds = table.contents.seeds(schedule)
    axes = table.contents.metrics(schedule)
    return {
        "epochs": schedule,
        "seeds": list(seeds),
        "counts": _counts(status),
        "counts_by_seed": {str(seed): _counts(status[:, place]) for place, seed in enumerate(seeds)},
        "metrics": [
            {
                "name": name,
                "unit": METRICS[name].unit,
                "seeds": list(axes[name].seeds),
                "epochs": list(axes[name].epochs),
            }
            for name in table.metrics(schedule)
        ],
        "failures": [
            {"architecture": table.space.format(architecture), "seed": seed, "reason": reason}
            for architecture, seed, reason in table.failures(schedule)
        ],
    }


def _counts(status: np.ndarray) -> dict[str, int]:
    return {name: int((status == place).sum()) for place, name in enumerate(STATUSES)}


def _cost(table: Table, name: str) -> dict[str, Any]:
    values = table.cost(name)
    known = values[~np.isnan(values)]
    return {
        "name": name,
        "unit": table.costs[name],
        "known": len(known),
        "least": float(known.min()) if len(known) else None,
        "greatest": float(known.max()) if len(known) else None,
    }


def describe_proxies(table: Table) -> list[dict[str, Any]]:
    """What a table holds of each zero-cost proxy, as JSON values."""
    return [_proxy(table, name) for name in table.proxies]


def _proxy(table: Table, name: str) -> dict[str, Any]:
    contents, scored, spent = table.contents, 0, []
    failures = table.proxy_failures(name)
    for block in blocks(contents.count):  # of all that is read the seconds alone are kept
        scores = contents.scores(name, block)
        scored += int((~np.isnan(scores.values)).sum())
        spent.append(scores.seconds[scores.present])
    seconds = np.concatenate([np.zeros(0), *spent])
    return {
        "name": name,
        "better": table.proxies[name],
        "seeds": list(table.proxy_seeds(name)),
        "scored": scored,
        "failed": len(failures),
        "median_seconds": float(np.median(seconds)) if len(seconds) else None,
        "failures": [
            {"architecture": table.space.format(architecture), "seed": seed, "reason": reason}
            for architecture, seed, reason in failures
        ],
    }


def describe_architecture(
    table: Table, architecture: Architecture, schedule: int | None = None, metric: str | None = None, epoch: int = -1
) -> dict[str, Any]:
    """Everything a table says of one architecture, as JSON values.

    Args:
        table: the table.
        architecture: of its space.
        schedule: one schedule alone; all without it.
        metric: one metric alone; all without it.
        epoch: epochs completed; -1 is the last. Metrics that were not measured then are left out.

    Raises:
        LookupError: the table has no such schedule or metric.
    """
    schedules = [schedule] if schedule is not None else list(table.schedules)
    wanted = [(e, name) for e in schedules for name in table.metrics(e) if metric in (None, name)]
    if metric is not None and not wanted:
        table.seeds(metric, schedule)  # raises, and says what there is
    answers = [
        _answers(table, architecture, e, name, epoch)
        for e, name in wanted
        if epoch == -1 or epoch in table.epochs(name, e)
    ]
    own = architecture in table
    line = table.architectures.index(architecture) if own else None
    return {
        "architecture": table.space.format(architecture),
        "class_hash": table.space.canonical_hash(architecture),
        "in_table": own,
        "answers": answers,
        "costs": [
            {"name": name, "unit": unit, "value": value}
            for name, unit in table.costs.items()
            if line is not None and not np.isnan(value := float(table.cost(name)[line]))
        ],
        "proxies": _scores(table, architecture),
    }


def _scores(table: Table, architecture: Architecture) -> list[dict[str, Any]]:
    """What each proxy says of an architecture's class: the mean over the seeds, and each seed alone."""
    if not table.proxies:
        return []
    place = np.flatnonzero(table.class_hashes == table.space.canonical_hash(architecture))[:1]
    columns = {
        name: {seed: table.proxy(name, seed)[place] for seed in table.proxy_seeds(name)} for name in table.proxies
    }
    return [
        {
            "name": name,
            "better": table.proxies[name],
            "value": float(table.proxy(name)[place][0]),
            "by_seed": {str(seed): None if np.isnan(one).any() else float(one[0]) for seed, one in by_seed.items()},
        }
        for name, by_seed in columns.items()
        if len(place) and not np.isnan(table.proxy(name)[place]).any()
    ]


def _answers(table: Table, architecture: Architecture, schedule: int, metric: str, epoch: int) -> dict[str, Any]:
    """What the table answers for a metric: over the seeds, and each seed alone."""
    said: dict[str, Any] = {"schedule": schedule, "metric": metric, "unit": METRICS[metric].unit}
    try:
        answer = table.explain(architecture, metric, schedule, epoch)
    except LookupError as error:
        return {**said, "value": None, "why": str(error), "source": None, "by_seed": {}}
    by_seed: dict[str, float | str | None] = {}
    asked = (architecture,) if answer.source == "row" else answer.members
    for seed in table.seeds(metric, schedule):
        try:
            alone = table.explain(architecture, metric, schedule, epoch, seed)
        except LookupError:
            failed = any(table.status(member, schedule, seed) == "failed" for member in asked)
            by_seed[str(seed)] = "failed" if failed else None
        else:
            by_seed[str(seed)] = alone.value if alone.source == answer.source else None
    return {
        **said,
        "epoch": answer.epoch,
        "value": answer.value,
        "seeds": list(answer.seeds),
        "source": answer.source,
        "members": [table.space.format(member) for member in answer.members],
        "by_seed": by_seed,
    }
