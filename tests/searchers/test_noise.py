"""Noise of a surrogate from the command line: of each run's seed, or of one; off by default; resumed to the bit."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nasbench.__main__ import main
from predictors.surrogate import SurrogateBenchmark
from searchers import compare as compare_module
from searchers.evaluators.surrogate import SurrogateEvaluator
from searchers.request import Source
from searchers.trace import REPRODUCED, Trace
from tests.predictors.examples import class_members, nas_bench_201, worth, write_table

SOME = class_members(60)


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A surrogate of three trainings each."""
    folder = tmp_path_factory.mktemp("noise")
    noise = 0.8 * np.random.default_rng(1).standard_normal((len(SOME), 3))
    path = write_table(folder / "t.h5", SOME, worth(SOME)[:, None] + noise)
    assert main(["fit", str(path), "--predictor", "ridge", "--encoding", "one_hot", "--out", str(folder / "fit")]) == 0
    return folder / "fit"


def search(evaluator: str, out: Path, *words: object, seed: int = 0, queries: int = 20) -> Trace:
    told = ["--searcher", "local_search", "--evaluator", evaluator, "--seed", seed, "--queries", queries, *words]
    assert main(["search", *map(str, told), "--out", str(out)]) == 0
    return Trace.load(out / "trace.npz")


def answers(surrogate: SurrogateBenchmark, trace: Trace, seed: int | None) -> list[float]:
    """What the surrogate says of what a trace asked, straight from Python."""
    space = nas_bench_201()
    asked = [space.architecture(choices) for choices in trace.choices.tolist()]
    return [surrogate.query(one, noise=seed is not None, seed=seed) for one in asked]


def same(first: Trace, second: Trace) -> None:
    for array in REPRODUCED:
        np.testing.assert_array_equal(getattr(first, array), getattr(second, array), err_msg=array)


def test_brackets_ask_for_noise() -> None:
    assert Source.parse("surrogate=fit") == Source("surrogate", "surrogate", Path("fit"), False, None)
    assert Source.parse("surrogate(noise)=fit") == Source("surrogate", "surrogate", Path("fit"), True, None)
    assert Source.parse("surrogate( noise = 7 )=a(1)/fit=2") == Source(
        "surrogate", "surrogate", Path("a(1)/fit=2"), True, 7
    )
    assert Source.parse("noisy=surrogate(noise):c:/fit") == Source("noisy", "surrogate", Path("c:/fit"), True)
    assert Source.parse("table=a(noise).h5") == Source("table", "table", Path("a(noise).h5"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("surrogate(nose)=fit", r"cannot read surrogate\(nose\): expected surrogate, surrogate\(noise\) or"),
        ("surrogate(noise=-1)=fit", r"cannot read surrogate\(noise=-1\)"),
        ("noisy=surrogate():fit", r"cannot read surrogate\(\)"),
        ("surrogate(noise=fit", "KIND=PATH"),
        ("surrogate(noise):fit", "KIND=PATH"),
        ("surrogate(noise)=", "KIND=PATH"),
        ("table(noise)=t.h5", r"of kind table adds no noise to its answers: leave \(noise\) out"),
        ("mine=training(noise):t.h5", "of kind training adds no noise"),
        ("surogate(noise)=fit", "did you mean 'surrogate'"),
    ],
)
def test_other_brackets_are_refused(text: str, complaint: str) -> None:
    with pytest.raises((ValueError, LookupError), match=complaint):
        Source.parse(text)


def test_the_seed_of_the_run_is_the_seed_of_the_noise(fit: Path, tmp_path: Path) -> None:
    surrogate = SurrogateBenchmark.load(fit)
    traces = [search(f"surrogate(noise)={fit}", tmp_path / str(seed), seed=seed) for seed in (0, 5)]
    for seed, trace in zip((0, 5), traces, strict=True):
        assert trace.meta["noise"] == seed
        assert trace.score.tolist() == answers(surrogate, trace, seed) != answers(surrogate, trace, None)
    same(traces[1], search(f"surrogate(noise)={fit}", tmp_path / "again", seed=5))


def test_one_seed_may_be_given_for_all_runs(fit: Path, tmp_path: Path) -> None:
    surrogate = SurrogateBenchmark.load(fit)
    for seed in (0, 5):
        trace = search(f"surrogate(noise=9)={fit}", tmp_path / str(seed), seed=seed)
        assert trace.meta["noise"] == 9
        assert trace.score.tolist() == answers(surrogate, trace, 9)


def test_noise_is_off_by_default(fit: Path, tmp_path: Path) -> None:
    trace = search(f"surrogate={fit}", tmp_path / "out", seed=3)
    assert trace.meta["noise"] is None
    assert trace.score.tolist() == answers(SurrogateBenchmark.load(fit), trace, None)
    assert "noise" not in json.loads((tmp_path / "out" / "result.json").read_text())["evaluators"][0]


def test_a_noisy_run_goes_on_to_the_bit(fit: Path, tmp_path: Path) -> None:
    whole = search(f"surrogate(noise)={fit}", tmp_path / "whole", seed=4, queries=40)
    search(f"surrogate(noise)={fit}", tmp_path / "halves", seed=4, queries=20)
    halves = search(f"surrogate(noise)={fit}", tmp_path / "halves", seed=4, queries=40)
    same(whole, halves)
    assert whole.meta["state"] == halves.meta["state"]


@pytest.mark.parametrize("other", ["surrogate", "surrogate(noise=4)"])
def test_a_run_with_other_noise_is_refused(
    other: str, fit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search(f"surrogate(noise)={fit}", tmp_path / "out", seed=4)
    capsys.readouterr()
    words = ["--searcher", "local_search", "--seed", "4", "--queries", "30", "--out", str(tmp_path / "out")]
    assert main(["search", "--evaluator", f"{other}={fit}", *words]) == 2
    assert "surrogate.noise is" in capsys.readouterr().err


def test_comparisons_with_and_without_noise_on_any_number_of_workers(
    fit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_module, "ALONE_SECONDS", 0.0)
    words = ["--evaluator", f"surrogate={fit}", "--evaluator", f"noisy=surrogate(noise):{fit}", "--queries", "8"]
    words += ["--searchers", "random_search", "--seeds", "3"]
    for workers in ("1", "2"):
        assert main(["compare", *words, "--workers", workers, "--out", str(tmp_path / workers)]) == 0
    surrogate = SurrogateBenchmark.load(fit)
    for path in sorted((tmp_path / "1").rglob("*.npz")):
        first, second = Trace.load(path), Trace.load(tmp_path / "2" / path.relative_to(tmp_path / "1"))
        same(first, second)
        seed = first.meta["seed"] if first.meta["evaluator"] == "noisy" else None
        assert first.meta["noise"] == seed
        assert first.score.tolist() == answers(surrogate, first, seed)
    about = json.loads((tmp_path / "1" / "result.json").read_text())["evaluators"]
    assert (about[0].get("noise"), about[1]["noise"]) == (None, "of each run's own seed, one training a class")


def test_a_surrogate_without_noise_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_table(tmp_path / "one.h5", SOME, worth(SOME))
    words = ["--predictor", "ridge", "--encoding", "one_hot", "--out", str(tmp_path / "fit")]
    assert main(["fit", str(path), *words]) == 0
    capsys.readouterr()
    evaluator = f"surrogate(noise)={tmp_path / 'fit'}"
    words = ["--searcher", "local_search", "--evaluator", evaluator, "--out", str(tmp_path / "run")]
    assert main(["search", *words]) == 2
    assert "this surrogate has no noise: its table had fewer than 10" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_only_noise_of_runs_own_changes_with_the_run(fit: Path) -> None:
    for options in ({}, {"noise": True, "noise_seed": 3}):
        evaluator = SurrogateEvaluator.open("surrogate", fit, None, **options)
        assert evaluator.of_run(8) is evaluator
    evaluator = SurrogateEvaluator.open("surrogate", fit, None, noise=True)
    assert (evaluator.of_run(8).noise_seed, evaluator.of_run(8).measure) == (8, evaluator.measure)
