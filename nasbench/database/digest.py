"""The digest of what a table says: equal for equal content, however, whenever and in whatever order it was written."""

from __future__ import annotations

import hashlib

import numpy as np

from nasbench.database.contents import Contents
from nasbench.database.rows import canonical_json
from nasbench.database.schema import ABSENT, METRICS
from nasbench.database.scores import FIRST_VERSION, version_of, without_version


def content_digest(contents: Contents) -> str:
    """64 hexadecimal digits: SHA-256 of space, recipe, data card's hash, and every row that is done or failed.

    Rows count with choices, schedule, seed, status, reason and metrics, sorted; zero-cost scores with choices, seed,
    value or reason, and the settings that they share. Clocks, hardware, versions, costs
    (which are derived), architectures without a row and the order of writing do not count.
    """
    hashed = hashlib.sha256(canonical_json(contents.header.identity).encode())

    def add(label: object, array: np.ndarray | None = None) -> None:
        hashed.update(canonical_json(label).encode() + b"\n")
        if array is not None:
            hashed.update(np.ascontiguousarray(array).tobytes())

    order = np.lexsort(contents.choices.T[::-1]) if contents.choices.shape[1] else np.arange(len(contents.choices))
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    choices = contents.choices[order].astype("<i8")
    for schedule in sorted(contents.schedules):
        seeds = np.array(contents.seeds(schedule), dtype="<i8")
        status = contents.status(schedule)[order]
        lines, columns = (status != ABSENT).nonzero()  # in order of choices, then seeds, which rise
        if not len(lines):
            continue
        add({"schedule": int(schedule), "rows": len(lines)}, choices[lines])
        add("seeds", seeds[columns])
        add("status", status[lines, columns].astype("u1"))
        reasons = {(int(place[line]), column): text for (line, column), text in contents.reasons(schedule).items()}
        add([reasons[cell] for cell in sorted(reasons)])
        for metric, axes in sorted(contents.metrics(schedule).items()):
            if METRICS[metric].clock:
                continue
            values = np.full((len(choices), len(seeds), len(axes.epochs)), np.nan)
            values[:, [seeds.tolist().index(seed) for seed in axes.seeds]] = contents.values(schedule, metric)[order]
            rows = values[lines, columns]
            held = ~np.isnan(rows).all(axis=0)
            if held.any():
                rows = np.where(np.isnan(rows), np.nan, rows)[:, held].astype("<f8")
                add({"metric": metric, "epochs": np.array(axes.epochs)[held].tolist()}, rows)
    said = contents.proxy_settings
    if version_of(said) == FIRST_VERSION:  # whether it is written down or not
        said = without_version(said)
    settings: object = {"proxy_settings": said}
    for proxy in sorted(contents.proxies):
        scores = contents.scores(proxy).of(order)
        lines, columns = scores.present.nonzero()
        if len(lines):
            add([settings, {"proxy": proxy, "better": contents.proxies[proxy], "scores": len(lines)}], choices[lines])
            add("seeds", np.array(scores.seeds, dtype="<i8")[columns])
            values = scores.values[lines, columns]
            add("values", np.where(np.isnan(values), np.nan, values).astype("<f8"))
            add([scores.reasons[cell] for cell in sorted(scores.reasons)])
    return hashed.hexdigest()
