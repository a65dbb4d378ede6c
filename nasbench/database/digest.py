"""The digest of what a table says: equal for equal content, however, whenever and in whatever order it was written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import numpy as np

from nasbench.database.contents import Axes, Contents
from nasbench.database.lines import blocks
from nasbench.database.rows import canonical_json
from nasbench.database.schema import ABSENT, METRICS
from nasbench.database.scores import FIRST_VERSION, version_of, without_version

Found = TypeVar("Found")


def content_digest(contents: Contents) -> str:
    """64 hexadecimal digits: SHA-256 of space, recipe, data card's hash, and every row that is done or failed.

    Rows count with choices, schedule, seed, status, reason and metrics, sorted; zero-cost scores with choices, seed,
    value or reason, and the settings that they share. Clocks, hardware, versions, costs
    (which are derived), architectures without a row and the order of writing do not count. Contents are read block by
    block.
    """
    return _Digest(contents).made()


class _Digest:
    """Contents on their way into a hash, each array after its label, its blocks one after the other."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._hashed = hashlib.sha256(canonical_json(contents.header.identity).encode())

    def made(self) -> str:
        """The digits."""
        contents = self._contents
        for schedule in sorted(contents.schedules):
            self._add_schedule(schedule)
        said = contents.proxy_settings
        if version_of(said) == FIRST_VERSION:  # whether it is written down or not
            said = without_version(said)
        settings: object = {"proxy_settings": said}
        for proxy in sorted(contents.proxies):
            self._add_scores(proxy, settings)
        return self._hashed.hexdigest()

    def _add_schedule(self, schedule: int) -> None:
        contents = self._contents
        seeds = np.array(contents.seeds(schedule), dtype="<i8")
        status = self._kept(lambda block: contents.status(schedule, block))

        def present(block: slice) -> tuple[np.ndarray, np.ndarray]:
            lines, columns = (status(block) != ABSENT).nonzero()  # in order of choices, then seeds, which rise
            return lines, columns

        rows = sum(len(present(block)[0]) for block in blocks(contents.count))
        if not rows:
            return
        self._label({"schedule": int(schedule), "rows": rows})
        self._add(lambda block: contents.choices_of(block).astype("<i8")[present(block)[0]])
        self._label("seeds")
        self._add(lambda block: seeds[present(block)[1]])
        self._label("status")
        self._add(lambda block: status(block)[present(block)].astype("u1"))
        reasons = contents.reasons(schedule)
        self._label([reasons[cell] for cell in sorted(reasons)])
        for metric, axes in sorted(contents.metrics(schedule).items()):
            if not METRICS[metric].clock:
                self._add_metric(schedule, metric, axes, present)

    def _add_metric(
        self, schedule: int, metric: str, axes: Axes, present: Callable[[slice], tuple[np.ndarray, np.ndarray]]
    ) -> None:
        seeds = self._contents.seeds(schedule)
        columns = [seeds.index(seed) for seed in axes.seeds]

        def read(block: slice) -> np.ndarray:
            values = self._contents.values(schedule, metric, lines=block)
            whole = np.full((len(values), len(seeds), len(axes.epochs)), np.nan)
            whole[:, columns] = values
            return np.asarray(whole[present(block)])

        rows = self._kept(read)
        held = np.zeros(len(axes.epochs), dtype=bool)
        for block in blocks(self._contents.count):
            held |= ~np.isnan(rows(block)).all(axis=0)
        if held.any():
            self._label({"metric": metric, "epochs": np.array(axes.epochs)[held].tolist()})
            self._add(lambda block: _one_nan(rows(block)[:, held]))

    def _add_scores(self, proxy: str, settings: object) -> None:
        contents = self._contents
        scores = self._kept(lambda block: contents.scores(proxy, block))
        count, reasons = 0, []
        for block in blocks(contents.count):
            count += int(scores(block).present.sum())
            reasons += [text for _, text in sorted(scores(block).reasons.items())]
        if not count:
            return
        seeds = np.array(scores(slice(0, 0)).seeds, dtype="<i8")
        self._label([settings, {"proxy": proxy, "better": contents.proxies[proxy], "scores": count}])
        self._add(lambda block: contents.choices_of(block).astype("<i8")[scores(block).present.nonzero()[0]])
        self._label("seeds")
        self._add(lambda block: seeds[scores(block).present.nonzero()[1]])
        self._label("values")
        self._add(lambda block: _one_nan(scores(block).values[scores(block).present]))
        self._label(reasons)

    def _label(self, label: object) -> None:
        self._hashed.update(canonical_json(label).encode() + b"\n")

    def _add(self, part: Callable[[slice], np.ndarray]) -> None:
        for block in blocks(self._contents.count):
            self._hashed.update(np.ascontiguousarray(part(block)).tobytes())

    @staticmethod
    def _kept(read: Callable[[slice], Found]) -> Callable[[slice], Found]:
        """The same, the last block read kept: contents of one block are read once."""
        keep = lru_cache(maxsize=1)(lambda start, stop: read(slice(start, stop)))
        return lambda block: keep(block.start, block.stop)


def _one_nan(values: np.ndarray) -> np.ndarray:
    """Numbers as float64 of one byte order, every NaN the same."""
    return np.where(np.isnan(values), np.nan, values).astype("<f8")
