"""Forge: where it begins, what it asks next by a slow second way, and that a class is asked once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.complexity import complexities
from nasbench.space import Architecture
from predictors.models.gaussian_process import GaussianProcess
from searchers.candidates import Candidates
from searchers.hints import Hints
from searchers.methods.forge import Forge
from searchers.searcher import make_searcher
from tests.searchers import kit
from tests.spaces.toy_spaces import Wide

NB201 = nasbench.load_space("nas_bench_201")
FEW = Candidates(NB201, kit.sample(60))


def sizes(architectures: list[Architecture]) -> np.ndarray:
    return complexities(NB201, architectures, NB201.published, built=False)[0]


def test_the_first_are_drawn_among_large_networks() -> None:
    rng = np.random.default_rng(1)
    usual = np.sort(sizes([NB201.sample(rng) for _ in range(2000)]))
    searcher = make_searcher("forge", NB201, 3, initial=20)
    asked = []
    for _ in range(20):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], 50.0 + len(asked))
    assert sizes(asked).min() >= usual[int(0.65 * 2000)]
    assert len(np.unique(sizes(asked))) > 3
    everywhere = [make_searcher("forge", NB201, seed, share=1.0).ask() for seed in range(8)]
    assert sizes(everywhere).min() < usual[1000]


def told_by(searcher: Forge, count: int) -> list[tuple[Architecture, float]]:
    """What was asked, and what was told of it."""
    told = []
    for _ in range(count):
        architecture = searcher.ask()
        told.append((architecture, kit.made_up_score(architecture)))
        searcher.tell(*told[-1])
    return told


def believed(told: list[tuple[Architecture, float]]) -> tuple[list[Architecture], np.ndarray, np.ndarray]:
    """Candidates of classes not told, and what a process on programs believes of them."""
    model = GaussianProcess(restarts=1).fit([each for each, _ in told], np.array([score for _, score in told]))
    known = {NB201.canonical_hash(each) for each, _ in told}
    left = [each for each in FEW if NB201.canonical_hash(each) not in known]
    return left, *model.predict(left, return_std=True)


def test_it_asks_the_highest_upper_bound_of_a_process_on_programs() -> None:
    searcher = make_searcher("forge", FEW, 0, initial=8, kappa=1.5)
    told = told_by(searcher, 8)
    asked = searcher.ask()
    left, mean, deviation = believed(told)
    bound = mean + 1.5 * deviation
    assert bound[left.index(asked)] == pytest.approx(bound.max(), rel=1e-6)


@pytest.mark.parametrize("members", [False, True])
def test_a_class_is_asked_once_unless_members_are_asked_for(members: bool) -> None:
    space = kit.Necklaces()
    run = kit.make_run("forge", space, seed=2, initial=3, share=1.0, members=members)
    trace = kit.finished(run, 12)
    classes = len({space.canonical_hash(Architecture(space.name, tuple(row))) for row in trace.choices.tolist()})
    assert classes == 12 if not members else classes <= 12
    assert len(np.unique(trace.choices, axis=0)) == 12


def test_a_large_space_is_searched_by_mutations_of_the_best() -> None:
    space = Wide()
    searcher = make_searcher("forge", space, 0, initial=6)

    def score(architecture: Architecture) -> float:
        return float(sum(choice == 1 for choice in architecture.choices))

    scores = []
    for _ in range(12):
        architecture = searcher.ask()
        scores.append(score(architecture))
        searcher.tell(architecture, scores[-1])
    assert max(scores[6:]) > max(scores[:6])


def test_in_a_large_space_no_class_is_asked_through_another_member() -> None:
    space = Wide()
    first = space.architecture((0, 1) + (2, 3) * 14)  # a skip, then layers; the same layers with the skip elsewhere
    other = space.architecture((1, 0) + (2, 3) * 14)
    assert space.canonical_hash(first) == space.canonical_hash(other) and first != other
    for members in (False, True):
        searcher = Forge(space, np.random.default_rng(0), members=members)
        searcher.tell(first, 1.0)
        assert searcher._open(searcher.view.field.of([other])).tolist() == [members]


def test_what_a_table_knows_without_training_leads_the_way() -> None:
    golden = nasbench.open_table(Path(__file__).parents[1] / "golden" / "nb201_proxies.h5")
    hints = Hints(NB201, golden.for_search())
    usual = np.sort(hints.values("zero_cost", [NB201.sample(np.random.default_rng(seed)) for seed in range(300)]))
    searcher = Forge(NB201, np.random.default_rng(0), initial=8)
    searcher.hints = hints
    first = []
    for _ in range(8):
        first.append(searcher.ask())
        searcher.tell(first[-1], kit.made_up_score(first[-1]))
    assert hints.values("zero_cost", first).min() > usual[150]
    assert searcher.view.guesses.names == ("zero_cost",)
    assert searcher.view.everything.rows.shape[1] == searcher.view.field.everything.rows.shape[1] + 1
    assert searcher.ask() not in first


def test_a_batch_is_asked_of_one_model_and_holds_a_class_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = []
    fit = GaussianProcess.fit_features
    monkeypatch.setattr(GaussianProcess, "fit_features", lambda *a: fits.append(1) or fit(*a))
    for acquisition in ("upper_confidence_bound", "independent_thompson_sampling", "log_expected_improvement"):
        fits.clear()
        searcher = make_searcher("forge", FEW, 0, initial=6, batch=4, acquisition=acquisition)
        seen = set()
        for _ in range(14):
            architecture = searcher.ask()
            seen.add(NB201.canonical_hash(architecture))
            searcher.tell(architecture, kit.made_up_score(architecture))
        assert len(fits) == 2 and len(seen) == 14


@pytest.mark.parametrize("calibrated", [False, True])
def test_spreads_that_were_too_narrow_are_widened(calibrated: bool) -> None:
    searcher = make_searcher("forge", FEW, 0, initial=8, calibrated=calibrated)
    told = told_by(searcher, 8)
    for number in range(90):
        searcher.forecasts.make((number,), np.zeros(1), np.ones(1))
        searcher.forecasts.compare((number,), 20.0)
    asked = searcher.ask()
    left, mean, deviation = believed(told)
    stretch = np.sqrt((10 + 90 * 400) / (10 + 90)) if calibrated else 1.0
    bound = mean + stretch * deviation
    assert bound[left.index(asked)] == pytest.approx(bound.max(), rel=1e-6)
    assert (int(np.argmax(mean + deviation)) == int(np.argmax(bound))) != calibrated


@pytest.mark.parametrize(
    ("name", "value"), [("initial", 0), ("batch", 0), ("share", 0.0), ("share", 1.5), ("kappa", float("nan"))]
)
def test_settings_out_of_range_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"forge.{name} must be"):
        Forge(NB201, np.random.default_rng(0), **{name: value})
