"""A folder as ``nasbench train`` leaves it, with made-up numbers: three classes, four epochs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from nasbench import load_space
from nasbench.scratch.history import COLUMNS, History
from nasbench.scratch.recipe import ScratchRecipe, read_values

CLASSES = ["cat", "dog", "ship"]
VALIDATION = [[8, 2, 0], [1, 9, 0], [0, 0, 10]]
TEST = [[15, 5, 0], [2, 17, 1], [1, 0, 19]]
VAL_ACCURACY = (50.0, 90.0, 80.0, 90.0)


def make_trained(folder: Path, seed: int = 0, *, epochs: int = 4, ended: bool = True, **changes: Any) -> Path:
    """The folder, made; ``changes`` are fields of ``result.json``."""
    folder.mkdir(parents=True)
    space = load_space("darts")
    recipe = ScratchRecipe.from_json({**read_values("darts"), "dataset": "digits", "epochs": 4, "flip": False})
    history = History()
    for epoch in range(epochs):
        values = dict.fromkeys(COLUMNS, 1.0 / (epoch + 1))
        history.add(**{**values, "val_accuracy": VAL_ACCURACY[epoch], "seconds": 2.5})
    history.write(folder / "curves.csv")
    told = {
        "kind": "train",
        "space": "darts",
        "architecture": space.format(space.sample(np.random.default_rng(seed))),
        "recipe": recipe.to_json(),
        "seed": seed,
        "data": {"name": "digits", "classes": CLASSES, "sha256": "0" * 64},
        "origin": "given as text",
        "cost": {"parameters": 1200, "flops": 5000, "parameters_built": 1000, "flops_built": 4000},
        "versions": {"torch": "2.4"},
        "hardware": {"device": "cpu"},
        "complete": ended,
    }
    if ended:
        told |= {
            "best_epoch": 2,
            "val_accuracy": 90.0,
            "test_accuracy": 85.0,
            "test_loss": 0.5,
            "last_val_accuracy": 90,
        }
        np.savez(folder / "confusion.npz", validation=np.array(VALIDATION), test=np.array(TEST))
    (folder / "result.json").write_text(json.dumps({**told, **changes}))
    return folder
