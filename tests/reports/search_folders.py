"""One-shot search folders in the format of ``nasbench oneshot``, with numbers made by arithmetic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nasbench import load_space
from searchers.weight_sharing.history import EPOCHWISE, SearchRecord, write_npz
from tests.reports.result_folders import ENVIRONMENT, HASH, write_json

EPOCHS = 4


def make_oneshot(
    folder: Path,
    searcher: str = "gdas",
    seed: int = 0,
    space_name: str = "nas_bench_201",
    truth: bool = True,
    ended: bool = True,
    **parameters: Any,
) -> Path:
    """A search whose strengths move in equal steps from even ones to an architecture drawn with the seed."""
    space = load_space(space_name)
    cells = space.mixed_cells()
    rng = np.random.default_rng(seed)
    goal = space.sample(rng)
    steps = np.linspace(0, 0.9, EPOCHS)[:, None, None, None]
    strengths = (1 - steps) / cells.shape[2] + steps * cells.one_hot(goal)
    choices = np.tile(space.choices_array([goal]), (EPOCHS, 1))
    ranked = space.choices_array([space.sample(rng) for _ in range(10)])
    unknown = np.nan if not truth else 0.0
    arrays: dict[str, np.ndarray] = {
        "strengths": strengths,
        "choices": choices,
        "skips": np.tile(cells.skips(goal), (EPOCHS, 1)),
        **{
            name: (1.0 + seed) * np.arange(1, EPOCHS + 1.0)
            for name in EPOCHWISE
            if name not in ("strengths", "choices", "skips")
        },
    }
    about = {
        "kind": "oneshot",
        "searcher": searcher,
        "parameters": parameters,
        "space": space_name,
        "recipe": {"dataset": "digits", "epochs": EPOCHS, "channels": 4, "flip": False},
        "seed": seed,
        "judged_images": 100,
        "data": {"name": "digits", "sha256": HASH},
        **ENVIRONMENT,
    }
    if not ended:
        write_npz(folder_made(folder) / "checkpoint.npz", {f"history/{k}": v[:2] for k, v in arrays.items()}, {})
        write_json(folder / "result.json", {**about, "complete": False})
        return folder
    arrays |= {
        "ranked_choices": ranked,
        "ranked_accuracy": np.arange(10.0),
        "ranked_true": np.array([1.0, 0, 2, 3, 4, 5, 6, 7, 8, 9]) + 80 + unknown,
        "true": np.arange(EPOCHS) + 90.0 + seed + unknown,
    }
    meta = {
        **about,
        "kinds": list(cells.kinds),
        "edges": [list(edge) for edge in cells.edges],
        "operations": list(cells.operations),
        "pick": space.format(goal),
        "collapsed": [],
        "report": "test_accuracy@200" if truth else None,
        "truth": {"file": "table.h5", "digest": HASH} if truth else None,
        "random": {"mean": 87.0, "deviation": 13.0, "best": 94.4} if truth else dict.fromkeys(("mean", "best")),
        "ranking": {"kendall": None, "architectures": 10 if truth else 0},
    }
    SearchRecord(arrays, meta).save(folder_made(folder) / "search.npz")
    write_json(folder / "result.json", {**meta, "complete": True})
    return folder


def folder_made(folder: Path) -> Path:
    """The folder, which is there now."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder
