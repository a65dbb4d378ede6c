"""Scores a table's architectures with zero-cost proxies: whatever is missing is scored and committed as it comes.

Proxies that look at networks run in worker processes; those of size are arithmetic, done here for many at once. Jobs
are made one at a time and results are committed in small groups, so that nothing piles up however many there are.
The process that calls this needs no torch, except to look for a GPU.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nasbench
from datasets.card import Card
from nasbench.database.rows import Header
from nasbench.database.scorebook import ScoreBook
from nasbench.database.scores import ScoreEntries
from nasbench.database.writer import TableWriter
from nasbench.generator import environment
from nasbench.generator.build import resolve_device, store_costs
from nasbench.generator.executors import local
from nasbench.generator.sample import Walkable
from nasbench.registry import PROXIES
from nasbench.space import LARGEST_ENUMERATED, Architecture, Space
from predictors.batches import batch_split
from predictors.proxy import Proxy
from predictors.scoring_jobs import ScoringTask, Settings, size_rows
from predictors.scoring_work import Summary, Work

ORIGIN = "zero-cost scores"
"""Origin of a table that was made to hold scores alone."""


def score_table(
    path: str | Path,
    *,
    space: Space,
    settings: Settings,
    architectures: Walkable,
    names: tuple[str, ...],
    seeds: int = 1,
    workers: int = 1,
    device: str = "auto",
    data_root: str | Path | None = None,
    retry_failed: bool = False,
) -> Summary:
    """What was done to bring the table to hold the scores ``names`` of ``architectures`` x ``seeds``.

    Scores that the table holds are left alone, failed ones too unless these are to be tried again. A kill loses what is
    being scored and the results of the last half second. Architectures are walked, not kept. A table that was made here
    also gets parameters and FLOPs, as published and as built, of every member of the classes scored; any other one
    keeps the costs that it has.

    Args:
        path: the table's file; made where there is none.
        space: the search space of the architectures.
        settings: of all scores.
        architectures: representatives of their classes, each once.
        names: of proxies.
        seeds: initialisation seeds of each architecture, 0, 1, ...
        workers: processes that score, one thread each.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ...
        data_root: where the images are; None for what the data set takes by default.
        retry_failed: try scores again that failed; the new value, or the new reason, replaces the old reason.

    Raises:
        UnknownNameError: no proxy has one of the names.
        ValueError: the table is of another space, or its scores were made otherwise; the message names what differs.
        OSError: a file cannot be read or written, or another process writes to the table.
    """
    start = time.perf_counter()
    proxies: list[Proxy] = [PROXIES.load(name) for name in dict.fromkeys(names)]
    sizes = tuple(proxy.name for proxy in proxies if not proxy.needs_network)
    looking = tuple(proxy.name for proxy in proxies if proxy.needs_network)
    device = resolve_device(device) if looking else "cpu"
    dataset = nasbench.load_dataset(settings.dataset, root=data_root, image_size=settings.image_size)
    skeleton, batch = settings.skeleton(dataset.card), batch_split(dataset, settings.images, settings.batch_seed)
    entries = ScoreEntries(settings.of(dataset.card), {proxy.name: proxy.better for proxy in proxies})
    header = _header(path, space, dataset.card, entries, device)
    task, done = ScoringTask(space.name, skeleton, batch, dataset.card, device, settings.initialisation), Summary()
    del dataset  # a batch of it is all that is needed
    with TableWriter(path, header) as writer:
        work = Work(writer, space, architectures, seeds, entries, done, retry_failed)
        work.commit(sizes, "counting sizes", lambda jobs: size_rows(space, skeleton, jobs))
        work.commit(looking, "scoring", lambda jobs: local.run_jobs(task, jobs, workers))
        if writer.header.origin == ORIGIN:
            store_costs(writer, space, _members(space, architectures), skeleton)
    done.seconds = time.perf_counter() - start
    return done


def _header(path: str | Path, space: Space, card: Card, entries: ScoreEntries, device: str) -> Header:
    """The header of the table that is there, after a look at its scores, or of a new one.

    Raises:
        ValueError: the table is of another space, or holds scores that were made otherwise.
    """
    told: dict[str, Any] = {"recipe": {}, "data_card": card.to_json(), "origin": ORIGIN}
    if Path(path).exists():
        with nasbench.open_table(path) as table:
            if table.header.space != space.name:
                raise ValueError(f"{path} holds architectures of {table.header.space}, not of {space.name}")
            ScoreBook(Path(path), table.contents).check_settings(entries)
            told = {name: getattr(table.header, name) for name in told}
    versions, hardware = environment.versions(), environment.hardware(device)
    return Header(space.name, versions=versions, hardware=hardware, **told)


def _members(space: Space, architectures: Iterable[Architecture]) -> Iterator[Architecture]:
    """All members of the classes that these represent; in a space too large to enumerate, the architectures."""
    listed = space.count() <= LARGEST_ENUMERATED
    members = {group[0]: group for group in space.classes.values()} if listed else {}
    for architecture in architectures:
        yield from members.get(architecture, [architecture])
