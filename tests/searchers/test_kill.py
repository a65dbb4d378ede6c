"""Processes that are really killed: a run goes on to the same end, workers end with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from searchers.trace import REPRODUCED, Trace
from tests.searchers import kit

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 180.0
"""Seconds to wait for what takes one on an idle machine."""


def start(*words: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "nasbench", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finish(*words: object) -> None:
    assert start(*words).wait(timeout=PATIENCE) == 0


def until(true, what: str) -> None:
    """Waits for something to become true."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["SIGKILL", "SIGINT"])
def test_a_killed_search_goes_on_to_the_same_end(number: signal.Signals, tmp_path: Path) -> None:
    table = kit.build_table(tmp_path / "t.h5", kit.sample(200))
    words = ["search", "--searcher", "regularized_evolution", "--evaluator", f"table={table}", "--queries", 200_000]
    process = start(*words, "--out", tmp_path / "killed")
    until((tmp_path / "killed" / "trace.partial").exists, "the first pause")
    process.send_signal(number)
    assert process.wait(timeout=PATIENCE) == (130 if number == signal.SIGINT else -number)
    partial = Trace.load(tmp_path / "killed" / "trace.partial")
    assert 0 < len(partial) < 200_000
    finish(*words, "--out", tmp_path / "killed")
    finish(*words, "--out", tmp_path / "whole")
    killed, whole = (Trace.load(tmp_path / name / "trace.npz") for name in ("killed", "whole"))
    for array in REPRODUCED:
        np.testing.assert_array_equal(getattr(killed, array), getattr(whole, array), err_msg=array)
    assert killed.meta["state"] == whole.meta["state"]


@pytest.mark.slow
def test_workers_end_with_their_parent_and_the_rest_is_made_later(tmp_path: Path) -> None:
    table = kit.build_table(tmp_path / "t.h5", kit.sample(200))
    searchers = "random_search,local_search,regularized_evolution"
    words = ["compare", "--evaluator", f"table={table}", "--queries", 2_000, "--seeds", 40, "--workers", 2]
    words += ["--searchers", searchers]
    out = tmp_path / "killed"
    process = start(*words, "--out", out)
    until(lambda: len(children(process.pid)) >= 2, "the workers")
    workers = children(process.pid)
    process.kill()
    process.wait(timeout=PATIENCE)
    until(lambda: not any(map(alive, workers)), "the workers' end")
    done = len(list(out.rglob("*.npz")))
    assert done < 120
    finish(*words, "--out", out)
    finish(*words, "--out", tmp_path / "whole")
    assert len(list(out.rglob("*.npz"))) == 120
    for path in sorted((tmp_path / "whole").rglob("*.npz")):
        killed, whole = Trace.load(out / path.relative_to(tmp_path / "whole")), Trace.load(path)
        for array in REPRODUCED:
            np.testing.assert_array_equal(getattr(killed, array), getattr(whole, array), err_msg=f"{path} {array}")


def children(parent: int) -> list[int]:
    """Processes that work for a process; its resource tracker is not among them."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state = (path / "stat").read_text().rpartition(")")[2].split()
            command = (path / "cmdline").read_bytes()
        except OSError:
            continue
        if int(state[1]) == parent and b"spawn_main" in command:
            found.append(int(path.name))
    return found


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks for processes under /proc")
