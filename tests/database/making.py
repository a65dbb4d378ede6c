"""Rows and headers to write tables of, made up from seeds; and a table's whole content to compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import nasbench
from nasbench.database.rows import Header, Row
from nasbench.database.schema import METRICS
from nasbench.database.scores import ScoreEntries, ScoreRow
from nasbench.space import Architecture
from nasbench.table import Table

SPACE = nasbench.load_space("nas_bench_201")
CURVES = ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds")
FINALS = ("test_loss", "test_accuracy")


def header(**changes: Any) -> Header:
    """The header that all made-up rows belong to."""
    fields = {
        "space": SPACE.name,
        "recipe": {"channels": 8, "learning_rate": 0.1, "image_size": None},
        "data_card": {"name": "digits", "sha256": "ab" * 32, "classes": ["0", "1"]},
        "versions": {"torch": "2.0"},
        "hardware": {"device": "cpu"},
        "origin": "built",
    }
    return Header(**{**fields, **changes})


def architecture(index: int) -> Architecture:
    """One of many architectures, of different classes; the same one for the same index."""
    return _REPRESENTATIVES[index]


_REPRESENTATIVES = [members[0] for members in list(SPACE.classes.values())[::7]]


def row(index: int, seed: int = 0, schedule: int = 3, failed: bool = False, **changes: Any) -> Row:
    """A made-up row of :func:`architecture` ``index``; a failed one did one epoch and diverged in the next."""
    arch = architecture(index)
    rng = np.random.default_rng([index, seed % 1000, schedule])
    epochs = 2 if failed else schedule
    curves = {name: (rng.random(epochs) * 100).tolist() for name in CURVES}
    if failed:
        curves["train_loss"][-1] = float("nan")
        curves["val_loss"][-1] = float("inf")
    fields = {
        "choices": arch.choices,
        "class_hash": SPACE.canonical_hash(arch),
        "seed": seed,
        "schedule": schedule,
        "status": "failed" if failed else "done",
        "reason": "diverged in epoch 2: loss is nan" if failed else "",
        "curves": curves,
        "finals": {} if failed else {name: float(rng.random() * 100) for name in FINALS},
    }
    return Row(**{**fields, **changes})


BETTER = {"naswot": "higher", "noise": "lower"}
"""Proxies of :func:`scores`."""
SETTINGS = {"dataset": "digits", "images": 64, "channels": 8, "input_shape": [1, 8, 8]}
"""Settings of :func:`scores`."""


def scores(index: int, seed: int = 0, failed: bool = False) -> ScoreRow:
    """Made-up scores of :func:`architecture` ``index`` by two proxies, of which the second may have failed."""
    arch = architecture(index)
    rng = np.random.default_rng([index, seed, 7])
    values = dict(zip(BETTER, rng.normal(size=2).tolist(), strict=True))
    seconds = dict(zip(BETTER, rng.random(2).tolist(), strict=True))
    if failed:
        del values["noise"]
    failures = {"noise": f"overflowed at {index}"} if failed else {}
    return ScoreRow(arch.choices, SPACE.canonical_hash(arch), seed, values, seconds, failures)


def entries(*rows: ScoreRow, **settings: Any) -> ScoreEntries:
    """Scores with their settings."""
    return ScoreEntries({**SETTINGS, **settings}, dict(BETTER), list(rows))


def whole(path: Path) -> dict[str, Any]:
    """Everything that a table holds, in a form that == compares (NaN equals NaN)."""
    with Table.open(path) as table:
        return {
            "header": table.header,
            "environments": table.environments,
            "digest": table.digest,
            "rows": [repr(one) for one in table.rows()],
            "hashes": table.class_hashes.tolist(),
            "architectures": table.architectures,
            "scores": {
                name: [better, one.seeds, *map(repr, (one.values.tolist(), one.seconds.tolist())), one.reasons]
                for name, better in table.proxies.items()
                if (one := table.contents.scores(name))
            },
            "proxy_settings": table.proxy_settings,
            "costs": {name: (unit, repr(table.cost(name).tolist())) for name, unit in table.costs.items()},
        }


def beside(path: Path) -> set[str]:
    """Names of the files that stand beside a table."""
    return {file.name for file in path.parent.iterdir() if file.name.startswith(path.name)} - {path.name}


assert set(CURVES) | set(FINALS) == set(METRICS)
