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


def killed_build(words: list[object], path: Path, kills: int, most: int, seed: int) -> list[int]:
    """Runs a build again and again and kills it so often; two workers end it. The rows there were after each kill.

    Each time it may first finish up to ``most`` rows of its own. On a machine so fast that it ends before all kills
    were made there are fewer of them.
    """
    rng = np.random.default_rng(seed)
    after: list[int] = []
    while len(after) < kills:
        wanted = committed(path) + int(rng.integers(0, most + 1))
        if not killed(start(*words), path, wanted, pause=rng.random() * 0.15):
            break
        after.append(committed(path))
        assert after[-1] >= wanted, "a committed row is lost"
    code, out, err = run(*words, "--workers", 2)
    assert code == 0, err
    assert f"{committed(path) if len(after) < kills else after[-1]} were there" in out
    assert out.splitlines()[-1] == f"digest {digest(path)}"
    return after


def killed(process, path: Path, wanted: int, pause: float) -> bool:
    """Kills a build at work, some time after it has so many rows; its workers end too, and say nothing.

    False where it came to its end before.
    """

    def reached() -> bool:
        return process.poll() is not None or bool(workers(process.pid) and committed(path) >= wanted)

    eventually(reached, seconds=300, pause=0.05)
    time.sleep(pause)
    found = workers(process.pid)
    process.kill()
    code, _, err = finish(process)
    assert code in (0, -9), err
    assert "Traceback" not in err
    eventually(lambda: not any(map(alive, found)), seconds=60)
    return code == -9


def test_a_build_killed_three_times_ends_as_one_never_killed(nasbench, images, tmp_path) -> None:
    """By workers of its own as in this process, by one as by two."""
    path, whole = tmp_path / "killed.h5", tmp_path / "whole.h5"
    options = [*TINY, "--data-root", images, "--sample", 3, "--seeds", 2, "--epochs", 16]
    after = killed_build(["build", path, *options], path, kills=3, most=1, seed=0)
    assert after and after == sorted(after)
    assert nasbench("build", whole, *options)[0] == 0
    assert digest(path) == digest(whole)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["killed.h5", "whole.h5"]


DIGITS = (
    *("--space", "nas_bench_201", "--dataset", "digits", "--sample", 30, "--seeds", 2, "--device", "cpu"),
    *("--epochs", 4, "--channels", 4, "--train-images", 256, "--validation-images", 64, "--batch-size", 32),
)


@pytest.mark.slow
def test_thirty_architectures_killed_ten_times(tmp_path, capsys) -> None:
    whole, path = tmp_path / "whole.h5", tmp_path / "killed.h5"
    first = time.monotonic()
    code, out, err = run("build", whole, *DIGITS)
    assert (code, "trained 60 rows" in out) == (0, True), err
    second = time.monotonic()
    after = killed_build(["build", path, *DIGITS], path, kills=10, most=4, seed=1)
    end = time.monotonic()
    with capsys.disabled():
        print(f"\nrows after each of {len(after)} kills: {after}")
        print(f"digest never killed  {digest(whole)}  {second - first:.0f} s")
        print(f"digest killed        {digest(path)}  {end - second:.0f} s")
    assert len(after) == 10 and after == sorted(after) and after[-1] < 60
    assert digest(path) == digest(whole)
