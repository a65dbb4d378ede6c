"""``nasbench oneshot``: a folder that goes on where it was stopped, truth beside promise, refusals in one sentence."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.__main__ import main
from predictors.metrics import kendall
from tests.searchers import kit

pytest.importorskip("torch", reason="supernets need torch")

from searchers.weight_sharing.history import CLOCKS, SearchRecord

ROOT = Path(__file__).resolve().parents[2]
NB201 = nasbench.load_space("nas_bench_201")
SMALL = [
    "--dataset=digits",
    "--train-images=64",
    "--channels=4",
    "--cells=1",
    "--epochs=3",
    "--batch-size=16",
    "--judged-images=64",
]


def words(out: Path, searcher: str = "darts_first_order", *more: str) -> list[str]:
    return ["oneshot", "--searcher", searcher, *SMALL, "--ranked", "30", *more, "--out", str(out)]


def load(folder: Path) -> tuple[SearchRecord, dict]:
    return SearchRecord.load(folder / "search.npz"), json.loads((folder / "result.json").read_text())


def same(first: SearchRecord, second: SearchRecord) -> None:
    assert first.arrays.keys() == second.arrays.keys()
    for name in first.arrays.keys() - set(CLOCKS):
        np.testing.assert_array_equal(first.arrays[name], second.arrays[name], err_msg=name)


def test_truth_beside_promise(tmp_path: Path, capsys) -> None:
    rng = np.random.default_rng(np.random.SeedSequence(0))
    ranked = [NB201.sample(rng) for _ in range(30)]
    table_path = kit.build_table(tmp_path / "t.h5", dict.fromkeys([*ranked[:20], *kit.sample(60)]))
    assert main(words(tmp_path / "out", "gdas", "--table", str(table_path), "--report", "test_accuracy")) == 0
    record, result = load(tmp_path / "out")
    table = nasbench.open_table(table_path)

    def true(choices) -> float:
        try:
            return table.query(NB201.architecture(choices), "test_accuracy")
        except LookupError:
            return np.nan

    arrays = record.arrays
    np.testing.assert_array_equal(arrays["true"], [true(c) for c in arrays["choices"].tolist()])
    np.testing.assert_array_equal(arrays["ranked_true"], [true(c) for c in arrays["ranked_choices"].tolist()])
    known = ~np.isnan(arrays["ranked_true"])
    assert 20 <= known.sum() < len(known) == 30
    expected = kendall(arrays["ranked_true"][known], arrays["ranked_accuracy"][known])
    assert result["ranking"] == {"kendall": pytest.approx(expected), "architectures": int(known.sum())}
    assert result["random"]["mean"] == pytest.approx(np.mean([true(a.choices) for a in table.architectures]))
    assert result["complete"] and result["pick"] == NB201.format(NB201.architecture(arrays["choices"][-1].tolist()))
    assert result["data"]["counts"]["train"] == result["data"]["counts"]["validation"] == 64
    out = capsys.readouterr().out
    assert "Kendall correlation" in out and result["pick"] in out
    assert ("a random architecture's is" in out) == (result["pick_true"] is not None)


def test_without_a_table_nothing_is_said_of_truth(tmp_path: Path, capsys) -> None:
    assert main(words(tmp_path / "out")) == 0
    record, result = load(tmp_path / "out")
    assert np.isnan(record.arrays["true"]).all() and result["truth"] is None and result["ranking"]["kendall"] is None
    assert "Kendall" not in capsys.readouterr().out


@pytest.mark.slow
def test_a_killed_search_goes_on_to_the_same_end(tmp_path: Path) -> None:
    longer = ["--epochs", "8", "--set", "candidates=5"]
    assert main(words(tmp_path / "whole", "enas", *longer)) == 0
    command = [sys.executable, "-m", "nasbench", *words(tmp_path / "cut", "enas", *longer)]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"}, stderr=subprocess.PIPE)
    until = time.monotonic() + 60
    while not (tmp_path / "cut" / "checkpoint.npz").exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "cut" / "search.npz").exists() or process.returncode == 0
    assert main(words(tmp_path / "cut", "enas", *longer)) == 0
    same(load(tmp_path / "whole")[0], load(tmp_path / "cut")[0])


def test_ctrl_c_says_that_it_can_go_on_and_it_does(tmp_path: Path, monkeypatch, capsys) -> None:
    assert main(words(tmp_path / "whole", "setn", "--set", "candidates=5")) == 0
    import searchers.weight_sharing.search as module

    epochs, real = [], module.run_epoch

    def stopped_in_the_second(*arguments) -> None:
        epochs.append(len(arguments[2]))
        if len(epochs) == 2:
            raise KeyboardInterrupt
        real(*arguments)

    monkeypatch.setattr(module, "run_epoch", stopped_in_the_second)
    cut = words(tmp_path / "cut", "setn", "--set", "candidates=5")
    assert main(cut) == 130
    assert "goes on where it stopped" in capsys.readouterr().err
    assert not load_result(tmp_path / "cut")["complete"]
    assert main(cut) == 0
    assert epochs == [0, 1, 1, 2], "no epoch is trained twice"
    same(load(tmp_path / "whole")[0], load(tmp_path / "cut")[0])
    assert main(cut) == 0 and epochs == [0, 1, 1, 2], "a finished search trains nothing"


def load_result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def test_collapse_is_told(tmp_path: Path, capsys, monkeypatch) -> None:
    from searchers.oneshot.darts_first_order import DartsFirstOrder
    from searchers.weight_sharing.search import CollapseWarning

    skips = CELLS_OF_SKIPS
    monkeypatch.setattr(DartsFirstOrder, "strengths", lambda self: skips)
    with pytest.warns(CollapseWarning, match="after epoch 1"):
        assert main(words(tmp_path / "out")) == 0
    assert load_result(tmp_path / "out")["collapsed"] == [1, 2, 3]
    assert "collapsed to skips first after epoch 1, and so is the pick" in capsys.readouterr().out


CELLS_OF_SKIPS = NB201.mixed_cells().one_hot(NB201.architecture((1,) * 6))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--seed", "1"], "seed is 0 there and 1"),
        (["--epochs", "4"], "recipe is"),
        (["--set", "learning_rate=0.01"], "parameters is"),
        (["--searcher", "gdas"], "searcher is"),
    ],
)
def test_a_folder_of_another_search_is_refused(change: list[str], message: str, tmp_path: Path, capsys) -> None:
    shared = tmp_path / "out"
    assert main(words(shared)) == 0
    before = (shared / "search.npz").read_bytes()
    assert main([*words(shared), *change]) == 2
    assert message in capsys.readouterr().err
    assert (shared / "search.npz").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--searcher", "darts"], "did you mean 'pc_darts'?"),
        (["--set", "exakt=true"], "no parameter of darts_second_order is called 'exakt'; did you mean 'exact'?"),
        (["--set", "exact"], "expected PARAMETER=VALUE"),
        (["--set", "exact=perhaps"], "must be true or false"),
        (["--ranked", "1"], "ranked must be at least 2"),
        (["--threads", "0"], "--threads must be at least 1"),
        (["--channels", "6", "--searcher", "pc_darts"], "cannot be parted by 4"),
        (["--dataset", "digit"], "did you mean 'digits'?"),
        (["--space", "darts_201"], "no search space is called"),
        (["--table", "nowhere.h5"], "nowhere.h5"),
    ],
)
def test_mistakes_are_told_in_a_sentence(change: list[str], message: str, tmp_path: Path, capsys) -> None:
    assert main([*words(tmp_path / "out", "darts_second_order"), *change]) == 2
    assert message in capsys.readouterr().err


def test_a_damaged_checkpoint_is_told(tmp_path: Path, capsys) -> None:
    assert main(words(tmp_path / "out")) == 0
    checkpoint = tmp_path / "out" / "checkpoint.npz"
    checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    assert main(words(tmp_path / "out")) == 2
    assert "remove it, and the same command begins anew" in capsys.readouterr().err
    with pytest.raises(ValueError, match="cannot be read"):
        SearchRecord.load(checkpoint)


def test_a_loss_that_is_not_finite_is_told(tmp_path: Path, capsys) -> None:
    assert main(words(tmp_path / "out", "darts_first_order", "--learning-rate", "1e30", "--epochs", "6")) == 2
    assert "choose a smaller --learning-rate" in capsys.readouterr().err
