"""Traces come back from files as they were; damage and strangers are told apart; incumbents are the first best."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

import nasbench
from searchers.clock import Budget
from searchers.trace import FORMAT, DamagedTraceError, Trace, incumbents
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")


def trace() -> Trace:
    return kit.finished(kit.make_run("local_search", NB201, score=kit.third_fails), 30)


@pytest.mark.parametrize("durable", [True, False])
def test_a_trace_comes_back(durable: bool, tmp_path: Path) -> None:
    before = trace()
    before.save(tmp_path / "a" / "0000.npz", durable)
    after = Trace.load(tmp_path / "a" / "0000.npz")
    assert after.meta == before.meta
    for name in (
        "choices",
        "score",
        "seconds",
        "search_seconds",
        "true_val",
        "true_test",
        "unique",
        "epochs",
        "epochs_paid",
    ):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
        assert getattr(after, name).dtype == getattr(before, name).dtype
    assert after.choices.dtype == np.int8
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["0000.npz"]


def test_the_file_needs_no_pickle(tmp_path: Path) -> None:
    trace().save(tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz", allow_pickle=False) as file:
        assert json.loads(file["meta"].tobytes())["format"] == FORMAT
        assert all(file[name].dtype.kind in "ifu" for name in file.files)


def test_meta_takes_a_byte_a_character_and_older_text_is_read(tmp_path: Path) -> None:
    before = trace()
    before.meta["about"] = "Größe " + "x" * 10_000
    before.save(tmp_path / "new.npz")
    with np.load(tmp_path / "new.npz") as file:
        arrays = {name: file[name] for name in file.files}
    text = json.dumps(before.meta)
    assert arrays["meta"].nbytes == len(text)
    np.savez(tmp_path / "old.npz", **{**arrays, "meta": np.array(text)})
    assert (tmp_path / "old.npz").stat().st_size > (tmp_path / "new.npz").stat().st_size + 3 * 10_000
    old, new = (Trace.load(tmp_path / name) for name in ("old.npz", "new.npz"))
    assert old.meta == new.meta == before.meta
    np.testing.assert_array_equal(old.score, new.score)


def test_a_newer_version_with_other_arrays_is_told_as_newer(tmp_path: Path) -> None:
    meta = np.frombuffer(json.dumps({"format": FORMAT, "version": 99}).encode(), dtype=np.uint8)
    np.savez(tmp_path / "t.npz", meta=meta, unheard_of=np.zeros(2))
    with pytest.raises(ValueError, match="version 99") as caught:
        Trace.load(tmp_path / "t.npz")
    assert not isinstance(caught.value, DamagedTraceError)
    np.savez(tmp_path / "list.npz", meta=np.frombuffer(b"[1]", dtype=np.uint8))
    with pytest.raises(DamagedTraceError, match="no JSON object"):
        Trace.load(tmp_path / "list.npz")


@pytest.mark.parametrize("content", [b"", b"nothing of ours", b"PK\x03\x04 half a zip"])
def test_damage_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    path.write_bytes(content)
    with pytest.raises(DamagedTraceError, match=r"t\.npz is not a trace"):
        Trace.load(path)


def test_a_cut_file_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    trace().save(path)
    content = path.read_bytes()
    for size in range(0, len(content), 331):
        path.write_bytes(content[:size])
        with pytest.raises(DamagedTraceError):
            Trace.load(path)


def test_a_foreign_array_file_is_no_trace(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, x=np.zeros(3))
    (tmp_path / "t.npz").write_bytes(buffer.getvalue())
    with pytest.raises(DamagedTraceError):
        Trace.load(tmp_path / "t.npz")


def test_a_newer_version_is_not_taken_for_damage(tmp_path: Path) -> None:
    newer = trace()
    newer.meta["version"] = 99
    newer.save(tmp_path / "t.npz")
    with pytest.raises(ValueError, match="version 99") as caught:
        Trace.load(tmp_path / "t.npz")
    assert not isinstance(caught.value, DamagedTraceError)


def test_lengths_must_agree() -> None:
    whole = trace()
    with pytest.raises(ValueError, match="entries of score"):
        Trace(**{**vars(whole), "score": whole.score[:-1]})


def test_incumbents_are_the_first_best_so_far() -> None:
    score = np.array([np.nan, 3.0, 3.0, np.nan, 5.0, 4.0, 5.0, 6.0])
    assert incumbents(score).tolist() == [-1, 1, 1, 1, 4, 4, 4, 7]
    assert incumbents(score, sign=-1).tolist() == [-1, 1, 1, 1, 1, 1, 1, 1]
    assert incumbents(np.array([])).tolist() == []
    assert incumbents(np.array([np.nan, np.nan])).tolist() == [-1, -1]
    assert incumbents(np.array([2.0, 1.0])).tolist() == [0, 0]


def test_a_score_after_fewer_epochs_never_beats_one_after_more() -> None:
    """By a plain loop over (epochs, score) pairs, the first of equals; failures count nowhere."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        epochs = rng.choice([1, 3, 9], 30)
        score = np.where(rng.random(30) < 0.3, np.nan, rng.integers(0, 6, 30).astype(float))
        for sign in (1.0, -1.0):
            best, expected = -1, []
            for place, (after, value) in enumerate(zip(epochs, score, strict=True)):
                better = best < 0 or (after, sign * value) > (epochs[best], sign * score[best])
                best = place if not np.isnan(value) and better else best
                expected.append(best)
            assert incumbents(score, sign, epochs).tolist() == expected
    assert incumbents(np.array([99.0, 5.0, 98.0, 4.0]), epochs=np.array([1, 12, 4, 12])).tolist() == [0, 1, 1, 1]


def test_traces_of_the_first_version_are_of_whole_trainings(tmp_path: Path) -> None:
    before = trace()
    old = {name: value for name, value in vars(before).items() if name not in ("epochs", "epochs_paid", "flops")}
    meta = {**old.pop("meta"), "version": 1, "select": "val_accuracy@12"}
    np.savez(tmp_path / "old.npz", meta=np.array(json.dumps(meta)), **old)
    after = Trace.load(tmp_path / "old.npz")
    assert after.epochs.tolist() == before.epochs.tolist() == [12] * 30
    assert after.epochs_paid.tolist() == before.epochs_paid.tolist() == (12 * before.unique).tolist()
    assert np.isnan(after.flops).all()


def test_traces_of_the_second_version_know_no_flops(tmp_path: Path) -> None:
    before = trace()
    old = {name: value for name, value in vars(before).items() if name != "flops"}
    np.savez(tmp_path / "old.npz", meta=np.array(json.dumps({**old.pop("meta"), "version": 2})), **old)
    after = Trace.load(tmp_path / "old.npz")
    assert np.isnan(after.flops).all()
    np.testing.assert_array_equal(after.epochs_paid, before.epochs_paid)


def test_what_was_spent_after_each_query() -> None:
    done = trace()
    assert done.spent("queries").tolist() == list(range(1, 31))
    assert done.spent("epochs").tolist() == done.epochs_paid.tolist()
    assert done.spent("seconds").tolist() == done.seconds.tolist()
    assert np.isnan(done.spent("flops")).all()


def test_whether_a_budget_carries_it_on() -> None:
    done = trace()
    assert done.ended(Budget(30))
    assert not done.ended(Budget(31))
    assert done.exceeds(Budget(29))
    assert not done.exceeds(Budget(30))
    unfinished = Trace(**{**vars(done), "meta": {**done.meta, "stopped": None}})
    assert not unfinished.ended(Budget(30))
