"""The command ``nasbench proxies``: what it takes, what it prints, what it refuses with one sentence."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import nasbench.__main__ as cli
from nasbench.database.scores import ScoreRow
from nasbench.database.writer import TableWriter
from nasbench.generator.executors import local
from nasbench.generator.selection import sample_classes
from nasbench.table import Table
from predictors.proxy import VERSION
from tests.database.making import header
from tests.predictors.test_scoring import SPACE, run_here

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def proxies(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Command]:
    """Runs ``nasbench proxies t.h5`` in this process: (exit code, stdout, stderr)."""
    monkeypatch.setattr(local, "run_jobs", run_here)
    before = signal.getsignal(signal.SIGTERM)

    def run(*words: object) -> tuple[int, str, str]:
        capsys.readouterr()
        code = cli.main(["proxies", str(tmp_path / "t.h5"), *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield run
    signal.signal(signal.SIGTERM, before)


def test_it_says_what_it_did(proxies: Command, tmp_path: Path) -> None:
    code, out, err = proxies("--sample", 3, "--channels", 2, "--images", 8, "--proxies", "params, l2_norm,params")
    assert code == 0, err
    lines = [" ".join(line.split()) for line in out.splitlines()]
    head = "t.h5: 3 classes of nas_bench_201 x 1 seeds, 2 proxies on 8 images of digits, 2 channels, 1 cells a stage"
    assert lines[0].endswith(head)
    assert lines[1] == "proxy better scored failed seconds each"
    assert lines[2].startswith("l2_norm higher 3 0 ") and lines[3].startswith("params higher 3 0 ")
    assert lines[-2].startswith("scored 6 in ") and lines[-2].endswith("(0 failed), 0 were there before")
    with Table.open(tmp_path / "t.h5") as table:
        assert lines[-1] == f"digest {table.digest}"
    assert "scoring  3/3  100 %" in err


def test_failed_scores_are_tried_again_when_asked(proxies: Command, tmp_path: Path) -> None:
    words = ("--sample", 1, "--channels", 2, "--images", 2)
    assert proxies(*words, "--proxies", "params")[0] == 0
    (one,) = sample_classes(SPACE, 1, 0)
    lost = ScoreRow(one.choices, SPACE.canonical_hash(one), 0, {}, {"l2_norm": 1.0}, {"l2_norm": "out of memory"})
    with Table.open(tmp_path / "t.h5") as table, TableWriter(tmp_path / "t.h5") as writer:
        writer.commit_scores([lost], {"l2_norm": "higher"}, table.proxy_settings)
    assert "scored 0 in " in proxies(*words, "--proxies", "params,l2_norm")[1]
    code, out, err = proxies(*words, "--proxies", "params,l2_norm", "--retry-failed")
    assert code == 0, err
    assert "scored 1 in " in out and "(0 failed), 1 were there before" in out


def test_settings_that_are_not_given_are_the_tables_own(proxies: Command, tmp_path: Path) -> None:
    proxies("--sample", 2, "--channels", 2, "--images", 8, "--batch-seed", 5, "--cells", 2, "--proxies", "params")
    code, out, _ = proxies("--sample", 3, "--proxies", "params")
    assert code == 0
    assert "on 8 images of digits, 2 channels, 2 cells a stage" in out
    assert "scored 1 in " in out and "2 were there before" in out
    code, _, err = proxies("--sample", 3, "--proxies", "params", "--cells", 1)
    assert code == 2
    assert "t.h5 holds scores made otherwise: cells is 2, not 1; score with the settings of the file" in err


def test_scores_of_another_version_of_the_proxies_are_refused(
    proxies: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--channels", 2, "--images", 2, "--proxies", "params")
    proxies("--sample", 1, *words)
    with Table.open(tmp_path / "t.h5") as table:
        assert table.proxy_settings["proxies_version"] == VERSION
    monkeypatch.setattr("predictors.scoring_jobs.VERSION", VERSION + 1)
    code, _, err = proxies("--sample", 2, *words)
    assert (code, len(err.splitlines())) == (2, 1)
    assert f"t.h5 holds scores by version {VERSION} of the proxies' mathematics" in err
    assert f"score into another file, or go on with a nasbench-forge whose proxies are of version {VERSION}" in err


def test_a_table_of_another_space_is_refused(proxies: Command, tmp_path: Path) -> None:
    with TableWriter(tmp_path / "t.h5", header(space="elsewhere")):
        pass
    with TableWriter(tmp_path / "t.h5") as writer:
        assert writer.header.space == "elsewhere"
    code, _, err = proxies("--space", "nas_bench_201", "--sample", 1, "--proxies", "params")
    assert (code, err.strip().splitlines()[-1].endswith("holds architectures of elsewhere, not of nas_bench_201")) == (
        2,
        True,
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--proxies", "synflo"], "no zero-cost proxy is called 'synflo'; did you mean 'synflow'?"),
        (["--proxies", ","], "--proxies must be names joined by commas"),
        (["--sample", "none"], "--sample must be a whole number of at least 1, or all, got 'none'"),
        (["--sample", "6000"], "nas_bench_201 has 5,044 classes to sample from, 6,000 were asked for"),
        (["--seeds", "0"], "--seeds must be at least 1, got 0"),
        (["--images", "0"], "--images must be at least 1, got 0"),
        (["--images", "100000"], "images of digits, got 100000"),
        (["--dataset", "digit"], "did you mean 'digits'?"),
        (["--space", "nas_bench"], "did you mean 'nas_bench_201'?"),
        (["--initialisation", "xavier"], "--initialisation must be training or torch, got 'xavier'"),
        (["--device", "tpu"], "device must be auto, cpu, cuda or cuda:N, got 'tpu'"),
        (["--dataset", "image_folder", "--data-root", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_are_one_sentence(proxies: Command, tmp_path: Path, words: list[str], told: str) -> None:
    code, _, err = proxies(*words)
    assert (code, len(err.splitlines())) == (2, 1)
    assert told in err
    assert list(tmp_path.iterdir()) == [], "and nothing is written"
