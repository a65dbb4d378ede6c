"""Zero-cost scores on their way into a table: what a writer takes, what it refuses, what a kill leaves."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nasbench.database.scores import ScoreRow
from nasbench.database.writer import TableWriter
from nasbench.table import Table
from tests.database.injection import in_child
from tests.database.making import BETTER, SETTINGS, architecture, beside, header, scores, whole
from tests.database.scoring import digest, memory, score, write_scored


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_scored(tmp_path / "table.h5")


def test_other_settings_are_refused_and_named(path: Path) -> None:
    with TableWriter(path) as writer:
        for changed, told in (
            ({"images": 32}, "images is 64, not 32"),
            ({"input_shape": [3, 8, 8]}, r"input_shape is \[1, 8, 8\], not \[3, 8, 8\]"),
        ):
            with pytest.raises(ValueError, match=f"holds scores made otherwise: {told}; score with the settings"):
                writer.commit_scores([scores(5)], BETTER, {**SETTINGS, **changed})
        with pytest.raises(ValueError, match="of which lower are better"):
            writer.commit_scores([scores(5)], {**BETTER, "noise": "higher"}, SETTINGS)
        with pytest.raises(ValueError, match="scores need settings"):
            writer.commit_scores([scores(5)], BETTER, {})
        assert writer.pending == 0 and writer.score_status(scores(5).choices, "noise", 0) == "absent"


def test_scores_of_another_version_are_refused_and_a_table_without_one_is_of_the_first(path: Path) -> None:
    """Whether the first version is written down makes no difference, in the digest neither."""
    told = r"scores by version 1 of the proxies' mathematics, .* version 2 do not compare: score into another file"
    with TableWriter(path) as writer:
        with pytest.raises(ValueError, match=told):
            writer.commit_scores([scores(5)], BETTER, {**SETTINGS, "proxies_version": 2})
        with pytest.raises(ValueError, match=told):
            writer.add(memory(scores(5), proxies_version=2))
        writer.commit_scores([scores(5)], BETTER, {**SETTINGS, "proxies_version": 1})
        with pytest.raises(ValueError, match="made otherwise: images is 64, not 32"):
            writer.commit_scores([scores(6)], BETTER, {**SETTINGS, "images": 32, "proxies_version": 1})
    assert digest(scores(0), proxies_version=1) == digest(scores(0)) != digest(scores(0), proxies_version=2)


def test_a_score_is_committed_once_and_a_failed_one_may_become_good(path: Path) -> None:
    with TableWriter(path) as writer:
        assert writer.score_status(scores(1).choices, "noise", 0) == "failed"
        assert writer.score_status(scores(1).choices, "naswot", 0) == "done"
        with pytest.raises(ValueError, match=r"naswot of .* is already done; ask `score_status`"):
            writer.commit_scores([scores(1)], BETTER, SETTINGS)
        again = scores(1)
        alone = {"values": {"noise": again.values["noise"]}, "seconds": {"noise": 1.0}}
        writer.commit_scores([ScoreRow(**{**vars(again), **alone})], BETTER, SETTINGS)
    with Table.open(path) as table:
        assert score(table, 1, "noise") == again.values["noise"]
        assert table.proxy_failures("noise") == [(architecture(0), 2, "overflowed at 0")]


def test_a_failed_score_may_fail_again_with_another_reason(path: Path) -> None:
    first = scores(1, failed=True)
    changes = {"values": {}, "seconds": {"noise": 1.0}, "failures": {"noise": "out of memory"}}
    again = ScoreRow(**{**vars(first), **changes})
    with TableWriter(path) as writer:
        with pytest.raises(ValueError, match="already failed"):
            writer.commit_scores([again], BETTER, SETTINGS)
        writer.commit_scores([again], BETTER, SETTINGS, again=True)
        assert writer.score_status(again.choices, "noise", 0) == "failed"
        with pytest.raises(ValueError, match="already done"):
            writer.commit_scores([first], BETTER, SETTINGS, again=True)
    with Table.open(path) as table:
        reasons = {(one, seed): reason for one, seed, reason in table.proxy_failures("noise")}
    assert reasons == {(architecture(1), 0): "out of memory", (architecture(0), 2): "overflowed at 0"}


def test_many_are_looked_up_at_once_in_the_file_and_the_journal(path: Path) -> None:
    with TableWriter(path) as writer:
        writer.commit_scores([scores(2), scores(3, failed=True)], BETTER, SETTINGS)
        choices = np.array([architecture(index).choices for index in (3, 7, 1, 0, 2)])
        assert writer.score_statuses(choices, "noise", 0).tolist() == [2, 0, 2, 1, 1]
        assert writer.score_statuses(choices, "noise", 1).tolist() == [0] * 5
        assert writer.score_statuses(choices, "unheard_of", 0).tolist() == [0] * 5
        assert writer.score_statuses(choices[:0], "noise", 0).tolist() == []
        writer.fold()
        assert writer.score_statuses(choices, "noise", 0).tolist() == [2, 0, 2, 1, 1]


def test_what_waits_in_the_journal_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are in the file: scores, and architectures with costs."""
    monkeypatch.setattr("nasbench.database.writer.LEAST_FOLDED", 8)
    monkeypatch.setattr("nasbench.database.writer.MOST_FOLDED", 16)
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writer:
        writer.commit_scores([scores(index) for index in range(100)], BETTER, SETTINGS)
        for index in range(100, 130):
            writer.commit_scores([scores(index)], BETTER, SETTINGS)
            assert writer.pending < 16
        for index in range(130, 160, 4):
            writer.set_costs("flops", {architecture(at).choices: 1.0 for at in range(index, index + 4)})
    assert int(np.isfinite(Table.open(path).cost("flops")).sum()) == 32


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"values": {"naswot": math.inf}, "seconds": {"naswot": 1.0}}, "not finite is recorded as failed"),
        ({"values": {"naswot": 1.0}}, "either a score or a reason"),
        ({"failures": {"noise": "no"}}, "either a score or a reason"),
        ({"values": {}, "failures": {"naswot": "", "noise": " "}}, "a failed score has a reason"),
        ({"seed": -1}, "seeds begin at 0"),
        ({"values": {"Big": 1.0}, "seconds": {"Big": 1.0}}, "small letters"),
    ],
)
def test_scores_that_do_not_fit_are_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ScoreRow(**{**vars(scores(0)), **changes})


def test_scores_of_another_class_are_refused(path: Path) -> None:
    with TableWriter(path) as writer, pytest.raises(ValueError, match="is not the class of"):
        writer.commit_scores([ScoreRow(**{**vars(scores(5)), "class_hash": "0" * 32})], BETTER, SETTINGS)


def test_many_in_one_commit_are_folded_at_once(tmp_path: Path) -> None:
    path = tmp_path / "table.h5"
    with TableWriter(path, header()) as writer:
        writer.commit_scores([scores(index) for index in range(300)], BETTER, SETTINGS)
        assert writer.pending == 0
        assert beside(path) == {"table.h5.lock"}
    with Table.open(path) as table:
        assert int((~np.isnan(table.proxy("naswot"))).sum()) == 300


def test_added_contents_bring_scores_of_the_same_settings(path: Path) -> None:
    with TableWriter(path) as writer:
        with pytest.raises(ValueError, match="made otherwise: images is 64, not 32"):
            writer.add(memory(scores(3), images=32))
        clash = ScoreRow(**{**vars(scores(0)), "values": {"naswot": 1.0, "noise": 2.0}})
        with pytest.raises(ValueError, match="other numbers already for the proxy naswot of 1 architectures"):
            writer.add(memory(clash))
        writer.add(memory(scores(3)))
    with Table.open(path) as table:
        assert score(table, 3, "noise") == scores(3).values["noise"]


def test_killed_while_scores_are_committed(tmp_path: Path) -> None:
    """Killed ten times at random, in folds too: nothing committed is lost, and the end is the same to the bit."""

    def work(path: Path, told: int | None = None) -> None:
        with TableWriter(path, header()) as writer:
            for index in range(60):
                one = scores(index % 20, index // 20, failed=index % 5 == 0)
                if writer.score_status(one.choices, "noise", one.seed) == "absent":
                    writer.commit_scores([one], BETTER, SETTINGS)
                    if told is not None:
                        os.write(told, bytes([index]))
                if index % 7 == 6:
                    writer.fold()

    work(tmp_path / "whole.h5")
    path, rng, safe = tmp_path / "table.h5", np.random.default_rng(1), set[int]()
    for _ in range(10):
        doom = int(rng.integers(0, 6)), float(rng.uniform(0, 0.01))
        safe |= in_child(lambda told: work(path, told), doom)
        if path.exists():
            with Table.open(path) as table:
                present = {name: table.contents.scores(name) for name in table.proxies}
            assert len(safe) <= min((int(one.present.sum()) for one in present.values()), default=0)
    work(path)
    assert whole(path) == whole(tmp_path / "whole.h5")
    assert beside(path) == set()
