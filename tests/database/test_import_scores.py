"""Scores and costs of one table go into another, without its trainings; a table that has none is refused."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from nasbench.database.memory import MemoryContents
from nasbench.database.reader import open_contents
from nasbench.database.writer import write_table
from nasbench.importers.scores import ScoresImporter

GOLDEN = Path(__file__).parents[1] / "golden"
SCORES, TRAINED = GOLDEN / "nb201_proxies.h5", GOLDEN / "cifar10_reduced.h5"


def test_a_trained_table_learns_what_is_known_without_training(tmp_path: Path) -> None:
    table = Path(shutil.copy(TRAINED, tmp_path / "both.h5"))
    assert main(["import", "scores", str(SCORES), str(table), "--space", "nas_bench_201", "--add"]) == 0
    with nasbench.open_table(table) as both, nasbench.open_table(SCORES) as scores, nasbench.open_table(TRAINED) as old:
        assert both.proxies == scores.proxies and both.proxy_settings == scores.proxy_settings
        assert both.schedules == old.schedules and len(both) == len(old)
        line = {architecture: number for number, architecture in enumerate(scores.architectures)}
        same = [(n, line[a]) for n, a in enumerate(both.architectures) if a in line]
        assert len(same) > 100
        here, there = np.array(same).T
        for proxy in scores.proxies:
            np.testing.assert_array_equal(both.proxy(proxy)[here], scores.proxy(proxy)[there])
        np.testing.assert_array_equal(both.values("val_accuracy"), old.values("val_accuracy"))


def test_nothing_to_import_and_another_space_are_said(tmp_path: Path) -> None:
    bare = tmp_path / "bare.h5"
    with closing(open_contents(SCORES)) as scores:
        hashes = scores.class_hashes[:5].astype("U32").tolist()
        write_table(bare, MemoryContents(scores.header, scores.choices[:5], hashes))
    with pytest.raises(ValueError, match="neither zero-cost scores nor costs"):
        ScoresImporter(bare, "nas_bench_201").read()
    with pytest.raises(ValueError, match="holds nas_bench_201, not darts"):
        ScoresImporter(SCORES, "darts").read()
    with pytest.raises(OSError, match="nowhere"):
        ScoresImporter(tmp_path / "nowhere.h5", "nas_bench_201").read()
