"""Builds that are killed: the whole parent, without warning, at random moments; what they leave is taken up each time.

Real trainings by the real command. The quick one is killed three times, the slow one is the promise of the README: 30
architectures x 2 seeds on digits, killed ten times, ends with the digest of one that nobody killed.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.generator.running import TINY, alive, committed, digest, eventually, finish, run, start, workers

pytest.importorskip("torch", reason="training needs torch")


def killed_build(words: list[object], path: Path, kills: int, rows: int, seed: int) -> list[int]:
    """Runs a build again and again, kills it so often, lets two workers end it; the rows there were after each kill.

    Each time it may finish some rows of its own before the random moment comes, few enough that all kills find it
    at work.
    """
    rng = np.random.default_rng(seed)
    most = rows // (kills + 1)
    after = []
    for _ in range(kills):
        wanted = committed(path) + int(rng.integers(0, most + 1))
        kill(start(*words), path, wanted, pause=rng.random() * 0.2)
        after.append(committed(path))
        assert after[-1] >= wanted, "a committed row is lost"
    code, out, err = run(*words, "--workers", 2)
    assert code == 0, err
    assert f"{after[-1]} were there" in out
    assert out.splitlines()[-1] == f"digest {digest(path)}"
    return after


def kill(process, path: Path, wanted: int, pause: float) -> None:
    """Kills a build that has begun, some time after it has so many rows; its workers end as well, and say nothing."""
    eventually(lambda: workers(process.pid) and committed(path) >= wanted, seconds=300, pause=0.1)
    time.sleep(pause)
    found = workers(process.pid)
    process.kill()
    code, _, err = finish(process)
    assert code == -9, "it was at work"
    assert "Traceback" not in err
    eventually(lambda: not any(map(alive, found)), seconds=60)


def test_a_build_killed_three_times_ends_as_one_never_killed(built, images, tmp_path) -> None:
    """By workers of its own as in this process, by one as by two."""
    path = tmp_path / "killed.h5"
    words = ["build", path, *TINY, "--data-root", images, "--sample", 3, "--seeds", 2]
    after = killed_build(words, path, kills=3, rows=6, seed=0)
    assert after == sorted(after)
    assert digest(path) == digest(built)
    assert [file.name for file in tmp_path.iterdir()] == ["killed.h5"]


DIGITS = (
    *("--space", "nas_bench_201", "--dataset", "digits", "--sample", 30, "--seeds", 2, "--device", "cpu"),
    *("--epochs", 2, "--channels", 4, "--train-images", 128, "--validation-images", 64, "--batch-size", 32),
)


@pytest.mark.slow
def test_thirty_architectures_killed_ten_times(tmp_path, capsys) -> None:
    whole, killed = tmp_path / "whole.h5", tmp_path / "killed.h5"
    start_of_all = time.monotonic()
    code, out, err = run("build", whole, *DIGITS, "--workers", 1)
    assert (code, "trained 60 rows" in out) == (0, True), err
    start_of_killed = time.monotonic()
    after = killed_build(["build", killed, *DIGITS], killed, kills=10, rows=60, seed=1)
    seconds = time.monotonic() - start_of_killed
    with capsys.disabled():
        print(
            f"\nrows after each of {len(after)} kills: {after}"
            f"\ndigest of one never killed  {digest(whole)} ({start_of_killed - start_of_all:.0f} s)"
            f"\ndigest of the killed one    {digest(killed)} ({seconds:.0f} s)"
        )
    assert digest(killed) == digest(whole)
    assert after == sorted(after)
    assert after[-1] < 60
