"""Scoring a table: values are those of the proxies, failures stay, and what was stopped ends as what was not."""

from __future__ import annotations

import math
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import nasbench
from nasbench.complexity import complexities
from nasbench.database.scores import ScoreRow
from nasbench.database.writer import TableWriter
from nasbench.generator.executors import local
from nasbench.generator.selection import sample_classes
from nasbench.space import Space
from nasbench.table import Table
from predictors.proxy import PROXIES, dataset_batch, size_proxy
from predictors.scores import score_architecture
from predictors.scoring import score_table
from predictors.scoring_jobs import ScoringJob, ScoringTask, Settings, size_rows
from predictors.scoring_work import Summary
from tests.database.making import architecture, header, row
from tests.generator.running import digest, eventually, finish, start, write_images

SPACE = nasbench.load_space("nas_bench_201")
NAMES = ("params", "flops", "l2_norm", "grad_norm")
SETTINGS = Settings(dataset="arrays", images=16, channels=3)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("images") / "images.npz")


def run_here(task: ScoringTask, jobs: Iterable[ScoringJob], workers: int) -> Iterator[ScoreRow]:
    """Like ``executors.local.run_jobs``, in this process."""
    return map(task.worker(), jobs)


@pytest.fixture
def score(images: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Scores the first classes of a sample in this process."""
    monkeypatch.setattr(local, "run_jobs", run_here)

    def run(path: Path, count: int = 4, **changes: Any) -> Summary:
        options = {"space": SPACE, "settings": SETTINGS, "names": NAMES, "device": "cpu", "data_root": images}
        return score_table(path, **{"architectures": sample_classes(SPACE, count, 0), **options, **changes})

    return run


def test_the_table_holds_what_the_proxies_say(score: Any, images: Path, tmp_path: Path) -> None:
    path = tmp_path / "t.h5"
    done = score(path, seeds=2)
    assert (done.scored, done.failed, done.present) == (32, 0, 0)
    dataset = nasbench.load_dataset("arrays", root=images)
    skeleton, batch = SETTINGS.skeleton(dataset.card), dataset_batch(dataset, 16, 0)
    with Table.open(path) as table:
        for architecture in sample_classes(SPACE, 4, 0):
            line = table.architectures.index(architecture)
            for seed in (0, 1):
                told = score_architecture(NAMES, SPACE, architecture, skeleton, batch, seed)
                assert [table.proxy(name, seed)[line] for name in NAMES] == [told[name].value for name in NAMES]
                assert all(table.proxy_seconds(name, seed)[line] > 0 for name in NAMES)
        assert table.proxies == {name: nasbench.load_proxy(name).better for name in NAMES}
        assert table.proxy_settings == SETTINGS.of(dataset.card)
        assert table.header.data_card["sha256"] == dataset.card.sha256
        published, _ = complexities(SPACE, table.architectures, skeleton, built=False)
        assert table.cost("parameters").tolist() == published.tolist(), "of every row"
        np.testing.assert_array_equal(table.cost("parameters_built"), table.proxy("params", 0), "of every class")
        assert {table.space.canonical_hash(a) for a in table.architectures} == set(table.class_hashes.tolist())
        assert len(table) == sum(len(SPACE.classes[SPACE.canonical_hash(a)]) for a in sample_classes(SPACE, 4, 0))


def test_what_is_there_is_left_alone_and_more_extends_it(score: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.h5"
    score(path, count=2, names=("params", "grad_norm"))
    again = score(path, count=2, names=("params", "grad_norm"))
    assert (again.scored, again.present) == (0, 4)
    more = score(path, count=4, seeds=2)
    assert (more.scored, more.present) == (28, 4)
    score(tmp_path / "whole.h5", count=4, seeds=2)
    assert digest(path) == digest(tmp_path / "whole.h5")


def test_a_failed_proxy_is_kept_with_its_reason(score: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that overflows for some architectures, counted here, does not stop the rest, and is not tried again."""
    register = {**PROXIES}
    monkeypatch.setattr("predictors.proxy.PROXIES", register)
    small = sample_classes(SPACE, 4, 0)[1]

    def many(space: Space, architectures: list, skeleton: Any) -> np.ndarray:
        return np.array([math.inf if a == small else 1.0 for a in architectures])

    @size_proxy(better="lower", many=many)
    def made_up(space: Space, architecture: Any, skeleton: Any) -> float:
        return 1.0

    @size_proxy(better="lower")
    def one_by_one(space: Space, architecture: Any, skeleton: Any) -> float:
        return math.nan if architecture == small else 2.0

    path = tmp_path / "t.h5"
    done = score(path, names=("made_up", "one_by_one", "l2_norm"))
    assert (done.scored, done.failed) == (12, 2)
    with Table.open(path) as table:
        line = table.architectures.index(small)
        assert math.isnan(table.proxy("made_up")[line]) and not math.isnan(table.proxy("l2_norm")[line])
        assert table.proxy_failures("made_up") == [(small, 0, "made_up is inf, not a finite number")]
        assert "is not a number" in table.proxy_failures("one_by_one")[0][2]
    again = score(path, names=("made_up", "one_by_one", "l2_norm"))
    assert (again.scored, again.failed, again.present) == (0, 0, 12)


def test_failed_scores_are_tried_again_when_asked(score: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new reason replaces the old one, then the new value the reason; a stop in between loses nothing."""
    monkeypatch.setattr("predictors.proxy.PROXIES", {**PROXIES})
    first, *_ = sample_classes(SPACE, 4, 0)
    faults = ["too small", "too large"]

    @size_proxy(better="lower")
    def moody(space: Space, architecture: Any, skeleton: Any) -> float:
        if architecture == first and faults:
            raise ValueError(faults[0])
        return 2.0

    def told() -> list[str]:
        with Table.open(tmp_path / "t.h5") as table:
            return [reason for _, _, reason in table.proxy_failures("moody")]

    path, names = tmp_path / "t.h5", ("moody", "l2_norm")
    score(path, names=names)
    assert told() == ["too small"]
    del faults[0]
    with monkeypatch.context() as patch:
        patch.setattr(TableWriter, "close", lambda self: self._lock.release())  # killed: nothing is folded
        again = score(path, names=names, retry_failed=True)
    assert (again.scored, again.failed, again.present) == (1, 1, 7)
    assert told() == ["too large"], "read from the journal"
    del faults[0]
    assert score(path, names=names).scored == 0, "only when asked"
    again = score(path, names=names, retry_failed=True)
    assert (again.scored, again.failed, again.present, told()) == (1, 0, 7, [])
    with Table.open(path) as table:
        assert table.proxy("moody")[table.architectures.index(first)] == 2.0
    assert score(path, names=names, retry_failed=True).scored == 0


def test_weights_are_drawn_as_the_settings_say(score: Any, images: Path, tmp_path: Path) -> None:
    changed = Settings(dataset="arrays", images=16, channels=3, initialisation="torch")
    path, names = tmp_path / "t.h5", ("grad_norm",)
    score(path, count=1, settings=changed, names=names)
    dataset = nasbench.load_dataset("arrays", root=images)
    one, batch = sample_classes(SPACE, 1, 0)[0], dataset_batch(dataset, 16, 0)
    values = [
        score_architecture(names, SPACE, one, changed.skeleton(dataset.card), batch, 0, "cpu", how)["grad_norm"].value
        for how in ("torch", "training")
    ]
    with Table.open(path) as table:
        assert table.proxy_settings["initialisation"] == "torch"
        assert table.proxy("grad_norm")[0] == values[0] != values[1]
    with pytest.raises(ValueError, match='holds scores made otherwise: initialisation is "torch", not absent'):
        score(path, count=1, names=names)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"settings": Settings(dataset="arrays", images=16, channels=4)}, "channels is 3, not 4"),
        ({"settings": Settings(dataset="arrays", images=8, channels=3)}, "images is 16, not 8"),
    ],
)
def test_foreign_settings_are_refused_before_anything_is_scored(
    score: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], told: str
) -> None:
    path = tmp_path / "t.h5"
    score(path, count=2)
    before = path.read_bytes()
    monkeypatch.setattr(local, "run_jobs", lambda *_: pytest.fail("something was scored"))
    with pytest.raises(ValueError, match=f"holds scores made otherwise: {told}; score with the settings of the file"):
        score(path, count=4, **changes)
    assert path.read_bytes() == before


def test_other_images_are_refused(score: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.h5"
    score(path, count=2)
    with pytest.raises(ValueError, match=r"data_sha256 is .*, not "):
        score(path, count=2, data_root=write_images(tmp_path / "other.npz", seed=1))


def test_a_table_of_trainings_takes_scores_and_keeps_its_costs(score: Any, tmp_path: Path) -> None:
    path = tmp_path / "t.h5"
    with TableWriter(path, header()) as writer:
        writer.commit(row(0))
        writer.set_costs("parameters", {architecture(0).choices: 5.0}, "count")
    done = score(path, architectures=[architecture(0), architecture(1)], names=("params",))
    assert done.scored == 2
    with Table.open(path) as table:
        assert table.header == header()
        assert list(table.costs) == ["parameters"]
        assert table.cost("parameters")[table.architectures.index(architecture(0))] == 5.0
        assert len(list(table.rows())) == 1


def test_results_are_committed_in_groups_and_when_stopped(
    score: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the midst: what came before is in the table, and the rest is done by the next run."""

    def stopped(task: ScoringTask, jobs: Iterable[ScoringJob], workers: int) -> Iterator[ScoreRow]:
        for place, one in enumerate(run_here(task, jobs, workers)):
            if place == 3:
                raise KeyboardInterrupt
            yield one

    sizes: list[int] = []
    commit = TableWriter.commit_scores
    monkeypatch.setattr(
        TableWriter, "commit_scores", lambda self, rows, *more: (sizes.append(len(rows)), commit(self, rows, *more))[1]
    )
    monkeypatch.setattr("predictors.scoring_work.GROUP", 2)
    monkeypatch.setattr("predictors.scoring_work.COMMIT_SECONDS", 1e9)
    path = tmp_path / "t.h5"
    with monkeypatch.context() as patch:
        patch.setattr(local, "run_jobs", stopped)
        with pytest.raises(KeyboardInterrupt):
            score(path, count=5, names=("l2_norm",))
    assert sizes == [2, 1]
    done = score(path, count=5, names=("l2_norm",))
    assert (done.present, done.scored) == (3, 2)


def test_jobs_are_taken_one_at_a_time() -> None:
    """A generator without an end gives sizes of as many as are counted together, and no more are drawn."""
    drawn = []

    def endless() -> Iterator[ScoringJob]:
        for place in range(10**9):
            drawn.append(place)
            architecture = SPACE.from_index(place % 100)
            yield ScoringJob(architecture, SPACE.canonical_hash(architecture), 0, ("params",))

    rows = size_rows(SPACE, Settings().skeleton(nasbench.load_dataset("digits").card), endless())
    assert next(rows).values["params"] > 0
    assert len(drawn) == 256


# -- processes ----------------------------------------------------------------------------------------------------


def words(path: Path, images: Path, *more: object) -> list[object]:
    options = ["--dataset", "arrays", "--data-root", images, "--images", 16, "--channels", 3, "--device", "cpu"]
    return ["proxies", path, *options, "--proxies", ",".join(NAMES), *more]


@pytest.mark.slow
def test_one_and_two_workers_give_the_same(score: Any, images: Path, tmp_path: Path) -> None:
    for workers in (1, 2):
        code, out, err = finish(start(*words(tmp_path / f"{workers}.h5", images, "--sample", 4, "--workers", workers)))
        assert code == 0, err
        assert "scored 16 in " in out and "scoring  4/4  100 %" in err
    score(tmp_path / "here.h5")
    assert digest(tmp_path / "1.h5") == digest(tmp_path / "2.h5") == digest(tmp_path / "here.h5")


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda number: number.name)
def test_killed_and_gone_on_with_is_as_if_nothing_had_been(
    score: Any, images: Path, tmp_path: Path, number: signal.Signals
) -> None:
    path = tmp_path / "t.h5"
    process = start(*words(path, images, "--sample", 60, "--seeds", 3))

    def scored() -> int:
        if not path.exists():
            return 0
        with Table.open(path) as table:
            return int(table.contents.scores("grad_norm").present.sum()) if "grad_norm" in table.proxies else 0

    eventually(lambda: scored() >= 3, pause=0.05)
    process.send_signal(number)
    code, _, err = finish(process)
    kept = scored()
    assert 3 <= kept < 180, "stopped in the midst"
    if number == signal.SIGINT:
        assert (code, err.splitlines()[-1]) == (130, "nasbench: stopped; the same command goes on where it stopped")
    rest = score(path, count=60, seeds=3)
    assert rest.present == 2 * 180 + 2 * kept
    score(tmp_path / "whole.h5", count=60, seeds=3)
    assert digest(path) == digest(tmp_path / "whole.h5")
