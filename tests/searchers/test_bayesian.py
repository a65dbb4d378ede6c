"""BANANAS and NAS-BOWL: what they share, and each model's part against a second way."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import nasbench
from nasbench.space import Architecture
from predictors.kernels import marginal_likelihood
from searchers.evaluators.table import TableEvaluator
from searchers.hints import Hints
from searchers.measure import Measure
from searchers.methods.bananas import BananasSearch
from searchers.methods.nas_bowl import NasBowl
from searchers.notebook import Notebook
from searchers.warm_start import Guesses, most_promising, promises
from tests.searchers import kit

NB201 = nasbench.load_space("nas_bench_201")
BOTH = pytest.mark.parametrize("kind", [BananasSearch, NasBowl])
QUICK = {"steps": 60}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def made(kind: type, seed: int = 0, **parameters: object) -> BananasSearch | NasBowl:
    return kind(NB201, rng(seed), **{**(QUICK if kind is BananasSearch else {}), **parameters})


def convolutions(architecture: Architecture) -> float:
    """A landscape that paths and graphs can learn: more and larger convolutions are better, zeros are worse."""
    return float(sum({3: 3.0, 2: 1.0, 0: -2.0}.get(choice, 0.0) for choice in architecture.choices))


def followed(searcher, queries: int, score=convolutions) -> list[Architecture]:
    asked = []
    for _ in range(queries):
        asked.append(searcher.ask())
        searcher.tell(asked[-1], score(asked[-1]))
    return asked


def distance(first: Architecture, second: Architecture) -> int:
    return sum(a != b for a, b in zip(first.choices, second.choices, strict=True))


@BOTH
def test_it_learns_a_landscape_that_draws_do_not_find(kind: type) -> None:
    found = [max(map(convolutions, followed(made(kind, seed), 60))) for seed in range(3)]
    drawn = [max(convolutions(NB201.sample(chance)) for _ in range(60)) for chance in map(rng, range(3))]
    assert np.mean(found) >= np.mean(drawn) + 2
    assert max(found) >= 17


@BOTH
def test_no_class_is_asked_twice_unless_members_count(kind: type) -> None:
    asked = followed(made(kind), 60)
    assert len({NB201.canonical_hash(a) for a in asked}) == 60
    every = followed(made(kind, members=True, batch=20), 200, lambda a: -float(sum(a.choices)))
    assert len(set(every)) == 200
    assert len({NB201.canonical_hash(a) for a in every}) < 200


@BOTH
def test_a_batch_is_asked_before_anything_of_it_is_told(kind: type) -> None:
    """Ten asked at once and told later, in another order: the next batch is of others."""
    searcher = made(kind, initial=10, batch=10)
    first = [searcher.ask() for _ in range(10)]
    for architecture in first[::-1]:
        searcher.tell(architecture, convolutions(architecture))
    second = [searcher.ask() for _ in range(10)]
    assert len({*first, *second}) == 20
    state = json.loads(json.dumps(searcher.state()))
    later = made(kind, seed=9, initial=10, batch=10)
    later.restore(state)
    for told in (searcher, later):
        for architecture in second:
            told.tell(architecture, convolutions(architecture))
    assert [searcher.ask() for _ in range(10)] == [later.ask() for _ in range(10)]


@BOTH
def test_more_asked_than_a_batch_is_no_repetition(kind: type) -> None:
    searcher = made(kind)
    followed(searcher, 12)
    waiting = [searcher.ask() for _ in range(30)]
    assert len(set(waiting)) == 30


def test_bananas_asks_mutations_of_the_best() -> None:
    searcher = made(BananasSearch, parents=2)
    start = followed(searcher, 10)
    best = sorted(start, key=convolutions, reverse=True)[:2]
    for architecture in followed(searcher, 10):
        assert min(distance(architecture, parent) for parent in best) == 1


def test_nas_bowl_asks_what_has_the_highest_expected_improvement(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the plain formulas of Gaussian processes, without the predictor's algebra."""
    searcher = made(NasBowl, batch=1)
    followed(searcher, 25)
    seen = {}
    fit, gather = type(searcher.view).fit, Notebook.draws

    def keep(self, model, asked, scores) -> None:
        fit(self, model, asked, scores)
        seen.update(model=model, scores=scores, told=self.features(asked), view=self)

    def draws(self, count, chance) -> list[Architecture]:
        seen["drawn"] = gather(self, count, chance)
        return seen["drawn"]

    monkeypatch.setattr(type(searcher.view), "fit", keep)
    monkeypatch.setattr(Notebook, "draws", draws)
    picked = searcher.ask()
    signal, rate, noise = np.exp(seen["model"].theta_)
    t = (seen["scores"] - seen["scores"].mean()) / seen["scores"].std()

    def covariance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        unit = [x / np.linalg.norm(x, axis=1, keepdims=True) for x in (a, b)]
        return signal * np.exp(-rate * (1 - unit[0] @ unit[1].T))

    def improvement(architectures: list[Architecture]) -> np.ndarray:
        new = seen["view"].features(architectures)
        k = covariance(seen["told"], new)
        inverse = np.linalg.inv(covariance(seen["told"], seen["told"]) + noise * np.eye(len(t)))
        mean, deviation = k.T @ inverse @ t, np.sqrt(signal - np.einsum("nm,nk,km->m", k, inverse, k))
        draws = mean + deviation * rng().standard_normal((100_000, len(new)))
        return np.maximum(draws - t.max(), 0).mean(axis=0)

    assert improvement([picked])[0] >= improvement(seen["drawn"]).max() * 0.97
    value, _ = marginal_likelihood(
        seen["model"].parts_,
        [part.distances(seen["told"], seen["told"]) for part in seen["model"].parts_],
        t,
        seen["model"].theta_,
    )
    assert math.isfinite(value)


@pytest.mark.parametrize(("encoding", "kernel"), [("program", "matern"), ("one_hot", "hamming")])
def test_nas_bowl_takes_other_kernels(encoding: str, kernel: str) -> None:
    asked = followed(made(NasBowl, encoding=encoding, kernel=kernel), 40)
    assert max(map(convolutions, asked)) >= 14


@BOTH
@pytest.mark.parametrize("acquisition", ["expected_improvement", "upper_confidence_bound"])
def test_acquisitions_can_be_named(kind: type, acquisition: str) -> None:
    assert len(set(followed(made(kind, acquisition=acquisition), 25))) == 25
    with pytest.raises(ValueError, match="acquisition must be"):
        made(kind, acquisition="best_guess")


@BOTH
def test_it_begins_among_the_most_promising(kind: type) -> None:
    searcher = made(kind, warm_start="parameters", share=0.1)
    start = followed(searcher, 10)
    sizes = searcher.hints.values("parameters", list(NB201))
    assert searcher.hints.values("parameters", start).min() >= np.quantile(sizes, 0.75)
    with pytest.raises(LookupError, match="did you mean 'parameters'"):
        made(kind, warm_start="paramters").ask()


@BOTH
def test_hints_are_features(kind: type) -> None:
    """A score that is the size alone: with the size among the features the largest is found sooner."""
    hints = Hints(NB201)

    def size(architecture: Architecture) -> float:
        return float(hints.values("parameters", [architecture])[0])

    best = max(map(size, followed(made(kind, guesses="parameters+flops"), 30, size)))
    assert best >= np.quantile(hints.values("parameters", list(NB201)), 0.99)


@BOTH
@pytest.mark.parametrize(
    ("parameter", "value"), [("initial", 1), ("batch", 0), ("parents", 0), ("candidates", 3), ("share", 0.0)]
)
def test_settings_out_of_range_are_refused(kind: type, parameter: str, value: float) -> None:
    with pytest.raises(ValueError, match=parameter):
        made(kind, **{parameter: value})


def test_proxies_promise_in_their_own_direction_and_sizes_by_being_large() -> None:
    hints = Hints(NB201)
    cells = kit.sample(50)
    sizes = hints.values("flops", cells)
    assert promises(hints, "flops", cells).tolist() == sizes.tolist()
    chosen = most_promising(hints, "flops", cells, 5)
    assert sorted(hints.values("flops", chosen)) == sorted(sizes)[-5:]
    hints._columns["fall"], hints._proxies = np.array([3.0, 1.0, 2.0]), {"fall": "lower"}
    hints._lower.add("fall")
    hints._place = {cell.choices: place for place, cell in enumerate(cells[:3])}
    assert most_promising(hints, "fall", cells[:5], 2) == [cells[1], cells[2]]
    assert most_promising(hints, "fall", cells[:5], 4) == cells[:4], "those without a value come last"


def test_guesses_are_about_standard_normal_and_rise_with_the_hint() -> None:
    hints = Hints(NB201)
    cells = kit.sample(2000)
    column = Guesses(NB201, hints, "flops + parameters").columns(cells)
    assert column.shape == (2000, 2)
    assert abs(column[:, 0].mean()) < 0.1 and abs(column[:, 0].std() - 1) < 0.15
    order = np.argsort(hints.values("flops", cells))
    assert (np.diff(column[order, 0]) >= 0).all()
    assert Guesses(NB201, hints, "").columns(cells).shape == (2000, 0)


def test_hints_of_a_table_without_a_score_leave_zero(tmp_path: Path) -> None:
    table = nasbench.open_table(kit.build_table(tmp_path / "t.h5", kit.sample(30)))
    hints = TableEvaluator("table", table.for_search(), Measure("val_accuracy")).hints()
    hints._columns["known"] = np.arange(30.0)
    guesses = Guesses(NB201, hints, "known")
    outside = [cell for cell in kit.sample(60) if cell.choices not in hints._place]
    assert (guesses.columns(outside) == 0).all()
