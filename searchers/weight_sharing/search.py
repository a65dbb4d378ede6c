"""A one-shot search as a folder: ``result.json``, ``search.npz``, and the ``checkpoint.npz`` it goes on from."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

import nasbench
from nasbench.console import Progress, progress
from nasbench.database.lock import FileLock
from nasbench.generator.worker import keep_freed_memory
from nasbench.registry import ONESHOT
from nasbench.result_folder import check_same, read_result
from nasbench.table import Table
from predictors.provenance import write_result
from searchers.measure import Measure, resolved
from searchers.weight_sharing.checkpoint import restore, snapshot
from searchers.weight_sharing.epochs import judge, random_architectures, run_epoch
from searchers.weight_sharing.halves import Halves
from searchers.weight_sharing.history import EPOCHWISE, History, SearchRecord, read_npz, write_npz
from searchers.weight_sharing.request import OneShotRequest
from searchers.weight_sharing.searcher import OneShotSearcher
from searchers.weight_sharing.shared import Problem
from searchers.weight_sharing.truth import agreement, orientation, true_values


class CollapseWarning(UserWarning):
    """More than half of the edges of the architecture that a search would give are skips."""


def oneshot(request: OneShotRequest, out: Path) -> SearchRecord:
    """The record of a search; also written under ``out``, where an unfinished one is gone on with, epoch by epoch.

    Raises:
        ValueError: the folder holds another search, the space has no mixed cells, or the loss is not finite.
        OSError, LookupError: a file is missing, is not what it should be, or lacks a measure.
    """
    keep_freed_memory()
    space = nasbench.load_space(request.space)
    cells = space.mixed_cells()
    table, measure = _truth(request)
    recipe, device = request.recipe, torch.device(request.device)
    dataset = nasbench.load_dataset(recipe.dataset, root=request.data_root, **recipe.data_options())
    skeleton = recipe.skeleton(dataset.card.shape, len(dataset.card.classes))
    about = {**request.about(), "data": dataset.card.to_json()}
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: choose another --out")
    out.mkdir(parents=True, exist_ok=True)
    lock = FileLock(out / ".search")
    try:
        check_same(out, read_result(out, "oneshot"), about)
        searcher = ONESHOT.load(request.searcher)(
            Problem(cells, skeleton, recipe, device), request.seed, **request.parameters
        )
        halves = Halves.of(dataset, device)
        write_result(out, {**about, "complete": False})
        history = _run(request, searcher, halves, out / "checkpoint.npz")
        record = _ranked(request, searcher, halves, history, table, measure, about)
        record.save(out / "search.npz")
        write_result(out, {**record.meta, "complete": True})
    finally:
        lock.release()
    return record


def _run(request: OneShotRequest, searcher: OneShotSearcher, halves: Halves, checkpoint: Path) -> History:
    """All epochs, those of the checkpoint not again; after each a new checkpoint."""
    history = _resumed(searcher, checkpoint)
    steps, epochs = halves.steps(request.recipe), request.recipe.epochs
    with progress(epochs * steps, f"steps of {request.searcher}", done=len(history) * steps) as bar:
        while len(history) < epochs:
            run_epoch(searcher, halves, history, request.seed, request.judged_images, bar.update)
            arrays, meta = snapshot(searcher)
            write_npz(checkpoint, {**arrays, **{f"history/{name}": a for name, a in history.arrays().items()}}, meta)
            _tell(searcher, history, bar)
    return history


def _resumed(searcher: OneShotSearcher, checkpoint: Path) -> History:
    if not checkpoint.exists():
        return History()
    arrays, meta = read_npz(checkpoint)
    restore(searcher, arrays, meta)
    history = History.of({name: arrays[f"history/{name}"] for name in EPOCHWISE})
    searcher.shared.progress = len(history) / searcher.shared.recipe.epochs
    return history


def _tell(searcher: OneShotSearcher, history: History, bar: Progress) -> None:
    """Shows where the search stands, and warns once when its architecture has collapsed to skips."""
    chosen = [searcher.space.architecture(choices) for choices in history.epochs["choices"]]
    bar.update(0, epoch=len(history), loss=history.epochs["train_loss"][-1], val=history.epochs["val_accuracy"][-1])
    if searcher.cells.collapsed(chosen[-1]) and not any(map(searcher.cells.collapsed, chosen[:-1])):
        warnings.warn(
            f"after epoch {len(history)} more than half of the edges of the architecture are skips, as "
            f"differentiable searches are known to end: {searcher.space.format(chosen[-1])}",
            CollapseWarning,
            stacklevel=3,
        )


def _ranked(
    request: OneShotRequest,
    searcher: OneShotSearcher,
    halves: Halves,
    history: History,
    table: Table | None,
    measure: Measure,
    about: Mapping[str, Any],
) -> SearchRecord:
    """The record of a search whose epochs are done: the supernet's own ranking, and the truth where a table has it."""
    space, arrays = searcher.space, history.arrays()
    chosen = [space.architecture(choices) for choices in arrays["choices"].tolist()]
    ranked = random_architectures(searcher, request.ranked)
    accuracy = judge(searcher, halves, ranked, request.judged_images)[:, 1]
    true, ranked_true = true_values(table, measure, chosen), true_values(table, measure, ranked)
    found = {
        "ranked_choices": space.choices_array(ranked),
        "ranked_accuracy": accuracy,
        "true": true,
        "ranked_true": ranked_true,
    }
    collapsed = [place + 1 for place, cell in enumerate(chosen) if searcher.cells.collapsed(cell)]
    meta = {
        **about,
        "kinds": list(searcher.cells.kinds),
        "edges": [list(edge) for edge in searcher.cells.edges],
        "operations": list(searcher.cells.operations),
        "pick": space.format(chosen[-1]),
        "collapsed": collapsed,
        "report": None if table is None else str(measure),
        "truth": None
        if table is None or request.table is None
        else {"file": request.table.name, "digest": table.digest},
        "pick_true": None if np.isnan(true[-1]) else float(true[-1]),
        "random": orientation(table, measure),
        "ranking": {
            name: None if value != value else value
            for name, value in agreement(accuracy, ranked_true, measure.sign).items()
        },
        "seconds": float(arrays["seconds"].sum()),
        "threads": torch.get_num_threads(),
        "device": request.device,
    }
    return SearchRecord({**arrays, **found}, meta)


def _truth(request: OneShotRequest) -> tuple[Table | None, Measure]:
    if request.table is None:
        return None, request.report
    table = nasbench.open_table(request.table)
    if table.header.space != request.space:
        raise ValueError(f"{request.table} is a table of {table.header.space}, the search is in {request.space}")
    return table, resolved(request.report, table)
