"""Memory of ``nasbench proxies``: nothing is kept for each architecture but the table's own packed arrays."""

from __future__ import annotations

import gc
import hashlib
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbench
from nasbench.database.memory import MemoryContents
from nasbench.database.rows import Header
from nasbench.database.schema import ABSENT
from nasbench.database.scores import ScoreEntries, Scores
from nasbench.database.writer import write_table
from nasbench.description import describe_proxies
from nasbench.generator.sample import class_sample
from nasbench.space import Architecture
from predictors.proxy import PROXIES, size_proxy
from predictors.scoring import score_table
from predictors.scoring_jobs import Settings, size_rows
from predictors.scoring_work import Summary, Work
from tests.spaces.toy_spaces import Wide

BOUND = 128
FEW, MANY = 16 * BOUND, 48 * BOUND


class Quick(Wide):
    """A shorter chain, with what takes time made quick: each architecture is a class, costs are sums over choices."""

    options = (3, 4) * 6
    additive = True

    def canonical_hash(self, architecture: Architecture) -> str:
        return hashlib.md5(bytes(architecture.choices)).hexdigest()


SPACE = Quick()


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What is bounded has a small bound; the space has a name, and a proxy that takes no time."""
    load = nasbench.load_space
    monkeypatch.setattr(nasbench, "load_space", lambda name: SPACE if name == SPACE.name else load(name))
    for place in ("generator.build.COSTED", "database.writer.MOST_FOLDED", "database.checks.REMEMBERED"):
        monkeypatch.setattr(f"nasbench.{place}", BOUND)
    for name in ("scoring_work.BLOCK", "scoring_work.GROUP", "scoring_jobs.COUNTED"):
        monkeypatch.setattr(f"predictors.{name}", BOUND)
    monkeypatch.setattr("predictors.scoring_work.COMMIT_SECONDS", 1e9)

    @size_proxy(better="higher", many=lambda space, architectures, skeleton: np.ones(len(architectures)))
    def quick(space: Any, architecture: Any, skeleton: Any) -> float:
        return 1.0

    yield
    del PROXIES["quick"]  # alone: others may have been loaded meanwhile


def peak(work: Callable[[], object]) -> int:
    """Most bytes that Python held while something was done."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class Nowhere:
    """A writer that holds nothing and forgets everything."""

    def score_statuses(self, choices: np.ndarray, proxy: str, seed: int) -> np.ndarray:
        return np.full(len(choices), ABSENT, dtype=np.uint8)

    def commit_scores(self, *words: object) -> None:
        pass


def test_sample_jobs_and_results_take_the_same_memory_however_many_they_are() -> None:
    """Nothing but the writer knows all: each further architecture takes less than one number."""
    skeleton = Settings().skeleton(nasbench.load_dataset("digits").card)

    def score(count: int) -> None:
        done = Summary()
        work = Work(Nowhere(), SPACE, class_sample(SPACE, count, 0), 2, ScoreEntries(), done)  # type: ignore[arg-type]
        work.commit(("quick",), "scoring", lambda jobs: size_rows(SPACE, skeleton, jobs))
        assert done.scored == 2 * count

    score(BOUND)
    few, many = (peak(lambda count=count: score(count)) for count in (FEW, MANY))
    assert (many - few) / (MANY - FEW) < 8, f"{few:,} bytes for {FEW:,} architectures, {many:,} for {MANY:,}"


@pytest.mark.slow
def test_the_table_takes_its_packed_arrays_and_no_more(tmp_path: Path) -> None:
    """In a fold a few times the 100 bytes that an architecture has in the file; a Python object each would be more."""

    def score(count: int, name: str) -> None:
        options: dict[str, Any] = {"space": SPACE, "settings": Settings(), "names": ("quick",)}
        done = score_table(tmp_path / name, architectures=class_sample(SPACE, count, 0), **options)
        assert (done.scored, done.failed) == (count, 0)

    score(BOUND, "warm.h5")
    few, many = (peak(lambda count=count: score(count, f"{count}.h5")) for count in (FEW, MANY))
    assert (many - few) / (MANY - FEW) < 300, f"{few:,} bytes for {FEW:,} architectures, {many:,} for {MANY:,}"
    with nasbench.open_table(tmp_path / f"{MANY}.h5") as table:
        assert len(table) == MANY and np.isfinite(table.proxy("quick")).all()
        assert np.isfinite(table.cost("flops_built")).all()


def test_what_is_told_at_the_end_keeps_the_seconds_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number each, in the three copies that a median takes; arrays of the table would be 150 bytes each."""
    monkeypatch.setattr("nasbench.database.lines.BLOCK", BOUND)

    def tell(path: Path) -> None:
        with nasbench.open_table(path) as table:
            (said,) = describe_proxies(table)
            assert said["scored"] == len(table) and len(table.digest) == 64

    paths = {count: tmp_path / f"{count}.h5" for count in (FEW, MANY)}
    for count, path in paths.items():
        write_table(path, scored(count))
    tell(paths[FEW])
    few, many = (peak(lambda path=path: tell(path)) for path in paths.values())
    assert (many - few) / (MANY - FEW) < 32, f"{few:,} bytes for {FEW:,} architectures, {many:,} for {MANY:,}"


def scored(count: int) -> MemoryContents:
    """One score of each of so many architectures."""
    choices = np.array([SPACE.from_index(97 * number).choices for number in range(count)])
    hashes = [SPACE.canonical_hash(SPACE.architecture(one)) for one in choices.tolist()]
    said = {"quick": Scores((0,), np.arange(count, dtype=np.float64)[:, None], np.ones((count, 1)))}
    return MemoryContents(
        Header(SPACE.name), choices, hashes, scores=said, proxies={"quick": "higher"}, proxy_settings={"images": 1}
    )
